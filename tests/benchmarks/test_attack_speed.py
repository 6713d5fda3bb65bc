"""What a step of the attack costs beside the bare forward and backward pass of the same batch, and a whole attack."""

from __future__ import annotations

import time

import pytest
import torch

from ood_studio.attacks import FeatureAttack, Objective
from ood_studio.backbones import bundled_names, load_backbone

STEPS = 10
ROUNDS = 5


@pytest.mark.parametrize("name", bundled_names())
@pytest.mark.parametrize("batch", [1, 32])
def test_a_step_beside_forward_and_backward(name: str, batch: int) -> None:
    """CPU time on one thread, so that other programs on the machine do not blur the ratio; the aim is 1.1."""
    torch.set_num_threads(1)
    backbone = load_backbone(name, device="cpu")
    pixels = torch.rand(batch, 3, *backbone.input_shape, generator=torch.Generator().manual_seed(0))
    target = backbone.encode_image(pixels.flip(3)).visual
    attack, aim = FeatureAttack(smoothness=5000, steps=STEPS), Objective(backbone, target)

    def bare() -> None:
        for _ in range(STEPS):
            leaf = pixels.clone().requires_grad_()
            torch.cosine_similarity(backbone.encode_image(leaf).visual, target).sum().backward()

    def attacked() -> None:
        run = attack.run(pixels, aim, every=STEPS)
        next(run)  # the preview of the start
        next(run)

    times: dict[str, list[float]] = {"bare": [], "attacked": []}
    for work in (bare, attacked):
        work()
    for _ in range(ROUNDS):
        for work in (bare, attacked):
            started = time.process_time()
            work()
            times[work.__name__].append(time.process_time() - started)
    # The attack looks at its last pictures once more, without a gradient.
    ratio = min(times["attacked"]) / min(times["bare"])
    print(f"\n{name}, batch {batch}: {1000 * min(times['bare']) / STEPS:.1f} ms bare, attacked {ratio:.3f} times that")
    assert ratio < 1.1 + 0.5 / STEPS


@pytest.mark.parametrize("name", bundled_names())
def test_a_whole_attack_on_one_picture(name: str) -> None:
    """250 steps; the aim is 10 s on two idle cores, and the first preview within 0.5 s."""
    torch.set_num_threads(2)
    backbone = load_backbone(name, device="cpu")
    pixels = torch.rand(1, 3, *backbone.input_shape, generator=torch.Generator().manual_seed(0))
    aim = Objective(backbone, backbone.encode_image(pixels.flip(3)).visual)
    started = time.perf_counter()
    run = FeatureAttack().run(pixels, aim)
    next(run)
    first = time.perf_counter() - started
    for _ in run:
        pass
    whole = time.perf_counter() - started
    print(f"\n{name}: first preview after {first:.2f} s, 250 steps in {whole:.1f} s")
    assert first < 0.5 and whole < 10

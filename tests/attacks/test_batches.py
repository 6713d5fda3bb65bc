"""Attacked sets take as many pictures at once as fit, tell of every step, and gradients survive half precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.attacks import FeatureAttack, attack_set, attack_sets
from ood_studio.attacks.objective import Objective
from ood_studio.backbones import ImageFeatures, graph_memory
from ood_studio.backbones.half import gradient_of
from ood_studio.core.memory import OutOfMemory
from ood_studio.core.progress import Stopped, silent
from ood_studio.data.image_sets import read_set
from tests.backbones.test_out_of_memory import Narrow
from tests.features.toys import Plain

ATTACK = FeatureAttack(steps=3, learning_rate=0.05)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))


def attacked(model: Narrow, count: int, progress: Any = silent, source: Plain | None = None) -> Any:
    def objectives(rows: Sequence[int]) -> list[Objective]:
        return [Objective(model, torch.tensor([[0.0, 1.0, 0.0]]))]

    names = ["green"] * count
    (made,) = attack_sets(
        "greener",
        source or Plain(count),
        objectives,
        ATTACK,
        backbones=[model.name],
        key=str(model.room),
        target="text",
        targets=names,
        progress=progress,
    )
    found = read_set(made.folder)
    assert found is not None
    return found.entries


def test_a_set_is_attacked_in_batches_that_fit() -> None:
    """As many as fit where that is known, and half of them where it turns out not to be."""
    wide, narrow = attacked(Narrow(99), 10), attacked(Narrow(3), 10)
    assert [each["similarity"] for each in wide] == pytest.approx([each["similarity"] for each in narrow], rel=1e-5)
    with pytest.raises(OutOfMemory, match="with a single picture"):
        attacked(Narrow(0), 4)


def test_a_set_goes_on_at_the_batch_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_set, "images_at_once", lambda objectives, attack: 4)
    told: list[int] = []

    def stop(stage: str, done: int, total: int) -> None:
        told.append(done)
        if stage == "attacking greener" and done >= 27:  # within the last of three batches
            raise Stopped(stage)

    with pytest.raises(Stopped):
        attacked(Narrow(9), 10, stop, Plain(10, frozenset({1})))
    told.clear()
    again = Plain(10, frozenset({1}))
    assert len(attacked(Narrow(9), 10, lambda stage, done, total: told.append(done), again)) == 9
    assert min(told) == 24  # behind two whole batches
    assert sorted(again.read) == [0, 1, 2, 3, 8, 9]  # whether the one that is lacking can be read now


def test_a_lack_of_memory_on_the_way_back_halves_batches_too() -> None:
    class Backward(Narrow):
        def _encode_image(self, pixels: Tensor) -> ImageFeatures:
            def full(gradient: Tensor) -> None:
                if len(gradient) > self.room:
                    raise torch.OutOfMemoryError

            if pixels.requires_grad:
                pixels.register_hook(full)
            return Narrow(99)._encode_image(pixels)

    wide, narrow = attacked(Narrow(99), 4), attacked(Backward(1), 4)
    assert [each["similarity"] for each in wide] == pytest.approx([each["similarity"] for each in narrow], rel=1e-5)
    with pytest.raises(OutOfMemory, match="the attack ran out of memory on cpu with 1 at once; choose a smaller model"):
        attacked(Backward(0), 4)


def test_every_step_is_told_before_it_is_taken() -> None:
    told: list[tuple[str, int, int]] = []
    attacked(Narrow(3), 4, lambda *step: told.append(step))
    steps = [(done, total) for stage, done, total in told if stage == "attacking greener"]
    assert steps[:2] == [(0, 12), (0, 12)]  # all four did not fit
    assert {done for done, _ in steps} == {0, 2, 4, 6, 8, 10, 12} and steps[-1] == (12, 12)


def test_how_many_fit_is_counted_in_bytes(bundled: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    model = bundled.backbone
    each = graph_memory.graph_bytes(model)
    assert graph_memory._kept(model, 5) - graph_memory._kept(model, 2) == pytest.approx(3 * each, rel=0.01)
    monkeypatch.setattr(attack_set, "graph_bytes", lambda backbone: each)
    objective = Objective(model, bundled.target)
    for room, count in ((each // 2, 1), (5 * each, 5), (1000 * each, 32)):
        monkeypatch.setattr(attack_set, "working_memory", lambda device, room=room: room)
        assert attack_set.images_at_once([objective], ATTACK) == count
    monkeypatch.setattr(attack_set, "working_memory", lambda device: 12 * each)
    assert attack_set.images_at_once([objective, objective], FeatureAttack(robust=("crop",), draws=3)) == 2


class Half(Narrow):
    """Computes in half precision, where the gradients of its large weights' counterparts are too small."""

    dtype = torch.float16

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        shrunk = pixels.to(self.dtype) * 1e-3
        visual = shrunk.float().mean(dim=(2, 3)) * 1e-3 + torch.tensor([1.0, 0.5, 0.2])
        return ImageFeatures(functional.normalize(visual, dim=1), visual, None)


def test_gradients_survive_half_precision() -> None:
    pixels = torch.rand(1, 3, 4, 4)
    found = {}
    for dtype in (torch.float16, torch.float32):
        model = Half(9)
        model.dtype = dtype
        leaf = pixels.clone().requires_grad_()
        loss = functional.cosine_similarity(model.encode_image(leaf).visual, torch.tensor([[0.0, 1.0, 0.0]])).sum()
        plain = torch.autograd.grad(loss, leaf, retain_graph=True)[0]
        found[dtype] = plain, gradient_of(loss, leaf, dtype)
    exact = found[torch.float32][1]
    assert torch.equal(found[torch.float32][0], exact) and bool((exact != 0).all())
    assert float((found[torch.float16][0] == 0).float().mean()) > 0.3  # what was lost before
    torch.testing.assert_close(found[torch.float16][1], exact, rtol=0.02, atol=0)


def test_an_attack_moves_every_pixel_of_a_model_in_half_precision() -> None:
    pixels, target = torch.full((1, 3, 4, 4), 0.5), torch.tensor([[0.0, 1.0, 0.0]])
    attack = FeatureAttack(steps=1, noise=0.0, learning_rate=0.1)
    *_, last = attack.run(pixels, Objective(Half(9), target, "visual"))
    assert bool((last.pixels != pixels).all())


def test_gradients_too_large_for_the_scale_are_taken_with_a_smaller_one() -> None:
    leaf = torch.ones(3, requires_grad=True)
    loss = (leaf.half().float() * torch.tensor([100.0, 3e-6, 0.0])).sum()
    torch.testing.assert_close(
        gradient_of(loss, leaf, torch.float16), torch.tensor([100.0, 3e-6, 0.0]), rtol=0.01, atol=0
    )

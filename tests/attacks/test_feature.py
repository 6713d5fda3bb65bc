"""The attack against its equations, and what must hold however it is asked."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from ood_studio.attacks import (
    AttackStep,
    Diverged,
    FeatureAttack,
    Objective,
    class_targets,
    image_targets,
    smoothness_loss,
    smoothness_weight,
    text_targets,
)
from ood_studio.backbones import ImageFeatures
from ood_studio.backbones.base import LazyFeatures
from ood_studio.core.errors import StudioError
from ood_studio.data.pixels import to_images
from ood_studio.labels.prompts import prompt_set
from ood_studio.scorers import KNN, Energy, NegLabel, Reference
from tests.attacks.conftest import SIZE, SmoothModel, random_pixels

FAST = FeatureAttack(steps=20, learning_rate=0.01)


def last(attack: FeatureAttack, pixels: Tensor, objectives: Any, **options: Any) -> AttackStep:
    *_, end = attack.run(pixels, objectives, **options)
    return end


def goal(model: SmoothModel, batch: int = 1, seed: int = 9) -> Objective:
    return Objective(model, model.encode_image(random_pixels(batch, seed)).visual)


# --- the equations -----------------------------------------------------------------------------------------------


def test_smoothness_is_equation_7() -> None:
    rho = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    expected = np.zeros(2)
    for n, c, h, w in np.ndindex(*rho.shape):
        if h + 1 < 4:
            expected[n] += (rho[n, c, h + 1, w] - rho[n, c, h, w]) ** 2 / 60
        if w + 1 < 5:
            expected[n] += (rho[n, c, h, w + 1] - rho[n, c, h, w]) ** 2 / 60
    assert smoothness_loss(torch.from_numpy(rho)).numpy() == pytest.approx(expected, rel=1e-12)


def test_smoothness_is_converted_from_224_pixels() -> None:
    assert smoothness_weight(5000, 224) == 5000
    assert smoothness_weight(5000, 64) == pytest.approx(5000 * 64**2 / 224**2)
    waves = [torch.sin(torch.linspace(0, 6.28, size))[None, None, None].expand(1, 3, size, size) for size in (64, 448)]
    costs = [float(smoothness_weight(1, 64 * 7**i) * smoothness_loss(wave)) for i, wave in enumerate(waves)]
    assert costs[0] == pytest.approx(costs[1], rel=0.05)  # the same wave costs the same at any resolution


@pytest.mark.parametrize("raised", [False, True])
def test_steps_follow_the_gradient_of_equation_8(raised: bool) -> None:
    """Two steps of Adam computed by hand from finite differences in double precision."""
    model, pixels = SmoothModel(), random_pixels(1) * 0.5 + 0.25
    target = model.encode_image(random_pixels(1, 9)).visual
    weight = smoothness_weight(1e4, SIZE)
    text = torch.randn(5, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    score = Energy().fit(Reference(class_text=text, logit_scale=model.logit_scale))

    def loss(rho: np.ndarray) -> float:
        features = model.encode_image(pixels + torch.from_numpy(rho))
        down, right = np.diff(rho, axis=2), np.diff(rho, axis=3)
        rough = ((down**2).sum() + (right**2).sum()) / rho.size
        if raised:
            joint = features.joint.numpy() / np.linalg.norm(features.joint.numpy())
            unit = text.numpy() / np.linalg.norm(text.numpy(), axis=1, keepdims=True)
            return float(weight * rough - np.log(np.exp(10 * joint @ unit.T).sum()))
        a, b = features.visual.numpy()[0], target.numpy()[0]
        return float(weight * rough - a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    attack = FeatureAttack(smoothness=1e4, steps=2, learning_rate=0.01, noise=0.02)
    rho = attack.start(pixels).numpy().copy()
    first, second = np.zeros_like(rho), np.zeros_like(rho)
    for step in (1, 2):
        gradient = np.zeros_like(rho)
        for place in np.ndindex(*rho.shape):
            moved = rho.copy()
            moved[place] += 1e-5
            up = loss(moved)
            moved[place] -= 2e-5
            gradient[place] = (up - loss(moved)) / 2e-5
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        rho -= 0.01 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    end = last(attack, pixels, Objective(model, score if raised else target))
    assert (end.pixels - pixels).numpy() == pytest.approx(rho, abs=1e-6)
    assert float(weight * end.roughness - end.similarity) == pytest.approx(loss(rho), abs=1e-6)


def test_an_ensemble_has_the_mean_of_the_similarities() -> None:
    models, pixels = [SmoothModel(0), SmoothModel(1)], random_pixels(2)
    objectives = [goal(model) for model in models]
    end = last(FAST, pixels, objectives)
    each = [aim.nearness(aim.backbone.encode_image(end.pixels)) for aim in objectives]
    assert torch.allclose(end.similarity, (each[0] + each[1]) / 2)
    alone = last(FAST, pixels, objectives[0])
    assert (objectives[1].nearness(models[1].encode_image(alone.pixels)) < each[1]).all()


# --- what must hold ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_budget_of_0_changes_nothing(smooth: SmoothModel, norm: Any) -> None:
    pixels = random_pixels(2)
    assert torch.equal(last(FeatureAttack(steps=3, norm=norm, budget=0), pixels, goal(smooth)).pixels, pixels)


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(["none", "linf", "l2"]),
    st.floats(0, 3),
    st.floats(1e-4, 10),
    st.integers(0, 1000),
)
def test_projections_are_the_nearest_points(norm: Any, budget: float, size: float, seed: int) -> None:
    pixels = random_pixels(2, seed)
    rho = (random_pixels(2, seed + 1) - 0.5) * size
    if norm == "linf":  # said in 255ths
        found = FeatureAttack(norm=norm, budget=budget * 255).project(rho, pixels)
        budget = budget * 255 / 255
    else:
        found = FeatureAttack(norm=norm, budget=budget).project(rho, pixels)
    assert ((pixels + found >= -1e-12) & (pixels + found <= 1 + 1e-12)).all()
    low, high = -pixels, 1 - pixels
    if norm == "linf":
        assert torch.equal(found, rho.clamp(-budget, budget).clamp(low, high))
        assert found.abs().max() <= budget
    elif norm == "l2":
        lengths = rho.flatten(1).norm(dim=1)
        assert (found.flatten(1).norm(dim=1) <= budget * (1 + 1e-12)).all()
        for i in range(2):
            inside = rho[i] if lengths[i] <= budget else rho[i] * (budget / lengths[i])
            assert torch.allclose(found[i], inside.clamp(low[i], high[i]), atol=1e-12)
    else:
        assert torch.equal(found, rho.clamp(low, high))


def test_budgets_and_masks_hold_at_every_step(smooth: SmoothModel) -> None:
    pixels, mask = random_pixels(2), torch.zeros(SIZE, SIZE)
    mask[:5] = 1
    for norm, budget in (("linf", 5.0), ("l2", 0.2)):
        attack = FeatureAttack(steps=12, learning_rate=0.05, norm=norm, budget=budget)  # type: ignore[arg-type]
        for step in attack.run(pixels, goal(smooth), mask=mask, every=1):
            change = step.pixels - pixels
            size = change.abs().amax() if norm == "linf" else change.flatten(1).norm(dim=1).max()
            most = budget / 255 if norm == "linf" else budget
            assert size <= most + 1e-9 and step.pixels.min() >= 0 and step.pixels.max() <= 1
            assert not change[:, :, 5:].any() and (step.step == 0 or change[:, :, :5].any())


@pytest.mark.parametrize("robust", [(), ("resize", "crop", "jpeg")])
def test_the_same_seed_gives_the_same_bits(bundled: SimpleNamespace, robust: Any) -> None:
    attack = FeatureAttack(steps=3, robust=robust, seed=4)
    aim = Objective(bundled.backbone, bundled.target)
    ends = [last(attack, bundled.pixels, aim).pixels for _ in range(2)]
    assert torch.equal(*ends)
    other = last(FeatureAttack(steps=3, robust=robust, seed=5), bundled.pixels, aim).pixels
    assert not torch.equal(other, ends[0])


def test_a_picture_does_not_depend_on_its_batch(bundled: SimpleNamespace) -> None:
    attack, target = FeatureAttack(smoothness=5000, steps=4), bundled.target

    def first_of(rows: list[int], goals: list[int]) -> Tensor:
        return last(attack, bundled.pixels[rows], Objective(bundled.backbone, target[goals])).pixels[0]

    beside = first_of([1, 0, 1], [1, 2, 0])
    assert torch.equal(beside, first_of([1, 2, 0], [1, 0, 2]))
    # Matrix products of another size round otherwise, and Adam makes a step of a gradient next to 0.
    assert (beside - first_of([1], [1])).abs().mean() < 1e-5


def test_similarity_rises_and_a_saved_picture_still_fools_the_model(bundled: SimpleNamespace, tmp_path: Any) -> None:
    backbone, attack = bundled.backbone, FeatureAttack(steps=20, learning_rate=2e-3)
    steps = list(attack.run(bundled.pixels, Objective(backbone, bundled.target), every=5))
    means = [float(step.similarity.mean()) for step in steps]
    assert [step.step for step in steps] == [0, 5, 10, 15, 20]
    assert means == sorted(means)
    read = []
    for i, picture in enumerate(to_images(steps[-1].pixels)):
        picture.save(tmp_path / f"{i}.png")
        read.append(Image.open(tmp_path / f"{i}.png"))
    near = torch.cosine_similarity(image_targets(backbone, read), bundled.target)
    assert (near > steps[-1].similarity - 0.05).all()
    assert near.mean() > means[0] + 0.1


def test_smoothness_takes_the_grain_out(smooth: SmoothModel) -> None:
    rough, fine = (
        last(FeatureAttack(smoothness=weight, steps=40), random_pixels(4), goal(smooth)).roughness.mean()
        for weight in (0, 1e4)
    )
    assert fine < rough / 2


def test_watched_scores_are_those_of_the_picture(bundled: SimpleNamespace) -> None:
    score = KNN().fit(Reference(images=bundled.target))
    aim = Objective(bundled.backbone, bundled.target)
    for robust in ((), ("jpeg",)):
        for step in FeatureAttack(steps=1, robust=robust).run(bundled.pixels, aim, watch={"1-NN": score}):
            seen = bundled.backbone.encode_image(step.pixels).visual
            assert torch.allclose(step.scores["1-NN"], score(seen), atol=1e-5)


# --- targets -----------------------------------------------------------------------------------------------------


def test_patches_that_nothing_reads_are_never_made(smooth: SmoothModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """They cost a pass of their own at every step."""

    def refuse() -> Tensor:
        raise AssertionError("nobody reads patches here")

    encode = smooth.encode_image

    def lazily(pixels: Tensor) -> ImageFeatures:
        found = encode(pixels)
        return LazyFeatures(found.joint, found.visual, refuse)

    objective = goal(smooth)
    monkeypatch.setattr(smooth, "encode_image", lazily)
    watch = {"1-NN": KNN().fit(Reference(images=torch.eye(6, dtype=torch.float64)))}
    steps = [*FeatureAttack(steps=2).run(random_pixels(1, 0), objective, every=1, watch=watch)]
    assert [len(step.scores) for step in steps] == [1, 1, 1]


def test_every_kind_of_target_is_neared(bundled: SimpleNamespace) -> None:
    backbone = bundled.backbone
    text = text_targets(backbone, ["cat", "apple"], prompt_set("neglabel"))
    middle = class_targets(bundled.target, torch.tensor([4, 4, 7]), [4])
    unit = torch.nn.functional.normalize(bundled.target[:2], dim=1).mean(dim=0)
    assert torch.allclose(middle[0], unit / unit.norm(), atol=1e-6)
    score = NegLabel(groups=1).fit(Reference(text[:1], text[1:], logit_scale=backbone.logit_scale))
    for aim in (Objective(backbone, text[:1], "joint"), Objective(backbone, middle), Objective(backbone, score)):
        first, *_, end = FeatureAttack(steps=10).run(bundled.pixels, aim)
        assert end.similarity.mean() > first.similarity.mean()


# --- what goes wrong ---------------------------------------------------------------------------------------------


def test_numbers_that_are_not_finite_stop_it_with_the_last_good_picture() -> None:
    class Breaking(SmoothModel):
        calls = 0

        def encode_image(self, pixels: Tensor) -> ImageFeatures:  # type: ignore[misc]
            self.calls += 1
            found = super().encode_image(pixels)
            return ImageFeatures(None, found.visual * (math.nan if self.calls == 5 else 1), None)

    pixels, steady = random_pixels(1), SmoothModel()
    wanted = {step.step: step for step in FAST.run(pixels, goal(steady), every=1)}
    target = goal(steady).target
    with pytest.raises(Diverged, match="not finite in step 4") as caught:
        list(FAST.run(pixels, Objective(Breaking(), target), every=1))
    assert caught.value.last is not None and caught.value.last.step == 3
    assert torch.equal(caught.value.last.pixels, wanted[3].pixels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must lie between 1 and 10,000, not 0"),
        ({"smoothness": 1.1e4}, "smoothness must lie between 0 and 10,000"),
        ({"smoothness": math.nan}, "smoothness must be a number"),
        ({"learning_rate": 0.0}, "learning_rate must lie between 1e-06 and 1"),
        ({"norm": "l1"}, "norm must be one of none, linf, l2, not 'l1'"),
        ({"robust": ("rotate",)}, "robust must be one of resize, crop, jpeg"),
    ],
)
def test_parameters_beyond_their_bounds_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        FeatureAttack(**changes)


def test_what_does_not_fit_is_refused(smooth: SmoothModel) -> None:
    pixels, aim = random_pixels(2), goal(smooth)
    with pytest.raises(StudioError, match=r"pixels must be numbers in \[0, 1\]"):
        FAST.run(pixels + 1, aim)
    with pytest.raises(StudioError, match=r"shape \(batch, 3, height, width\)"):
        FAST.run(pixels[0], aim)
    with pytest.raises(StudioError, match="1 target or 2, one a picture, not 3"):
        FAST.run(pixels, goal(smooth, batch=3))
    with pytest.raises(StudioError, match=r"mask must be of shape \(12, 12\)"):
        FAST.run(pixels, aim, mask=torch.ones(3, 3))
    with pytest.raises(StudioError, match="target features must have the 6 numbers of smooth's visual features, not 7"):
        next(FAST.run(pixels, Objective(smooth, torch.ones(1, 7))))
    with pytest.raises(StudioError, match="no row zero"):
        Objective(smooth, torch.zeros(1, 6))


def test_one_small_image_is_attacked_on_one_thread(smooth: SmoothModel, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    seen: list[int] = []
    encode = SmoothModel.encode_image

    def watched(self: SmoothModel, pixels: Tensor) -> ImageFeatures:
        seen.append(torch.get_num_threads())
        return encode(self, pixels)

    objectives = [goal(smooth), goal(smooth, batch=3)]
    monkeypatch.setattr(SmoothModel, "encode_image", watched)
    try:
        for small, batch, threads in ((True, 1, 1), (False, 1, 2), (True, 3, 2)):
            smooth.small = small
            seen.clear()
            last(FeatureAttack(steps=2), random_pixels(batch), objectives[batch == 3])
            assert set(seen) == {threads} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)

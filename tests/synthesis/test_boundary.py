"""The near-boundary loop: its equations, its direction, what it yields, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.scorers import NegLabel, Reference
from ood_studio.synthesis.boundary import (
    Iteration,
    LoopBroken,
    NearBoundary,
)
from ood_studio.synthesis.guides import EnergyGuide, Guide, GuideOutput, ScorerGuide, Watch
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.losses import LossForm
from ood_studio.synthesis.noise import gradient_images, random_direction, update_noise

FAST = NearBoundary(steps=5, guidance=2.0, iterations=3, step_size=2.0)
PROMPTS = ["grass, house", "a tree", "the old sky"]


class Brightness(Guide):
    """A guide whose direction can be seen: bright pictures are ID."""

    boundary: float | None = 0.5
    broken_at = -1
    calls = 0

    @property
    def name(self) -> str:
        return "brightness"

    def read(self, pixels: Tensor) -> GuideOutput:
        self.calls += 1
        score = pixels.mean(dim=(1, 2, 3))
        return GuideOutput(score * (torch.nan if self.calls == self.broken_at else 1))

    def loss(self, reading: GuideOutput, form: LossForm = "target", target: float | None = None) -> Tensor:
        return (reading.score - (0.0 if target is None else target)).square()


def run(
    inpainter: Inpainter, guide: Guide, pixels: Tensor, loop: NearBoundary = FAST, **options: Any
) -> list[Iteration]:
    return list(loop.run(inpainter, guide, pixels, PROMPTS[: len(pixels)], **options))


# --- the equations -----------------------------------------------------------------------------------------------


def test_the_update_is_equation_10() -> None:
    noise, gradient = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.equal(update_noise(noise, gradient, 10.0, "raw"), noise - 10 * gradient)
    moved = update_noise(noise, gradient, 10.0)
    for row, before, pull in zip(moved.numpy(), noise.numpy(), gradient.numpy(), strict=True):
        wanted = before - 10 * pull / (pull**2).sum() ** 0.5
        assert row == pytest.approx(wanted / wanted.std(), rel=1e-12)
        assert row.var() == pytest.approx(1)
    assert torch.allclose(update_noise(noise, gradient * 1e-9, 10.0), moved)  # only its direction counts
    assert torch.equal(update_noise(noise, gradient * 0, 10.0), noise)  # without a gradient nothing moves


def test_a_random_direction_is_as_long_as_the_gradient() -> None:
    gradient = torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0)) * 7
    drawn = random_direction(gradient, [torch.Generator().manual_seed(seed) for seed in (1, 2)])
    torch.testing.assert_close(drawn.flatten(1).norm(dim=1), gradient.flatten(1).norm(dim=1))
    assert (torch.cosine_similarity(drawn.flatten(1), gradient.flatten(1)).abs() < 0.4).all()


def test_the_gradient_skips_the_network(inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor) -> None:
    """Eq. 9: by finite differences at the final latents, through decoder and guide alone."""
    first, second, *_ = run(inpainter, energy_guide, pixels)
    assert first.latents is not None and first.latent_gradient is not None and first.pixel_gradient is not None

    def loss(latents: Tensor) -> Tensor:
        with torch.no_grad():
            return energy_guide.loss(energy_guide.read(inpainter.decode(latents))).double()

    torch.testing.assert_close(loss(first.latents).float(), first.loss)
    nudge = torch.randn(first.latents.shape, generator=torch.Generator().manual_seed(0)) * 3e-3
    measured = (loss(first.latents + nudge) - loss(first.latents - nudge)) / 2
    told = (first.latent_gradient * nudge).sum(dim=(1, 2, 3)).double()
    torch.testing.assert_close(measured, told, rtol=0.1, atol=1e-4)
    assert first.noise is not None and second.noise is not None
    assert torch.equal(second.noise, update_noise(first.noise, first.latent_gradient, 2.0))
    step = first.pixel_gradient / first.pixel_gradient.abs().max() * 1e-3
    after = energy_guide.loss(energy_guide.read(first.pixels - step))
    assert (after < first.loss).all()


# --- where it leads ----------------------------------------------------------------------------------------------


class Halved(Guide):
    """Reads in half precision, where the way back of its small loss has no room."""

    name, boundary = "halved", None

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype

    @property
    def dtype(self) -> torch.dtype:
        return self._dtype

    def read(self, pixels: Tensor) -> GuideOutput:
        return GuideOutput((pixels.to(self.dtype) * 1e-3).float().mean(dim=(1, 2, 3)))

    def loss(self, reading: GuideOutput, form: LossForm = "hinge", target: float | None = None) -> Tensor:
        return 1e-3 * reading.score


def test_gradients_survive_guides_and_decoders_in_half_precision() -> None:
    class Decoder:
        dtype = torch.float16

        def decode(self, latents: Tensor) -> Tensor:
            return (0.5 * latents.to(self.dtype)).float()

    for guide in (Halved(torch.float16), Halved(torch.float32)):
        look = FAST._look_at(Decoder(), guide, torch.rand(2, 3, 4, 4), True)  # type: ignore[arg-type]
        by_pixel = torch.full((2, 3, 4, 4), 1e-6 / 48)
        torch.testing.assert_close(look.pixel_gradient, by_pixel, rtol=0.02, atol=0)
        torch.testing.assert_close(look.latent_gradient, 0.5 * by_pixel, rtol=0.02, atol=0)


def test_energy_rises_but_for_the_published_sign(
    inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor
) -> None:
    energies = {
        form: torch.stack([-each.score for each in run(inpainter, energy_guide, pixels, replace(FAST, loss=form))])
        for form in ("hinge", "target", "published")
    }
    assert (energies["hinge"][-1] > energies["hinge"][0]).all()
    assert (energies["hinge"].mean(dim=1).diff() > 0).all()
    assert (energies["published"][-1] < energies["published"][0]).all()
    assert (energies["published"].mean(dim=1).diff() < 0).all()
    target = run(inpainter, energy_guide, pixels, replace(FAST, loss="target"))
    assert (target[-1].loss < target[0].loss).all()


def test_any_score_leads_it(inpainter: Inpainter, pixels: Tensor) -> None:
    """NegLabel on the bundled CLIP: brought down, further than a random direction brings it."""
    backbone = load_backbone("diorama-conv", device="cpu")
    text = backbone.encode_text(["a photo of a cat", "a photo of a dog", "the sky", "grass", "a stone wall"])
    fitted = NegLabel(groups=1).fit(Reference(text[:2], text[2:], logit_scale=10.0))
    loop, guide = replace(FAST, target=0.0), ScorerGuide(backbone, fitted)
    led = run(inpainter, guide, pixels, loop, watch=Watch(backbone, {"NegLabel": fitted}))
    lost = run(inpainter, guide, pixels, replace(loop, direction="random"))
    assert torch.equal(led[0].pixels, lost[0].pixels)
    assert led[-1].score.mean() < led[0].score.mean()
    assert led[-1].score.mean() < lost[-1].score.mean()
    for each in led:
        torch.testing.assert_close(each.scores["NegLabel"], each.score)


# --- what it yields ----------------------------------------------------------------------------------------------


def test_what_an_iteration_holds(inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor) -> None:
    told: list[str] = []
    found = run(
        inpainter, energy_guide, pixels, progress=lambda stage, done, total: told.append(f"{stage} {done}/{total}")
    )
    assert [(each.iteration, each.total) for each in found] == [(i, 3) for i in range(4)]
    assert told[:3] == [f"painting the unguided picture {i}/3" for i in (1, 2, 3)]
    assert told[-1] == "painting, iteration 3 of 3 3/3" and len(told) == 12
    for each in found:
        assert each.pixels.shape == pixels.shape and each.pixels.min() >= 0 and each.pixels.max() <= 1
        assert each.logits is not None and each.logits.shape == (3, 5)
        assert not each.pixels.requires_grad and not each.score.requires_grad and not each.flagged.any()
        assert each.prompts == tuple(PROMPTS) and each.cut == ("", "", "") and not each.note
    assert found[-1].latent_gradient is None and found[-1].pixel_gradient is None
    assert found[0].pixel_gradient is not None
    shown = gradient_images(found[0].pixel_gradient)
    assert shown.min() == 0 or shown.max() == 1
    assert torch.equal(gradient_images(torch.zeros(1, 3, 4, 4)), torch.full((1, 3, 4, 4), 0.5))


def test_a_seed_is_a_picture(inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor) -> None:
    once, again = (run(inpainter, energy_guide, pixels)[-1].pixels for _ in range(2))
    assert torch.equal(once, again)
    other = run(inpainter, energy_guide, pixels, replace(FAST, seed=1))[-1].pixels
    assert (other - once).abs().amax(dim=(1, 2, 3)).min() > 0.01


@pytest.mark.parametrize("direction", ["gradient", "random"])
def test_a_picture_does_not_depend_on_its_batch(
    inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor, direction: Any
) -> None:
    loop = replace(FAST, direction=direction)
    together = run(inpainter, energy_guide, pixels, loop, seeds=[7, 8, 9])[-1]
    alone = list(loop.run(inpainter, energy_guide, pixels[1:2], PROMPTS[1:2], seeds=[8]))[-1]
    torch.testing.assert_close(alone.pixels[0], together.pixels[1], atol=1e-4, rtol=0)


def test_a_large_batch_is_looked_at_in_parts(
    inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = replace(FAST, iterations=1)
    whole = run(inpainter, energy_guide, pixels, loop)
    monkeypatch.setattr("ood_studio.synthesis.boundary._AT_ONCE", 1)
    for one, other in zip(whole, run(inpainter, energy_guide, pixels, loop), strict=True):
        torch.testing.assert_close(one.pixels, other.pixels, atol=1e-4, rtol=0)
        torch.testing.assert_close(one.loss, other.loss, atol=1e-3, rtol=1e-3)


def test_strength_0_and_1(inpainter: Inpainter, energy_guide: EnergyGuide, pixels: Tensor) -> None:
    (stayed,) = run(inpainter, energy_guide, pixels, replace(FAST, strength=0.0))
    assert torch.equal(stayed.pixels, pixels) and stayed.total == 0
    assert stayed.note == "Strength 0 leaves none of 5 steps to take: the picture stays as it is."
    torch.testing.assert_close(stayed.score, energy_guide.score(pixels))
    forgot = run(inpainter, energy_guide, pixels[:1], replace(FAST, strength=1.0))
    other = run(inpainter, energy_guide, 1 - pixels[:1], replace(FAST, strength=1.0))
    assert len(forgot) == 4 and torch.equal(forgot[-1].pixels, other[-1].pixels)


# --- how it ends -------------------------------------------------------------------------------------------------


def test_it_stops_when_nobody_asks(inpainter: Inpainter, pixels: Tensor) -> None:
    guide = Brightness()
    loop = FAST.run(inpainter, guide, pixels, PROMPTS)
    next(loop)
    next(loop)
    loop.close()  # type: ignore[attr-defined]
    assert guide.calls == 2


@pytest.mark.parametrize("at", [0, 2])
def test_numbers_that_are_not_finite_end_it(inpainter: Inpainter, pixels: Tensor, at: int) -> None:
    guide = Brightness()
    guide.broken_at = at + 1
    seen: list[Iteration] = []
    wanted = rf"not finite in iteration {at}: the loss \(brightness\) of picture 1, 2, 3 of 3"
    with pytest.raises(LoopBroken, match=wanted) as caught:
        seen.extend(FAST.run(inpainter, guide, pixels, PROMPTS))
    assert caught.value.iteration == at and caught.value.rows == [0, 1, 2]
    assert [each.iteration for each in seen] == list(range(at))
    for one, other in zip(seen, run(inpainter, Brightness(), pixels), strict=False):
        assert torch.equal(one.pixels, other.pixels)


def test_a_broken_network_is_told(inpainter: Inpainter, pixels: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = inpainter.denoise
    calls = 0

    def breaking(conditions: Any, noise: Tensor, progress: Any) -> Tensor:
        nonlocal calls
        calls += 1
        latents = whole(conditions, noise, progress)
        if calls == 2:
            latents[1, 0, 0, 0] = torch.inf
        return latents

    monkeypatch.setattr(inpainter, "denoise", breaking)
    with pytest.raises(LoopBroken, match="iteration 1: the painted latents of picture 2 of 3; try a smaller step size"):
        run(inpainter, Brightness(), pixels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strength": 1.5}, "strength must lie between 0 and 1, not 1.5"),
        ({"steps": 0}, "steps must lie between 1 and 1,000, not 0"),
        ({"steps": 2.5}, "steps must be a whole number, not 2.5"),
        ({"guidance": -1.0}, "guidance must lie between 0 and 30"),
        ({"iterations": -1}, "iterations must lie between 0 and 100"),
        ({"step_size": torch.nan}, "step_size must be a number"),
        ({"loss": "mse"}, "loss must be one of target, hinge, published, not 'mse'"),
        ({"step": "unit"}, "step must be one of normalised, raw, not 'unit'"),
        ({"direction": "up"}, "direction must be one of gradient, random, not 'up'"),
    ],
)
def test_parameters_beyond_their_bounds_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        NearBoundary(**changes)


def test_what_does_not_fit_is_refused_before_anything_runs(inpainter: Inpainter, pixels: Tensor) -> None:
    guide = Brightness()
    for options, message in (
        ({"prompts": PROMPTS[:2]}, "there must be 3 prompts, one a picture, not 2"),
        ({"seeds": [1]}, "there must be 3 seeds, one a picture, not 1"),
        ({"mask": torch.zeros(32, 32)}, "the mask is empty"),
        ({"mask": torch.ones(3, 3)}, r"not \(3, 3\)"),
        ({"pixels": pixels[:, :2]}, r"shape \(batch, 3, 32, 32\)"),
    ):
        given: dict[str, Any] = {"pixels": pixels, "prompts": PROMPTS} | options  # type: ignore[operator]
        with pytest.raises(StudioError, match=message):
            FAST.run(inpainter, guide, **given)
    with pytest.raises(StudioError, match="there must be 3 prompts"):
        replace(FAST, strength=0.0).run(inpainter, guide, pixels, [])
    assert guide.calls == 0


def test_one_picture_of_a_miniature_is_painted_on_one_thread(
    inpainter: Inpainter, pixels: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()

    class Watching(Brightness):
        def read(self, pixels: Tensor) -> GuideOutput:
            seen.add(torch.get_num_threads())
            return super().read(pixels)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for small, count, threads in ((True, 1, 1), (True, 2, 2), (False, 1, 2)):
            monkeypatch.setattr(inpainter, "small", small)
            seen.clear()
            run(inpainter, Watching(), pixels[:count], replace(FAST, iterations=1))
            assert seen == {threads} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)

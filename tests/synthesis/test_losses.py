"""The losses against slow transcriptions of their formulas, and which way each of them leads."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.scorers import KNN, NegLabel, Reference
from ood_studio.synthesis.guides import EnergyGuide, GuideOutput, ScorerGuide
from ood_studio.synthesis.losses import (
    default_energy,
    default_target,
    energy,
    hinge_loss,
    published_loss,
    score_target_loss,
    target_loss,
)
from tests.attacks.conftest import SmoothModel, random_pixels

LOGITS = torch.randn(4, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
Loss = Callable[[Tensor], Tensor]
FORMS: dict[str, tuple[Loss, Callable[[np.ndarray], float]]] = {
    "energy": (energy, lambda g: -math.log(sum(math.exp(each) for each in g))),
    "hinge": (
        lambda g: hinge_loss(energy(g), -3.0),
        lambda g: max(0.0, -3.0 + math.log(sum(math.exp(each) for each in g))) ** 2,
    ),
    "target": (
        lambda g: target_loss(g, 0.5),
        lambda g: (0.5 - (sum(g) / len(g) - math.log(sum(math.exp(each) for each in g)))) ** 2,
    ),
    "published": (
        lambda g: published_loss(g, -5.0, 2.0),
        lambda g: -5.0 - 2.0 * math.log(sum(math.exp(each / 2.0) for each in g)),
    ),
    "score": (lambda g: score_target_loss(g[:, 0], 0.2), lambda g: (0.2 - g[0]) ** 2),
}


@pytest.mark.parametrize("form", FORMS)
def test_losses_are_their_formulas(form: str) -> None:
    loss, oracle = FORMS[form]
    assert loss(LOGITS).numpy() == pytest.approx([oracle(row) for row in LOGITS.numpy()], rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_finite_differences(form: str) -> None:
    loss, _ = FORMS[form]
    leaf = LOGITS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda g: loss(g).sum(), leaf)


def test_descending_leads_out_of_distribution_but_for_the_published_sign() -> None:
    def moved(loss: Loss) -> Tensor:
        leaf = LOGITS.clone().requires_grad_()
        return energy(LOGITS - 1e-3 * torch.autograd.grad(loss(leaf).sum(), leaf)[0]) - energy(LOGITS)

    out = default_target(7)
    assert (moved(lambda g: hinge_loss(energy(g), out)) > 0).all()
    assert (moved(lambda g: target_loss(g, out)) > 0).all()
    assert (moved(lambda g: published_loss(g, -5.0)) < 0).all()


def test_the_hinge_lets_go_at_its_margin() -> None:
    assert (hinge_loss(energy(LOGITS), float(energy(LOGITS).min())) == 0).all()


def test_the_default_target_is_out_of_reach() -> None:
    uniform = torch.zeros(1, 7)
    reached = float(uniform.mean() - uniform.logsumexp(dim=1))
    assert default_target(7) == pytest.approx(reached + 2, abs=1e-6)
    assert default_target(1000) == pytest.approx(-5, abs=0.1)
    assert default_energy(7) == pytest.approx(float(energy(torch.zeros(1, 7))) + 5)


def test_an_energy_guide_reads_its_classifier(energy_guide: EnergyGuide, pixels: Tensor) -> None:
    backbone = energy_guide.backbone
    assert backbone.head is not None
    logits = backbone.head(backbone.encode_image(pixels).visual)
    reading = energy_guide.read(pixels)
    assert reading.logits is not None
    torch.testing.assert_close(reading.logits, logits)
    torch.testing.assert_close(reading.score, logits.logsumexp(dim=1))
    for form, wanted in (
        ("target", target_loss(logits, default_target(5))),
        ("hinge", hinge_loss(energy(logits), default_energy(5))),
        ("published", published_loss(logits, default_energy(5))),
    ):
        torch.testing.assert_close(energy_guide.loss(reading, form), wanted)  # type: ignore[arg-type]
    larger = torch.nn.functional.interpolate(pixels, 48, mode="bilinear")  # another size is resized on the way
    torch.testing.assert_close(energy_guide.score(larger), reading.score, atol=0.2, rtol=0.2)


def test_any_score_guides() -> None:
    model, pictures = SmoothModel(), random_pixels(6)
    text = torch.randn(9, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    fitted = NegLabel(groups=2).fit(Reference(text[:3], text[3:], logit_scale=5.0))
    guide = ScorerGuide(model, fitted)
    score = guide.score(pictures)
    torch.testing.assert_close(score, fitted(model.encode_image(pictures).joint))
    reading = GuideOutput(score)
    torch.testing.assert_close(guide.loss(reading, "target", 0.4), (0.4 - score).square())
    torch.testing.assert_close(guide.loss(reading, "hinge", 0.4), (score - 0.4).clamp_min(0).square())
    torch.testing.assert_close(guide.loss(reading, "published", 0.4), 0.4 - score)
    assert torch.autograd.gradcheck(
        lambda x: guide.loss(guide.read(x), "target", 0.4).sum(), pictures.clone().requires_grad_(), fast_mode=True
    )
    with pytest.raises(StudioError, match="has no boundary yet"):
        guide.loss(reading)
    torch.testing.assert_close(replace(guide, boundary=0.4).loss(reading), (score - 0.4).clamp_min(0).square())


def test_what_cannot_guide_is_refused(energy_guide: EnergyGuide) -> None:
    model = SmoothModel()
    with pytest.raises(StudioError, match="smooth has no trained classifier"):
        EnergyGuide(model)
    text = torch.eye(6)
    step = NegLabel(form="count").fit(Reference(text[:2], text[2:]))
    with pytest.raises(StudioError, match="NegLabel cannot guide"):
        ScorerGuide(model, step)
    assert ScorerGuide(model, KNN().fit(Reference(images=text))).name == "k-NN on smooth"
    with pytest.raises(StudioError, match="loss must be one of target, hinge, published, not 'mse'"):
        energy_guide.loss(GuideOutput(torch.zeros(1), torch.zeros(1, 5)), "mse")  # type: ignore[arg-type]

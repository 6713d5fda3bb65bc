"""MSP, MaxLogit, Energy and MCM against their equations in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.choose import bench_scorers
from ood_studio.scorers import MCM, MSP, Energy, MaxLogit, Reference, Scorer

FEATURES = torch.randn(11, 12, generator=torch.Generator().manual_seed(0))
CLASSES = torch.randn(6, 12, generator=torch.Generator().manual_seed(1))
HEAD = torch.nn.Linear(12, 6)
with torch.no_grad():
    HEAD.weight.copy_(3 * torch.randn(6, 12, generator=torch.Generator().manual_seed(2)))
    HEAD.bias.copy_(torch.randn(6, generator=torch.Generator().manual_seed(3)))


def oracle_cosine(a: Tensor, b: Tensor) -> float:
    u, v = a.double().tolist(), b.double().tolist()
    dot = sum(x * y for x, y in zip(u, v, strict=True))
    return dot / math.sqrt(sum(x * x for x in u)) / math.sqrt(sum(y * y for y in v))


def oracle_logits(kind: str, scale: float = 1.0) -> np.ndarray:
    """(11, 6) logits written out: of the text head, of the head on unit features, of the head on raw features."""
    rows = []
    for h in FEATURES:
        if kind == "text":
            rows.append([scale * oracle_cosine(h, e) for e in CLASSES])
        else:
            x = h.double().numpy() / (np.sqrt(np.sum(h.double().numpy() ** 2)) if kind == "joint" else 1.0)
            w, b = HEAD.weight.detach().double().numpy(), HEAD.bias.detach().double().numpy()
            rows.append([float(np.sum(w[k] * x) + b[k]) for k in range(6)])
    return np.array(rows)


def oracle_softmax_max(logits: np.ndarray) -> np.ndarray:
    return np.array([max(math.exp(z) for z in row) / sum(math.exp(z) for z in row) for row in logits])


def oracle_energy(logits: np.ndarray, t: float) -> np.ndarray:
    return np.array([t * math.log(sum(math.exp(z / t) for z in row)) for row in logits])


@pytest.mark.parametrize("kind", ["text", "joint", "visual"])
@pytest.mark.parametrize(
    ("cls", "parameters", "oracle"),
    [
        (MSP, {}, oracle_softmax_max),
        (MaxLogit, {}, lambda z: z.max(axis=1)),
        (Energy, {}, lambda z: oracle_energy(z, 1.0)),
        (Energy, {"temperature": 2.5}, lambda z: oracle_energy(z, 2.5)),
    ],
)
def test_scores_on_logits_follow_their_equations(kind: str, cls: type[Scorer], parameters: dict, oracle) -> None:
    reference = Reference(class_text=CLASSES, logit_scale=30.0, head=None if kind == "text" else HEAD)
    scorer = cls(space="visual" if kind == "visual" else "joint", **parameters)
    expected = oracle(oracle_logits(kind, 30.0))
    np.testing.assert_allclose(scorer.fit(reference)(FEATURES.double()).numpy(), expected, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(scorer.fit(reference)(FEATURES).numpy(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("key", "tau"), [("mcm", 1.0), ("pseudo-msp", 0.01), ("mcm-scale", 1 / 30)])
def test_mcm_follows_its_equation_under_each_name(key: str, tau: float) -> None:
    expected = []
    for h in FEATURES:
        cosines = [oracle_cosine(h, e) for e in CLASSES]
        expected.append(max(math.exp(c / tau) for c in cosines) / sum(math.exp(c / tau) for c in cosines))
    score = bench_scorers()[key].fit(Reference(class_text=CLASSES, logit_scale=30.0))
    np.testing.assert_allclose(score(FEATURES).numpy(), expected, atol=1e-5)
    assert MCM() == MCM(tau=1.0)  # the paper's


def test_a_head_replaces_the_text_and_visual_features_need_one() -> None:
    assert MSP().missing(Reference(head=HEAD)) is None
    assert "class_text" in str(MSP().missing(Reference()))
    assert "a trained linear head" in str(MSP(space="visual").missing(Reference(class_text=CLASSES)))
    with pytest.raises(StudioError, match="space must be one of joint, visual, not 'patches'"):
        MSP(space="patches")
    with pytest.raises(StudioError, match=r"shape \(batch, 12\), not \(2, 5\)"):
        MSP(space="visual").fit(Reference(head=HEAD))(torch.ones(2, 5))


def test_extreme_logits_stay_finite() -> None:
    reference = Reference(class_text=CLASSES, logit_scale=1e5)
    for scorer in (MSP(), Energy(temperature=1e-3), MCM(tau=1e-4)):
        assert torch.isfinite(scorer.fit(reference)(FEATURES)).all()

"""Scores on logits against pytorch-ood, whose sign is the opposite."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pytorch_ood.detector import GEN as OodGEN
from pytorch_ood.detector import EnergyBased, MaxSoftmax
from pytorch_ood.detector import Entropy as OodEntropy
from pytorch_ood.detector import MaxLogit as OodMaxLogit
from torch import Tensor

from ood_studio.scorers import GEN, MSP, Energy, Entropy, MaxLogit, Reference, Scorer

CLASSES = 12
HEAD = torch.nn.Linear(7, CLASSES)
with torch.no_grad():
    HEAD.weight.copy_(torch.randn(CLASSES, 7, generator=torch.Generator().manual_seed(0)))
    HEAD.bias.copy_(torch.randn(CLASSES, generator=torch.Generator().manual_seed(1)))
FEATURES = torch.randn(50, 7, generator=torch.Generator().manual_seed(2))


def theirs(detector: Any, scale: float = 1.0) -> Tensor:
    with torch.no_grad():
        return detector.predict_logits(HEAD(scale * FEATURES))


def ours(scorer: Scorer, scale: float = 1.0) -> Tensor:
    return scorer.fit(Reference(head=HEAD))(scale * FEATURES)


@pytest.mark.parametrize(
    ("scorer", "detector"),
    [
        (MSP(space="visual"), MaxSoftmax(None)),
        (MaxLogit(space="visual"), OodMaxLogit(None)),
        (Energy(space="visual"), EnergyBased(None)),
        (Energy(space="visual", temperature=2.5), EnergyBased(None, t=2.5)),
        (Entropy(space="visual"), OodEntropy(None)),
    ],
)
def test_the_same_with_the_sign_turned(scorer: Scorer, detector: Any) -> None:
    torch.testing.assert_close(ours(scorer), -theirs(detector), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("top", [1, 4, CLASSES])
def test_gen_is_their_mean_made_a_sum(gamma: float, top: int) -> None:
    scores = ours(GEN(space="visual", gamma=gamma, top=top))
    torch.testing.assert_close(scores, -top * theirs(OodGEN(None, gamma=gamma, M=top)), atol=1e-5, rtol=1e-5)
    if top == CLASSES:
        assert torch.equal(ours(GEN(space="visual", gamma=gamma)), scores)  # fewer than M classes: all of them


@pytest.mark.parametrize(
    ("scorer", "detector"), [(GEN(space="visual"), OodGEN(None)), (Entropy(space="visual"), OodEntropy(None))]
)
def test_sure_predictions_differ_where_they_clamp(scorer: Scorer, detector: Any) -> None:
    """They hold probabilities between 1e-7 and 1 - 1e-7 and so cannot rank predictions that are surer than that."""
    logits = torch.diag(torch.tensor([40.0, 60.0, 80.0]))
    head = torch.nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.eye(3))
    scores = scorer.fit(Reference(head=head))(logits)
    assert scores[0] < scores[1] < scores[2] <= 0
    assert len(set(detector.predict_logits(logits).tolist())) == 1

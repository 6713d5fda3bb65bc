"""Entropy: how spread out the softmax of the logits is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.scorers.logits import LogitScorer


@dataclass(frozen=True)
class Entropy(LogitScorer):
    """Σ_k p_k log p_k with p = softmax(z), in [-log K, 0]: the negative entropy in nats (Chan et al. 2021).

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
    """

    name: ClassVar[str] = "entropy"
    title: ClassVar[str] = "Entropy"

    def _score(self, logits: Tensor) -> Tensor:
        logs = logits.log_softmax(dim=1)
        return (logs.exp() * logs).sum(dim=1)

"""MaxLogit: the largest logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.scorers.logits import LogitScorer


@dataclass(frozen=True)
class MaxLogit(LogitScorer):
    """max_k z_k (Hendrycks et al. 2022).

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
    """

    name: ClassVar[str] = "maxlogit"
    title: ClassVar[str] = "MaxLogit"

    def _score(self, logits: Tensor) -> Tensor:
        return logits.amax(dim=1)

"""MSP: the maximum softmax probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.scorers.logits import LogitScorer


@dataclass(frozen=True)
class MSP(LogitScorer):
    """max_k softmax(z)_k, in (0, 1] (Hendrycks & Gimpel 2017). On the zero-shot head: MCM at τ = 1 / logit_scale.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
    """

    name: ClassVar[str] = "msp"
    title: ClassVar[str] = "MSP"

    def _score(self, logits: Tensor) -> Tensor:
        return logits.softmax(dim=1).amax(dim=1)

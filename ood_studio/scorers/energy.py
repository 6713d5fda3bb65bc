"""Energy: the log-sum-exp of the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.scorers.logits import LogitScorer


@dataclass(frozen=True)
class Energy(LogitScorer):
    """T · logsumexp(z / T): the negative of the energy in Eq. 4 of Liu et al. 2020, so that higher = more ID.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
        temperature: T; towards 0 the score becomes MaxLogit.
    """

    name: ClassVar[str] = "energy"
    title: ClassVar[str] = "Energy"

    temperature: Annotated[float, Bounds(1e-3, 1e3, log=True, help="T of the log-sum-exp; small = MaxLogit")] = 1.0

    def _score(self, logits: Tensor) -> Tensor:
        return self.temperature * (logits / self.temperature).logsumexp(dim=1)

"""GEN: a generalized entropy of the softmax of the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.scorers.logits import LogitScorer


@dataclass(frozen=True)
class GEN(LogitScorer):
    """-Σ_{m ≤ M} p_m^γ (1 - p_m)^γ over the M largest p = softmax(z), at most 0 (Liu et al. 2023, Section 3).

    Works in logarithms: 1 - p of a sure prediction, which rounds to 0 in single precision, counts as it is.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
        gamma: γ; the smaller, the more the score sees of probabilities close to 0 and 1.
        top: M; 100 is the paper's for 1,000 classes. Where there are fewer classes, all count.
    """

    name: ClassVar[str] = "gen"
    title: ClassVar[str] = "GEN"

    gamma: Annotated[float, Bounds(1e-3, 10.0, log=True, help="Power of the probabilities")] = 0.1
    top: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="How many of the largest probabilities count")] = 100

    def _score(self, logits: Tensor) -> Tensor:
        if logits.shape[1] == 1:
            return 0 * logits[:, 0]  # p = 1
        logs = logits.log_softmax(dim=1)
        ranked = logs.sort(dim=1, descending=True).values
        # Only the largest can be so close to 1 that 1 - p must come from the others.
        complement = torch.cat((ranked[:, 1:].logsumexp(dim=1, keepdim=True), (-ranked[:, 1:].exp()).log1p()), dim=1)
        return -(self.gamma * (ranked + complement))[:, : self.top].exp().sum(dim=1)

"""MCM: the maximum softmax of the similarities to the ID labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from ood_studio.core.parameters import Help, Tau
from ood_studio.scorers.base import Reference, Scorer, temperature


@dataclass(frozen=True)
class MCM(Scorer):
    """max_k softmax(cos(h, e_k) / τ), in (0, 1] (Ming et al. 2022, Eq. 1 with τ = 1).

    Two conventions circulate, and numbers fail to reproduce when they are mixed up: MCM's raw cosines, τ = 1, and
    CLIP's logit scale of 100, τ = 0.01, which PLP calls pseudo-MSP.

    Attributes:
        tau: temperature; None = 1 / logit_scale of the reference.
    """

    name: ClassVar[str] = "mcm"
    title: ClassVar[str] = "MCM"
    needs: ClassVar[tuple[str, ...]] = ("class_text",)

    tau: Annotated[Tau, Help("Temperature τ; 1 = MCM, 0.01 = pseudo-MSP, none = the model's own")] = 1.0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None
        classes = reference.vectors("class_text")
        scale = 1 / temperature(self.tau, reference.logit_scale)

        def score(features: Tensor) -> Tensor:
            return (classes.cosines(features) * scale).softmax(dim=1).amax(dim=1)

        return score

"""ReAct: the energy after activations are cut off at a height that training images seldom reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.scorers.base import Reference
from ood_studio.scorers.logits import HeadScorer, logits_of
from ood_studio.scorers.training import image_chunks

_MOST_VALUES = 2**24


@dataclass(frozen=True)
class ReAct(HeadScorer):
    """logsumexp(head(min(x, c))), the energy of activations cut off at c (Sun et al. 2021, "ReAct").

    c is the p-th percentile of all values of the training features, exact up to 2²⁴ values; of more, every so many-th
    image is taken. Joint features, which have no rectifier before them, keep their negative values and are not
    normalised again.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
        percentile: p; 90 is the paper's, 100 changes nothing but outliers.
    """

    name: ClassVar[str] = "react"
    title: ClassVar[str] = "ReAct"
    needs: ClassVar[tuple[str, ...]] = ("images",)

    percentile: Annotated[
        float, Bounds(1.0, 100.0, help="Percentile of the training activations where they are cut")
    ] = 90.0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.images is not None
        weight, bias = self._head(reference)
        every = math.ceil(reference.images.numel() / _MOST_VALUES)
        values = [
            rows[-where.start % every :: every].cpu().numpy() for where, rows in image_chunks(reference, self.space)
        ]
        cut = float(np.percentile(np.concatenate(values), self.percentile))
        return lambda features: logits_of(features.clamp(max=cut), weight, bias).logsumexp(dim=1)

"""Where a score lies between in-distribution and out-of-distribution reference images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ood_studio.evaluation.metrics import threshold_at_tpr


@dataclass(frozen=True)
class Gauge:
    """Where a score lies on reference images.

    Attributes:
        inside: the median of ID images.
        boundary: what keeps 95 % of them.
        outside: the median of the OOD images beyond the boundary (the median of all may lie before it where the score
            misses most of them); None where there are none.
    """

    inside: float
    boundary: float
    outside: float | None

    @classmethod
    def of(cls, inside: NDArray[np.float64], outside: NDArray[np.float64]) -> Gauge:
        """The gauge of scores (n,) of ID and (m,) of OOD images; m may be 0."""
        boundary = threshold_at_tpr(inside)
        beyond = outside[outside < boundary]
        return cls(float(np.median(inside)), boundary, float(np.median(beyond)) if len(beyond) else None)

    def place(self, value: float) -> float:
        """From 1 (the ID median) over 0 (the boundary) to -1 (``outside``, or else as far beyond)."""
        if value >= self.boundary:
            return min(1.0, (value - self.boundary) / max(self.inside - self.boundary, 1e-12))
        far = self.boundary - self.outside if self.outside is not None else self.inside - self.boundary
        return max(-1.0, (value - self.boundary) / max(far, 1e-12))

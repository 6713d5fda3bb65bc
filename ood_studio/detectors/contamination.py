"""Whether something else got among the ID images that set a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FENCE = 3.0  # interquartile ranges below the lower quartile: Tukey's "far out" (1977, section 2E)
_FEWEST = 20  # scores below which quartiles say too little


def outliers(scores: ArrayLike) -> NDArray[np.int64]:
    """Places of calibration scores that lie far below the others, the lowest first.

    Images of other things that score like ID cannot be told apart so, nor can they when they are many; ID images that
    are merely odd are found as well, hence a warning and no more.

    Args:
        scores: (n,) of calibration images; with less than 20 nothing is found.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.size < _FEWEST:
        return np.empty(0, dtype=np.int64)
    low, high = np.quantile(values, (0.25, 0.75))
    far = np.flatnonzero(values < low - _FENCE * (high - low))
    return far[np.argsort(values[far], kind="stable")]

"""Whether something else got among the ID images that set a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FENCE = 3.0  # interquartile ranges below the lower quartile: Tukey's "far out" (1977, section 2E)
_FEWEST = 20  # scores below which quartiles say too little
_ROUND = 1e-5  # how near shares come to 0 and 1 before single precision and chance have the say


def outliers(scores: ArrayLike) -> NDArray[np.int64]:
    """Places of calibration scores that lie far below the others, the lowest first.

    Scores that are all shares, in [0, 1], are compared by their log-odds: towards 0 and 1 ever smaller differences of
    shares mean as much.

    Images of other things that score like ID cannot be told apart so, nor can they when they are many; ID images that
    are merely odd are found as well, hence a warning and no more.

    Args:
        scores: (n,) of calibration images; with less than 20 nothing is found.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.size < _FEWEST:
        return np.empty(0, dtype=np.int64)
    if values.min() >= 0 and values.max() <= 1:
        shares = np.clip(values, _ROUND, 1 - _ROUND)
        values = np.log(shares / (1 - shares))
    low, high = np.quantile(values, (0.25, 0.75))
    if low == values.max():  # most are as high as can be told, so there is nothing to measure by
        return np.empty(0, dtype=np.int64)
    far = np.flatnonzero(values < low - _FENCE * (high - low))
    return far[np.argsort(values[far], kind="stable")]

"""Which images of a batch are called OOD, with a bound on how many of these calls are false."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ood_studio.core.errors import StudioError


def discoveries(p_values: ArrayLike, level: float) -> NDArray[np.bool_]:
    """Benjamini & Hochberg (1995): of the images that are called OOD, at most ``level`` are ID on average.

    It holds for p-values of one shared calibration set, which depend on each other positively (Bates et al. 2023,
    Theorem 2). The smallest p-value that n calibration images can give is 1 / (n + 1): a batch of m images finds
    nothing unless about ``level`` / m reaches it.

    Args:
        p_values: (m,) of `Calibration.p_values`, in (0, 1].
        level: the false discovery rate, in (0, 1).

    Returns:
        (m,) whether each is called OOD.

    Raises:
        StudioError: for p-values or a level that cannot be.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values > 0) & (values <= 1)).all():
        raise StudioError("p-values are numbers above 0 up to 1, one an image")
    if not 0 < level < 1:
        raise StudioError(f"a false discovery rate lies between 0 and 1, not {level}")
    if not values.size:
        return np.zeros(0, dtype=np.bool_)
    ordered = np.sort(values)
    reached = np.flatnonzero(ordered <= level * np.arange(1, values.size + 1) / values.size)
    return np.asarray(values <= ordered[reached[-1]]) if reached.size else np.zeros(values.size, dtype=np.bool_)

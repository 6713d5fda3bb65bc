"""How often a change alone flips a detector's verdict, with Wilson's interval (1927)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ood_studio.core.errors import StudioError

_Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True)
class FlipRate:
    """Verdicts before and after a change.

    Attributes:
        n: pictures; ``flips`` of them have another verdict after it.
        rejected: of those flips, from ID to OOD; the others go from OOD to ID.
    """

    n: int
    flips: int
    rejected: int

    @property
    def rate(self) -> float:
        """The share of verdicts that flip, in [0, 1]; NaN of no pictures."""
        return self.flips / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate; NaN of no pictures."""
        return wilson(self.flips, self.n)


def wilson(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of ``count`` of ``n``, in [0, 1]; NaN where ``n`` is 0.

    Raises:
        StudioError: if the count is negative, or above ``n``.
    """
    if not 0 <= count <= n:
        raise StudioError(f"{count} of {n} is no share")
    if n == 0:
        return math.nan, math.nan
    share, spread = count / n, _Z * _Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def flip_rate(before: ArrayLike, after: ArrayLike, rows: Sequence[int]) -> FlipRate:
    """How often verdicts flip.

    Args:
        before: (n,) bool verdicts of pictures as they were, True = ID.
        after: (m,) bool verdicts of the changed ones.
        rows: (m,) which picture each of them was.

    Raises:
        StudioError: where there are not as many rows as changed pictures.
    """
    taken = np.asarray(rows, dtype=np.int64)
    after = np.asarray(after, dtype=bool)
    if taken.shape != after.shape:
        raise StudioError(f"{after.size} changed pictures come with {taken.size} rows")
    earlier = np.asarray(before, dtype=bool)[taken]
    return FlipRate(len(taken), int((earlier != after).sum()), int((earlier & ~after).sum()))

"""Thresholds with a promise, from the scores of ID images alone (split conformal prediction, Vovk et al. 2005).

With the n scores of calibration images sorted upwards, s_(1) <= ... <= s_(n), a threshold s_(k) flags what scores below
it. Over future ID images that are drawn like the calibration images, and for scores without ties, the share that it
flags is Beta(k, n + 1 - k): k / (n + 1) on average over the draw of the calibration images (Angelopoulos & Bates 2023,
section 3.2). Ties only lower it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, check


@dataclass(frozen=True)
class Promise:
    """What a threshold promises: that ID images are flagged at most so often.

    Attributes:
        rate: α, the false-alarm rate.
        miss: δ; with it the rate holds for all but this share of the draws of calibration images, without it on average
            over them.
    """

    rate: Annotated[float, Bounds(1e-4, 0.5, log=True, help="Share of ID images that may be flagged")] = 0.05
    miss: Annotated[
        float | None,
        Bounds(
            1e-6, 0.5, log=True, help="Chance that the calibration images mislead; none = the rate holds on average"
        ),
    ] = 0.01

    def __post_init__(self) -> None:
        check(self)

    def rank(self, count: int) -> int:
        """k, the place of the threshold among so many calibration scores; 0 where none can hold the promise.

        On average it is the largest k with k / (n + 1) <= α; with confidence the largest k with
        P(Binomial(n, α) >= k) >= 1 - δ, which is that of the Beta law above.
        """
        if self.miss is None:
            return math.floor(_exactly(self.rate) * (count + 1))
        from scipy.stats import binom

        last = int(binom.ppf(self.miss, count, self.rate))  # the first place at which the distribution reaches δ
        return last + int(binom.cdf(last, count, self.rate) <= self.miss)

    def fewest(self) -> int:
        """How many calibration images it takes at least."""
        if self.miss is None:
            return math.ceil(1 / _exactly(self.rate)) - 1
        count = max(1, math.floor(math.log(self.miss) / math.log1p(-self.rate)) - 1)
        while not self.rank(count):
            count += 1
        return count

    def expected(self, count: int) -> float:
        """The share of ID images that is flagged on average, in [0, α]."""
        return self.rank(count) / (count + 1)

    def __str__(self) -> str:
        said = f"at most {_percent(self.rate)} of ID images are flagged"
        return f"{said}, on average" if self.miss is None else f"{said}, with {_percent(1 - self.miss)} confidence"

    def lacking(self, count: int) -> str:
        """Why so few images cannot keep it, as a sentence; "" where they can."""
        if self.rank(count):
            return ""
        how = "on average" if self.miss is None else f"with {_percent(1 - self.miss)} confidence"
        return (
            f"with {count:,} calibration images no threshold can promise a false-alarm rate of {_percent(self.rate)} "
            f"{how}; {self.fewest():,} can"
        )


@dataclass(frozen=True, eq=False)
class Calibration:
    """The scores of ID images that a detector was neither trained nor tuned on.

    Attributes:
        scores: (n,) float64, sorted upwards; higher = more in-distribution.
    """

    scores: NDArray[np.float64]

    @classmethod
    def of(cls, scores: ArrayLike) -> Calibration:
        """Takes scores in any order.

        Raises:
            StudioError: if there is none, one is not finite, or all of several are the same.
        """
        found = np.sort(np.asarray(scores, dtype=np.float64))
        if found.ndim != 1 or not found.size:
            raise StudioError("there is no calibration score; give ID images that the detector has not seen")
        if not np.isfinite(found).all():
            wrong = int((~np.isfinite(found)).sum())
            raise StudioError(f"{wrong:,} of {found.size:,} calibration scores are not finite; leave those images out")
        if found.size > 1 and found[0] == found[-1]:
            raise StudioError(
                f"all {found.size:,} calibration images have the same score; one image repeated says no more than once"
            )
        return cls(found)

    def __len__(self) -> int:
        return int(self.scores.size)

    def p_values(self, scores: ArrayLike) -> NDArray[np.float64]:
        """How unusual scores are among ID: (1 + #{s_i <= s}) / (n + 1), in (0, 1], for scores of any shape.

        For an ID image it is at most any α with probability at most α (over both draws).

        Raises:
            StudioError: for a score that is NaN.
        """
        values = np.asarray(scores, dtype=np.float64)
        if np.isnan(values).any():
            raise StudioError("a score is not a number, so it has no p-value")
        return (1 + np.searchsorted(self.scores, values, side="right")) / (len(self) + 1)

    def threshold(self, promise: Promise) -> float:
        """The largest threshold that keeps a promise: what scores below it is flagged, what reaches it is ID.

        Raises:
            StudioError: `Promise.lacking`, where there are too few images for any.
        """
        if reason := promise.lacking(len(self)):
            raise StudioError(reason)
        return float(self.scores[promise.rank(len(self)) - 1])

    def bound(self, threshold: float, miss: float = 0.01) -> float:
        """What a threshold taken at a place fixed beforehand, such as the share of these images it keeps, promises.

        The false-alarm rate is Beta(k, n + 1 - k), with k - 1 calibration scores below the threshold; ties only lower
        it.

        Args:
            threshold: one of the scores.
            miss: the probability with which the bound may be wrong over the draw of calibration images, in (0, 0.5].

        Returns:
            The largest rate that is believed, in [0, 1]; 1 above all scores.
        """
        from scipy.special import betaincinv  # the quantile of the Beta law, without the checks of scipy.stats

        place = int(np.searchsorted(self.scores, threshold, side="left")) + 1
        return 1.0 if place > len(self) else float(betaincinv(place, len(self) + 1 - place, 1 - miss))


def _exactly(share: float) -> Fraction:
    """A share as it was written: 0.05 is 1/20, which no float is."""
    return Fraction(str(share))


def _percent(share: float) -> str:
    return f"{100 * share:.6g} %"

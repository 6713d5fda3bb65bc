"""Alarms that a stream of images is no longer what a detector was calibrated on, with a bound on false ones.

Both bet on every image and watch their wealth. While nothing drifts, wealth that begins at 1 ever reaches 1 / δ with a
probability of at most δ, however long one watches (Ville's inequality).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, check

_BOLDEST = 0.5  # of the largest bet: all of one's wealth is never at stake


@dataclass(frozen=True)
class RateAlarm:
    """Bets that a frozen detector flags more images than its calibration allows.

    W_t = Π (1 + λ_t (A_t - u)), with A_t whether image t is flagged, u an upper bound of the false-alarm rate, and λ_t
    in [0, 1 / 2u] chosen from the images before t, as aGRAPA does (Waudby-Smith & Ramdas 2024, section B.3). With a
    bound that the calibration images miss with a probability of at most δ_0, a false alarm has one of at most δ + δ_0.
    It sees a rate that rises, nothing else.

    Attributes:
        bound: u.
        error: δ.
    """

    bound: Annotated[float, Bounds(1e-6, 0.999, log=True, help="Upper bound of the false-alarm rate without drift")]
    error: Annotated[float, Bounds(1e-9, 0.5, log=True, help="Probability of a false alarm, ever")] = 0.01

    def __post_init__(self) -> None:
        check(self)

    def wealth(self, flagged: ArrayLike) -> NDArray[np.float64]:
        """(t,) the logarithm of the wealth after each image; the alarm goes where it reaches `line`.

        Args:
            flagged: (t,) whether each image, in the order of the stream, scored below the threshold.
        """
        alarms = np.asarray(flagged, dtype=np.float64)
        if alarms.ndim != 1 or not np.isin(alarms, (0.0, 1.0)).all():
            raise StudioError("a stream of decisions holds one yes or no an image")
        before = np.arange(1, alarms.size + 1)  # images so far, and one more that was flagged as often as allowed
        mean = (self.bound + np.concatenate(([0.0], np.cumsum(alarms)[:-1]))) / before
        gain = mean - self.bound
        variance = mean * (1 - mean)
        bet = np.clip(gain / np.maximum(variance + gain**2, 1e-12), 0, _BOLDEST / self.bound)
        return np.asarray(np.cumsum(np.log1p(bet * (alarms - self.bound))))

    @property
    def line(self) -> float:
        """The logarithm of the wealth at which the alarm goes: -log δ."""
        return -math.log(self.error)


@dataclass
class SimpleJumper:
    """Bets that p-values are not uniform, where the calibration set grows with the stream (Vovk et al. 2021, Alg. 1).

    It takes one score after the other, ranks it among the calibration scores and the stream so far with ties broken at
    random, and bets on small, on large, or on no p-values in particular, jumping between the three.

    Attributes:
        calibration: (n,) scores to begin with; those of the stream join a copy of them.
        jump: J, how readily the bet changes.
        seed: of the random ranks of ties.
        logs: the logarithm of the wealth after each score.
        restarts: the logarithm of the Shiryaev-Roberts statistic after each score: an alarm whenever it reaches
            log c comes once in c images or more, on average, while nothing drifts.
    """

    calibration: NDArray[np.float64]
    jump: float = 0.01
    seed: int = 0
    logs: list[float] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ranked = sorted(np.asarray(self.calibration, dtype=np.float64).tolist())
        if not self._ranked or not np.isfinite(self._ranked).all():
            raise StudioError("a drift alarm needs finite calibration scores")
        if not 0 < self.jump < 1:
            raise StudioError(f"the share that changes its bet lies between 0 and 1, not {self.jump}")
        self._chance = np.random.default_rng(self.seed)
        self._parts = np.full(3, 1 / 3)  # of the wealth, on each of the three bets; their sum is kept at 1
        self._log = 0.0
        self._restart = -math.inf  # also a logarithm: the statistic itself outgrows a float on a long drift

    def add(self, score: float) -> float:
        """Takes the next score of the stream; its smoothed p-value, in [0, 1]."""
        if not math.isfinite(score):
            raise StudioError(f"a score of a stream must be finite, not {score}")
        low, high = bisect_left(self._ranked, score), bisect_right(self._ranked, score)
        p = (low + self._chance.random() * (high - low + 1)) / (len(self._ranked) + 1)
        insort(self._ranked, score)
        parts = (1 - self.jump) * self._parts + self.jump / 3
        parts *= 1 + np.array([-1.0, 0.0, 1.0]) * (p - 0.5)
        growth = float(parts.sum())
        self._parts = parts / growth
        self._log += math.log(growth)
        self._restart = float(np.logaddexp(self._restart, 0.0)) + math.log(growth)  # R = (R + 1) growth
        self.logs.append(self._log)
        self.restarts.append(self._restart)
        return p

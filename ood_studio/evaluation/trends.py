"""Trends over models: a robust line through one point a model, and whether two groups of models follow two lines.

Robust linear regression with Huber's loss (Huber 1964; scikit-learn's `HuberRegressor`, epsilon 1.35, no penalty), as
PLP's Figure 2 and the figures A-1 to A-6 of the supplement on CLIP's robustness (Tu et al.) draw their lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.robust_lines import EPSILON, Floats, robust_lines

FEWEST = 3
"""Two models lie on a line always: a trend is told of this many and more."""


@dataclass(frozen=True)
class Trend:
    """A robust line through models.

    Attributes:
        slope, intercept: of the line, in the units of the axes.
        r2: coefficient of determination of that line over all its models, at most 1; negative where a level line is
            closer to them.
        slope_low, slope_high, r2_low, r2_high: percentile intervals over resamples of the models.
        n: models.
        level, resamples, seed: of the intervals.
    """

    slope: float
    intercept: float
    r2: float
    slope_low: float
    slope_high: float
    r2_low: float
    r2_high: float
    n: int
    level: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Difference:
    """Whether two groups of models follow different lines.

    Attributes:
        gain: the share of the common line's Huber loss that a line for each group takes away, in [0, 1].
        p: the chance of as large a gain if all models followed one line, from permuted residuals.
        n: models of each group.
        permutations, seed: what ``p`` was found with.
    """

    gain: float
    p: float
    n: tuple[int, int]
    permutations: int
    seed: int


def fit_trend(x: Any, y: Any, *, level: float = 0.95, resamples: int = 200, seed: int = 0) -> Trend | None:
    """The robust line of y over x.

    Args:
        x, y: (models,) each, finite.
        level: of the intervals, in (0, 1).
        resamples: of the models, drawn with replacement; those that fall on one x are drawn again.
        seed: of the resamples.

    Returns:
        None where there are fewer than `FEWEST` models or all have the same x: there is no trend then.

    Raises:
        StudioError: for other shapes, or values that are not finite.
    """
    across, up = _points(x, y)
    if len(across) < FEWEST or np.ptp(across) == 0:
        return None
    slope, intercept = _line(across, up)
    rows, slopes, intercepts = _resampled(across, up, resamples, seed)
    lines = zip(rows, slopes, intercepts, strict=True)
    shares = [_r2(across[taken], up[taken], (float(slope), float(shift))) for taken, slope, shift in lines]
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(slopes, ends) if resamples else (np.nan, np.nan)
    r2_low, r2_high = np.quantile(shares, ends) if shares else (np.nan, np.nan)
    return Trend(
        slope=slope,
        intercept=intercept,
        r2=_r2(across, up, (slope, intercept)),
        slope_low=float(low),
        slope_high=float(high),
        r2_low=float(r2_low),
        r2_high=float(r2_high),
        n=len(across),
        level=level,
        resamples=resamples,
        seed=seed,
    )


def band(trend: Trend, x: Any, y: Any, at: Sequence[float], *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Where the line may run: its percentile band over the same resamples of the models, low and high at each x.

    Args:
        trend: of these models.
        x, y: (models,) each, as `fit_trend` was given them.
        at: where the band is asked for.
        level: of the band, in (0, 1).
    """
    across, up = _points(x, y)
    places = np.asarray(at, np.float64)
    _, slopes, intercepts = _resampled(across, up, max(1, trend.resamples), trend.seed)
    lines = slopes[:, None] * places + intercepts[:, None]
    low, high = np.quantile(lines, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return low, high


def compare_trends(
    first: tuple[Any, Any], second: tuple[Any, Any], *, permutations: int = 500, seed: int = 0
) -> Difference | None:
    """Tests whether two groups of models follow different lines.

    The residuals of the common robust line are permuted over all models (Freedman and Lane 1983); the statistic is the
    loss that a line for each group saves.

    Args:
        first, second: the (x, y) of each group.
        permutations: how many.
        seed: of them.

    Returns:
        None where a group has fewer than `FEWEST` models or models of one x only.

    Raises:
        StudioError: as `fit_trend`.
    """
    groups = [_points(*first), _points(*second)]
    if any(len(x) < FEWEST or np.ptp(x) == 0 for x, _ in groups):
        return None
    across, up = np.concatenate([x for x, _ in groups]), np.concatenate([y for _, y in groups])
    cut = len(groups[0][0])

    def gains(values: Floats) -> Floats:
        """Of each row of values, (rows,)."""
        parts = (slice(None, cut), slice(cut, None))
        x = np.broadcast_to(across, values.shape)
        whole = _rests(x, values)
        scale = np.maximum(np.median(np.abs(whole), axis=1, keepdims=True) * 1.4826, 1e-12)
        common = _loss(whole, scale)
        split = sum(_loss(_rests(x[:, part], values[:, part]), scale) for part in parts)
        return np.where(common > 0, np.maximum(0.0, 1 - split / np.where(common > 0, common, 1)), 0.0)

    slope, intercept = _line(across, up)
    level_line = slope * across + intercept
    rest = up - level_line
    rng = np.random.default_rng(seed)
    shuffled = np.stack([up, *(level_line + rng.permutation(rest) for _ in range(permutations))])
    found, *others = gains(shuffled)
    larger = sum(other >= found - 1e-12 for other in others)
    p = float((1 + larger) / (1 + permutations))
    return Difference(float(found), p, (cut, len(across) - cut), permutations, seed)


def _resampled(x: Floats, y: Floats, resamples: int, seed: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Rows drawn with replacement, (resamples, models), and slope and intercept of the line through each.

    Rows that fall on one x are drawn again.
    """
    rng = np.random.default_rng(seed)
    rows = np.zeros((0, len(x)), np.int64)
    while len(rows) < resamples:
        drawn = rng.integers(0, len(x), (resamples - len(rows), len(x)))
        rows = np.concatenate([rows, drawn[np.ptp(x[drawn], axis=1) > 0]])
    if not resamples:
        return rows, np.zeros(0), np.zeros(0)
    return rows, *robust_lines(x[rows], y[rows])


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and intercept of the robust line; points are brought to unit scale first, so that units do not matter."""
    from sklearn.linear_model import HuberRegressor

    middle, width = x.mean(), x.std()
    centre, height = y.mean(), y.std()
    if height == 0:
        return 0.0, float(centre)
    fitted = HuberRegressor(epsilon=EPSILON, alpha=0.0, max_iter=1000)
    fitted.fit(((x - middle) / width)[:, None], (y - centre) / height)
    slope = float(fitted.coef_[0] * height / width)
    return slope, float(centre + fitted.intercept_ * height - slope * middle)


def _r2(x: Floats, y: Floats, line: tuple[float, float]) -> float:
    rest = y - line[0] * x - line[1]
    whole = ((y - y.mean()) ** 2).sum()
    return 1.0 if whole == 0 else float(1 - (rest**2).sum() / whole)


def _rests(x: Floats, y: Floats) -> Floats:
    """What the robust line of each row leaves, (rows, points)."""
    slopes, intercepts = robust_lines(x, y)
    return y - slopes[:, None] * x - intercepts[:, None]


def _loss(rest: Floats, scale: Floats) -> Floats:
    """Huber's loss of each row, (rows,)."""
    size = np.abs(rest) / scale
    return np.where(size <= EPSILON, size**2, 2 * EPSILON * size - EPSILON**2).sum(axis=1)


def _points(x: Any, y: Any) -> tuple[Floats, Floats]:
    across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if across.ndim != 1 or across.shape != up.shape:
        raise StudioError(f"a trend needs one x and one y a model, not {across.shape} and {up.shape}")
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise StudioError("a trend needs finite figures of every model")
    return across, up

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

Floats = NDArray[np.float64]

FEWEST = 3
"""Two models lie on a line always: a trend is told of this many and more."""

_EPSILON = 1.35


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
    lines = _resampled(across, up, resamples, seed)
    slopes = [line[0] for _, line in lines]
    shares = [_r2(across[rows], up[rows], line) for rows, line in lines]
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(slopes, ends) if slopes else (np.nan, np.nan)
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
    lines = [
        slope * places + intercept
        for _, (slope, intercept) in _resampled(across, up, max(1, trend.resamples), trend.seed)
    ]
    low, high = np.quantile(np.stack(lines), ((1 - level) / 2, (1 + level) / 2), axis=0)
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

    def gain(values: Floats) -> float:
        whole = _line(across, values)
        scale = _scale(values - whole[0] * across - whole[1])
        apart = [_line(across[part], values[part]) for part in (slice(None, cut), slice(cut, None))]
        common = _loss(across, values, whole, scale)
        split = _loss(across[:cut], values[:cut], apart[0], scale) + _loss(across[cut:], values[cut:], apart[1], scale)
        return max(0.0, 1 - split / common) if common > 0 else 0.0

    slope, intercept = _line(across, up)
    level_line = slope * across + intercept
    rest = up - level_line
    found = gain(up)
    rng = np.random.default_rng(seed)
    larger = sum(gain(level_line + rng.permutation(rest)) >= found - 1e-12 for _ in range(permutations))
    return Difference(found, (1 + larger) / (1 + permutations), (cut, len(across) - cut), permutations, seed)


def _resampled(x: Floats, y: Floats, resamples: int, seed: int) -> list[tuple[NDArray[np.int64], tuple[float, float]]]:
    """Rows drawn with replacement and the line through them; those that fall on one x are drawn again."""
    rng = np.random.default_rng(seed)
    found: list[tuple[NDArray[np.int64], tuple[float, float]]] = []
    while len(found) < resamples:
        rows = rng.integers(0, len(x), len(x))
        if len(np.unique(x[rows])) > 1:
            found.append((rows, _line(x[rows], y[rows])))
    return found


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and intercept of the robust line; points are brought to unit scale first, so that units do not matter."""
    from sklearn.linear_model import HuberRegressor

    middle, width = x.mean(), x.std()
    centre, height = y.mean(), y.std()
    if height == 0:
        return 0.0, float(centre)
    fitted = HuberRegressor(epsilon=_EPSILON, alpha=0.0, max_iter=1000)
    fitted.fit(((x - middle) / width)[:, None], (y - centre) / height)
    slope = float(fitted.coef_[0] * height / width)
    return slope, float(centre + fitted.intercept_ * height - slope * middle)


def _r2(x: Floats, y: Floats, line: tuple[float, float]) -> float:
    rest = y - line[0] * x - line[1]
    whole = ((y - y.mean()) ** 2).sum()
    return 1.0 if whole == 0 else float(1 - (rest**2).sum() / whole)


def _scale(rest: Floats) -> float:
    """The median absolute residual, as a standard deviation; never zero."""
    return max(float(np.median(np.abs(rest))) * 1.4826, 1e-12)


def _loss(x: Floats, y: Floats, line: tuple[float, float], scale: float) -> float:
    rest = np.abs(y - line[0] * x - line[1]) / scale
    return float(np.where(rest <= _EPSILON, rest**2, 2 * _EPSILON * rest - _EPSILON**2).sum())


def _points(x: Any, y: Any) -> tuple[Floats, Floats]:
    across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if across.ndim != 1 or across.shape != up.shape:
        raise StudioError(f"a trend needs one x and one y a model, not {across.shape} and {up.shape}")
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise StudioError("a trend needs finite figures of every model")
    return across, up

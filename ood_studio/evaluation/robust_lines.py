"""Many robust lines at once: what resamples and permutations of models need, a hundred times faster than one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EPSILON = 1.35
"""Where Huber's loss turns from squares to absolute values, in units of the scale (Huber 1964)."""

_ROUNDS, _ENOUGH, _FLOOR = 300, 1e-8, 1e-6


def robust_lines(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept of the line with the lowest Huber loss through each row of points, its scale found with it.

    The objective is scikit-learn's ``HuberRegressor`` without penalty, sum of sigma + H(residual / sigma) sigma (Owen
    2007), jointly convex in line and sigma. Both are improved in turn: the line by weighted least squares, sigma by its
    own optimum for these residuals. Through points of which all but one lie on a line goes that line.

    Args:
        x, y: (lines, points) each, finite, the x of no row all equal.

    Returns:
        (lines,) slopes and (lines,) intercepts.
    """
    slopes, intercepts = robust_parallels(x, y, np.zeros(x.shape[1], np.int64))
    return slopes, intercepts[:, 0]


def robust_parallels(x: Floats, y: Floats, of: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """As `robust_lines`, but for points of several groups, each with a line of its own and all lines of one slope.

    Args:
        x, y: (lines, points) each, finite; in each row the x of at least one group not all equal.
        of: (points,) the group of each column, from 0 on without a gap.

    Returns:
        (lines,) slopes and (lines, groups) intercepts.
    """
    member = (of == np.arange(of.max() + 1)[:, None]).astype(np.float64)  # (groups, points)
    even = np.ones_like(x)
    middle, centre = _means(even, x, member), _means(even, y, member)
    width = np.sqrt(((x - middle @ member) ** 2).mean(axis=1, keepdims=True))
    height = np.sqrt(((y - centre @ member) ** 2).mean(axis=1, keepdims=True))
    flat = height <= 1e-15 * np.abs(y).max(axis=1, keepdims=True)
    across, up = (x - middle @ member) / width, (y - centre @ member) / np.where(flat, 1, height)
    slope, shift = (across * up).mean(axis=1, keepdims=True), np.zeros_like(middle)
    rest = up - slope * across
    sigma = np.maximum(np.sqrt((rest**2).mean(axis=1, keepdims=True)), _FLOOR)
    for _ in range(_ROUNDS):
        before = slope, shift, sigma
        size = np.abs(rest)
        weight = np.where(size > EPSILON * sigma, EPSILON * sigma / np.maximum(size, 1e-300), 1.0)
        mean_x, mean_y = _means(weight, across, member), _means(weight, up, member)
        from_x, from_y = across - mean_x @ member, up - mean_y @ member
        spread = np.maximum((weight * from_x**2).sum(axis=1, keepdims=True), 1e-300)
        slope = (weight * from_x * from_y).sum(axis=1, keepdims=True) / spread
        shift = mean_y - slope * mean_x
        rest = up - slope * across - shift @ member
        far = np.abs(rest) > EPSILON * sigma
        room = x.shape[1] - far.sum(axis=1, keepdims=True) * EPSILON**2
        squares = np.where(far, 0.0, rest**2).sum(axis=1, keepdims=True)
        sigma = np.where(room > 0, np.sqrt(squares / np.where(room > 0, room, 1.0)), sigma / 2)
        sigma = np.maximum(sigma, _FLOOR)
        now = slope, shift, sigma
        if max(float(np.abs(new - old).max()) for new, old in zip(now, before, strict=True)) < _ENOUGH:
            break
    slopes = np.where(flat, 0.0, slope * height / width)
    intercepts = centre + shift * height - slopes * middle
    return slopes[:, 0], np.where(flat, centre, intercepts)


def _means(weight: Floats, values: Floats, member: Floats) -> Floats:
    """Weighted means of the points of each group, (lines, groups)."""
    return np.asarray((weight * values) @ member.T / (weight @ member.T))

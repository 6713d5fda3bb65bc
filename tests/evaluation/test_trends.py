"""Robust lines through models, and the test of two groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import HuberRegressor

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.robust_lines import robust_lines
from ood_studio.evaluation.trends import band, compare_trends, fit_trend


def models(seed: int, n: int = 12, offset: float = 0.0, noise: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(40, 90, n)
    return x, 20 + offset + 0.8 * x + rng.normal(size=n) * noise * 100


def test_one_wild_model_does_not_turn_the_line() -> None:
    x, y = models(0)
    wild = y.copy()
    wild[3] -= 60
    clean, robust, square = fit_trend(x, y, resamples=0), fit_trend(x, wild, resamples=0), np.polyfit(x, wild, 1)[0]
    assert clean is not None and robust is not None
    assert abs(robust.slope - clean.slope) < 0.1 * abs(square - clean.slope) + 0.05
    assert clean.r2 > 0.95 > robust.r2


def test_the_line_has_the_least_huber_loss() -> None:
    x, y = models(1, noise=0.05)
    found = fit_trend(x, y, resamples=0)
    assert found is not None

    def loss(parameters: np.ndarray) -> float:  # Huber's concomitant scale, as scikit-learn's documentation gives it
        slope, intercept, scale = parameters[0], parameters[1], np.exp(parameters[2])
        rest = np.abs(y - slope * x - intercept) / scale
        return float((scale + np.where(rest <= 1.35, rest**2, 2.7 * rest - 1.35**2) * scale).sum())

    best = minimize(loss, [0.5, 0, 0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000})
    assert found.slope == pytest.approx(best.x[0], abs=2e-3)


def test_intervals_hold_the_line_and_the_band_follows_it() -> None:
    x, y = models(2, noise=0.03)
    found = fit_trend(x, y, resamples=40)
    assert found is not None
    assert found.slope_low <= found.slope <= found.slope_high and found.slope_low < 0.8 < found.slope_high
    low, high = band(found, x, y, [50, 70])
    assert (low <= np.array([50, 70]) * found.slope + found.intercept).all() and (low < high).all()


def test_two_lines_are_told_from_one() -> None:
    one, other, apart = models(3, 8), models(4, 8), models(5, 8, offset=10)
    same, different = compare_trends(one, other, permutations=40), compare_trends(one, apart, permutations=40)
    assert same is not None and different is not None
    assert different.p == pytest.approx(1 / 41) and same.p > 0.05 and different.gain > same.gain


def test_too_few_models_have_no_trend() -> None:
    assert fit_trend([1, 2], [1, 2]) is None
    assert fit_trend([1, 1, 1], [1, 2, 3]) is None
    assert compare_trends(([1, 2], [1, 2]), models(0)) is None
    level = fit_trend([1, 2, 3], [5, 5, 5], resamples=10)
    assert level is not None and level.slope == 0
    with pytest.raises(StudioError, match="finite"):
        fit_trend([1, 2, np.nan], [1, 2, 3])


def test_many_lines_at_once_are_those_of_one_by_one() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((12, 14))
    y = 0.5 * x + 0.05 * rng.normal(size=x.shape) + (rng.random(x.shape) < 0.15)
    slopes, intercepts = robust_lines(x, y)
    for across, up, slope, intercept in zip(x, y, slopes, intercepts, strict=True):
        line = HuberRegressor(alpha=0.0, max_iter=1000, tol=1e-8).fit(across[:, None], up)
        assert (slope, intercept) == pytest.approx((line.coef_[0], line.intercept_), abs=1e-4)
    # A line that all points lie on, a level one, and one with a single point beside it.
    straight = np.array([[0.0, 1, 2, 3, 4], [1, 1, 1, 1, 1], [0, 1, 2, 3, 9]])
    slopes, intercepts = robust_lines(np.tile(np.arange(5.0), (3, 1)), straight)
    assert slopes == pytest.approx([1, 0, 1], abs=1e-3) and intercepts == pytest.approx([0, 1, 0], abs=1e-3)

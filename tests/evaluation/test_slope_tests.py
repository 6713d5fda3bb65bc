"""A common slope within groups, against scikit-learn's with a term a group, and permutations, against all of them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.linear_model import HuberRegressor

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.robust_lines import robust_parallels
from ood_studio.evaluation.slope_tests import slope_test


def test_parallel_lines_are_those_of_a_regression_with_a_term_for_each_group() -> None:
    rng = np.random.default_rng(0)
    of = np.array([0] * 6 + [1] * 5 + [2] * 2)
    x = rng.normal(size=(20, 13)) + 3 * of
    y = 0.7 * x - 2.0 * of + rng.normal(scale=0.3, size=x.shape)
    y[:, 3] += 4  # one far from the rest
    slopes, intercepts = robust_parallels(x, y, of)
    assert intercepts.shape == (20, 3)
    for i in range(20):
        design = np.column_stack([x[i], of == 1, of == 2])
        found = HuberRegressor(alpha=0.0, max_iter=10_000, tol=1e-9).fit(design, y[i])
        assert slopes[i] == pytest.approx(found.coef_[0], abs=2e-3)
        expected = found.intercept_ + np.array([0, found.coef_[1]])
        assert intercepts[i, :2] == pytest.approx(expected, abs=5e-2)  # of two points any height between them may do


def test_p_is_the_share_of_all_permutations_with_as_steep_a_slope() -> None:
    x, y = np.array([0.0, 1, 2, 3, 4]), np.array([0.1, 0.9, 1.2, 3.4, 3.5])
    found = slope_test(x, y, resamples=50, permutations=4000)
    assert found is not None
    orders = np.array([*permutations(y)])
    slopes, _ = robust_parallels(np.broadcast_to(x, orders.shape), orders, np.zeros(5, np.int64))
    exact = (np.abs(slopes) >= abs(found.difference) - 1e-9).mean()
    assert found.p == pytest.approx(exact, abs=0.008)
    assert found.low <= found.difference <= found.high and found.n == 5 and found.groups == 1


def test_what_sets_groups_apart_as_wholes_is_no_trend_within_them() -> None:
    rng = np.random.default_rng(1)
    of = ["low"] * 6 + ["high"] * 6
    x = np.concatenate([rng.normal(0, 0.1, 6), rng.normal(5, 0.1, 6)])
    y = np.concatenate([rng.normal(0, 0.1, 6), rng.normal(5, 0.1, 6)])
    apart, whole = slope_test(x, y, of, resamples=50), slope_test(x, y, resamples=50)
    assert apart is not None and whole is not None and whole.p < 0.01 < 0.1 < apart.p
    assert slope_test(x[:3], y[:3]) is None and slope_test([1, 1, 1, 1], [1, 2, 3, 4]) is None
    with pytest.raises(StudioError, match="finite"):
        slope_test([1, 2, 3, np.nan], [1, 2, 3, 4])
    with pytest.raises(StudioError, match="one x, y and group a model"):
        slope_test([1, 2, 3, 4], [1, 2, 3, 4], ["a"])

"""DeLong's test against its O(n·m) definition, against permutation, and in its degenerate cases."""

from __future__ import annotations

import dataclasses
import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.bootstrap import intervals, resample
from ood_studio.evaluation.delong import auroc_interval
from ood_studio.evaluation.metrics import auroc
from ood_studio.evaluation.significance import Comparison, delong, holm, outcome_of

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=25).map(
    lambda rows: np.array(rows, dtype=float).T
)


def slow(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """Difference and its variance by DeLong 1988, Eqs. 4 to 6: every ID image against every OOD image."""
    kernel = (inside[:, :, None] > outside[:, None, :]) + 0.5 * (inside[:, :, None] == outside[:, None, :])
    areas = kernel.mean(axis=(1, 2))
    covariance = np.cov(kernel.mean(axis=2)) / inside.shape[1] + np.cov(kernel.mean(axis=1)) / outside.shape[1]
    contrast = np.array([1.0, -1.0])
    return float(contrast @ areas), float(contrast @ covariance @ contrast)


@given(PAIRS, PAIRS)
@settings(max_examples=60, deadline=None)
def test_the_fast_form_is_the_slow_one(inside: np.ndarray, outside: np.ndarray) -> None:
    found = delong(inside[0], outside[0], inside[1], outside[1])
    difference, variance = slow(inside, outside)
    assert found.auroc_a == auroc(inside[0], outside[0]) and found.auroc_b == auroc(inside[1], outside[1])
    assert found.difference == pytest.approx(difference, abs=1e-12)
    margin = norm.ppf(0.975) * math.sqrt(max(variance, 0))
    assert (found.low, found.high) == pytest.approx((difference - margin, difference + margin), abs=1e-7)
    if variance > 1e-12:
        assert found.z == pytest.approx(difference / math.sqrt(variance), abs=1e-9)
        assert found.p == pytest.approx(2 * norm.sf(abs(found.z)), abs=1e-12)


@given(PAIRS, PAIRS)
@settings(max_examples=30, deadline=None)
def test_exchanging_the_scorers_turns_the_difference_round(inside: np.ndarray, outside: np.ndarray) -> None:
    found = delong(inside[0], outside[0], inside[1], outside[1])
    turned = delong(inside[1], outside[1], inside[0], outside[0])
    assert (turned.difference, turned.z, turned.p) == (-found.difference, -found.z, found.p)
    assert turned.low == pytest.approx(-found.high, abs=1e-15)


def test_p_is_uniform_where_nothing_differs() -> None:
    """400 pairs of equally good, correlated scorers: 5 % of p below 0.05, give or take 4 standard errors."""
    rng = np.random.default_rng(0)
    below = 0
    for _ in range(400):
        shared = rng.normal(size=120)
        a, b = shared + rng.normal(size=120), shared + rng.normal(size=120)
        below += delong(a[:60] + 1, a[60:], b[:60] + 1, b[60:]).p < 0.05
    assert 0.006 < below / 400 < 0.094


def test_the_interval_of_a_scorer_against_chance_is_as_wide_as_its_bootstrap() -> None:
    rng = np.random.default_rng(1)
    inside, outside = rng.normal(1, 1, 800), rng.normal(0, 1, 500)
    found = delong(inside, outside, np.zeros(800), np.zeros(500))
    assert found.auroc_b == 0.5 and found.p < 1e-30
    assert (found.high - found.low) / 2 / norm.ppf(0.975) == pytest.approx(
        resample(inside, outside).auroc.std(), rel=0.1
    )


def test_equal_rankings_do_not_differ() -> None:
    rng = np.random.default_rng(2)
    inside, outside = rng.normal(1, 1, 30), rng.normal(0, 1, 20)
    found = delong(inside, outside, np.exp(inside), np.exp(outside))
    assert (found.difference, found.z, found.p, found.low, found.high) == (0.0, 0.0, 1.0, 0.0, 0.0)


def test_a_difference_without_variance_is_certain() -> None:
    found = delong([2.0, 3.0], [0.0, 1.0], [0.0, 1.0], [2.0, 3.0])
    assert dataclasses.astuple(found) == (1.0, 0.0, 1.0, 1.0, 1.0, math.inf, 0.0, 0.95)


def test_scores_of_different_images_are_refused() -> None:
    with pytest.raises(StudioError, match="the same ID images, not 2 and 3"):
        delong([1.0, 2.0], [0.0, 1.0], [1.0, 2.0, 3.0], [0.0, 1.0])
    with pytest.raises(StudioError, match="at least two OOD images"):
        delong([1.0, 2.0], [0.0], [1.0, 2.0], [0.0])
    with pytest.raises(StudioError, match="OOD scores are NaN"):
        delong([1.0, 2.0], [0.0, 1.0], [1.0, 2.0], [0.0, math.nan])
    with pytest.raises(StudioError, match="level of confidence"):
        delong([1.0, 2.0], [0.0, 1.0], [1.0, 2.0], [0.0, 1.0], level=95)


def test_intervals_near_perfect_separation_hold_as_often_as_they_say() -> None:
    """200 images a set at an AUROC of 0.993: a percentile bootstrap's hold it in 91.8 % of draws."""
    shift, rng = 2**0.5 * NormalDist().inv_cdf(0.993), np.random.default_rng(0)
    held = 0
    for _ in range(1500):
        low, high = auroc_interval(rng.normal(shift, 1, 200), rng.normal(0, 1, 200))
        held += low <= 0.993 <= high
    assert held / 1500 == pytest.approx(0.95, abs=0.015)


def test_perfect_separation_has_an_interval_all_the_same() -> None:
    low, high = auroc_interval(np.arange(50) + 100.0, np.arange(80.0))
    assert high == 1 and low == pytest.approx(0.025 ** (1 / 50))
    assert auroc_interval([1.0], [1.0]) == pytest.approx((0.025, 0.975))  # a tie of two images says nothing
    shown = intervals(np.arange(50) + 100.0, np.arange(80.0), resamples=20)
    assert shown.auroc == (low, 1.0) and shown.fpr95 == (0.0, pytest.approx(1 - 0.025 ** (1 / 80)))
    turned = intervals(np.arange(50.0), np.arange(80.0) + 100, resamples=20)
    assert turned.auroc == (0.0, pytest.approx(1 - low)) and turned.fpr95[1] == 1.0 > turned.fpr95[0] > 0.9


@given(st.lists(st.floats(0, 1), max_size=8))
@settings(max_examples=60, deadline=None)
def test_holm_adjusts_as_its_definition_says(p: list[float]) -> None:
    """Adjusted p_(i) is the largest of min(1, (m - j + 1) p_(j)) over j up to i (Holm 1979), here by brute force."""
    wanted = [
        max((min(1.0, sum(b >= a for b in p) * a) for a in p if a <= own), default=0.0)  # ties share the largest factor
        for own in p
    ]
    assert holm(p) == pytest.approx(wanted)


def test_a_claim_shows_where_most_tests_are_sure_and_agree() -> None:
    rng = np.random.default_rng(1)
    inside, outside = rng.normal(2, 1, 300), rng.normal(0, 1, 300)
    better = delong(inside, outside, inside + rng.normal(0, 2, 300), outside + rng.normal(0, 2, 300))
    equal = delong(inside, outside, inside, outside)
    worse = delong(inside + rng.normal(0, 2, 300), outside + rng.normal(0, 2, 300), inside, outside)
    assert outcome_of([better, better, equal]) == "shows; of 3 tests 2 say above, 0 below"
    assert outcome_of([worse, worse, equal]).startswith("does **not** show")
    assert outcome_of([better, *[equal] * 5]) == "undecided; of 6 tests 1 say above, 0 below"
    for tests in ([better, better, worse], [better, equal], [equal], []):
        assert outcome_of(tests).startswith("undecided")


def test_a_test_is_sure_of_a_claim_only_among_all_tests_of_it() -> None:
    barely = Comparison(0.9, 0.8, 0.1, 0.0, 0.2, 2.2, 0.028, 0.95)
    surely = dataclasses.replace(barely, p=0.0001)
    assert outcome_of([barely]).startswith("shows")
    assert outcome_of([barely] * 2).startswith("undecided")  # 2 * 0.028 > 0.05
    assert outcome_of([barely, surely]) == "shows; of 2 tests 2 say above, 0 below"  # once one is, the other is alone

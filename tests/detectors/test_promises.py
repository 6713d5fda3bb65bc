"""Promises against exact laws, simulation and other people's code."""

from __future__ import annotations

import numpy as np
import pytest
from crepes import ConformalClassifier
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from ood_studio.core.errors import StudioError
from ood_studio.detectors import Calibration, Promise, audit, classwise, discoveries
from ood_studio.evaluation.metrics import threshold_at_tpr


@pytest.mark.parametrize(
    ("count", "rate", "rank"),
    [(1000, 0.05, 35), (5000, 0.05, 215), (5000, 0.01, 34), (45000, 0.05, 2143), (458, 0.01, 0), (459, 0.01, 1)],
)
def test_ranks_with_confidence_are_the_published_ones(count: int, rate: float, rank: int) -> None:
    assert Promise(rate, 0.01).rank(count) == rank


@given(st.integers(1, 400), st.sampled_from([0.01, 0.05, 0.1, 0.29]), st.sampled_from([None, 0.01, 0.1]))
def test_a_rank_is_the_largest_that_the_beta_law_allows(count: int, rate: float, miss: float | None) -> None:
    rank = Promise(rate, miss).rank(count)

    def kept(k: int) -> bool:
        if miss is None:
            return k * 1.0 <= rate * (count + 1) + 1e-12
        return bool(stats.beta.cdf(rate, k, count + 1 - k) >= 1 - miss)

    assert (rank == 0 or kept(rank)) and (rank == count or not kept(rank + 1))


@pytest.mark.parametrize("miss", [None, 0.01, 0.1])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1])
def test_the_fewest_images_suffice_and_one_less_does_not(rate: float, miss: float | None) -> None:
    promise = Promise(rate, miss)
    fewest = promise.fewest()
    assert promise.rank(fewest) == 1 and promise.rank(fewest - 1) == 0
    assert not promise.lacking(fewest) and f"; {fewest:,} can" in promise.lacking(fewest - 1)


def test_a_threshold_that_cannot_be_promised_is_refused_with_the_number_that_could() -> None:
    calibration = Calibration.of(np.arange(100.0))
    with pytest.raises(StudioError, match=r"with 100 calibration images no threshold can promise .* 1 % with 99 %"):
        calibration.threshold(Promise(0.01, 0.01))


def test_what_a_threshold_that_keeps_a_share_promises_holds_over_many_draws() -> None:
    rng, count = np.random.default_rng(1), 300
    missed = 0
    for _ in range(2000):
        draw = rng.normal(size=count)
        threshold = threshold_at_tpr(draw)
        missed += stats.norm.cdf(threshold) > Calibration.of(draw).bound(threshold, 0.05)
    assert 0.03 < missed / 2000 < 0.07
    calibration, promise = Calibration.of(rng.normal(size=1000)), Promise(0.05, 0.01)
    # The largest threshold that keeps a promise has a bound just below its rate; the next one does not keep it.
    rank = promise.rank(1000)
    assert calibration.bound(calibration.threshold(promise), 0.01) <= 0.05 < calibration.bound(calibration.scores[rank])
    assert calibration.bound(np.inf) == 1.0


def test_over_many_draws_the_false_alarm_rate_follows_the_beta_law() -> None:
    rng, promise, count = np.random.default_rng(0), Promise(0.1, 0.05), 200
    rank = promise.rank(count)
    draws = rng.normal(size=(3000, count))
    rates = stats.norm.cdf([Calibration.of(each).threshold(promise) for each in draws])
    assert stats.kstest(rates, stats.beta(rank, count + 1 - rank).cdf).pvalue > 0.01
    assert (rates > 0.1).mean() < 0.05
    assert rates.mean() == pytest.approx(promise.expected(count), abs=0.002)


scores = arrays.arrays(np.float64, st.integers(2, 30), elements=st.integers(-5, 5).map(float))


@given(scores, scores)
def test_p_values_count_and_agree_with_the_threshold(held: np.ndarray, new: np.ndarray) -> None:
    if held.min() == held.max():
        with pytest.raises(StudioError, match="same score"):
            Calibration.of(held)
        return
    calibration, promise = Calibration.of(held), Promise(0.25, None)
    p = calibration.p_values(new)
    assert p.tolist() == [(1 + sum(s <= x for s in held)) / (len(held) + 1) for x in new]
    if promise.rank(len(held)):
        assert ((new < calibration.threshold(promise)) == (p <= 0.25)).all()


@pytest.mark.parametrize(("wrong", "said"), [([], "no calibration score"), ([1.0, np.nan], "1 of 2 .* not finite")])
def test_calibration_scores_that_cannot_be(wrong: list[float], said: str) -> None:
    with pytest.raises(StudioError, match=said):
        Calibration.of(wrong)


@pytest.mark.parametrize(("flagged", "images"), [(0, 30), (3, 200), (12, 12)])
def test_audit_is_the_exact_binomial_interval(flagged: int, images: int) -> None:
    found = audit(flagged, images, 0.02)
    test = stats.binomtest(flagged, images)
    exact = test.proportion_ci(confidence_level=0.96, method="exact")
    assert (found.low, found.high) == (pytest.approx(exact.low), pytest.approx(exact.high))


def test_an_audit_says_held_broken_or_undecided() -> None:
    promise = Promise(0.05)
    said = [audit(*counts).of(promise) for counts in ((10, 1000), (100, 1000), (50, 1000))]
    assert said == ["held", "broken", "undecided"]
    with pytest.raises(StudioError, match="not 4 of 3"):
        audit(4, 3)


@given(arrays.arrays(np.float64, st.integers(0, 40), elements=st.floats(1e-6, 1)), st.floats(0.01, 0.5))
def test_discoveries_are_those_of_the_adjusted_p_values(p: np.ndarray, level: float) -> None:
    adjusted = stats.false_discovery_control(p) if p.size else p
    close = np.abs(adjusted - level) < 1e-9  # rounding decides there
    assert (discoveries(p, level) == (adjusted <= level))[~close].all()


def test_false_discoveries_stay_below_their_level_on_average() -> None:
    rng, shares = np.random.default_rng(1), []
    for _ in range(300):
        calibration = Calibration.of(rng.normal(size=500))
        found = discoveries(calibration.p_values(np.concatenate([rng.normal(size=90), rng.normal(-4, 1, 10)])), 0.2)
        shares.append(found[:90].sum() / max(1, found.sum()))
    assert 0.1 < np.mean(shares) < 0.2  # the bound is 0.2 times the share of ID, 0.18


def test_classes_with_too_few_images_share_a_threshold_and_it_is_said() -> None:
    rng, promise = np.random.default_rng(2), Promise(0.05, None)
    classes = np.repeat([0, 1, 2, 3], [60, 25, 10, 5])
    found = classwise(rng.normal(size=100) + classes, classes, 5, promise)  # class 4 has none
    assert found.merged == (1, 2, 3, 4)  # the last three hold 15 images, and it takes 19: class 1 joins them
    sizes = [len(each) for each in found.groups]
    assert sum(sizes) == 100 and min(sizes) >= promise.fewest()
    assert len(set(found.thresholds(promise)[list(found.merged)])) == 1
    assert found.note("abcde").startswith(f"{len(found.merged)} classes with too few")


def test_within_every_class_the_promise_holds_on_average() -> None:
    rng, promise, rates = np.random.default_rng(3), Promise(0.1, None), []
    for _ in range(400):
        classes = rng.integers(0, 3, 150)
        grouped = classwise(rng.normal(size=150) + 3 * classes, classes, 3, promise)
        rates.append(stats.norm.cdf(grouped.thresholds(promise) - 3 * np.arange(3)))
    assert (np.mean(rates, axis=0) <= 0.1 + 3 * np.std(rates, axis=0) / 20).all()


def test_all_scores_of_a_class_may_be_the_highest() -> None:
    classes = np.repeat([0, 1], 30)
    found = classwise(np.where(classes == 0, 1.0, np.arange(60) / 60), classes, 2, Promise(0.05, None))
    assert found.thresholds(Promise(0.05, None)).tolist() == [1.0, 0.5] and found.p_values([1.0], [0]) == [1.0]
    with pytest.raises(StudioError, match="all 60 calibration images have the same score"):
        classwise(np.ones(60), classes, 2, Promise(0.05, None))


def test_classwise_p_values_are_those_of_the_group() -> None:
    rng, classes = np.random.default_rng(4), np.repeat([0, 1], 40)
    held = rng.normal(size=80)
    grouped = classwise(held, classes, 2, Promise(0.05, None))
    expected = [Calibration.of(held[classes == each]).p_values(0.1) for each in (1, 0)]
    assert grouped.p_values([0.1, 0.1], [1, 0]).tolist() == expected


def test_p_values_are_those_of_an_independent_package() -> None:
    """crepes: the same ranks, over all calibration images and within each class (Mondrian)."""
    rng = np.random.default_rng(0)
    scores, asked = rng.integers(0, 40, 300) / 10, rng.integers(-5, 45, 200) / 10
    classes, of = rng.integers(0, 3, 300), rng.integers(0, 3, 200)
    theirs = ConformalClassifier()
    theirs.fit(-scores)
    expected = theirs.predict_p(-asked[:, None], smoothing=False)[:, 0]
    np.testing.assert_allclose(Calibration.of(scores).p_values(asked), expected)
    within = ConformalClassifier()
    within.fit(-scores, bins=classes)
    expected = within.predict_p(-asked[:, None], bins=of, smoothing=False)[:, 0]
    found = classwise(scores, classes, 3, Promise(0.1, None))
    assert not found.merged
    np.testing.assert_allclose(found.p_values(asked, of), expected)

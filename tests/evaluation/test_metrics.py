"""Metrics against scikit-learn, against counting by hand, and against the published codes' definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from sklearn import metrics as sk

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.metrics import (
    FPR_DEFINITIONS,
    Metrics,
    aupr_in,
    aupr_out,
    auroc,
    detection_error,
    fpr_at_tpr,
    roc_curve,
    summary,
    threshold_at_tpr,
)

# Small whole numbers tie all the time; the others hardly ever.
TIED = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=45)
LOOSE = st.lists(st.floats(-1e6, 1e6, allow_nan=False, width=32), min_size=1, max_size=45)
SETS = st.one_of(st.tuples(TIED, TIED), st.tuples(LOOSE, LOOSE), st.tuples(TIED, LOOSE))
RATES = st.one_of(st.just(0.95), st.sampled_from([0.5, 0.8, 1.0]), st.floats(0.01, 1.0))


def joined(inside: list[float], outside: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.r_[np.ones(len(inside)), np.zeros(len(outside))], np.r_[inside, outside]


@given(SETS)
@settings(max_examples=60, deadline=None)
def test_areas_are_scikit_learns(sets: tuple[list[float], list[float]]) -> None:
    truth, scores = joined(*sets)
    assert auroc(*sets) == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-12)
    assert aupr_in(*sets) == pytest.approx(sk.average_precision_score(truth, scores), abs=1e-12)
    assert aupr_out(*sets) == pytest.approx(sk.average_precision_score(1 - truth, -scores), abs=1e-12)


@given(SETS)
@settings(max_examples=40, deadline=None)
def test_auroc_counts_pairs(sets: tuple[list[float], list[float]]) -> None:
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in sets[0] for b in sets[1]]
    assert auroc(*sets) == sum(pairs) / len(pairs)
    assert auroc(*sets) + auroc(sets[1], sets[0]) == pytest.approx(1.0, abs=1e-15)


@given(SETS, RATES)
@settings(max_examples=60, deadline=None)
def test_the_exact_fpr_is_the_share_of_ood_at_the_largest_threshold_that_keeps_enough_id(
    sets: tuple[list[float], list[float]], tpr: float
) -> None:
    inside, outside = sets
    good = [t for t in inside if sum(s >= t for s in inside) / len(inside) >= tpr]
    threshold = max(good)
    assert threshold_at_tpr(inside, tpr) == threshold
    assert fpr_at_tpr(inside, outside, tpr) == sum(s >= threshold for s in outside) / len(outside)
    if tpr == 0.95:  # SynOOD's code
        t = sorted(inside)[round(0.05 * len(inside))]
        assert fpr_at_tpr(inside, outside, tpr, "strict") == np.mean(np.array(outside) > t)


@given(SETS, RATES)
@example(([0.0], [-1.0]), 1.0)
@example(([0.0, 2.0, 3.0], [-1.0, 1.0, 1.0, 2.0]), 2 / 3)
@example(([1.0, 1.0], [2.0, 1.0, 0.0]), 0.1)
@settings(max_examples=60, deadline=None)
def test_the_other_definitions_are_their_authors(sets: tuple[list[float], list[float]], tpr: float) -> None:
    truth, scores = joined(*sets)
    fpr, recall, _ = sk.roc_curve(1 - truth, -scores, drop_intermediate=False)
    assert fpr_at_tpr(*sets, tpr, "openood") == pytest.approx(fpr[np.argmax(recall >= tpr)], abs=1e-12)
    fpr, recall, _ = sk.roc_curve(truth, scores, drop_intermediate=False)
    assert fpr_at_tpr(*sets, tpr, "interpolated") == pytest.approx(float(interp1d(recall, fpr)(tpr)), abs=1e-9)
    # Nearest: the thresholds down to the first that accepts every ID image, by distance, then recall, then FPR.
    candidates = []
    for threshold in sorted(set(scores), reverse=True):
        kept = float(np.mean(np.array(sets[0]) >= threshold))
        candidates.append((abs(kept - tpr), -kept, -float(np.mean(np.array(sets[1]) >= threshold))))
        if kept == 1.0:
            break
    assert fpr_at_tpr(*sets, tpr, "nearest") == -min(candidates)[2]


def test_the_definitions_disagree_where_they_are_said_to() -> None:
    """A constant score: everything is accepted, or nothing, or the diagonal is interpolated."""
    constant = ([1.0] * 20, [1.0] * 20)
    found = {definition: fpr_at_tpr(*constant, definition=definition) for definition in FPR_DEFINITIONS}
    assert found == {"exact": 1.0, "openood": 1.0, "interpolated": 0.95, "nearest": 1.0, "strict": 0.0}
    # Rates go in steps of 0.1: 0.72 is between two of them, and one OOD image ties with the next ID image.
    inside, outside = list(range(10)), [2.0, 20.0]
    found = {definition: fpr_at_tpr(inside, outside, 0.72, definition) for definition in FPR_DEFINITIONS}
    expected = {"exact": 1.0, "openood": 1.0, "interpolated": 0.6, "nearest": 0.5, "strict": 0.5}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("count", [20, 40, 60, 100, 140, 180, 300, 1000, 2000, 9980])
def test_95_percent_is_reached_exactly_and_not_one_late(count: int) -> None:
    """0.95 · n rounds up to one too many for some n; the threshold must not."""
    inside = np.arange(count, dtype=float)
    assert threshold_at_tpr(inside) == count - 19 * count // 20


@given(SETS)
@settings(max_examples=60, deadline=None)
def test_the_roc_curve_runs_from_corner_to_corner_and_holds_the_area(sets: tuple[list[float], list[float]]) -> None:
    curve = roc_curve(*sets)
    truth, scores = joined(*sets)
    fpr, tpr, thresholds = sk.roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.fpr, fpr, atol=1e-12)
    np.testing.assert_allclose(curve.tpr, tpr, atol=1e-12)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(auroc(*sets), abs=1e-12)


@given(SETS)
@settings(max_examples=30, deadline=None)
def test_only_the_order_of_scores_counts(sets: tuple[list[float], list[float]]) -> None:
    squeezed = [np.cbrt(np.array(scores)) for scores in sets]
    both = np.concatenate([np.array(sets[0]), np.array(sets[1])])
    assume(len(set(np.cbrt(both))) == len(set(both)))
    assert summary(*sets) == summary(*squeezed)


@given(SETS)
@settings(max_examples=40, deadline=None)
def test_the_detection_error_is_the_least_over_all_thresholds(sets: tuple[list[float], list[float]]) -> None:
    inside, outside = map(np.array, sets)
    thresholds = [*inside, *outside, np.inf]
    errors = [0.5 * (1 - np.mean(inside >= t)) + 0.5 * np.mean(outside >= t) for t in thresholds]
    assert detection_error(*sets) == pytest.approx(min(errors), abs=1e-12)
    assert detection_error(*sets) == summary(*sets).detection_error


@given(LOOSE)
@settings(max_examples=30, deadline=None)
def test_equal_sets_are_not_told_apart(scores: list[float]) -> None:
    assert auroc(scores, scores[::-1]) == 0.5
    assert detection_error(scores, scores[::-1]) == 0.5


def test_separated_sets_and_swapped_sets() -> None:
    assert summary([3, 4, 5], [0, 1, 2]) == Metrics(1.0, 0.0, aupr_in=1.0, aupr_out=1.0, detection_error=0.0)
    swapped = summary([0, 1, 2], [3, 4, 5], "strict")
    assert swapped.auroc == 0.0 and swapped.fpr95 == 1.0 and swapped.fpr_definition == "strict"
    assert summary([np.inf, 1.0], [-np.inf, 0.0]).auroc == 1.0


def test_tensors_are_taken_and_float32_ties_stay_ties() -> None:
    inside = torch.tensor([0.1, 0.7, 0.7], requires_grad=True)
    outside = torch.tensor([0.7, 0.05])
    assert auroc(inside, outside) == (0 + 0.5 + 0.5 + 1 + 1 + 1) / 6
    assert auroc(inside, np.array([0.7, 0.05], dtype=np.float32)) == auroc(inside, outside)


@pytest.mark.parametrize(
    ("inside", "outside", "message"),
    [
        ([], [1.0], "ID scores must not be empty"),
        ([1.0], [], "OOD scores must not be empty"),
        ([1.0, np.nan], [1.0], "1 of 2 ID scores are NaN, the first at index 1"),
        ([1.0], [np.nan, np.nan], "2 of 2 OOD scores are NaN, the first at index 0"),
        ([[1.0]], [1.0], r"ID scores must be one-dimensional, not of shape \(1, 1\)"),
        (1.0, [1.0], "ID scores must be one-dimensional"),
        (["a"], [1.0], "ID scores must be real numbers"),
        ([1j], [1.0], "ID scores must be real numbers"),
    ],
)
@pytest.mark.parametrize("metric", [auroc, fpr_at_tpr, aupr_in, aupr_out, detection_error, roc_curve, summary])
def test_unusable_scores_are_refused(metric, inside: object, outside: object, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        metric(inside, outside)


@pytest.mark.parametrize("tpr", [0.0, -0.1, 1.1, float("nan")])
def test_a_rate_outside_its_range_is_refused(tpr: float) -> None:
    for definition in FPR_DEFINITIONS:
        with pytest.raises(StudioError, match="true positive rate must lie"):
            fpr_at_tpr([1.0, 2.0], [0.0], tpr, definition)
    with pytest.raises(StudioError, match="true positive rate must lie"):
        threshold_at_tpr([1.0], tpr)


def test_an_unknown_definition_is_refused() -> None:
    with pytest.raises(StudioError, match="one of exact, openood, interpolated, nearest, strict, not 'best'"):
        fpr_at_tpr([1.0], [0.0], definition="best")

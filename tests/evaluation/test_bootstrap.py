"""Bootstrap intervals against computing every resample by itself, and against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ood_studio.core.errors import StudioError
from ood_studio.evaluation import bootstrap
from ood_studio.evaluation.bootstrap import intervals, resample
from ood_studio.evaluation.metrics import FPR_DEFINITIONS, FprDefinition, summary

TIED = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=40)
LOOSE = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40)


@given(TIED | LOOSE, TIED, st.integers(0, 9), st.sampled_from(FPR_DEFINITIONS))
@settings(max_examples=60, deadline=None)
def test_every_resample_has_the_metrics_of_the_scores_that_were_drawn(
    inside: list[float], outside: list[float], seed: int, definition: FprDefinition
) -> None:
    found = resample(inside, outside, resamples=4, seed=seed, definition=definition, aupr=True)
    assert found.aupr_in is not None and found.aupr_out is not None
    for row in range(4):
        drawn = []
        for side, scores in enumerate((inside, outside)):
            places = np.random.default_rng((seed, side, 0)).integers(0, len(scores), (4, len(scores)))[row]
            drawn.append(np.sort(scores)[places])
        expected = summary(*drawn, definition)
        assert found.auroc[row] == expected.auroc
        assert found.fpr95[row] == pytest.approx(expected.fpr95, abs=1e-12)
        assert found.aupr_in[row] == pytest.approx(expected.aupr_in, abs=1e-12)
        assert found.aupr_out[row] == pytest.approx(expected.aupr_out, abs=1e-12)


def test_large_sets_are_resampled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_BLOCK", 70 * 3)
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(1, 1, 40), rng.normal(0, 1, 30)
    found = resample(inside, outside, resamples=7)
    assert len(found.auroc) == len(set(found.auroc)) == 7
    places = [np.random.default_rng((0, side, 6)).integers(0, n, n) for side, n in ((0, 40), (1, 30))]
    assert found.auroc[6] == summary(np.sort(inside)[places[0]], np.sort(outside)[places[1]]).auroc


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Of 150 pairs of normal sets, AUROC is Φ(1/√2) and FPR95 is Φ(1.645 − 1); 95 % ± 5 standard errors."""
    rng = np.random.default_rng(0)
    hits = np.zeros(2)
    for seed in range(150):
        found = intervals(rng.normal(1, 1, 150), rng.normal(0, 1, 150), resamples=300, seed=seed)
        hits += [found.auroc[0] <= 0.76025 <= found.auroc[1], found.fpr95[0] <= 0.74051 <= found.fpr95[1]]
    assert (hits / 150 > 0.86).all() and (hits / 150 <= 1).all()


def test_a_seed_and_the_order_of_pictures_fix_the_interval() -> None:
    rng = np.random.default_rng(1)
    inside, outside = rng.normal(1, 1, 60), rng.normal(0, 1, 50)
    found = intervals(inside, outside, seed=3)
    assert found == intervals(inside[::-1], outside, seed=3) != intervals(inside, outside, seed=4)
    wide, narrow = intervals(inside, outside, level=0.99), intervals(inside, outside, level=0.5, aupr=True)
    assert wide.auroc[0] < narrow.auroc[0] < narrow.auroc[1] < wide.auroc[1]
    assert wide.aupr_in is None and narrow.aupr_in is not None and narrow.aupr_in[0] < narrow.aupr_in[1]


def test_constant_and_separated_scores_leave_nothing_to_chance() -> None:
    assert intervals([1.0] * 9, [1.0] * 5).auroc == (0.5, 0.5)
    assert intervals([2.0, 3.0], [0.0, 1.0], aupr=True).aupr_out == (1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resamples": 0}, "number of resamples must be a whole number of at least 1, not 0"),
        ({"resamples": 1.5}, "number of resamples must be a whole number"),
        ({"seed": -1}, "the seed must be a whole number of at least 0, not -1"),
        ({"level": 1.0}, "level of confidence must lie between 0 and 1"),
        ({"definition": "best"}, "definition of FPR must be one of"),
    ],
)
def test_unusable_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        intervals([1.0, 2.0], [0.0], **arguments)
    with pytest.raises(StudioError, match="ID scores must not be empty"):
        intervals([], [0.0])

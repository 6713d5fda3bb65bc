"""Calibration figures against torchmetrics, scikit-learn and their definitions."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.calibration import (
    Binning,
    _diagram,
    _errors,
    calibration_figures,
    calibration_intervals,
    fit_temperature,
    halves,
    reliability,
    scaling_change,
)


def predictions(seed: int, n: int = 400, classes: int = 5, sharpness: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, classes)) * sharpness
    chances = torch.from_numpy(logits / 2).softmax(1).numpy()  # overconfident: the truth is drawn at temperature 2
    return logits, np.array([rng.choice(classes, p=row) for row in chances])


@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_ece_is_that_of_torchmetrics(seed: int, bins: int) -> None:
    logits, truth = predictions(seed, n=60)
    shares = torch.from_numpy(logits).softmax(1)
    diagram = reliability(shares, truth, bins=bins)
    # The oracle counts in single precision: a confidence that lies on an edge is another bin's there.
    assume(np.abs(shares.max(1).values.numpy()[:, None] - diagram.edges).min() > 1e-6)
    expected = multiclass_calibration_error(shares, torch.from_numpy(truth), 5, n_bins=bins)
    assert diagram.ece == pytest.approx(float(expected), abs=1e-6)


def test_nll_and_brier_are_those_of_scikit_learn() -> None:
    logits, truth = predictions(1)
    shares = torch.from_numpy(logits / 1.7).softmax(1).numpy()
    found = calibration_figures(logits, truth, 1.7)
    assert found.nll == pytest.approx(log_loss(truth, shares, labels=range(5)), abs=1e-12)
    expected = brier_score_loss(truth, shares, labels=range(5), scale_by_half=False)
    assert found.brier == pytest.approx(expected, abs=1e-12)


def test_the_temperature_is_the_best_and_finds_the_one_that_made_the_truths() -> None:
    logits, truth = predictions(2, n=20_000)
    found = fit_temperature(logits, truth)
    assert found == pytest.approx(2, rel=0.05)
    before, after, *beside = (
        calibration_figures(logits, truth, each) for each in (1.0, found, 0.99 * found, 1.01 * found)
    )
    assert after.nll <= min(each.nll for each in beside)
    assert after.ece < before.ece / 3 and after.nll < before.nll and after.brier < before.brier


def test_bins_of_equal_mass_hold_as_many_images_each() -> None:
    logits, truth = predictions(3, n=300)
    diagram = reliability(torch.from_numpy(logits).softmax(1), truth, bins=10, binning="equal-mass")
    assert set(diagram.counts) == {30}
    assert diagram.few == 0 and reliability(np.eye(5), np.arange(5)).few == 1


def test_intervals_hold_what_they_are_around() -> None:
    logits, truth = predictions(4)
    found = calibration_figures(logits, truth)
    around = calibration_intervals(logits, truth)
    for name in ("nll", "brier"):
        assert around[name][0] < getattr(found, name) < around[name][1]
    wide = calibration_intervals(logits[:50], truth[:50])
    assert all(high - low < wide[name][1] - wide[name][0] for name, (low, high) in around.items())


@pytest.mark.parametrize(
    ("rows", "truth", "said"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), "at least one image"),
        (np.zeros((2, 3)), np.array([0, 3]), "from 0 to 2"),
        (np.full((2, 3), np.nan), np.array([0, 1]), "not finite"),
        (np.zeros(3), np.array([0, 1, 2]), r"\(images, classes\)"),
    ],
)
def test_what_cannot_be_measured_is_refused(rows: Any, truth: Any, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        calibration_figures(rows, truth)


def test_rows_that_are_no_probabilities_and_other_slips_are_refused() -> None:
    with pytest.raises(StudioError, match="add up to 1"):
        reliability(np.ones((2, 3)), np.array([0, 1]))
    with pytest.raises(StudioError, match="must be positive"):
        calibration_figures(np.zeros((2, 3)), np.array([0, 1]), 0)
    with pytest.raises(StudioError, match="at least 2"):
        halves(1, 0)
    first, second = halves(7, 0)
    assert sorted([*first, *second]) == list(range(7))


def test_many_samples_at_once_have_the_errors_of_one_by_one() -> None:
    rng = np.random.default_rng(4)
    confidence = rng.choice(np.linspace(0.1, 1.0, 31), (6, 50))  # with ties, and on edges
    hits = rng.random((6, 50)) < confidence
    for binning in get_args(Binning):
        found = _errors(confidence, hits, binning)
        assert found == pytest.approx([_diagram(c, h, 15, binning).ece for c, h in zip(confidence, hits, strict=True)])


def test_what_scaling_changes_is_of_the_same_images_before_and_after() -> None:
    logits, truth = predictions(3, n=300)
    change, low, high = scaling_change(logits, truth, 2.0, resamples=200, seed=1)
    before, after = (calibration_figures(logits, truth, each).ece for each in (1.0, 2.0))
    assert change == pytest.approx(after - before) and low <= change <= high < 0
    rng, drawn = np.random.default_rng(1), []
    for taken in rng.integers(0, 300, (200, 300)):
        one, other = (calibration_figures(logits[taken], truth[taken], each).ece for each in (1.0, 2.0))
        drawn.append(other - one)
    assert (low, high) == pytest.approx(np.quantile(drawn, (0.025, 0.975)))
    assert scaling_change(logits, truth, 1.0) == (0, 0, 0)

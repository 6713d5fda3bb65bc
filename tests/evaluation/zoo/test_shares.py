"""Means over sets and their intervals, against plain resampling of the images."""

from __future__ import annotations

import numpy as np
import pytest

from ood_studio.evaluation.metrics import auroc
from ood_studio.evaluation.zoo.shares import mean_rates, mean_share


def test_the_mean_over_sets_wanders_as_its_images_do_when_all_sets_share_the_id_ones() -> None:
    rng = np.random.default_rng(0)
    inside = rng.normal(1, 1, 40)
    outside = [rng.normal(0, 1, 40) for _ in range(4)]
    found = mean_rates(inside, outside, resamples=1500, seed=0)["auroc"]
    assert found.value == pytest.approx(np.mean([auroc(inside, each) for each in outside])) and found.n == 160
    drawn = []
    for _ in range(1500):
        kept = rng.choice(inside, 40)
        beaten = [(kept[:, None] > rng.choice(each, 40)).mean() for each in outside]
        drawn.append(np.mean(beaten))
    assert found.low is not None and found.high is not None
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, (0.025, 0.975)), abs=0.012)
    bare = mean_rates(inside, outside, resamples=0, seed=0)["fpr95"]
    assert bare.low is None and bare.high is None


def test_a_mean_of_shares_gives_each_set_the_same_weight() -> None:
    found = mean_share([(50, 100), (10, 10)], resamples=2000, seed=1)
    assert found.value == 0.75 and found.n == 110
    assert found.low == pytest.approx(0.75 - 1.96 * 0.025, abs=0.004)
    assert found.high == pytest.approx(0.75 + 1.96 * 0.025, abs=0.004)

"""Alarms: rarely false however long one watches, and soon where something has changed."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from ood_studio.core.errors import StudioError
from ood_studio.detectors import RateAlarm, SimpleJumper


def test_wealth_is_the_product_of_its_bets() -> None:
    alarm, stream = RateAlarm(0.1), [0, 1, 1, 0, 1, 0, 0, 1]
    wealth, past = 1.0, []
    expected = []
    for flagged in stream:
        mean = (0.1 + sum(past)) / (len(past) + 1)
        gain = mean - 0.1
        bet = min(max(gain / max(mean * (1 - mean) + gain**2, 1e-12), 0), 0.5 / 0.1)
        wealth *= 1 + bet * (flagged - 0.1)
        expected.append(math.log(wealth))
        past.append(flagged)
    assert alarm.wealth(stream) == pytest.approx(expected)


def test_a_rate_alarm_is_rarely_false_and_sees_a_mixture() -> None:
    rng, alarm = np.random.default_rng(0), RateAlarm(0.05, 0.05)
    calm = [alarm.wealth(rng.random(2000) < 0.05).max() >= alarm.line for _ in range(400)]
    assert stats.binomtest(sum(calm), 400, 0.05, alternative="greater").pvalue > 0.01
    # One image in ten is foreign now and is flagged nine times of ten.
    drifted = [alarm.wealth(rng.random(2000) < 0.9 * 0.05 + 0.1 * 0.9).max() >= alarm.line for _ in range(100)]
    assert np.mean(drifted) > 0.9


def test_a_jumper_s_ranks_are_uniform_its_wealth_slow_and_its_restarts_seldom() -> None:
    rng, false, restarts = np.random.default_rng(1), 0, 0
    ranks = []
    for run in range(150):
        jumper = SimpleJumper(np.round(rng.normal(size=50), 1), seed=run)  # rounded: ties
        ranks += [jumper.add(score) for score in np.round(rng.normal(size=300), 1)]
        false += max(jumper.logs) >= math.log(20)
        restarts += max(jumper.restarts) >= math.log(3000)
    assert stats.kstest(ranks, "uniform").pvalue > 0.01
    assert stats.binomtest(false, 150, 0.05, alternative="greater").pvalue > 0.01
    assert restarts <= 30  # at most 300 / 3000 of the runs, and chance


def test_a_jumper_sees_scores_that_fall() -> None:
    rng = np.random.default_rng(2)
    jumper = SimpleJumper(rng.normal(size=500))
    for score in np.concatenate([rng.normal(size=200), rng.normal(-1.5, 1, 400)]):
        jumper.add(float(score))
    assert max(jumper.logs[:200]) < math.log(100) <= max(jumper.logs[200:])
    assert max(jumper.restarts[200:]) > max(jumper.restarts[:200])


def test_a_drift_that_lasts_outgrows_no_float() -> None:
    jumper, statistic = SimpleJumper(np.random.default_rng(3).normal(size=20_000)), Decimal(0)
    for _ in range(2500):
        before = jumper.logs[-1] if jumper.logs else 0.0
        jumper.add(-9.0)
        statistic = (statistic + 1) * (Decimal(jumper.logs[-1]) - Decimal(before)).exp()
    assert statistic > Decimal(10) ** 308
    assert jumper.restarts[-1] == pytest.approx(float(statistic.ln()))


def test_streams_that_cannot_be() -> None:
    with pytest.raises(StudioError, match="one yes or no an image"):
        RateAlarm(0.1).wealth([0, 2])
    with pytest.raises(StudioError, match="finite calibration scores"):
        SimpleJumper(np.array([]))
    with pytest.raises(StudioError, match="must be finite"):
        SimpleJumper(np.array([1.0])).add(float("nan"))

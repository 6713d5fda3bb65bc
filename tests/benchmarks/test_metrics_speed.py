"""AUROC and FPR95 of 50,000 ID and 10,000 OOD scores beside sorting the two sets, within one run.

CPU time, so that other programs on the machine do not blur the ratio. Run with `pytest tests/benchmarks -s`.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from ood_studio.evaluation.bootstrap import intervals
from ood_studio.evaluation.metrics import auroc_and_fpr
from tests.benchmarks.timing import best_of

ROUNDS = 25
ALLOWED_SORTS, ALLOWED_SECONDS = 1.5, 5.0


def scores(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(1, 1, 50_000), rng.normal(0, 1, 10_000)
    return (inside, outside) if kind == "distinct" else (inside.round(1), outside.round(1))


@pytest.mark.parametrize("kind", ["distinct", "tied"])
@pytest.mark.benchmark(timer=time.process_time)
def test_auroc_and_fpr_cost_little_more_than_two_sorts(benchmark: Any, kind: str) -> None:
    inside, outside = scores(kind)
    sorts, measured = best_of(
        [lambda: (np.sort(inside), np.sort(outside)), lambda: auroc_and_fpr(inside, outside)], ROUNDS
    )
    benchmark.pedantic(auroc_and_fpr, args=(inside, outside), rounds=3, warmup_rounds=1)
    ratio = measured / sorts
    benchmark.extra_info.update(ratio=ratio)
    print(
        f"\nAUROC + FPR95, {kind} scores: {measured * 1e3:.2f} ms, two sorts {sorts * 1e3:.2f} ms: ratio {ratio:.2f} "
        f"(allowed {ALLOWED_SORTS})"
    )
    assert ratio <= ALLOWED_SORTS


@pytest.mark.benchmark(timer=time.process_time)
def test_a_thousand_resamples_take_seconds(benchmark: Any) -> None:
    inside, outside = scores("distinct")
    start = time.process_time()
    benchmark.pedantic(intervals, args=(inside, outside), kwargs={"resamples": 1000}, rounds=1)
    seconds = time.process_time() - start
    start = time.process_time()
    intervals(inside, outside, resamples=1000, aupr=True)
    with_aupr = time.process_time() - start
    print(f"\n1,000 resamples of 50,000 + 10,000 scores: {seconds:.2f} s of one core, with AUPR {with_aupr:.2f} s")
    assert seconds < ALLOWED_SECONDS

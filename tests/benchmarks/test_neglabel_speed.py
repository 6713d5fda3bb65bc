"""NegLabel's cost beside the bare matrix product, within one run: 2,000 images, 1,000 ID + 10,000 negative labels.

CPU time on one thread, so that other programs on the machine do not blur the ratio; wall time on all threads is printed
beside it. Run with `pytest tests/benchmarks -s`.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.scorers import NegLabel, Reference
from tests.benchmarks.timing import best_of

IMAGES, CLASSES, NEGATIVES, DIM = 2_000, 1_000, 10_000, 512
ROUNDS = 9
ALLOWED_TIME, ALLOWED_MEMORY = 1.3, 64 * 2**20


def unit(count: int, seed: int) -> Tensor:
    return functional.normalize(torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.mark.benchmark(timer=time.process_time)
def test_neglabel_costs_little_more_than_its_matrix_product(benchmark: Any, one_thread: int) -> None:
    features, classes, negatives = unit(IMAGES, 0), unit(CLASSES, 1), unit(NEGATIVES, 2)
    labels = torch.cat([classes, negatives])
    reference = Reference(class_text=classes, negative_text=negatives)
    scorer = NegLabel(groups=100)
    score = scorer.fit(reference)

    def product() -> Tensor:
        return features @ labels.T

    with torch.no_grad():
        work = [product, lambda: score(features), lambda: scorer.fit(reference)(features)]
        bare, scored, fitted = best_of(work, ROUNDS)
        benchmark.pedantic(score, args=(features,), rounds=3, warmup_rounds=1)
        torch.set_num_threads(one_thread)
        wall_bare, wall_scored, wall_fitted = best_of(work, ROUNDS, time.perf_counter)
    ratio = scored / bare
    benchmark.extra_info.update(ratio=ratio, ratio_with_fit=fitted / bare, ratio_wall=wall_scored / wall_bare)
    print(
        f"\nNegLabel, CPU time of one thread: {scored * 1e3:.0f} ms, the bare product {bare * 1e3:.0f} ms: "
        f"ratio {ratio:.2f} (with fit {fitted / bare:.2f}, allowed {ALLOWED_TIME}); wall time on {one_thread} threads: "
        f"{wall_scored * 1e3:.0f} ms, ratio {wall_scored / wall_bare:.2f} (with fit {wall_fitted / wall_bare:.2f})"
    )
    assert ratio <= ALLOWED_TIME


_MEASURE = """
import re, sys
import torch
from ood_studio.scorers import NegLabel, Reference

def status(key):
    with open("/proc/self/status") as lines:
        return int(re.search(key + r":\\s+(\\d+) kB", lines.read()).group(1)) * 1024

images, classes, negatives, dim = map(int, sys.argv[1:])
features = torch.randn(images, dim)
reference = Reference(class_text=torch.randn(classes, dim), negative_text=torch.randn(negatives, dim))
features[:64] @ torch.randn(dim, 64)  # the matrix library's own buffers are not NegLabel's
NegLabel(groups=2).fit(Reference(class_text=torch.randn(9, dim), negative_text=torch.randn(9, dim)))(features[:8])
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")  # the peak starts again from here
before = status("VmRSS")
with torch.no_grad():
    NegLabel(groups=100).fit(reference)(features)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads peak memory from Linux's /proc")
def test_neglabel_needs_little_memory_beyond_its_inputs() -> None:
    """Peak of resident memory over fit and score, in a process of its own."""
    sizes = [str(size) for size in (IMAGES, CLASSES, NEGATIVES, DIM)]
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *sizes], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    extra = int(done.stdout)
    print(
        f"\nNegLabel, peak extra memory of fit and score: {extra / 2**20:.1f} MB (allowed {ALLOWED_MEMORY / 2**20:.0f})"
    )
    assert extra < ALLOWED_MEMORY

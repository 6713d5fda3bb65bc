"""What the distance scores cost beside their bare matrix products, within one run, and 1-NN's memory.

CPU time on one thread, so that other programs on the machine do not blur the ratios. Run with `pytest tests/benchmarks
-s`. `OOD_STUDIO_BENCH_QUERIES` makes the million-row test shorter (its full 10,000 pictures are 10 TFLOP).
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.scorers import KNN, Mahalanobis, Reference, RelativeMahalanobis, Scorer
from tests.benchmarks.timing import best_of

pytestmark = pytest.mark.usefixtures("one_thread")
DIM = 512
ROUNDS = 7
ALLOWED_MEMORY = 4 * 2**30


def normal(count: int, seed: int) -> Tensor:
    return torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("scorer", [Mahalanobis(), RelativeMahalanobis()])
def test_mahalanobis_costs_little_more_than_its_matrix_products(scorer: Scorer) -> None:
    """2,000 images, 1,000 classes: at most 1.5 times N·D·D + N·D·C, each score by itself."""
    images, classes = 2_000, 1_000
    labels = torch.arange(4 * classes) % classes
    score = scorer.fit(Reference(images=normal(classes, 1)[labels] + normal(len(labels), 2), labels=labels))
    features, square, means = normal(images, 0), normal(DIM, 3), normal(classes, 4)
    bare, scored = best_of([lambda: features @ square @ means.T, lambda: score(features)], ROUNDS)
    print(f"\n{scorer.title}, CPU time: {scored * 1e3:.0f} ms, bare {bare * 1e3:.0f} ms: ratio {scored / bare:.2f}")
    assert scored <= 1.5 * bare


@pytest.mark.parametrize("k", [1, 10])
def test_nearest_neighbours_cost_little_more_than_their_matrix_product(k: int) -> None:
    """2,000 images against 100,000: 1-NN at most 1.2 times the product."""
    features, images = functional.normalize(normal(2_000, 0), dim=1), functional.normalize(normal(100_000, 1), dim=1)
    score = KNN(k=k).fit(Reference(images=images))
    bare, scored = best_of([lambda: features @ images.T, lambda: score(features)], rounds=3)
    print(f"\n{k}-NN, CPU time: {scored:.2f} s, bare {bare:.2f} s: ratio {scored / bare:.2f}")
    assert k > 1 or scored <= 1.2 * bare


_MEASURE = """
import re, sys
import torch
from ood_studio.scorers import KNN, Reference

def peak():
    with open("/proc/self/status") as lines:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", lines.read()).group(1)) * 1024

path, rows, dim, queries = sys.argv[1], *map(int, sys.argv[2:])
images = torch.from_file(path, shared=True, size=rows * dim, dtype=torch.float16).view(rows, dim)
score = KNN().fit(Reference(images=images))
features = torch.randn(queries, dim)
features[:5] = images[torch.tensor([0, 1, rows // 2, rows - 2, rows - 1])].float()
scores = score(features)
assert (scores[:5] > 0.9999).all() and (scores[5:] < 0.9).all(), scores
print(peak())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads peak memory from Linux's /proc")
def test_a_million_mapped_images_need_little_memory(tmp_path: pathlib.Path) -> None:
    """Peak of resident memory, the mapped file's pages (1 GB) among it, in a process of its own."""
    rows, queries = 1_000_000, int(os.environ.get("OOD_STUDIO_BENCH_QUERIES", "10000"))
    path = tmp_path / "images.f16"
    with path.open("wb") as file:
        for seed in range(10):
            file.write(normal(rows // 10, seed).half().numpy().tobytes())
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), str(rows), str(DIM), str(queries)],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    path.unlink()
    assert done.returncode == 0, done.stderr
    print(
        f"\n1-NN of {queries:,} pictures in {rows:,} mapped images: {time.perf_counter() - start:.0f} s, "
        f"peak {int(done.stdout) / 2**30:.2f} GiB (allowed {ALLOWED_MEMORY / 2**30:.0f})"
    )
    assert int(done.stdout) < ALLOWED_MEMORY

"""What adapters cost beside the bare products that they cannot do without, within one run; and whole fits on Diorama.

CPU time on one thread, so that other programs on the machine do not blur the ratios; the whole fits are wall time on
all threads, and mean little on a busy machine. Run with `pytest tests/benchmarks -s`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters import KRNFT
from ood_studio.adapters.crops import Crops
from ood_studio.adapters.heads import _HeadLearner
from ood_studio.adapters.krnft_losses import NegativeFeatureLearner
from ood_studio.adapters.loop import run
from ood_studio.adapters.optimisers import Recipe
from ood_studio.adapters.transformed import Factorised
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.evaluation.suites import open_suite
from ood_studio.studio import AdaptRequest, Studio
from ood_studio.testing.adapter_world import SmallBackbone, small_material
from tests.benchmarks.timing import best_of

ROUNDS = 3
LABELS, DIM = 11_000, 512


def unit(count: int, dim: int, seed: int) -> Tensor:
    return functional.normalize(torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_an_epoch_of_a_head_costs_little_more_than_its_products(one_thread: int) -> None:
    count, width, classes, batch = 50_000, 768, 1_000, 8_192
    features = torch.randn(count, width, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(count) % classes
    learner = _HeadLearner(features, torch.arange(count), targets, classes, torch.device("cpu"), True, 0)
    recipe = Recipe("adam", 1e-3, 100, batch, 1e-3, warm_up=0.1, rate_for=256)
    weight = torch.randn(classes, width).requires_grad_()
    bias = torch.zeros(classes).requires_grad_()
    adam = torch.optim.Adam([weight, bias], 1e-3, weight_decay=1e-3)
    outer = torch.randn(batch, classes)

    def bare() -> None:
        for start in range(0, count, batch):
            rows = features[start : start + batch]
            torch.addmm(bias.detach(), rows, weight.detach().T)
            weight.grad, bias.grad = outer[: len(rows)].T @ rows, outer[: len(rows)].sum(dim=0)
            adam.step()

    def ours() -> None:
        passed = run(learner, recipe, seed=0, stage="")
        next(passed)  # the start looks at one batch without learning from it
        started[0] = time.process_time()
        next(passed)

    started = [0.0]
    least, own = float("inf"), float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        bare()
        least = min(least, time.process_time() - before)
        ours()
        own = min(own, time.process_time() - started[0])
    print(f"an epoch of a head: {own:.2f} s against {least:.2f} s of bare products, {own / least:.2f} times")
    assert own <= 1.3 * least


def krnft_parts(labels: int, dim: int) -> tuple[KRNFT, dict[str, Tensor], Tensor]:
    backbone = SmallBackbone()
    backbone.dim = dim  # type: ignore[misc]
    adapter = KRNFT()
    material = small_material()
    return adapter, adapter._initial(material, backbone, 0), unit(labels, dim, 1)


def test_krnft_scores_cost_little_more_than_three_products(one_thread: int) -> None:
    adapter, parameters, text = krnft_parts(LABELS, DIM)
    tuned = {name: each.detach() + 0.01 * torch.randn(each.shape) for name, each in parameters.items()}
    vectors = adapter.transformation(tuned, "negative").of(text)
    assert isinstance(vectors, Factorised)
    images, squares = unit(64, DIM, 2), text.square()

    def bare() -> None:
        for rows in (text, squares, text):
            images @ rows.T

    with torch.no_grad():
        least, own = best_of([bare, lambda: vectors.cosines(images)], 15)
    print(f"KR-NFT scores: {1e3 * own:.1f} ms against {1e3 * least:.1f} ms, {own / least:.2f} times")
    assert own <= 1.3 * least


_MEASURE = """
import re, torch
from ood_studio.adapters.transformed import Transformation

def status(key):
    with open("/proc/self/status") as lines:
        return int(re.search(key + r":\\s+(\\d+) kB", lines.read()).group(1)) * 1024

dim = 512
tuned = {"scale": torch.ones(dim), "shift": torch.zeros(dim)}
for net in ("scale_net", "shift_net"):
    for layer, (out, into) in enumerate(((32, dim), (dim, 32))):
        tuned |= {f"{net}/{layer}/weight": 0.01 * torch.randn(out, into), f"{net}/{layer}/bias": torch.zeros(out)}
few = Transformation(tuned).of(torch.randn(9, dim))
vectors = Transformation(tuned).of(torch.nn.functional.normalize(torch.randn(11_000, dim), dim=1))
images = torch.nn.functional.normalize(torch.randn(64, dim), dim=1)
with torch.no_grad():
    few.cosines(images)  # the matrix library's own buffers are not these scores'
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")  # the peak starts again from here
    before = status("VmRSS")
    vectors.cosines(images)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads peak memory from Linux's /proc")
def test_krnft_scores_need_little_memory() -> None:
    """64 images, 11,000 labels, 512 dimensions: an image's own text would be 22 MB, that of all 1.4 GB."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", _MEASURE], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    extra = int(done.stdout)
    print(f"KR-NFT scores: {extra / 2**20:.0f} MB beyond their inputs")
    assert extra <= 32 * 2**20


def test_a_krnft_step_costs_little_more_than_its_products(one_thread: int) -> None:
    adapter, parameters, text = krnft_parts(LABELS, DIM)
    backbone = SmallBackbone()
    backbone.dim = DIM  # type: ignore[misc]
    known = 1_000
    crops = Crops(unit(64, DIM, 3), torch.arange(64) % known, unit(64, DIM, 4), 0)
    weights: Any = (0.3, 100.0, "features")
    learner = NegativeFeatureLearner(
        crops, text[:known], text[known:], parameters, adapter.transformation, weights, backbone
    )
    left, squares = [unit(128, DIM, seed) for seed in range(5)], text.square()
    outer = torch.randn(128, LABELS)

    def bare() -> None:
        for factor, rows in zip(left, (text, text, text, squares, squares), strict=True):
            factor @ rows.T
            outer @ rows

    def ours() -> None:
        torch.autograd.backward([learner.losses(torch.arange(64))["loss"]])

    least, own = best_of([bare, ours], 5)
    print(f"a step of KR-NFT: {1e3 * own:.0f} ms against {1e3 * least:.0f} ms, {own / least:.2f} times")
    assert own <= 1.6 * least


@pytest.mark.parametrize(
    ("methods", "train", "seconds"),
    [
        (("plp",), 2_000, 10.0),
        (("synood-projection", "synood-labels"), 1_000, 60.0),
        (("krnft",), 2_000, 120.0),
    ],
    ids=("plp", "synood", "krnft"),
)
def test_fits_on_diorama_take_no_longer_than_said(
    methods: tuple[str, ...], train: int, seconds: float, tmp_path: Path
) -> None:
    studio = Studio("cpu")
    synthetic = ""
    if methods != ("plp",) and methods != ("krnft",):
        for i, scene in enumerate(scenes("near-ood", 3, train)):
            render(scene).save(tmp_path / f"{i:05d}.png")
        synthetic = str(tmp_path)
    requests = [AdaptRequest(method, train_count=train, synthetic=synthetic) for method in methods]
    studio.label_space(requests[0].labels)  # words are encoded once for everything
    train_set = open_suite("diorama", seed=1, train_count=train).train
    assert train_set is not None
    train_set.prepare()  # the world's work, not the fit's
    start = time.perf_counter()
    for request in requests:
        *_, last = studio.adapt(request)
        assert last.adapted.record.finished
    taken = time.perf_counter() - start
    print(f"{' and '.join(methods)}: {taken:.1f} s, features and crops included; {seconds:.0f} s allowed")
    assert taken <= seconds

"""Features that several users or processes want at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from PIL import Image

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.core.progress import Stopped, silent, stoppable
from ood_studio.features.images import dataset_features, plan_features
from ood_studio.features.shard import encode_described
from ood_studio.worlds.diorama_dataset import diorama_dataset
from tests.features.toys import Plain, Toy, expected


class Slow(Plain):
    """Waits until it may be read; all of these are the same dataset."""

    def __init__(self, count: int, go: threading.Event) -> None:
        super().__init__(count)
        self.go = go

    def load(self, index: int) -> Image.Image:
        assert self.go.wait(10)
        return super().load(index)


def test_two_users_encode_once() -> None:
    go, waits = threading.Event(), threading.Event()
    first, second = Slow(20, go), Slow(20, go)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(dataset_features, Toy(), first, {"joint"})
        while not first.prepared:
            time.sleep(0.01)
        other = threads.submit(dataset_features, Toy(), second, {"joint"}, lambda *_: waits.set())
        assert waits.wait(10)  # told that the first is at work
        go.set()
        assert one.result(20) is other.result(20)
    assert len(first.read) == 20 and not second.read


def test_one_users_stop_does_not_end_anothers_work() -> None:
    go, waits, stop = threading.Event(), threading.Event(), threading.Event()
    first, second = Slow(20, go), Slow(20, go)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(dataset_features, Toy(), first, {"joint"}, stoppable(silent, stop.is_set))
        while not first.prepared:
            time.sleep(0.01)
        other = threads.submit(dataset_features, Toy(), second, {"joint"}, lambda *_: waits.set())
        assert waits.wait(10)
        with pytest.raises(Stopped):  # and waiting can be stopped
            dataset_features(Toy(), Slow(20, go), {"joint"}, stoppable(silent, lambda: True))
        stop.set()
        go.set()
        with pytest.raises(Stopped):
            one.result(20)
        found = other.result(20)
    assert found.visual is not None
    torch.testing.assert_close(found.visual, expected(list(range(20))))


# --- other processes -----------------------------------------------------------------------------------------------

CHILD = """
import json, sys
from ood_studio.features.shard import encode_described
print(*(encode_described(job, "cpu") for job in json.load(sys.stdin)), sep="\\n")
"""


def test_shards_are_encoded_by_other_processes_from_plain_values(kept: Path) -> None:
    backbone = load_backbone("diorama", "cpu")
    dataset = diorama_dataset("id-test", 3, 20)
    direct = backbone.encode_image(backbone.preprocess([dataset.load(i) for i in range(20)]))
    jobs = plan_features(backbone, dataset, {"joint"})
    assert [job["number"] for job in jobs] == [0, 1, 2]
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(jobs[1:]), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert all(Path(line).is_relative_to(kept) for line in done.stdout.split()) and len(list(kept.glob("*/*"))) == 2
    assert [job["number"] for job in plan_features(backbone, dataset, {"joint"})] == [0]

    def only_the_first(stage: str, done: int, total: int) -> None:
        assert done >= 12 or stage != "encoding id-test"

    found = dataset_features(backbone, dataset, {"joint"}, only_the_first)
    assert found.joint is not None and direct.joint is not None and found.rows.tolist() == list(range(20))
    torch.testing.assert_close(found.joint, direct.joint.detach(), atol=1e-5, rtol=0)
    assert plan_features(backbone, dataset, {"joint"}) == [] == plan_features(backbone, dataset, {"visual"})


def test_a_shard_of_another_model_is_refused() -> None:
    job = plan_features(load_backbone("diorama", "cpu"), diorama_dataset("id-test", 3, 2), {"joint"})[0]
    with pytest.raises(StudioError, match="diorama is not the same model here"):
        encode_described(job | {"fingerprint": "another"}, "cpu")
    with pytest.raises(StudioError, match="plain cannot be opened again in another process"):
        plan_features(Toy(), Plain(3), {"joint"})


def test_an_empty_dataset_is_one_sentence() -> None:
    with pytest.raises(StudioError, match="no picture of plain can be read: there is no picture in it"):
        dataset_features(Toy(), Plain(0), {"joint"})

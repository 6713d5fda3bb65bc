"""The store of features: equal to encoding directly, and proof against kills, damage and disks that refuse."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones import ImageFeatures
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.core.progress import Stopped
from ood_studio.data.dataset import Subset
from ood_studio.features import decoding, shard
from ood_studio.features import images as store
from ood_studio.features.budget import check_patches
from ood_studio.features.images import dataset_features, plan_features
from tests.features.toys import SHARD, Plain, Toy, expected


def finished(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/features.safetensors"))


def test_features_are_those_of_each_readable_picture_in_order() -> None:
    pictures = Plain(29, broken=frozenset({3, 28, *range(8, 16)}))
    found = dataset_features(Toy(), pictures, {"joint", "visual", "patches"})
    rows = [i for i in range(29) if i not in pictures.broken]
    assert found.rows.tolist() == rows and found.rows.dtype == np.int64
    assert found.visual is not None and found.joint is not None and found.patches is not None
    torch.testing.assert_close(found.visual, expected(rows))
    torch.testing.assert_close(found.joint, torch.nn.functional.normalize(expected(rows), dim=1))
    assert found.patches.dtype == torch.float16 and found.patches.shape == (len(rows), 2, 2, 3)
    torch.testing.assert_close(found.patches[:, 1, 0].float(), expected(rows), atol=1e-3, rtol=0)
    assert set(found.problems) == {f"picture {i}" for i in pictures.broken}
    assert found.problems["picture 3"] == "picture 3 is broken."


def test_a_second_call_reads_one_file_and_no_picture(kept: Path) -> None:
    dataset_features(Toy(), Plain(20), {"patches"})
    again = Plain(20)
    found = dataset_features(Toy(), again, {"joint"})
    assert not again.read and not again.prepared and len(found.rows) == 20
    assert [path.name for path in kept.glob("*/*")] == ["features.safetensors"]
    assert dataset_features(Toy(), Plain(20), {"visual"}).patches is not None  # they cost nothing


def test_what_the_features_depend_on_is_their_key() -> None:
    dataset_features(Toy(), Plain(5), {"joint"})
    for backbone, pictures, spaces in (
        (Toy("other"), Plain(5), {"joint"}),
        (Toy(), Plain(6), {"joint"}),
        (Toy(), Subset(Plain(6), 5, seed=0), {"joint"}),
        (Toy(), Plain(5), {"patches"}),
    ):
        read = pictures.whole.read if isinstance(pictures, Subset) else pictures.read  # type: ignore[attr-defined]
        dataset_features(backbone, pictures, spaces)
        assert len(read) == len(pictures)


def test_bad_sets_are_one_sentence() -> None:
    with pytest.raises(StudioError, match="no picture of plain can be read: picture 0 is broken"):
        dataset_features(Toy(), Plain(2, broken=frozenset({0, 1})), {"joint"})
    with pytest.raises(StudioError, match="unknown features 'tokens'; expected some of joint, visual, patches"):
        dataset_features(Toy(), Plain(2), {"tokens"})

    class Full(Toy):
        def _transform(self, image: Image.Image) -> Tensor:
            raise MemoryError

    with pytest.raises(StudioError, match="no picture of plain can be read: there is not enough memory for that"):
        dataset_features(Full(), Plain(2), {"joint"})


def test_a_stopped_run_is_taken_up_again() -> None:
    def stop(stage: str, done: int, total: int) -> None:
        assert stage == "encoding plain" and total == 20
        if done >= 12:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        dataset_features(Toy(), Plain(20), {"joint"}, stop)
    later = Plain(20)
    found = dataset_features(Toy(), later, {"joint"})
    assert sorted(later.read) == list(range(8, 20))
    assert found.visual is not None
    torch.testing.assert_close(found.visual, expected(list(range(20))))


KILLED = """
from ood_studio.features import decoding, plan
from ood_studio.features.images import dataset_features
from tests.features import toys
plan.SHARD, decoding.BATCH = toys.SHARD, 4
dataset_features(toys.Toy(), toys.Plain(40, wait=0.1), {"joint"}, lambda stage, done, total: print(done, flush=True))
"""


def test_a_killed_run_is_taken_up_again(kept: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 2 * SHARD:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not finished(kept) and len(list(kept.glob("*/0*.safetensors"))) >= 2
    later = Plain(40)
    found = dataset_features(Toy(), later, {"joint"})
    assert len(later.read) <= 40 - 2 * SHARD and len(finished(kept)) == 1
    assert found.visual is not None
    torch.testing.assert_close(found.visual, expected(list(range(40))))


def test_large_models_on_a_cpu_take_few_pictures_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within which a stop is heard."""
    monkeypatch.setattr(decoding, "BATCH", 64)
    large, small, gpu = Toy(), Toy(), Toy()
    small.small, gpu.device = True, torch.device("cuda")
    assert [decoding.batch_size(each) for each in (large, small, gpu)] == [8, 64, 64]


@pytest.mark.parametrize(("every", "worth"), [(0.0, 1e9), (1e9, 0.0)], ids=["by time", "when stopped"])
def test_a_slow_shard_is_kept_before_it_is_finished(
    kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, every: float, worth: float
) -> None:
    monkeypatch.setattr(shard, "_KEEP_SECONDS", every)
    monkeypatch.setattr(shard, "_KEEP_FROM", worth)

    def stop(stage: str, done: int, total: int) -> None:
        if done >= 12:  # a batch into the second shard
            raise Stopped("stopped")

    broken = frozenset({9})
    with pytest.raises(Stopped):
        dataset_features(Toy(), Plain(20, broken), {"joint"}, stop)
    (part,) = kept.glob("*/*.part.safetensors")
    told: list[int] = []
    later = Plain(20, broken)
    if every:
        part.write_bytes(part.read_bytes()[:-9])
    found = dataset_features(Toy(), later, {"joint"}, lambda stage, done, total: told.append(done))
    assert sorted(later.read) == list(range(8 if every else 12, 20)) and told[0] == (8 if every else 12)
    assert bool(every) == ("damaged" in caplog.text)
    rows = [row for row in range(20) if row != 9]
    assert found.rows.tolist() == rows and list(found.problems) == ["picture 9"]
    assert found.visual is not None
    torch.testing.assert_close(found.visual, expected(rows))
    assert not part.exists() and len(finished(kept)) == 1


def test_patches_that_find_no_room_are_refused_before_any_are_encoded(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 20 pictures with 2 × 2 patches of 3 numbers of 2 bytes: 480 bytes."""
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", "479e-9")
    pictures = Plain(20)
    with pytest.raises(StudioError, match="20 pictures take 480 B with toy, and there is room for 479 B"):
        dataset_features(Toy(), pictures, {"joint", "patches"})
    with pytest.raises(StudioError, match="the patches of 20 pictures"):
        plan_features(Toy(), pictures, {"patches"})
    assert not pictures.read
    assert dataset_features(Toy(), pictures, {"joint"}).joint is not None
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", "1")
    assert dataset_features(Toy(), pictures, {"patches"}).patches is not None
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", "479e-9")
    assert dataset_features(Toy(), pictures, {"patches"}).patches is not None  # they are there
    with pytest.raises(StudioError, match="the patches of 40 pictures"):
        check_patches(Toy("other"), [Plain(20), Plain(20)])


@pytest.mark.parametrize("where", ["middle", "header", "end"])
def test_damage_is_named_and_built_again(kept: Path, caplog: pytest.LogCaptureFixture, where: str) -> None:
    first = dataset_features(Toy(), Plain(20), {"joint"})
    assert first.visual is not None
    values = first.visual.clone()
    del first
    (path,) = finished(kept)
    raw = bytearray(path.read_bytes())
    if where == "end":
        raw = raw[:-5]
    else:
        raw[-1 if where == "middle" else 20] ^= 0xFF
    path.unlink()
    path.write_bytes(raw)
    later = Plain(20)
    with caplog.at_level(logging.WARNING):
        found = dataset_features(Toy(), later, {"joint"})
    assert str(path) in caplog.text and "damaged" in caplog.text
    assert sorted(later.read) == (list(range(16, 20)) if where == "middle" else list(range(20)))
    assert found.visual is not None and torch.equal(found.visual, values)


def test_a_damaged_shard_is_built_again(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done >= 16:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        dataset_features(Toy(), Plain(20), {"joint"}, stop)
    shard = sorted(kept.glob("*/0*.safetensors"))[0]
    raw = bytearray(shard.read_bytes())
    raw[-1] ^= 0xFF
    shard.write_bytes(raw)
    later = Plain(20)
    dataset_features(Toy(), later, {"joint"})
    assert shard.name in caplog.text and sorted(later.read) == [*range(8), *range(16, 20)]


def test_a_disk_that_refuses_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "file"))
    found = dataset_features(Toy(), Plain(20), {"joint"})
    assert [record.levelname for record in caplog.records] == ["WARNING"] and "could not be kept" in caplog.text
    assert found.visual is not None
    torch.testing.assert_close(found.visual, expected(list(range(20))))
    again = Plain(20)
    dataset_features(Toy(), again, {"joint"})
    assert not again.read  # kept in memory


def test_a_disk_that_fills_up_at_the_end_costs_a_warning(
    kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, shards: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_joined", full)
    found = dataset_features(Toy(), Plain(20), {"joint"})
    assert caplog.text.count("No space left on device") == 1 and len(found.rows) == 20


def test_the_longest_unused_sets_make_room(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (20, 21):
        dataset_features(Toy(), Plain(count), {"joint"})
    for age, folder in enumerate(sorted(kept.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)):
        os.utime(folder, (1e9 + age, 1e9 + age))
    dataset_features(Toy(), Plain(20), {"joint"})  # reading counts as use
    size = finished(kept)[0].stat().st_size
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", str(2.9 * size / 1e9))
    dataset_features(Toy(), Plain(22), {"joint"})
    for count, read in ((20, 0), (22, 0), (21, 21)):
        pictures = Plain(count)
        dataset_features(Toy(), pictures, {"joint"})
        assert len(pictures.read) == read
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", "lots")
    with pytest.raises(StudioError, match="OOD_STUDIO_FEATURES_GB must be a number of gigabytes, not 'lots'"):
        dataset_features(Toy(), Plain(2), {"joint"})


def test_features_that_are_not_finite_are_refused() -> None:
    class Broken(Toy):
        def _encode_image(self, pixels: Tensor) -> ImageFeatures:
            return ImageFeatures(None, pixels.flatten(1) * torch.nan, None)

    with pytest.raises(StudioError, match="visual features that are not finite"):
        dataset_features(Broken(), Plain(2), {"visual"})


def test_features_may_be_used_where_gradients_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    for cache in (tmp_path / "cache", tmp_path / "file"):
        monkeypatch.setenv("OOD_STUDIO_CACHE", str(cache))
        found = dataset_features(Toy(), Plain(5), {"joint"})
        assert found.visual is not None
        weight = torch.ones(3, requires_grad=True)
        (found.visual @ weight).sum().backward()
        assert weight.grad is not None


def test_a_part_of_a_set_is_drawn_by_chance_and_keeps_its_order() -> None:
    whole = Plain(50)
    whole.labels = np.arange(50)
    part = Subset(whole, 10, seed=3)
    assert part.labels is not None and len(part) == 10 and (np.diff(part.labels) > 0).all()
    assert part.key == Subset(whole, 10, seed=3).key != Subset(whole, 10, seed=4).key
    assert [part.caption(i) for i in range(10)] == [f"picture {i}" for i in part.labels]
    assert len(Subset(whole, 99, seed=0)) == 50

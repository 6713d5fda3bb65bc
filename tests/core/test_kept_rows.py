"""Arrays kept on disk chunk by chunk: made once, made anew where damaged, and in memory where the disk refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ood_studio.core import kept_rows as module
from ood_studio.core.kept_rows import kept_rows
from ood_studio.core.paths import ROOT

WHOLE = np.random.default_rng(0).integers(0, 256, (40, 8, 3), np.uint8)


def chunks(calls: list[int]) -> Iterator[np.ndarray]:
    calls.append(1)
    for start in range(0, len(WHOLE), 16):
        yield WHOLE[start : start + 16]


def test_an_array_is_made_once_and_mapped(tmp_path: Path) -> None:
    calls: list[int] = []
    path = tmp_path / "new" / "a.npy"
    for _ in range(2):
        found = kept_rows(path, WHOLE.shape, lambda: chunks(calls))
        assert isinstance(found, np.memmap) and np.array_equal(found, WHOLE)
    assert len(calls) == 1 and np.array_equal(np.load(path), WHOLE)
    assert [each.name for each in path.parent.iterdir()] == ["a.npy"]


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", None])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "a.npy"
    kept_rows(path, WHOLE.shape, lambda: chunks([]))
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    calls: list[int] = []
    assert np.array_equal(kept_rows(path, WHOLE.shape, lambda: chunks(calls)), WHOLE) and calls
    assert np.array_equal(np.load(path), WHOLE)


def test_an_array_that_another_process_removes_for_room_is_made_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "make_room", lambda folder, limit, keep: keep.unlink())
    assert np.array_equal(kept_rows(tmp_path / "a.npy", WHOLE.shape, lambda: chunks([])), WHOLE)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are known to Unix alone")
@pytest.mark.parametrize("ahead", [True, False])
def test_where_the_disk_refuses_the_array_stays_in_memory(tmp_path: Path, ahead: bool) -> None:
    """A file that may not grow stands for a full disk: both refuse the write, and neither the size of a sparse file."""
    code = f"""
import os, resource
from pathlib import Path
from ood_studio.diorama.splits import load_split
if not {ahead}:
    del os.posix_fallocate
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
drawn = load_split("id-test", 0, 40)
print(type(drawn.pixels).__name__, drawn.pixels.shape, int(drawn.pixels[39].sum()), len(drawn.labels))
"""
    if ahead and not hasattr(os, "posix_fallocate"):
        pytest.skip("this system reserves no room ahead")
    environment = {"OOD_STUDIO_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    kind, *rest = done.stdout.split()
    assert kind == "ndarray" and rest[-1] == "40" and int(rest[-2]) > 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

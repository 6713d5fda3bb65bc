"""Folders of uploads and downloads: this account's own, and bounded in bytes and count."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ood_studio.core.disk import thin_out
from ood_studio.ui import temporary
from ood_studio.ui.compare.pictures import shown_picture
from ood_studio.ui.downloads import download_folder, text_file
from ood_studio.worlds.diorama_dataset import DioramaDataset


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(temporary.ENVIRONMENT, raising=False)
    temporary._root.cache_clear()
    yield tmp_path
    temporary._root.cache_clear()


def fill(folder: Path, count: int, age: float) -> list[Path]:
    files = []
    for i in range(count):
        (path := folder / f"{age:.0f}-{i}" / "file.png").parent.mkdir(parents=True)
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - age + i / 100,) * 2)
        files.append(path)
    return files


def test_the_longest_unchanged_goes_by_bytes_and_by_count(tmp_path: Path) -> None:
    old, new = fill(tmp_path / "f", 10, 5000), fill(tmp_path / "f", 10, 1000)
    assert thin_out(tmp_path / "f", 15_000, 100) == 15_000
    assert [path.exists() for path in old] == [False] * 5 + [True] * 5 and not old[0].parent.exists()
    assert thin_out(tmp_path / "f", 1e9, 8) == 8_000 and not any(path.exists() for path in old)
    assert thin_out(tmp_path / "f", 0, 0, spared=3000) == 8_000  # somebody may still need them
    assert thin_out(tmp_path / "f", 0, 0) == 0 and not any(path.exists() for path in new)
    assert thin_out(tmp_path / "nowhere", 0, 0) == 0


def test_many_downloads_leave_few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(temporary.MOST, temporary.DOWNLOADS, (10**9, 20))
    monkeypatch.setitem(temporary._SPARED, temporary.DOWNLOADS, 0.0)
    for i in range(100):
        last = text_file(f"{i}.csv", "a,b\n")
    left = [path for path in temporary.folder(temporary.DOWNLOADS).rglob("*") if path.is_file()]
    assert len(left) <= 21 and last in left


def test_gradio_has_a_folder_of_its_own_within_the_chosen_one(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):  # a second server of the same process
        temporary.own_uploads()
        own = Path(os.environ[temporary.ENVIRONMENT])
        assert own.parent.parent == root.resolve() and own == temporary.folder(temporary.UPLOADS)
    if hasattr(os, "getuid"):
        assert own.parent.stat().st_mode & 0o77 == 0
    monkeypatch.setenv(temporary.ENVIRONMENT, str(tmp_path / "mine"))
    for _ in range(2):
        temporary.own_uploads()
        assert Path(os.environ[temporary.ENVIRONMENT]) == tmp_path / "mine" / "ood-studio" / temporary.UPLOADS


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can make another account's folder")
def test_a_folder_that_another_account_made_is_left_alone(root: Path) -> None:
    (theirs := root / f"ood-studio-{os.getuid()}").mkdir()
    os.chown(theirs, 12345, 12345)
    assert theirs not in download_folder().parents and not list(theirs.iterdir())


def test_something_else_of_that_name_is_left_alone(root: Path) -> None:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    (root / f"ood-studio-{user}").write_text("a file")
    assert download_folder().is_dir()


def test_a_picture_of_the_cache_is_shown_from_where_gradio_may_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "elsewhere"))
    path = Path(shown_picture(DioramaDataset("id-test", 0, 1), 0))
    assert path.is_relative_to(temporary.folder(temporary.UPLOADS)) and path.is_file()

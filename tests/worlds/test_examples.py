"""Example pictures on a disk that refuses, and on one that fills."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.worlds.diorama_examples import examples, examples_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))


def test_a_disk_that_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StudioError, match=r"example pictures cannot be kept \(No space left"):
        examples("id-test", 1, 0, 0, short=True)


def test_a_cut_example_is_drawn_anew() -> None:
    ((path, _),) = examples("id-flat", 1, 0, 0, short=True)
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[: len(whole) // 2])
    assert examples("id-flat", 1, 0, 0, short=True)[0][0] == path and Path(path).read_bytes() == whole


def test_turning_pages_for_ever_fills_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEPT, "examples", replace(KEPT["examples"], most=300_000))
    for turn in range(4):
        shown = examples("id-flat", 3, turn, 0, short=True)
        assert all(Path(path).is_file() for path, _ in shown)
    assert sum(path.stat().st_size for path in examples_folder().iterdir()) <= 300_000

"""Kinds of the cache: limits, room, what is cleared and what is left alone."""

from __future__ import annotations

import math
import os
import re
import time
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import CACHE_GB, KEPT, clear, held
from ood_studio.core.locks import sole_writer
from ood_studio.core.paths import ROOT


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    for each in (CACHE_GB, "OOD_STUDIO_FEATURES_GB"):
        monkeypatch.delenv(each, raising=False)
    return tmp_path / "cache"


def fill(folder: Path, size: int, age: float) -> Path:
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(bytes(size))
    os.utime(folder, (time.time() - age,) * 2)
    return folder


def test_all_that_grows_by_itself_is_bounded_and_shares_what_the_whole_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounded = [each for each in KEPT.values() if each.most is not None]
    assert {each.name for each in KEPT.values()} - {each.name for each in bounded} == {
        "adapters",
        "training",
        "reports",
        "nltk",
        "results.sqlite3",
    }
    monkeypatch.setenv(CACHE_GB, "3")
    assert sum(each.limit() for each in bounded) == pytest.approx(3e9)
    monkeypatch.setenv("OOD_STUDIO_FEATURES_GB", "7")
    assert KEPT["features"].limit() == 7e9 and KEPT["adapters"].limit() == math.inf
    monkeypatch.setenv(CACHE_GB, "much")
    with pytest.raises(StudioError, match=f"{CACHE_GB} must be a number of gigabytes, not 'much'"):
        KEPT["text"].limit()


def test_every_folder_of_the_cache_is_a_known_kind() -> None:
    """Code names a folder of the cache through its kind alone, so that the command shows and bounds all of them."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "ood_studio").rglob("*.py")]
    found = {name for text in texts for name in re.findall(r'cache_dir\(\) / "([^"]*)"', text)}
    assert found and found <= KEPT.keys()


def test_room_is_made_but_not_of_what_is_written_or_was_just_read(cache: Path) -> None:
    sets = KEPT["attacks"]
    old, older, oldest = (
        fill(cache / "attacks" / name, 1000, age) for age, name in ((1e4, "a"), (2e4, "b"), (3e4, "c"))
    )
    new = fill(cache / "attacks" / "d", 1000, 10)
    with sole_writer(oldest):
        os.utime(oldest, (1, 1))
        sets.make_room(new, 60.0, 2500)
        assert [path.exists() for path in (oldest, older, old, new)] == [True, False, False, True]
    os.utime(oldest, (1, 1))
    sets.make_room(cache / "attacks", 60.0, 0)
    assert not oldest.exists() and new.exists()  # somebody may be reading it
    sets.make_room(cache / "attacks", 0.0, 0)
    assert not new.exists()


def test_what_is_cleared_is_told_and_what_is_written_stays(cache: Path) -> None:
    gone, at_work = (fill(cache / "synthetic" / name, 1000, 0) for name in ("a", "b"))
    (cache / "synthetic" / "loose").write_bytes(bytes(10))
    assert held(cache / "synthetic") == (2010, 3)
    with sole_writer(at_work):
        assert clear(cache / "synthetic") >= 1010
    assert not gone.exists() and at_work.exists() and not (cache / "synthetic" / "loose").exists()
    (cache / "results.sqlite3").write_bytes(bytes(5))
    assert clear(cache / "results.sqlite3") == 5 and not (cache / "results.sqlite3").exists()
    assert clear(cache / "nowhere") == 0 and held(cache / "nowhere") == (0, 0)

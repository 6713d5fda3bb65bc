"""Paths as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ood_studio.core.paths import given_path, is_there


def test_a_tilde_is_a_home_folder_only_where_it_can_be_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert given_path("~/pictures") == tmp_path / "home" / "pictures"
    assert given_path("~nobody-is-called-so.zip") == Path("~nobody-is-called-so.zip")
    (tmp_path / "~").mkdir()
    (tmp_path / "~" / "a.zip").touch()
    assert given_path("~/a.zip") == Path("~/a.zip")  # as it is written, since it is there
    assert given_path("a/~/b") == Path("a/~/b")


@pytest.mark.parametrize("text", ["x" * 1_000_000, "a\0b", "~" + "x" * 5_000, "~a\0b"])
def test_what_can_be_no_path_is_not_there(text: str) -> None:
    assert not is_there(text) and not is_there(given_path(text))

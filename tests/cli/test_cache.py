"""The command that shows and clears the cache."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ood_studio.cli.main import main
from ood_studio.core.kept import KEPT
from ood_studio.ui import temporary


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(temporary.ENVIRONMENT, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    temporary._root.cache_clear()
    for name in ("features/a", "adapters", "attacks/b"):
        (tmp_path / "cache" / name).mkdir(parents=True)
        (tmp_path / "cache" / name / "file").write_bytes(bytes(1500))
    yield tmp_path / "cache"
    temporary._root.cache_clear()


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, int]:
    assert main(["cache", *(words or ("show",)), "--json"]) == 0
    return {each["name"]: each["bytes"] for each in json.loads(capsys.readouterr().out)["results"]}


def test_sizes_are_shown(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(capsys)
    assert found.keys() > KEPT.keys() and sum(found.values()) == 4500 and found["features"] == 1500
    assert main(["cache"]) == 0
    said = capsys.readouterr().out
    assert str(cache) in said and "1.5 kB  of 20.0 GB       1 files  features of sets of pictures" in said
    assert "no limit       1 files  saved adapters  (not made anew)" in said and "in all 4.5 kB" in said


def test_what_is_made_anew_is_cleared_and_the_rest_by_name(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(capsys, "clear")
    assert found["features"] == 0 and found["adapters"] == found["attacks"] == 1500
    found = shown(capsys, "clear", "attacks")
    assert found["attacks"] == 0 and found["adapters"] == 1500
    assert main(["cache", "clear", "adapters"]) == 0
    assert "1.5 kB freed of adapters" in capsys.readouterr().err and not list((cache / "adapters").iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["empty"], "there is no command cache-empty; did you mean cache-"),
        (["show", "text"], "text is one value too many"),
        (["clear", "everything"], "there is nothing called everything in the cache; there are features, text"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", *words]) == 2
    assert sentence in capsys.readouterr().err

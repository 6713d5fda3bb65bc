from __future__ import annotations

from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.labels import definitions
from ood_studio.labels.definitions import definition, download_definitions, have_definitions


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """NLTK with no data of its own, and no reader from another test."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    monkeypatch.setattr(definitions, "_reader", None)


def tiny_wordnet(folder: Path) -> None:
    """A database with one noun, laid out as WordNet's own files are (wndb(5WN))."""
    folder.mkdir(parents=True)
    synset = "00000000 06 n 02 teapot 0 tea_pot 0 000 | pot for brewing tea\n"
    (folder / "data.noun").write_text(synset)
    (folder / "index.noun").write_text("tea_pot n 1 0 1 0 00000000\nteapot n 1 0 1 0 00000000\n")
    for pos in ("verb", "adj", "adv"):
        (folder / f"data.{pos}").write_text("")
        (folder / f"index.{pos}").write_text("")
    for pos in ("noun", "verb", "adj", "adv"):
        (folder / f"{pos}.exc").write_text("")
    (folder / "lexnames").write_text("".join(f"{i:02d}\tname.{i}\t1\n" for i in range(45)))
    for name in ("cntlist.rev", "index.sense"):
        (folder / name).write_text("")


def test_none_where_wordnet_is_missing() -> None:
    assert definition("teapot") is None
    assert not have_definitions()


def test_from_an_installed_wordnet(own_cache: Path) -> None:
    tiny_wordnet(own_cache / "nltk" / "corpora" / "wordnet")
    assert definition("Teapot") == definition("tea pot", "n") == definition("teapot", "a") == "pot for brewing tea"
    assert definition("kettle") is None
    assert definition(" ") is None
    assert have_definitions()


@pytest.mark.parametrize("failure", [OSError("no route\nto host"), False])
def test_download_that_fails(monkeypatch: pytest.MonkeyPatch, failure: Exception | bool) -> None:
    import nltk

    def download(*_: object, **__: object) -> bool:
        if isinstance(failure, Exception):
            raise failure
        return failure

    monkeypatch.setattr(nltk, "download", download)
    with pytest.raises(StudioError, match="could not be downloaded") as caught:
        download_definitions()
    assert "\n" not in str(caught.value)


def test_download_into_the_cache(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    import nltk

    def download(name: str, download_dir: str, **_: object) -> bool:
        tiny_wordnet(Path(download_dir) / "corpora" / name)
        return True

    monkeypatch.setattr(nltk, "download", download)
    assert definition("teapot") is None
    download_definitions()
    assert definition("teapot") == "pot for brewing tea"

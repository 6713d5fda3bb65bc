from __future__ import annotations

from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.labels import corpora
from ood_studio.labels.corpora import Corpus, load_corpus
from ood_studio.worlds.wordnet import DEFAULT_LEXNAMES, LEXNAMES, load_wordnet


def test_lexnames_are_wordnets_own() -> None:
    assert set(LEXNAMES) == {name for lemma in load_wordnet() for name in lemma.lexnames}
    assert set(LEXNAMES) - set(DEFAULT_LEXNAMES) == {"noun.animal", "noun.food"}


def test_default_wordnet_counts() -> None:
    corpus = load_corpus("wordnet")
    assert (len(corpus.nouns), len(corpus.adjectives)) == (101_807, 18_462)
    assert len(set(corpus.words)) == len(corpus) == len(corpus.pos)


def test_lexname_filter_takes_any_sense() -> None:
    motives = load_corpus("wordnet", lexnames=["noun.motive"])
    assert "urge" in motives.nouns and "aardvark" not in motives.nouns and not motives.adjectives
    assert len(motives) == sum("noun.motive" in lemma.lexnames for lemma in load_wordnet())
    assert "aardvark" in load_corpus("wordnet", lexnames=["noun.animal"]).nouns
    assert "aardvark" not in load_corpus("wordnet").nouns


def test_the_files_that_authors_search_have_names() -> None:
    assert load_corpus("wordnet", lexnames=["neglabel"]).key == load_corpus("wordnet").key
    words = set(load_corpus("wordnet", lexnames=["csp"]).words)
    assert {"aardvark", "apple"} <= words and "phonetician" not in words  # of noun.person alone
    assert words | set(load_corpus("wordnet", lexnames=["noun.person"]).words) > words


@pytest.mark.parametrize(("lexnames", "text"), [(["noun.cats"], "'noun.cats'"), ([], "at least one")])
def test_bad_lexnames(lexnames: list[str], text: str) -> None:
    with pytest.raises(StudioError, match=text):
        load_corpus("wordnet", lexnames=lexnames)


def test_diorama_is_the_worlds_vocabulary() -> None:
    from ood_studio.diorama import world

    corpus = load_corpus("diorama")
    assert set(corpus.words) == {*world.nouns(), *world.adjectives()}
    assert set(world.adjectives()) - set(world.nouns()) == set(corpus.adjectives)


def test_key_is_the_content() -> None:
    assert Corpus.of("one", ["a", "b"]).key == Corpus.of("two", ["A ", "b", "a"]).key
    others = [Corpus.of("x", ["a", "b"], ["c"]), Corpus.of("x", ["a", "b", "c"]), Corpus.of("x", ["b", "a"], ["c"])]
    assert len({other.key for other in others}) == 3


def write(folder: Path, content: bytes) -> Path:
    path = folder / "words.txt"
    path.write_bytes(content)
    return path


def test_text_file(tmp_path: Path) -> None:
    content = "\ufeff# my words\r\n\r\nIce_Cream\r\n  striped \r\nred\r\nZÜRICH\r\nice  cream\r\nflurbish".encode()
    corpus = load_corpus(write(tmp_path, content))
    assert corpus.nouns == ("ice cream", "red", "zürich", "flurbish")  # red is a noun too, flurbish is in no dictionary
    assert corpus.adjectives == ("striped",)
    assert corpus.name == "words.txt"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "no words"),
        (b"# only a comment\n\n", "no words"),
        (b"good\nna\xefve\n", r"line 2 of words.txt is not UTF-8"),
        ("word\n".encode("utf-16"), "line 1 of words.txt is not UTF-8"),
        ("word\n".encode("utf-16-le"), "line 1 of words.txt holds a zero byte"),
        (b"fine\n" + b"x" * 5_000, "line 2 of words.txt is longer than 1,000 bytes"),
    ],
)
def test_bad_text_files(tmp_path: Path, content: bytes, text: str) -> None:
    with pytest.raises(StudioError, match=text):
        load_corpus(write(tmp_path, content))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_of_every_system(tmp_path: Path, end: bytes) -> None:
    words = [b"\xef\xbb\xbfanvil", "zürich".encode(), b"", b"submarine" * 40]
    assert load_corpus(write(tmp_path, end.join(words))).nouns == ("anvil", "zürich", "submarine" * 40)
    with pytest.raises(StudioError, match=r"line 3 of words\.txt is not UTF-8"):
        load_corpus(write(tmp_path, end.join([b"a", b"b", b"\xff"])))


@pytest.mark.parametrize("source", ["", "  ", "words\0.txt"])
def test_no_corpus(source: str) -> None:
    with pytest.raises(StudioError, match="no corpus is named; expected diorama, wordnet or a text file"):
        load_corpus(source)


def test_too_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "MAX_LINES", 3)
    assert len(load_corpus(write(tmp_path, b"a\nb\nc"))) == 3
    with pytest.raises(StudioError, match="more than 3 lines"):
        load_corpus(write(tmp_path, b"a\nb\nc\n\xff\n"))  # the limit comes first


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(StudioError, match="cannot read the corpus file"):
            load_corpus(path)

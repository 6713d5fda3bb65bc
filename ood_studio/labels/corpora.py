"""Corpora: the candidate words that NegMining picks negative labels from."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import normal_form
from ood_studio.worlds import corpora
from ood_studio.worlds.wordnet import load_wordnet

Pos = Literal["n", "a"]
"""Part of speech: noun or adjective."""

MAX_LINES = 1_000_000
"""A user's corpus file may have this many lines."""

_MAX_WORD_BYTES = 1_000  # a line longer than this is no word; also keeps a file without line ends out of memory


@dataclass(frozen=True)
class Corpus:
    """Candidate words by part of speech; make one with :meth:`of`, which keeps each word once.

    Attributes:
        name: for people; not part of the content.
        nouns, adjectives: words in their `normal_form`, in order, no word twice, none in both.
    """

    name: str
    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]

    @classmethod
    def of(cls, name: str, nouns: Iterable[str], adjectives: Iterable[str] = ()) -> Corpus:
        """Words in their normal form, each once; a word that is both a noun and an adjective stays a noun.

        The authors' code also keeps each word once over all files, but whether as noun or adjective depends there on
        the order in which the file system lists them.

        Raises:
            StudioError: if no word is left.
        """
        kept = dict.fromkeys(word for word in map(normal_form, nouns) if word)
        more = dict.fromkeys(word for word in map(normal_form, adjectives) if word and word not in kept)
        if not kept and not more:
            raise StudioError(f"the corpus {name} has no words; expected at least one")
        return cls(name, tuple(kept), tuple(more))

    def __len__(self) -> int:
        """How many words, of both kinds."""
        return len(self.nouns) + len(self.adjectives)

    @property
    def words(self) -> tuple[str, ...]:
        """All candidates: the nouns, then the adjectives."""
        return self.nouns + self.adjectives

    @property
    def pos(self) -> tuple[Pos, ...]:
        """The part of speech of each of :attr:`words`."""
        kinds: list[Pos] = ["n"] * len(self.nouns)
        kinds += ["a"] * len(self.adjectives)
        return tuple(kinds)

    @cached_property
    def key(self) -> str:
        """A hash of the content: equal for equal words in equal order, whatever the name."""
        digest = hashlib.sha256()
        for words in (self.nouns, self.adjectives):
            digest.update("\n".join(words).encode())
            digest.update(b"\0")
        return digest.hexdigest()


def load_corpus(source: str | Path = "wordnet", *, lexnames: Collection[str] | None = None) -> Corpus:
    """A corpus by name, or from a user's text file.

    Args:
        source: the name of a world's corpus, such as ``"wordnet"`` or ``"diorama"`` (that world's whole vocabulary),
            or the path of a UTF-8 text file with one word a line; blank lines and lines that start with ``#`` are
            skipped. A word of a file is a noun unless WordNet knows it as an adjective only.
        lexnames: lexicographer files to take WordNet's lemmas from, by default those of
            `ood_studio.worlds.wordnet.DEFAULT_LEXNAMES`; a lemma counts if any of its senses lies in one of them. Other
            corpora have no such files and ignore it.

    Raises:
        StudioError: for an unknown or empty choice of lexnames; for a file that is missing, empty, longer than
            :data:`MAX_LINES` lines, or not UTF-8 (naming the line).
    """
    if not str(source).strip() or "\0" in str(source):
        raise StudioError(f"no corpus is named; expected {', '.join(corpora())} or a text file with one word a line")
    if str(source) in corpora():
        return _of_world(str(source), None if lexnames is None else frozenset(lexnames))
    return _read(Path(source))


def has_lexnames(source: str) -> bool:
    """Whether a corpus is put together from lexicographer files, so that `load_corpus` minds which."""
    found = corpora().get(source)
    return found is not None and found.has_lexnames


@lru_cache(maxsize=4)
def _of_world(name: str, lexnames: frozenset[str] | None) -> Corpus:
    return Corpus.of(name, *corpora()[name].load(lexnames))


def _read(path: Path) -> Corpus:
    words: dict[str, None] = {}
    try:
        # Bytes as letters, so that every kind of line end is one, and so that a line's own encoding is told by number.
        with open(path, encoding="latin-1") as file:
            number = 0
            while text := file.readline(_MAX_WORD_BYTES + 1):
                number += 1
                line = text.encode("latin-1")
                if number > MAX_LINES:
                    raise StudioError(f"{path.name} has more than {MAX_LINES:,} lines, the most a corpus file may have")
                word = _word(line, number, path.name)
                if word and not word.startswith("#"):
                    words[word] = None
    except OSError as error:
        raise StudioError(f"cannot read the corpus file {path}: {error.strerror or error}") from error
    if not words:
        raise StudioError(f"{path.name} has no words; expected a text file with one word a line")
    only_adjectives = _only_adjectives()
    return Corpus.of(
        path.name,
        (word for word in words if word not in only_adjectives),
        (word for word in words if word in only_adjectives),
    )


def _word(line: bytes, number: int, name: str) -> str:
    if len(line) > _MAX_WORD_BYTES:
        raise StudioError(
            f"line {number:,} of {name} is longer than {_MAX_WORD_BYTES:,} bytes; expected one word a line"
        )
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise StudioError(f"line {number:,} of {name} is not UTF-8 text; save the file as UTF-8") from error
    if "\0" in text:
        raise StudioError(f"line {number:,} of {name} holds a zero byte; expected UTF-8 text, not UTF-16 or binary")
    return normal_form(text)


@lru_cache(maxsize=1)
def _only_adjectives() -> frozenset[str]:
    nouns = {lemma.lemma for lemma in load_wordnet() if lemma.pos == "n"}
    return frozenset(lemma.lemma for lemma in load_wordnet() if lemma.pos == "a" and lemma.lemma not in nouns)

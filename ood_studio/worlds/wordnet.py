"""The shipped WordNet word list: every noun and adjective lemma with its lexicographer files."""

from __future__ import annotations

import gzip
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS

_LEXNAMES = (
    "adj.all adj.pert adj.ppl noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time"
)
LEXNAMES: tuple[str, ...] = tuple(_LEXNAMES.split())
"""WordNet's lexicographer files of nouns and adjectives, all 29."""

DEFAULT_LEXNAMES: tuple[str, ...] = tuple(name for name in LEXNAMES if name not in ("noun.animal", "noun.food"))
"""What NegLabel's authors search: everything but ``noun.animal`` and ``noun.food``, which hold half of ImageNet."""

LEXNAME_SETS: dict[str, tuple[str, ...]] = {
    "neglabel": DEFAULT_LEXNAMES,
    "csp": tuple(name for name in LEXNAMES if name not in ("noun.person", "noun.quantity", "noun.group", "adj.pert")),
}
"""What authors search, by the name of their method; such a name may stand among lexicographer files."""

WORDNET_FILE = ASSETS / "corpora" / "wordnet.tsv.gz"


@dataclass(frozen=True, slots=True)
class Lemma:
    """One lemma of WordNet 3.0: lower-case, spaces for underscores, part of speech and lexicographer files."""

    lemma: str
    pos: Literal["n", "a"]
    lexnames: tuple[str, ...]


@lru_cache(maxsize=1)
def load_wordnet() -> tuple[Lemma, ...]:
    """All 139,277 lemmas, sorted; about 0.2 s the first time.

    Raises:
        FileNotFoundError: if the project's word list is missing, with the command that makes it.
    """
    if not WORDNET_FILE.exists():
        raise FileNotFoundError(
            f"the WordNet word list {WORDNET_FILE} is missing; "
            "make it with: python -m ood_studio.training.build_wordnet --database DIR"
        )
    lemmas = []
    with gzip.open(WORDNET_FILE, "rt", encoding="utf-8") as lines:
        for line in lines:
            lemma, pos, names = line.rstrip("\n").split("\t")
            lemmas.append(Lemma(lemma, pos, tuple(names.split(","))))  # type: ignore[arg-type]
    return tuple(lemmas)


def lexnames_of(names: Collection[str]) -> frozenset[str]:
    """Lexicographer files from some and from names of `LEXNAME_SETS`.

    Raises:
        StudioError: for an unknown one.
    """
    chosen = frozenset(each for name in names for each in LEXNAME_SETS.get(name, (name,)))
    unknown = sorted(chosen - set(LEXNAMES))
    if unknown:
        known = ", ".join((*LEXNAMES, *LEXNAME_SETS))
        raise StudioError(f"unknown lexicographer file {unknown[0]!r}; expected some of {known}")
    return chosen


def wordnet_words(lexnames: Collection[str] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Nouns and adjectives of some lexicographer files, by default :data:`DEFAULT_LEXNAMES`.

    A lemma counts if any of its senses lies in one of them.

    Raises:
        StudioError: for an unknown or empty choice.
    """
    chosen = lexnames_of(DEFAULT_LEXNAMES if lexnames is None else lexnames)
    if not chosen:
        raise StudioError("no lexicographer file is chosen; expected at least one, such as noun.artifact")
    lemmas = [lemma for lemma in load_wordnet() if not chosen.isdisjoint(lemma.lexnames)]
    return (
        tuple(lemma.lemma for lemma in lemmas if lemma.pos == "n"),
        tuple(lemma.lemma for lemma in lemmas if lemma.pos == "a"),
    )

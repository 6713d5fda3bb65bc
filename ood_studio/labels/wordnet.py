"""The shipped WordNet word list: every noun and adjective lemma with its lexicographer files."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ood_studio.core.paths import ASSETS

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
            "make it with: python -m ood_studio.labels.build_wordnet --database DIR"
        )
    lemmas = []
    with gzip.open(WORDNET_FILE, "rt", encoding="utf-8") as lines:
        for line in lines:
            lemma, pos, names = line.rstrip("\n").split("\t")
            lemmas.append(Lemma(lemma, pos, tuple(names.split(","))))  # type: ignore[arg-type]
    return tuple(lemmas)

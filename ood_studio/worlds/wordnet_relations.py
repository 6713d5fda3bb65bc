"""How WordNet's nouns relate: which are names of single things, and which are kinds of which."""

from __future__ import annotations

import gzip
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from ood_studio.core.paths import ASSETS

RELATIONS_FILE = ASSETS / "corpora" / "wordnet-nouns.tsv.gz"


@dataclass(frozen=True, eq=False)
class WordNetRelations:
    """Synsets by number; see `Relations`.

    Attributes:
        senses: of a lemma, lower-case and with spaces, the numbers of its synsets, the most frequent sense first.
        above: of a synset, those directly above it.
        instances: synsets that are single things, such as Paris.
    """

    senses: dict[str, tuple[int, ...]]
    above: tuple[tuple[int, ...], ...]
    instances: frozenset[int]

    def proper(self, word: str) -> bool:
        """See `Relations`: its most frequent sense is an instance."""
        senses = self.senses.get(word, ())
        return bool(senses) and senses[0] in self.instances

    def within(self, word: str, label: str) -> bool:
        """See `Relations`: a sense of the word is one of the label's, or lies below it."""
        wanted = set(self.senses.get(label, ()))
        seen: set[int] = set()
        todo = list(self.senses.get(word, ())) if wanted else []
        while todo:
            synset = todo.pop()
            if synset in wanted:
                return True
            if synset not in seen:
                seen.add(synset)
                todo += self.above[synset]
        return False


@lru_cache(maxsize=1)
def load_relations() -> WordNetRelations:
    """The relations of all 82,115 synsets of nouns; about half a second the first time.

    Raises:
        FileNotFoundError: if the project's file is missing, with the command that makes it.
    """
    if not RELATIONS_FILE.exists():
        raise FileNotFoundError(
            f"WordNet's relations {RELATIONS_FILE} are missing; "
            "make them with: python -m ood_studio.training.build_wordnet --database DIR"
        )
    senses: dict[str, list[int]] = defaultdict(list)
    above: list[tuple[int, ...]] = []
    instances = []
    with gzip.open(RELATIONS_FILE, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            kind, parents, lemmas = line.rstrip("\n").split("\t")
            above.append(tuple(map(int, parents.split(","))) if parents else ())
            if kind == "i":
                instances.append(number)
            for lemma in lemmas.split("|"):
                own = senses[lemma.removeprefix("*")]
                own.insert(0 if lemma.startswith("*") else len(own), number)
    return WordNetRelations(
        {lemma: tuple(found) for lemma, found in senses.items()}, tuple(above), frozenset(instances)
    )

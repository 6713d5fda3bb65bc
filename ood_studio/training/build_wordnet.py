"""Makes the compact WordNet word list that the project ships, from a WordNet database.

``python -m ood_studio.training.build_wordnet --database DIR`` reads the database with NLTK's own reader (DIR is NLTK's
``corpora/wordnet`` or a system's ``/usr/share/wordnet``) and writes every noun and adjective lemma with its
lexicographer files, no glosses, as ``assets/corpora/wordnet.tsv.gz``, and beside it, as ``wordnet-nouns.tsv.gz``, what
lies above what among the nouns.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from ood_studio.core.paths import ASSETS
from ood_studio.training.command import errors_in_one_line

# Lexicographer file numbers and names, from WordNet's manual page lexnames(5WN); some packages omit the file.
_LEXNAMES = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition "
    "verb.consumption verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social "
    "verb.stative verb.weather adj.ppl"
).split()
_CATEGORY = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


@dataclass(frozen=True)
class Build:
    """Where to read WordNet from and where to write the list.

    Attributes:
        database: a folder with WordNet's files, such as ``data.noun``.
        out: the list; the relations of nouns lie beside it.
    """

    database: Path
    out: Path = ASSETS / "corpora" / "wordnet.tsv.gz"


@contextmanager
def reader_of(database: Path) -> Iterator[Any]:
    """NLTK's reader of a database that need not be NLTK's own."""
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "corpora" / "wordnet"
        shutil.copytree(database, folder)
        if not (folder / "lexnames").exists():
            lines = [f"{i:02d}\t{name}\t{_CATEGORY[name.split('.')[0]]}\n" for i, name in enumerate(_LEXNAMES)]
            (folder / "lexnames").write_text("".join(lines))
        (folder / "index.sense").touch()  # NLTK opens it, though nothing here needs it
        nltk.data.path.insert(0, scratch)
        try:
            yield WordNetCorpusReader(str(folder), None)
        finally:
            nltk.data.path.remove(scratch)


def read_lemmas(reader: Any) -> dict[tuple[str, str], set[str]]:
    """(lemma, part of speech) to its lexicographer files; lemmas lower-cased, underscores as spaces."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pos in ("n", "a"):
        for synset in reader.all_synsets(pos):
            for lemma in _lemmas(synset):
                found[lemma, pos].add(synset.lexname())
    return found


def read_relations(reader: Any) -> list[tuple[str, list[int], list[str]]]:
    """Of every noun synset, by number: "i" for an instance, the numbers of those above it, and its lemmas, with a ``*``
    before those of which it is the first sense."""
    synsets = sorted(reader.all_synsets("n"), key=lambda synset: synset.offset())
    number = {synset.offset(): i for i, synset in enumerate(synsets)}
    lemmas = {lemma for synset in synsets for lemma in _lemmas(synset)}
    first = {lemma: reader.synsets(lemma.replace(" ", "_"), "n")[0].offset() for lemma in lemmas}
    return [
        (
            "i" if synset.instance_hypernyms() else "",
            [number[each.offset()] for each in (*synset.hypernyms(), *synset.instance_hypernyms())],
            [f"{'*' * (first[lemma] == synset.offset())}{lemma}" for lemma in _lemmas(synset)],
        )
        for synset in synsets
    ]


def _lemmas(synset: Any) -> list[str]:
    return list(dict.fromkeys(lemma.replace("_", " ").lower() for lemma in synset.lemma_names()))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode())
    print(f"{text.count(chr(10)):,} lines in {path} ({path.stat().st_size / 1e6:.1f} MB)")


def main() -> None:
    """Entry point."""
    args = tyro.cli(Build, description=__doc__)
    with errors_in_one_line(), reader_of(args.database) as reader:
        lemmas, relations = read_lemmas(reader), read_relations(reader)
        _write(
            args.out,
            "".join(f"{lemma}\t{pos}\t{','.join(sorted(names))}\n" for (lemma, pos), names in sorted(lemmas.items())),
        )
        _write(
            args.out.with_name("wordnet-nouns.tsv.gz"),
            "".join(f"{kind}\t{','.join(map(str, above))}\t{'|'.join(names)}\n" for kind, above, names in relations),
        )


if __name__ == "__main__":
    main()

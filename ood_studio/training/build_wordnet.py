"""Makes the compact WordNet word list that the project ships, from a WordNet database.

``python -m ood_studio.training.build_wordnet --database DIR`` reads the database with NLTK's own reader (DIR is NLTK's
``corpora/wordnet`` or a system's ``/usr/share/wordnet``) and writes every noun and adjective lemma with its
lexicographer files, no glosses, as ``assets/corpora/wordnet.tsv.gz``.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import tyro

from ood_studio.core.paths import ASSETS

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
    """Where to read WordNet from and where to write the list."""

    database: Path
    out: Path = ASSETS / "corpora" / "wordnet.tsv.gz"


def read_lemmas(database: Path) -> dict[tuple[str, str], set[str]]:
    """(lemma, part of speech) to its lexicographer files; lemmas lower-cased, underscores as spaces."""
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
            reader = WordNetCorpusReader(str(folder), None)
            found: dict[tuple[str, str], set[str]] = defaultdict(set)
            for pos in ("n", "a"):
                for synset in reader.all_synsets(pos):
                    for lemma in synset.lemma_names():
                        found[lemma.replace("_", " ").lower(), pos].add(synset.lexname())
        finally:
            nltk.data.path.remove(scratch)
    return found


def main() -> None:
    """Entry point."""
    args = tyro.cli(Build, description=__doc__)
    lemmas = read_lemmas(args.database)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{lemma}\t{pos}\t{','.join(sorted(names))}\n" for (lemma, pos), names in sorted(lemmas.items()))
    with open(args.out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode())
    print(f"{len(lemmas):,} lemmas in {args.out} ({args.out.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()

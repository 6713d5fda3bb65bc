"""Definitions of words, from NLTK's full WordNet where it is installed; the project's own word list has none."""

from __future__ import annotations

import threading
import warnings
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import cache_dir
from ood_studio.core.unicode import normal_form

_LOCK = threading.Lock()  # NLTK's reader seeks in open files, so that two threads must not read at once
_reader: Any = None  # the same database for every user; None also after a look that found nothing


def definition(word: str, pos: str | None = None) -> str | None:
    """The definition of a word's commonest sense, or None where WordNet is not installed or lacks the word.

    Never reaches for the network. The first call looks for NLTK's ``corpora/wordnet`` in NLTK's own data folders and
    in ``cache/nltk`` (about a second); see :func:`download_definitions`.

    Args:
        word: any case, with spaces or underscores.
        pos: ``"n"`` or ``"a"`` to prefer that part of speech; senses of another one are the fallback.
    """
    lemma = normal_form(word).replace(" ", "_")
    if not lemma:
        return None
    with _LOCK:
        reader = _load()
        if reader is None:
            return None
        synsets = (reader.synsets(lemma, pos) if pos else []) or reader.synsets(lemma)
        return str(synsets[0].definition()) if synsets else None


def have_definitions() -> bool:
    """Whether :func:`definition` has a WordNet to look in."""
    with _LOCK:
        return _load() is not None


def download_definitions() -> None:
    """Downloads NLTK's WordNet (11 MB) into ``cache/nltk``; definitions are there from then on.

    Raises:
        StudioError: if that fails, such as without a network.
    """
    global _reader
    import nltk

    folder = cache_dir() / "nltk"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = nltk.download("wordnet", download_dir=str(folder), quiet=True, raise_on_error=True)
    except Exception as error:  # NLTK raises its own, urllib's and the operating system's errors alike
        reason = " ".join(str(error).split()) or type(error).__name__
        raise StudioError(f"WordNet's definitions could not be downloaded into {folder}: {reason[:300]}") from error
    with _LOCK:
        _reader = None
        if not done or _load() is None:
            raise StudioError(f"WordNet's definitions could not be downloaded into {folder}; is there a network?")


def _load() -> Any:
    """The reader, opened on first use; call with the lock held."""
    global _reader
    if _reader is None:
        import nltk
        from nltk.corpus.reader.wordnet import WordNetCorpusReader

        folder = str(cache_dir() / "nltk")
        if folder not in nltk.data.path:  # NLTK refuses to open corpora outside its data path
            nltk.data.path.append(folder)
        for place in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # "multilingual functions are not available": not needed
                    _reader = WordNetCorpusReader(nltk.data.find(place), None)
                break
            except (LookupError, OSError, ValueError):
                continue  # not there, or a damaged copy
    return _reader

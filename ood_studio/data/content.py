"""Where a dataset comes from and a hash of what is in it, so that a result says which data it was measured on."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from ood_studio.core.cache import KeyedCache
from ood_studio.core.files import write_text
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset

_KEPT: KeyedCache[str] = KeyedCache(limit=256)
_SHOWN = 16  # hexadecimal digits


@dataclass(frozen=True)
class Origin:
    """Where data come from.

    Attributes:
        place: a path, a name on the hub, or how they are drawn.
        content: a hash of the images, their names and order: the same for a copy elsewhere.
    """

    place: str
    content: str


def origin_of(dataset: Dataset, progress: Progress = silent) -> Origin:
    """The origin of a dataset; its files are read once, and again only when they have changed.

    Args:
        progress: told the files that are read.
    """

    def compute() -> str:
        path = KEPT["content"].place / hashlib.sha256(dataset.key.encode(errors="surrogateescape")).hexdigest()
        with suppress(OSError, ValueError):
            if len(kept := path.read_text("ascii")) == _SHOWN:
                return kept
        found = _content(dataset, progress)
        with suppress(OSError):  # then it is computed again next time
            write_text(path, found)
            KEPT["content"].make_room(keep=path)
        return found

    files = dataset.files()
    if dataset.whole is not None and not files:
        rest = dataset.key.removeprefix(dataset.whole.key)
        inner = origin_of(dataset.whole, progress)
        return Origin(inner.place, _hash(f"{inner.content}{rest}"))
    whole = dataset
    while not whole.place and whole.whole is not None:
        whole = whole.whole
    place = whole.place or whole.key
    return Origin(place, _KEPT.get(dataset.key, compute) if files else _hash(dataset.key))


def _content(dataset: Dataset, progress: Progress) -> str:
    files = dataset.files()
    digest = hashlib.sha256()
    for i, (name, path) in enumerate(files):
        if i % 100 == 0:
            progress(f"hashing {dataset.name}", i, len(files))
        digest.update(name.encode(errors="surrogateescape") + b"\0")
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except (OSError, ValueError):  # reading it says so
            digest.update(b"missing")
    return digest.hexdigest()[:_SHOWN]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:_SHOWN]

"""What the cache keeps, kind by kind: where it lies, how much of it at most, and whether it is made anew."""

from __future__ import annotations

import math
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.disk import make_room
from ood_studio.core.errors import StudioError
from ood_studio.core.locks import has_writer
from ood_studio.core.paths import cache_dir

CACHE_GB = "OOD_STUDIO_CACHE_GB"
"""Gigabytes that all kinds with a limit may take together, each its share; their usual sum where it is not set."""


@dataclass(frozen=True)
class Kept:
    """A kind of thing in the cache.

    Attributes:
        name: of its folder, or file, in the cache.
        about: a few words for people.
        most: bytes that are kept, the longest untouched things go first; None for what people save and remove.
        anew: whether it is made again by itself, at no cost but time.
        environment: a variable with gigabytes in place of ``most``.
    """

    name: str
    about: str
    most: float | None
    anew: bool = True
    environment: str = ""

    @property
    def place(self) -> Path:
        """Where it lies, if there is any."""
        return cache_dir() / self.name

    def limit(self) -> float:
        """Bytes that may lie on disk; infinite where nothing bounds them.

        Raises:
            StudioError: for a variable that is no number of gigabytes.
        """
        if self.most is None:
            return math.inf
        if self.environment and (own := _gigabytes(self.environment)) is not None:
            return own
        whole = _gigabytes(CACHE_GB)
        return self.most if whole is None else self.most * whole / sum(each.most or 0 for each in KEPT.values())

    def make_room(self, keep: Path, spared: float = 0.0, most: float = math.inf) -> None:
        """Removes the longest untouched things until no more than the limit, or than ``most`` bytes, are left.

        Args:
            keep: stays.
            spared: seconds; what was touched since then stays.

        Raises:
            StudioError: as `limit`.
            OSError: if the folder cannot be read.
        """
        make_room(self.place, min(self.limit(), most), keep, spared)


def held(place: Path) -> tuple[int, int]:
    """Bytes and files that lie in a folder, or are a file."""
    total = count = 0
    for path in _files(place):
        with suppress(OSError):  # removed since it was listed
            total, count = total + os.lstat(path).st_size, count + 1
    return total, count


def clear(place: Path) -> int:
    """Removes what lies in a folder, or a file, but what somebody is writing now; the bytes that are free then."""
    before, _ = held(place)
    with suppress(OSError):  # there is nothing
        for path in [*place.iterdir()] if place.is_dir() else [place]:
            with suppress(OSError):  # somebody else's
                if not path.is_dir():
                    path.unlink()
                elif not has_writer(path):
                    shutil.rmtree(path)
    return before - held(place)[0]


def _files(place: Path) -> list[str]:
    if place.is_file():
        return [str(place)]
    return [os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names]


def _gigabytes(variable: str) -> float | None:
    """Bytes that a variable says; None where it is not set.

    Raises:
        StudioError: if it is no number of gigabytes.
    """
    text = os.environ.get(variable, "")
    if not text:
        return None
    try:
        size = float(text)
        if not 0 <= size < 1e9:
            raise ValueError(text)
    except ValueError as error:
        raise StudioError(f"{variable} must be a number of gigabytes, not {text!r}") from error
    return size * 1e9


_MB, _GB = 10**6, 10**9
KEPT = {
    each.name: each
    for each in (
        Kept("features", "features of sets of pictures", 20 * _GB, environment="OOD_STUDIO_FEATURES_GB"),
        Kept("text", "features of words", 2 * _GB),
        Kept("diorama", "pictures of the Diorama world, drawn", 4 * _GB),
        Kept("examples", "example pictures", 300 * _MB),
        Kept("shown", "pictures as Compare shows them", 200 * _MB),
        Kept("maps", "maps of features", 50 * _MB),
        Kept("zoo", "figures of models of the zoo", 20 * _MB),
        Kept("content", "hashes of data", 64 * 1024),
        Kept("unfinished", "trainings of adapters that were interrupted", 1 * _GB),
        Kept("crops", "crops of pictures that adapters learn from", 2 * _GB),
        Kept("judged", "adapters that were judged again without being saved", 256 * _MB),
        Kept("attacks", "attacked sets", 8 * _GB, anew=False),
        Kept("synthetic", "synthetic sets", 8 * _GB, anew=False),
        Kept("uploads", "reference pictures that were uploaded", 2 * _GB, anew=False),
        Kept("adapters", "saved adapters", None, anew=False),
        Kept("training", "trainings of the bundled models", None, anew=False),
        Kept("reports", "figures of reports on the bundled models", None, anew=False),
        Kept("nltk", "WordNet's definitions, downloaded", None, anew=False),
        Kept("results.sqlite3", "results of comparisons", None, anew=False),
    )
}
"""Every kind, by name."""

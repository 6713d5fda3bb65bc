"""Datasets that others publish and a person downloads: where each is looked for, and what to say where it is not."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset

Labels = Sequence[str] | None


@dataclass(frozen=True)
class PublicDataset:
    """A published dataset, at its places below a folder that holds all of them (the data root).

    Attributes:
        name: for people and rows.
        whence: where to download it.
        places: below the data root; the first one is recommended. An image list wins, then the first that is there.
        counts: how many images it may have; empty where that is not checked.
        read: reads a place; labels are the ID labels, or none for OOD sets.
    """

    name: str
    whence: str
    places: tuple[str, ...]
    counts: tuple[int, ...] = ()
    read: Callable[[PublicDataset, Path, Path, Labels], Dataset] | None = None

    def find(self, root: Path, labels: Labels) -> Dataset | None:
        """The images; None where there are none.

        Raises:
            StudioError: if they are there, but cannot be read.
        """
        found = self.find_place(root, labels)
        return None if found is None else found[1]

    def find_place(self, root: Path, labels: Labels) -> tuple[Path, Dataset] | None:
        """The images with the file or folder that they are read from; otherwise as `find`."""
        problem = None
        for place in sorted(self.places, key=lambda place: not place.endswith(".txt")):
            path = root / place
            if not path.exists():
                continue
            try:
                if self.read is not None:
                    return path, self.read(self, root, path, labels)
                return path, open_dataset(str(path), name=self.name, labels=labels, root=str(root))
            except StudioError as error:  # such as a list whose images lie elsewhere
                problem = problem or error
        if problem is not None:
            raise problem
        return None

    def note(self, found: Dataset) -> str:
        """What is wrong with the number of images; empty where nothing is."""
        if not self.counts or len(found) in self.counts:
            return ""
        expected = " or ".join(f"{count:,}" for count in self.counts)
        return f"{self.name} has {len(found):,} pictures, not the {expected} of the benchmark."


def public_root(given: str = "") -> Path:
    """The folder that holds published datasets: the given one, else ``OOD_STUDIO_DATA``, else ``data``."""
    return given_path(given or os.environ.get("OOD_STUDIO_DATA") or "data")


def missing(suite: str, root: Path, datasets: Sequence[PublicDataset]) -> str:
    """One sentence: what to download, whence, and where to put it."""
    steps = "; ".join(f"{each.name} from {each.whence} into {root / each.places[0]}" for each in datasets)
    return f"{suite} lacks {', '.join(each.name for each in datasets)}: download {steps}"

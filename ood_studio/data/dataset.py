"""A set of pictures, wherever they come from: folders, archives, data sets of a hub, or drawn on demand."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ood_studio.core.progress import Progress, silent


class Dataset(ABC):
    """Pictures in a fixed order. Reading them changes nothing, and many threads may do it at once.

    Attributes:
        name: for people and rows, such as "near-ood" or "iNaturalist".
        key: of the content: equal keys, equal pictures in equal order.
        labels: (n,) int64 index of each picture's ID label, -1 where it has none; None if unknown.
        classes: the class names that the data themselves bring, in label order; empty where they bring none.
    """

    name: str
    key: str
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int:
        """How many pictures there are, readable or not."""

    @abstractmethod
    def load(self, index: int) -> Image.Image:
        """An RGB picture at the size that models should see.

        Raises:
            StudioError: naming the picture, if it cannot be read.
        """

    @abstractmethod
    def caption(self, index: int) -> str:
        """What to call a picture; no two unreadable ones may share it."""

    def show(self, index: int) -> Image.Image:
        """The picture at the size that people should see.

        Raises:
            StudioError: naming the picture, if it cannot be read.
        """
        return self.load(index)

    def prepare(self, progress: Progress = silent) -> None:  # noqa: B027
        """Makes ready for reading every picture; called before that, never needed for a few."""


class Subset(Dataset):
    """Some pictures of a set: ``count`` drawn by chance, in the set's order; all of them where there are no more."""

    def __init__(self, whole: Dataset, count: int, seed: int) -> None:
        chosen = np.random.default_rng(seed).permutation(len(whole))[:count]
        self._whole, self._chosen = whole, np.sort(chosen)
        self.name, self.classes = whole.name, whole.classes
        self.key = f"{whole.key}/{hashlib.sha256(self._chosen.tobytes()).hexdigest()}"
        self.labels = None if whole.labels is None else whole.labels[self._chosen]

    def __len__(self) -> int:
        return len(self._chosen)

    def load(self, index: int) -> Image.Image:
        """The picture as the whole set gives it."""
        return self._whole.load(int(self._chosen[index]))

    def show(self, index: int) -> Image.Image:
        """The picture as the whole set shows it."""
        return self._whole.show(int(self._chosen[index]))

    def caption(self, index: int) -> str:
        """What the whole set calls it."""
        return self._whole.caption(int(self._chosen[index]))

"""A named set of images, wherever they come from: folders, archives, datasets of a hub, or drawn on demand."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.html import stacked
from ood_studio.core.progress import Progress, silent
from ood_studio.data.galleries import image_gallery


class Dataset(ABC):
    """Images in a fixed order. Reading them changes nothing, and many threads may do it at once.

    A dataset is sent to another process as a `description`, by pickle too: nothing open and no lock goes with it. A
    kind that can be sent says in `_arguments` how to call its class there.

    Attributes:
        name: for people and rows, such as "near-ood" or "iNaturalist".
        key: of the content: equal keys, equal images in equal order.
        labels: (n,) int64 index of each image's ID label, -1 where it has none; None if unknown.
        classes: the class names that the data themselves bring, in label order; empty where they bring none.
        styles: what each image is drawn in, where that is known.
        numbered: whether the labels are numbers in the data, so that they refer to ID labels by their places.
        notes: sentences for people, such as which files were left out.
        place: where the data are from: a path, a name on the hub; empty where the key says how they are made.
        whole: the dataset that this one is a part or a view of; its key then begins with that one's.
    """

    name: str
    key: str
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...] = ()
    styles: tuple[str, ...] | None = None
    numbered: bool = False
    notes: tuple[str, ...] = ()
    place: str = ""
    whole: Dataset | None = None

    @abstractmethod
    def __len__(self) -> int:
        """How many images there are, readable or not."""

    @abstractmethod
    def load(self, index: int) -> Image.Image:
        """An RGB image at the size that models should see.

        Raises:
            StudioError: naming the image, if it cannot be read.
        """

    @abstractmethod
    def caption(self, index: int) -> str:
        """What to call an image; no two unreadable ones may share it."""

    def show(self, index: int) -> Image.Image:
        """The image at the size that people should see.

        Raises:
            StudioError: naming the image, if it cannot be read.
        """
        return self.load(index)

    def files(self) -> Sequence[tuple[str, Path]]:
        """The files whose bytes are the content, with their names; none where the key itself says what that is.

        Where each image is a file, in their order, after a file that lists them if there is one.
        """
        return ()

    def _repr_html_(self) -> str:
        shown = image_gallery(len(self), lambda index: (self.show(index), self.caption(index)))
        return stacked(f"{self.name}: {len(self):,} images", shown)

    def prepare(self, progress: Progress = silent) -> None:  # noqa: B027
        """Makes ready for reading every image; called before that, never needed for a few."""

    @final
    def description(self) -> dict[str, Any]:
        """Plain values for JSON, from which `reopen` makes an equal dataset wherever the same files lie.

        Raises:
            StudioError: for a kind that cannot be opened again.
        """
        kind = f"{type(self).__module__}:{type(self).__qualname__}"
        arguments = {name: _plain(value) for name, value in self._arguments().items()}
        return {"dataset": kind, "name": self.name, "key": self.key, "arguments": arguments}

    def _arguments(self) -> Mapping[str, Any]:
        """What the class is to be called with to get this dataset: plain values for JSON, and datasets."""
        raise StudioError(f"{self.name} cannot be opened again in another process")

    @final
    def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], Dataset], tuple[dict[str, Any]]]:
        return reopen, (self.description(),)


def reopen(description: Mapping[str, Any]) -> Dataset:
    """The dataset that was described, its class imported where it is not yet. Never for descriptions from strangers.

    Raises:
        StudioError: if it is no description of a dataset, cannot be opened, or has changed since.
    """
    try:
        module, _, name = str(description["dataset"]).partition(":")
        key, arguments = description["key"], dict(description["arguments"])
        called = str(description["name"])
        kind = getattr(import_module(module), name)
        if not (isinstance(kind, type) and issubclass(kind, Dataset)):
            raise TypeError(f"{name} is no kind of dataset")
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise StudioError(f"this describes no dataset that can be opened: {error}") from error
    given = {name: _argument(value) for name, value in arguments.items()}
    try:
        found = kind(**given)
    except TypeError as error:  # arguments of another version
        raise StudioError(f"this describes no dataset that can be opened: {error}") from error
    if found.key != key:
        raise StudioError(f"{called} has changed since it was described")
    found.name = called
    return found


def _plain(value: object) -> object:
    if isinstance(value, Dataset):
        return value.description()
    return list(value) if isinstance(value, tuple) else value


def _argument(value: object) -> object:
    if isinstance(value, Mapping) and "dataset" in value:
        return reopen(value)
    return tuple(value) if isinstance(value, list) else value


class Subset(Dataset):
    """Some images of a dataset: ``count`` drawn by chance, in its order; all of them where there are no more."""

    def __init__(self, whole: Dataset, count: int, seed: int) -> None:
        chosen = np.random.default_rng(seed).permutation(len(whole))[:count]
        self.whole: Dataset = whole
        self._count, self._seed, self._chosen = count, seed, np.sort(chosen)
        self.name, self.classes, self.numbered, self.notes = whole.name, whole.classes, whole.numbered, whole.notes
        self.place = whole.place
        self.key = f"{whole.key}/{hashlib.sha256(self._chosen.tobytes()).hexdigest()}"
        self.labels = None if whole.labels is None else whole.labels[self._chosen]

    def __len__(self) -> int:
        return len(self._chosen)

    def load(self, index: int) -> Image.Image:
        """The image as the whole set gives it."""
        return self.whole.load(int(self._chosen[index]))

    def show(self, index: int) -> Image.Image:
        """The image as the whole set shows it."""
        return self.whole.show(int(self._chosen[index]))

    def caption(self, index: int) -> str:
        """What the whole set calls it."""
        return self.whole.caption(int(self._chosen[index]))

    def files(self) -> Sequence[tuple[str, Path]]:
        """Those of the chosen images, and what lists them all: no other is read for their sake."""
        whole = self.whole.files()
        before = len(whole) - len(self.whole)
        if before not in (0, 1) or len(whole) < 2:
            return ()
        return [*whole[:before], *(whole[before + int(row)] for row in self._chosen)]

    def _arguments(self) -> dict[str, Any]:
        return {"whole": self.whole, "count": self._count, "seed": self._seed}

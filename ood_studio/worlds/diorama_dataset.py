"""A split of Diorama as a dataset."""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.diorama.captions import item_adjectives
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import PEOPLE_SIZE, render
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import SPLITS, load_split, scenes, world_fingerprint


class DioramaDataset(Dataset):
    """Images of a split: models see them at 64 pixels, people at 512."""

    def __init__(self, split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> None:
        if split not in SPLITS:
            raise StudioError(f"Diorama has no split named {split!r}; it has {', '.join(SPLITS)}")
        if count < 1:
            raise StudioError(f"a split needs at least 1 picture, not {count}")
        self.name = name or split
        self.key = f"diorama/{split}/{seed}/{count}/{world_fingerprint()}"
        self.classes = SPLITS[split].classes
        self._split, self._seed, self._count, self._workers = split, seed, count, workers
        self._pixels: NDArray[np.uint8] | None = None
        self._drawing = threading.Lock()

    @cached_property
    def labels(self) -> NDArray[np.int64]:  # type: ignore[override]
        """(n,) int64 index in the split's classes; -1 where the main object is none of them."""
        return _labels(self._split, self._seed, self._count)

    @cached_property
    def styles(self) -> tuple[str, ...]:  # type: ignore[override]
        """Of each image."""
        return tuple(scene.style for scene in scenes(self._split, self._seed, self._count))

    def __len__(self) -> int:
        return self._count

    def scene(self, index: int) -> Scene:
        """The ground truth of an image."""
        return scenes(self._split, self._seed, 1, start=range(self._count)[index])[0]

    def prepare(self, progress: Progress = silent) -> None:
        """Draws the whole split, unless it lies in the cache."""
        with self._drawing:
            if self._pixels is None:
                drawn = load_split(
                    self._split,
                    self._seed,
                    self._count,
                    workers=self._workers,
                    progress=lambda _, done, total: progress(f"drawing {self.name}", done, total),
                )
                self._pixels = drawn.pixels

    def load(self, index: int) -> Image.Image:
        """The image at 64 pixels."""
        if self._pixels is None:
            return render(self.scene(index))
        return Image.fromarray(self._pixels[index])

    def show(self, index: int) -> Image.Image:
        """The image drawn at 512 pixels."""
        return render(self.scene(index), PEOPLE_SIZE)

    def caption(self, index: int) -> str:
        """What is in the image, such as "red striped cat in the sea, sketch"."""
        return describe(self.scene(index))

    def _arguments(self) -> dict[str, Any]:
        return {"split": self._split, "seed": self._seed, "count": self._count, "workers": self._workers}


def diorama_dataset(split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> DioramaDataset:
    """A split's images, drawn by ``workers`` processes (0: one a core) when they are first needed.

    Raises:
        StudioError: if there is no such split or the count is not positive.
    """
    return DioramaDataset(split, seed, count, workers=workers, name=name)


def describe(scene: Scene) -> str:
    """A scene in a few words for people: all of them true."""
    if scene.surface is not None:
        return f"{scene.surface.colour} and {scene.surface.second} {scene.surface.name}"
    where = PLACES[scene.place].where
    style = "" if scene.style == "flat" else f", {scene.style}"
    if scene.main is None:
        return f"nothing {where}{style}"
    return " ".join((*item_adjectives(scene, scene.main), scene.main.name, where)) + style


@lru_cache(maxsize=64)
def _labels(split: str, seed: int, count: int) -> NDArray[np.int64]:
    index = {label: i for i, label in enumerate(SPLITS[split].classes)}
    mains = [scene.main for scene in scenes(split, seed, count)]
    return np.array([-1 if main is None else index.get(main.name, -1) for main in mains], np.int64)

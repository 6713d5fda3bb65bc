"""Sets of Diorama scenes to which one visual factor each is added."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.kept_rows import kept_rows
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.diorama.render import MODEL_SIZE, PEOPLE_SIZE, render
from ood_studio.diorama.scene import FACTORS, Scene
from ood_studio.diorama.splits import SPLITS, scenes, world_fingerprint
from ood_studio.worlds import diorama_changes
from ood_studio.worlds.diorama_changes import DioramaScene, with_factor
from ood_studio.worlds.diorama_dataset import describe

_CHUNK = 64


class FactorDataset(Dataset):
    """The scenes of a split, each with one visual factor more and nothing else changed.

    Scenes that have the factor already, or cannot have it, are left out. Which of several ways to bring the factor
    about is drawn from the scene's own seed.

    Attributes:
        rows: which of the split's scenes the images are.
    """

    def __init__(self, split: str, seed: int, count: int, factor: str) -> None:
        if factor not in FACTORS:
            raise StudioError(f"Diorama has no visual factor named {factor!r}; it has {', '.join(FACTORS)}")
        self._arguments_given = {"split": split, "seed": seed, "count": count, "factor": factor}
        found = []
        for row, scene in enumerate(scenes(split, seed, count)):
            ways = with_factor(DioramaScene(scene), factor)
            if ways:
                found.append((row, Random(f"{scene.seed}/{factor}").choice(ways).scene))
        self.rows = tuple(row for row, _ in found)
        self._scenes = tuple(scene for _, scene in found)
        self.name = f"{split} with {factor}"
        self.key = f"diorama-factor/{split}/{seed}/{count}/{factor}/{_fingerprint()}"
        self.classes = SPLITS[split].classes
        self._pixels: NDArray[np.uint8] | None = None
        self._drawing = threading.Lock()

    @cached_property
    def labels(self) -> NDArray[np.int64]:  # type: ignore[override]
        """(n,) int64 index in the split's classes; -1 where the main object is none of them."""
        index = {label: i for i, label in enumerate(self.classes)}
        names = ("" if scene.main is None else scene.main.name for scene in self._scenes)
        return np.array([index.get(name, -1) for name in names], np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def scene(self, index: int) -> Scene:
        """The ground truth of an image."""
        return self._scenes[index]

    def prepare(self, progress: Progress = silent) -> None:
        """Draws the whole set, unless it lies in the cache."""
        digest = hashlib.sha256(self.key.encode()).hexdigest()[:16]

        def drawn() -> Iterator[np.ndarray]:
            for start in range(0, len(self), _CHUNK):
                progress(f"drawing {self.name}", start, len(self))
                part = self._scenes[start : start + _CHUNK]
                yield np.stack([np.asarray(render(scene)) for scene in part])

        with self._drawing:
            if self._pixels is None and len(self):
                path = KEPT["diorama"].place / f"factor-{digest}.npy"
                self._pixels = kept_rows(path, (len(self), MODEL_SIZE, MODEL_SIZE, 3), drawn)

    def load(self, index: int) -> Image.Image:
        """The image at 64 pixels."""
        return render(self._scenes[index]) if self._pixels is None else Image.fromarray(self._pixels[index])

    def show(self, index: int) -> Image.Image:
        """The image drawn at 512 pixels."""
        return render(self._scenes[index], PEOPLE_SIZE)

    def caption(self, index: int) -> str:
        """What is in the image, and which scene of the split it is."""
        return f"{describe(self._scenes[index])} ({self.rows[index]})"

    def _arguments(self) -> dict[str, Any]:
        return self._arguments_given


def _fingerprint() -> str:
    """Stands for the code that draws the world, and for that which changes its scenes."""
    changes = Path(diorama_changes.__file__).read_bytes()
    return hashlib.sha256(world_fingerprint().encode() + changes + Path(__file__).read_bytes()).hexdigest()


def with_each_factor(split: str, seed: int, count: int, factor: str) -> tuple[Dataset, tuple[int, ...]]:
    """The scenes of a split with a factor added, and which they are; see `ood_studio.worlds.base.FactorSets`."""
    found = FactorDataset(split, seed, count, factor)
    return found, found.rows

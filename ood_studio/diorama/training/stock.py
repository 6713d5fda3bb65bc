"""Scenes for the models of synthesis: drawn once by all cores, kept under ``cache/``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from random import Random

import numpy as np
from tqdm import tqdm

from ood_studio.diorama.render import MODEL_SIZE, main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.paths import cache_dir

EMPTY_SHARE, ID_SHARE = 0.25, 0.5
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Stock:
    """Rendered scenes.

    Attributes:
        seed: of the scenes.
        pixels: (n, 64, 64, 3) uint8, memory-mapped.
        boxes: (n, 4) uint8, left, top, right, bottom of the main object in pixels, the right and bottom ones outside
            it; all 0 without one.
    """

    seed: int
    pixels: np.ndarray
    boxes: np.ndarray

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The ground truth of each picture."""
        return tuple(stock_scene(f"stock/{self.seed}/{i}") for i in range(len(self.pixels)))

    @cached_property
    def labels(self) -> np.ndarray:
        """(n,) int64, index of the main object in `TRAINED_CLASSES`; -1 without one."""
        index = {name: i for i, name in enumerate(TRAINED_CLASSES)}
        return np.array([-1 if s.main is None else index[s.main.name] for s in self.scenes], np.int64)


def stock_scene(seed: str) -> Scene:
    """A quarter empty places, half ID classes, a quarter other trained classes; half of those harder."""
    rng = Random(seed + "/kind")  # not Random(seed), whose first numbers the samplers draw again
    share = rng.random()
    if share < EMPTY_SHARE:
        return sample_empty(seed)
    names = ID_CLASSES if share < EMPTY_SHARE + ID_SHARE else TRAINED_CLASSES[len(ID_CLASSES) :]
    return sample_scene(seed, names, shares=TRAINING_SHARE if rng.random() < 0.5 else FACTOR_SHARE)


def box_of(scene: Scene) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the main object in the 64-pixel picture; zeros without one or out of sight."""
    mask = main_mask(scene)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def load_stock(count: int, seed: int, workers: int = 0) -> Stock:
    """``count`` pictures of a seed, rendered with ``workers`` processes (0: one a core) unless cached."""
    key = hashlib.sha256(f"{count}/{seed}/{world_fingerprint()}".encode()).hexdigest()[:12]
    folder = cache_dir() / "diorama" / f"stock-{key}"
    pixels_file, boxes_file, complete = folder / "pixels.npy", folder / "boxes.npy", folder / "complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(pixels_file, "w+", np.uint8, (count, MODEL_SIZE, MODEL_SIZE, 3))
        boxes = np.zeros((count, 4), np.uint8)
        with tqdm(total=count, unit="scene", desc="rendering") as bar:
            start = 0
            for pictures, found in _draw(count, seed, workers or os.cpu_count() or 1):
                stop = start + len(pictures)
                pixels[start:stop], boxes[start:stop] = pictures, found
                bar.update(stop - start)
                start = stop
        pixels.flush()
        np.save(boxes_file, boxes)
        complete.touch()
    return Stock(seed, np.load(pixels_file, mmap_mode="r"), np.load(boxes_file))


def _draw(count: int, seed: int, workers: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    jobs = ((seed, start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_draw_chunk, jobs)


def _draw_chunk(job: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    seed, start, stop = job
    scenes = [stock_scene(f"stock/{seed}/{i}") for i in range(start, stop)]
    return np.stack([np.asarray(render(s)) for s in scenes]), np.array([box_of(s) for s in scenes], np.uint8)

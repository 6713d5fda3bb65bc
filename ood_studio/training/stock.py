"""Scenes for the models of synthesis: drawn once by all cores, kept under ``cache/``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from random import Random

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ood_studio.core.paths import cache_dir
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import MODEL_SIZE, main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES

Draw = Callable[[str], Scene]

EMPTY_SHARE, ID_SHARE = 0.25, 0.5
HELD_OUT = 1_000_003  # added to the seed for scenes that are not trained on
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Stock:
    """Rendered scenes.

    Attributes:
        seed: of the scenes.
        draw: what makes a scene of a seed.
        pixels: (n, 64, 64, 3) uint8, memory-mapped.
        boxes: (n, 4) uint8, left, top, right, bottom of the main object in pixels, the right and bottom ones outside
            it; all 0 without one.
    """

    seed: int
    draw: Draw
    pixels: np.ndarray
    boxes: np.ndarray

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The ground truth of each picture."""
        return tuple(self.draw(f"stock/{self.seed}/{i}") for i in range(len(self.pixels)))

    @cached_property
    def labels(self) -> np.ndarray:
        """(n,) int64, index of the main object in `TRAINED_CLASSES`; -1 without one."""
        index = {name: i for i, name in enumerate(TRAINED_CLASSES)}
        return np.array([-1 if s.main is None else index[s.main.name] for s in self.scenes], np.int64)

    @cached_property
    def has_id_class(self) -> np.ndarray:
        """(n,) bool: whether the main object is of an ID class; those stand first in `TRAINED_CLASSES`."""
        return (self.labels >= 0) & (self.labels < len(ID_CLASSES))


def stock_scene(seed: str) -> Scene:
    """A quarter empty places, half ID classes, a quarter other trained classes; half of those harder."""
    rng = Random(seed + "/kind")  # not Random(seed), whose first numbers the samplers draw again
    share = rng.random()
    if share < EMPTY_SHARE:
        return sample_empty(seed)
    names = ID_CLASSES if share < EMPTY_SHARE + ID_SHARE else TRAINED_CLASSES[len(ID_CLASSES) :]
    return sample_scene(seed, names, shares=TRAINING_SHARE if rng.random() < 0.5 else FACTOR_SHARE)


def scene_anywhere(seed: str) -> Scene:
    """An ID class at any place, natural to it or not."""
    rng = Random(seed + "/place")
    return sample_scene(seed, ID_CLASSES, place=rng.choice(tuple(PLACES)))


def to_tensor(pixels: np.ndarray) -> Tensor:
    """Pictures (n, size, size, 3) uint8 as (n, 3, size, size) in [0, 1]."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).contiguous().float() / 255


def draw_rows(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) rows, each as likely as its weight says, with replacement; ``weights`` (n,) are cumulative."""
    return np.searchsorted(weights, rng.random(count) * weights[-1], side="right")


def box_of(scene: Scene) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the main object in the 64-pixel picture; zeros without one or out of sight."""
    mask = main_mask(scene)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def load_stock(count: int, seed: int, workers: int = 0, draw: Draw = stock_scene) -> Stock:
    """``count`` pictures of a seed, rendered with ``workers`` processes (0: one a core) unless cached."""
    kind = "" if draw is stock_scene else f"{draw.__name__}/"
    key = hashlib.sha256(f"{kind}{count}/{seed}/{world_fingerprint()}".encode()).hexdigest()[:12]
    folder = cache_dir() / "diorama" / f"stock-{key}"
    pixels_file, boxes_file, complete = folder / "pixels.npy", folder / "boxes.npy", folder / "complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(pixels_file, "w+", np.uint8, (count, MODEL_SIZE, MODEL_SIZE, 3))
        boxes = np.zeros((count, 4), np.uint8)
        with tqdm(total=count, unit="scene", desc="rendering") as bar:
            start = 0
            for pictures, found in _render(count, seed, workers or os.cpu_count() or 1, draw):
                stop = start + len(pictures)
                pixels[start:stop], boxes[start:stop] = pictures, found
                bar.update(stop - start)
                start = stop
        pixels.flush()
        np.save(boxes_file, boxes)
        complete.touch()
    return Stock(seed, draw, np.load(pixels_file, mmap_mode="r"), np.load(boxes_file))


def _render(count: int, seed: int, workers: int, draw: Draw) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    jobs = ((draw, seed, start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_render_chunk, jobs)


def _render_chunk(job: tuple[Draw, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    draw, seed, start, stop = job
    scenes = [draw(f"stock/{seed}/{i}") for i in range(start, stop)]
    return np.stack([np.asarray(render(s)) for s in scenes]), np.array([box_of(s) for s in scenes], np.uint8)

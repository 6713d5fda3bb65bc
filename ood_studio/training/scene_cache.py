"""Scenes for the models of synthesis: rendered once by all cores, kept under ``cache/``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random

import numpy as np
import torch
from torch import Tensor

from ood_studio.core.paths import cache_dir
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.training.rendering import Arrays, worked_out_once

Draw = Callable[[str], Scene]

EMPTY_SHARE, ID_SHARE = 0.25, 0.5
HELD_OUT = 1_000_003  # added to the seed for scenes that are not trained on


@dataclass(frozen=True, eq=False)
class SceneCache:
    """Rendered scenes.

    Attributes:
        key: a digest of what they are: their seed, their number, how they are drawn.
        seed: of the scenes.
        draw: what makes a scene of a seed.
        pixels: (n, 64, 64, 3) uint8, memory-mapped.
        boxes: (n, 4) uint8, left, top, right, bottom of the main object in pixels, the right and bottom ones outside
            it; all 0 without one.
    """

    key: str
    seed: int
    draw: Draw
    pixels: np.ndarray
    boxes: np.ndarray

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The ground truth of each image."""
        return drawn_scenes(self.draw, self.seed, 0, len(self.pixels))

    @cached_property
    def labels(self) -> np.ndarray:
        """(n,) int64, index of the main object in `TRAINED_CLASSES`; -1 without one."""
        index = {name: i for i, name in enumerate(TRAINED_CLASSES)}
        return np.array([-1 if s.main is None else index[s.main.name] for s in self.scenes], np.int64)

    @cached_property
    def has_id_class(self) -> np.ndarray:
        """(n,) bool: whether the main object is of an ID class; those stand first in `TRAINED_CLASSES`."""
        return (self.labels >= 0) & (self.labels < len(ID_CLASSES))


def mixed_scene(seed: str) -> Scene:
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
    """Images (n, size, size, 3) uint8 as (n, 3, size, size) in [0, 1]."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).contiguous().float() / 255


def draw_rows(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) rows, each as likely as its weight says, with replacement; ``weights`` (n,) are cumulative."""
    return np.searchsorted(weights, rng.random(count) * weights[-1], side="right")


def box_of(scene: Scene) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the main object in the 64-pixel image; zeros without one or out of sight."""
    mask = main_mask(scene)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def load_scenes(count: int, seed: int, *, draw: Draw = mixed_scene, workers: int = 0) -> SceneCache:
    """``count`` scenes of a seed, rendered with ``workers`` processes (0: one a core) unless cached.

    Args:
        draw: what makes a scene of a seed; a function of a module.
    """
    key = hashlib.sha256(f"{draw.__name__}/{count}/{seed}/{world_fingerprint()}".encode()).hexdigest()[:12]
    chunk = partial(_render, draw, seed)
    found = worked_out_once(cache_dir() / "diorama" / f"scenes-{key}", count, chunk, title="rendering", workers=workers)
    return SceneCache(key, seed, draw, found["pixels"], found["boxes"])


def drawn_scenes(draw: Draw, seed: int, start: int, stop: int) -> tuple[Scene, ...]:
    """The scenes of some rows, not rendered."""
    # Another text than this would draw other scenes than those that the bundled models have learnt from.
    return tuple(draw(f"stock/{seed}/{row}") for row in range(start, stop))


def _render(draw: Draw, seed: int, start: int, stop: int) -> Arrays:
    scenes = drawn_scenes(draw, seed, start, stop)
    return {
        "pixels": np.stack([np.asarray(render(s)) for s in scenes]),
        "boxes": np.array([box_of(s) for s in scenes], np.uint8),
    }

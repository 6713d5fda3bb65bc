"""What can be seen in scenes besides their main objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ood_studio.core.paths import cache_dir
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.visible import FINE, VISIBLE_PIXELS, areas_in, clearly_seen, element_map
from ood_studio.synthesis.contexts import Contexts, known_contexts
from ood_studio.training.rendering import Arrays, worked_out_once
from ood_studio.training.scene_cache import Draw, SceneCache, drawn_scenes

PATCH_PIXELS = 8  # of the 64 of a patch that an element must fill to be what the patch shows
MOST_ELEMENTS = 8  # in one scene
_PLACES, _ELEMENTS = tuple(PLACES), tuple(ELEMENTS)


@dataclass(frozen=True, eq=False)
class Truths:
    """What can be seen in each scene.

    Attributes:
        places: (n,) int64, index in `PLACES`.
        elements: (n, `MOST_ELEMENTS`) int64, 1 + index in `ELEMENTS`; padded with 0.
        patches: (n, 64) uint8, the element that fills the most of each 8-pixel patch, row by row, 1 + its index; 0
            where none fills `PATCH_PIXELS`.
    """

    places: np.ndarray
    elements: np.ndarray
    patches: np.ndarray

    def contexts(self, row: int) -> Contexts:
        """The right answer about a scene, its elements in the order of `ELEMENTS`."""
        elements = [_ELEMENTS[number - 1] for number in sorted(self.elements[row]) if number]
        return known_contexts(_PLACES[self.places[row]], elements)


def truths_of(scenes: SceneCache) -> Truths:
    """The ground truth of scenes, worked out once and kept under ``cache/``."""
    folder = cache_dir() / "diorama" / f"truths-{scenes.key}-{VISIBLE_PIXELS}-{PATCH_PIXELS}"
    chunk = partial(_look, scenes.draw, scenes.seed)
    return Truths(**worked_out_once(folder, len(scenes.pixels), chunk, title="looking for elements"))


def _look(draw: Draw, seed: int, start: int, stop: int) -> Arrays:
    count = stop - start
    places, patches = np.zeros(count, np.int64), np.zeros((count, 64), np.uint8)
    elements = np.zeros((count, MOST_ELEMENTS), np.int64)
    for row, scene in enumerate(drawn_scenes(draw, seed, start, stop)):
        owners, names = element_map(scene)
        places[row] = _PLACES.index(scene.place)
        seen = [1 + _ELEMENTS.index(name) for name in clearly_seen(areas_in(owners, names))]
        elements[row, : len(seen)] = seen
        patches[row] = _patches(owners, names)
    return {"places": places, "elements": elements, "patches": patches}


def _patches(owners: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(64,) uint8: the commonest element of each patch."""
    numbers = [0, *(1 + _ELEMENTS.index(name) if name in ELEMENTS else 0 for name in names)]
    side = 8 * FINE
    cells = owners.reshape(8, side, 8, side).transpose(0, 2, 1, 3).reshape(64, side * side)
    found = np.zeros(64, np.uint8)
    for cell in np.flatnonzero(cells.any(axis=1)):
        counts = np.zeros(1 + len(ELEMENTS))
        np.add.at(counts, numbers, np.bincount(cells[cell], minlength=len(numbers)))
        counts[0] = 0
        if counts.max() >= PATCH_PIXELS * FINE**2:
            found[cell] = counts.argmax()
    return found

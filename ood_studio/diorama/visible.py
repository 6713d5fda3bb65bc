"""Which context elements can truly be seen in a picture of Diorama: the ground truth of context models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ood_studio.diorama import raster
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.people import PEOPLE, person_drawing
from ood_studio.diorama.render import MODEL_SIZE, main_mask
from ood_studio.diorama.scene import Prop, Scene

VISIBLE_PIXELS = 12
"""How many of the 4,096 pixels an element must fill to count as seen: about 3.5 x 3.5. Below that even its colour
blends with what is around it, and a person who knows every element cannot say which one it is."""
FINE = 3  # the renderer draws 64-pixel pictures this much finer and then reduces them


def visible_elements(scene: Scene) -> tuple[str, ...]:
    """Distinct names of the elements that can be seen in the 64-pixel picture, most visible first; no people."""
    return clearly_seen(visible_areas(scene))


def visible_areas(scene: Scene) -> dict[str, float]:
    """How many of the 64-pixel picture's pixels each kind of element fills, whatever hides the rest of it."""
    return areas_in(*element_map(scene))


def clearly_seen(areas: Mapping[str, float]) -> tuple[str, ...]:
    """The elements that fill enough pixels, most visible first."""
    seen = [name for name, area in areas.items() if area >= VISIBLE_PIXELS]
    return tuple(sorted(seen, key=lambda name: (-areas[name], name)))


def areas_in(owners: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """The `visible_areas` of what `element_map` gives."""
    counts = np.bincount(owners.ravel(), minlength=len(names) + 1).tolist()
    areas: dict[str, float] = {}
    for name, count in zip(names, counts[1:], strict=True):
        if name not in PEOPLE:
            areas[name] = areas.get(name, 0.0) + count / FINE**2
    return areas


def element_map(scene: Scene) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which prop is to be seen where.

    Returns:
        (192, 192) uint8, `FINE` rows and columns a pixel: 1 + the index of the prop, 0 where there is something else;
        and the names of the props, people among them.
    """
    size = MODEL_SIZE * FINE
    owners = np.zeros((size, size), np.uint8)
    for number, prop in enumerate(scene.props, start=1):
        _cover(owners, prop, number)
    for item in (*scene.others, *([scene.main] if scene.main else [])):
        owners[main_mask(replace(scene, main=item), size)] = 0
    names = [prop.name for prop in scene.props]
    if scene.blocker is not None:
        names.append(scene.blocker.name)
        _cover(owners, scene.blocker, len(names))
    return owners, tuple(names)


def possible_elements(place: str) -> tuple[str, ...]:
    """Every element that is natural at a place; none where there is no such place."""
    return tuple(element.name for element in ELEMENTS.values() if place in element.places)


def _cover(owners: np.ndarray, prop: Prop, owner: int) -> None:
    """Writes ``owner`` where the prop is, as the renderer lays it down."""
    size = owners.shape[0]
    half = prop.size * size / 2
    matrix = raster.affine(prop.x * size, prop.y * size, (half, half), mirrored=prop.mirrored)
    drawing = person_drawing(prop.name) if prop.name in PEOPLE else ELEMENTS[prop.name].drawing(prop.sway)
    inks, (left, top) = raster.cut_out(drawing, matrix, size)
    owners[top : top + inks.shape[0], left : left + inks.shape[1]][inks > 0] = owner

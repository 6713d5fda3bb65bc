"""Colours of the Diorama world: twelve named colours, materials and their inks.

A picture is first drawn as an image of *ink* numbers and coloured at the end, so that one drawing serves
every colour, pattern, light and style. An ink is a material at one of three levels::

    "body"   the material itself
    "body-"  its shade
    "body+"  its highlight

``body``, ``trim`` and ``mark`` belong to an object and take the scene's colours; ``sky``, ``far``, ``ground``,
``detail``, ``detail2`` and ``detail3`` belong to the place; the others are the same everywhere.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Rgb = tuple[int, int, int]

COLOURS: dict[str, Rgb] = {
    "red": (214, 58, 54),
    "orange": (240, 138, 44),
    "yellow": (247, 205, 70),
    "green": (82, 160, 76),
    "turquoise": (58, 184, 178),
    "blue": (58, 108, 200),
    "purple": (132, 80, 176),
    "pink": (238, 140, 176),
    "brown": (140, 92, 58),
    "gray": (140, 144, 152),
    "black": (52, 50, 60),
    "white": (244, 242, 236),
}

SLOTS = 3  # objects of one picture that can have colours of their own
OBJECT_MATERIALS = ("body", "trim", "mark")
PLACE_MATERIALS = ("sky", "far", "ground", "detail", "detail2", "detail3")
FIXED_MATERIALS: dict[str, Rgb] = {
    "ink": (46, 42, 54),
    "paper": (250, 247, 240),
    "cream": (246, 226, 184),
    "wood": (158, 108, 66),
    "leaf": (96, 164, 84),
    "pine": (48, 112, 84),
    "metal": (172, 180, 192),
    "glass": (176, 220, 236),
    "stone": (150, 148, 150),
    "sand": (228, 200, 144),
    "skin": (232, 180, 142),
    "gold": (244, 196, 72),
    "crimson": (206, 62, 60),
    "amber": (240, 150, 52),
    "rose": (240, 156, 176),
    "water": (84, 156, 212),
    "brick": (186, 96, 76),
    "cocoa": (96, 62, 48),
    "violet": (128, 96, 180),
    "lime": (178, 208, 84),
}
LEVELS = ("", "-", "+")  # base, shade, highlight
SHADOW = 128  # added to an ink number where something casts a shadow on it

_MATERIALS: tuple[str, ...] = (
    "none",
    *(f"{name}{slot}" for slot in range(SLOTS) for name in OBJECT_MATERIALS),
    *PLACE_MATERIALS,
    *FIXED_MATERIALS,
)
if len(_MATERIALS) * len(LEVELS) > SHADOW:
    raise AssertionError("too many materials: inks must stay below the shadow bit")


def ink(name: str) -> int:
    """The number of an ink such as ``"body"``, ``"leaf-"`` or ``"trim+"`` (slot 0 for an object's own materials).

    Raises:
        KeyError: if there is no such material.
    """
    level = LEVELS.index(name[-1]) if name[-1] in "-+" else 0
    material = name[:-1] if level else name
    if material in OBJECT_MATERIALS:
        material += "0"
    try:
        return _MATERIALS.index(material) * len(LEVELS) + level
    except ValueError:
        raise KeyError(f"no material named {material!r}; there are {', '.join(sorted(FIXED_MATERIALS))}") from None


def slot_inks(slot: int) -> list[int]:
    """Ink numbers of slot 0 translated to ``slot``; all others unchanged."""
    first, width = ink("body"), len(OBJECT_MATERIALS) * len(LEVELS)
    return [i + slot * width if first <= i < first + width else i for i in range(SHADOW)]


@lru_cache(maxsize=8192)
def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """``share`` of ``b`` in ``a``, both in 0..255."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def level_colour(rgb: Rgb, level: int) -> Rgb:
    """Base (0), shade (1, darker and a little cooler) or highlight (2) of a colour."""
    if level == 1:
        return mix(rgb, (44, 34, 74), 0.24)
    if level == 2:
        return mix(rgb, (255, 250, 232), 0.36)
    return rgb


def place_table(place: dict[str, tuple[Rgb, Rgb]]) -> np.ndarray:
    """(2, 256, 3) uint8: the colour of each ink at the top and at the bottom edge of the picture.

    ``place`` gives (top, bottom) for each place material. Objects' own materials are left black: `dress` fills them.
    """
    table = np.zeros((2, 256, 3), np.uint8)
    for name in PLACE_MATERIALS:
        _put(table, name, *place[name])
    for name, rgb in FIXED_MATERIALS.items():
        _put(table, name, mix(rgb, (255, 252, 240), 0.04), mix(rgb, (40, 30, 70), 0.06))
    return table


def dress(table: np.ndarray, slot: int, body: Rgb, trim: Rgb, mark: Rgb) -> None:
    """Writes the colours of the object in a slot into a table of `place_table`, in place."""
    for name, rgb in zip(OBJECT_MATERIALS, (body, trim, mark), strict=True):
        _put(table, f"{name}{slot}", mix(rgb, (255, 252, 240), 0.05), mix(rgb, (40, 30, 70), 0.08))


def _put(table: np.ndarray, material: str, top: Rgb, bottom: Rgb) -> None:
    start = _MATERIALS.index(material) * len(LEVELS)
    lit, shadowed = _levels(top, bottom)
    table[:, start : start + len(LEVELS)] = lit
    table[:, start + SHADOW : start + SHADOW + len(LEVELS)] = shadowed


@lru_cache(maxsize=1024)
def _levels(top: Rgb, bottom: Rgb) -> tuple[np.ndarray, np.ndarray]:
    """The three levels of a material at both edges, (2, 3, 3) each, in the light and in a cast shadow."""
    lit = [[level_colour(rgb, level) for level in range(len(LEVELS))] for rgb in (top, bottom)]
    shadowed = [[mix(rgb, (38, 30, 66), 0.30) for rgb in edge] for edge in lit]
    return np.array(lit, np.uint8), np.array(shadowed, np.uint8)

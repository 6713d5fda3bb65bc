"""Context elements: small things that belong to places, drawn in fixed materials only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from ood_studio.diorama.pen import Drawing, Pen, Point

Anchor = Literal["ground", "air", "wall", "water"]
Draw = Callable[[Pen], None]

FLOOR = 0.95  # y of the ground under elements that stand


@dataclass(frozen=True)
class Element:
    """A small thing that belongs to some places.

    Attributes:
        name: a single-word WordNet noun.
        plural: its plural.
        draw: draws it in [-1, 1] x [-1, 1], y down.
        places: the places where it is natural.
        anchor: "ground" stands with its lowest point at y = 0.95, "air" hovers in the upper half outdoors,
            "wall" hangs on an indoor wall, "water" is anywhere under water.
        size: its usual height or width (the larger) as a share of the picture.
        many: how many usually occur together, fewest and most.
    """

    name: str
    plural: str
    draw: Draw
    places: tuple[str, ...]
    anchor: Anchor
    size: float
    many: tuple[int, int]

    def drawing(self, sway: float = 0.0) -> Drawing:
        """The drawing in one pose; ``sway`` in [-1, 1]."""
        return _drawing(self.name, round(sway * 2) / 2)


ELEMENTS: dict[str, Element] = {}


def element(
    name: str,
    *,
    places: tuple[str, ...],
    anchor: Anchor = "ground",
    size: float = 0.25,
    many: tuple[int, int] = (1, 1),
    plural: str = "",
) -> Callable[[Draw], Draw]:
    """Registers a drawing function ``(pen) -> None`` as an element; ``plural`` defaults to the name with an s."""

    def register(draw: Draw) -> Draw:
        if name in ELEMENTS:
            raise ValueError(f"two elements are named {name!r}")
        ELEMENTS[name] = Element(name, plural or f"{name}s", draw, places, anchor, size, many)
        return draw

    return register


@lru_cache(maxsize=1024)
def _drawing(name: str, sway: float) -> Drawing:
    pen = Pen(sway)
    ELEMENTS[name].draw(pen)
    drawing = pen.finish()
    if ELEMENTS[name].anchor == "ground":  # whatever the pose, it touches the ground exactly
        drop = np.array([0.0, FLOOR - drawing.bounds()[3]])
        drawing = Drawing(drawing.points + drop, drawing.ends, drawing.inks)
    return drawing


# -- shared shapes ----------------------------------------------------------------------------------------------------
def _bar(pen: Pen, a: Point, b: Point, width: float, ink: str) -> None:
    """A straight bar with square ends as one polygon."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    dx, dy = -(b[1] - a[1]) / length * width / 2, (b[0] - a[0]) / length * width / 2
    pen.poly([(a[0] + dx, a[1] + dy), (b[0] + dx, b[1] + dy), (b[0] - dx, b[1] - dy), (a[0] - dx, a[1] - dy)], ink)


def _bow(pen: Pen, x: float, y: float, outer: float, inner: float, start: float, end: float, ink: str) -> None:
    """A band between two radii; degrees as in ``Pen.pie``."""
    t = np.radians(np.linspace(start, end, 32))
    rim = [(x + outer * math.cos(a), y + outer * math.sin(a)) for a in t]
    pen.poly(rim + [(x + inner * math.cos(a), y + inner * math.sin(a)) for a in t[::-1]], ink)


def _blade(pen: Pen, x: float, y: float, tip: Point, width: float, ink: str) -> None:
    """A leaf or blade of grass from (x, y) to its tip, bent towards the side it leans to."""
    mx, my = x + (tip[0] - x) * 0.3, y + (tip[1] - y) * 0.6
    pen.curve([(x - width / 2, y), (mx - width / 2, my), tip, (mx + width / 2, my), (x + width / 2, y)], ink)


# -- water and shore --------------------------------------------------------------------------------------------------
@element("bubble", places=("sea", "pond"), anchor="water", size=0.12, many=(2, 5))
def _bubble(pen: Pen) -> None:
    pen.circle(0, 0, 0.95, "glass")
    pen.circle(0.06, 0.06, 0.78, "glass+")
    pen.curve([(-0.62, 0.0), (-0.45, -0.48), (0.0, -0.66), (-0.22, -0.38), (-0.42, -0.05)], "paper")
    pen.circle(0.44, 0.42, 0.13, "paper")


@element("seaweed", plural="seaweeds", places=("sea",), size=0.4, many=(1, 4))
def _seaweed(pen: Pen) -> None:
    bend = 0.14 * pen.sway
    for x, top, ink in ((-0.45, -0.4, "pine"), (0.42, -0.55, "pine+"), (0.0, -0.92, "leaf")):
        step = (FLOOR - top) / 4
        path = [(x + (0.11 if i % 2 else -0.11) + bend * i / 2, 0.88 - 0.95 * step * i) for i in range(5)]
        pen.ribbon(path, 0.34, ink, taper=0.45)
    pen.ellipse(0, 0.88, 0.7, 0.07, "pine-")


@element("coral", places=("sea",), size=0.3, many=(1, 3))
def _coral(pen: Pen) -> None:
    lean = 0.04 * pen.sway
    for path in (
        [(-0.1, 0.75), (-0.5, 0.35), (-0.62 + lean, -0.3)],
        [(0.1, 0.75), (0.55, 0.4), (0.68 + lean, -0.2)],
        [(0.0, 0.9), (-0.02, 0.1), (0.06 + lean, -0.75)],
        [(0.0, 0.25), (0.26, -0.05), (0.42 + lean, -0.6)],
        [(-0.56, 0.25), (-0.8, 0.05), (-0.86 + lean, -0.2)],
        [(0.0, 0.1), (-0.2, -0.1), (-0.28 + lean, -0.5)],
    ):
        pen.ribbon(path, 0.25, "rose", taper=0.9)
    pen.curve([(-0.55, 0.95), (-0.2, 0.72), (0.2, 0.72), (0.55, 0.95)], "rose-")
    for x, y in ((0.04, -0.5), (0.02, 0.1), (-0.6, -0.05), (0.62, 0.1)):
        pen.circle(x, y, 0.055, "paper")


@element("anchor", places=("sea", "beach"), size=0.28)
def _anchor(pen: Pen) -> None:
    with pen.at(0, 0, angle=14 + 8 * pen.sway, scale=1.0):
        _bow(pen, 0, 0.12, 0.82, 0.6, 12, 168, "metal-")
        for side in (-1, 1):
            pen.poly([(side * 0.95, 0.38), (side * 0.74, -0.1), (side * 0.44, 0.3)], "metal-")
        pen.rect(-0.12, -0.6, 0.12, 0.9, "metal", round=0.06)
        pen.rect(-0.46, -0.5, 0.46, -0.29, "wood", round=0.08)
        _bow(pen, 0, -0.74, 0.24, 0.11, 0, 360, "metal")


@element("starfish", plural="starfish", places=("sea", "beach"), size=0.17, many=(1, 2))
def _starfish(pen: Pen) -> None:
    for outer, inner, ink in ((0.98, 0.44, "amber"), (0.66, 0.26, "amber+")):
        t = np.radians(-90 + 10 * pen.sway + np.arange(10) * 36)
        r = np.where(np.arange(10) % 2 == 0, outer, inner)
        pen.curve([(q * math.cos(a), 0.1 + q * math.sin(a)) for q, a in zip(r, t, strict=True)], ink)
    for x in (-0.16, 0.16):
        pen.circle(x, 0.02, 0.07, "ink")
    pen.pie(0, 0.14, 0.15, 0.13, 0, 180, "crimson-")


@element("shell", places=("sea", "beach"), size=0.16, many=(1, 3))
def _shell(pen: Pen) -> None:
    pen.poly([(-0.4, 0.66), (0.4, 0.66), (0.26, 0.95), (-0.26, 0.95)], "rose-")
    rim: list[Point] = [(0.0, 0.95)]
    for i in range(7):  # scalloped edge
        a = math.radians(-172 + i * 27.3)
        rim.append((0.95 * math.cos(a), 0.4 + 1.15 * math.sin(a)))
        b = math.radians(-172 + (i + 0.5) * 27.3)
        if i < 6:
            rim.append((0.86 * math.cos(b), 0.4 + 1.04 * math.sin(b)))
    pen.curve(rim, "rose")
    for i in range(5):
        a = math.radians(-150 + i * 30)
        pen.poly(
            [
                (-0.02, 0.8),
                (0.72 * math.cos(a) - 0.05, 0.42 + 0.9 * math.sin(a)),
                (0.72 * math.cos(a) + 0.07, 0.42 + 0.9 * math.sin(a)),
                (0.02, 0.8),
            ],
            "rose-" if i % 2 else "paper",
        )


@element("pebble", places=("sea", "pond", "beach"), size=0.18, many=(1, 4))
def _pebble(pen: Pen) -> None:
    pen.ellipse(0.42, 0.62, 0.5, 0.33, "stone-")
    pen.ellipse(-0.32, 0.52, 0.62, 0.43, "stone")
    pen.ellipse(-0.46, 0.36, 0.3, 0.15, "stone+", angle=-14)
    pen.ellipse(0.3, 0.78, 0.28, 0.17, "sand")


@element("parasol", places=("beach",), size=0.4, many=(1, 2))
def _parasol(pen: Pen) -> None:
    with pen.at(-0.16, FLOOR, scale=0.95, angle=9 + 5 * pen.sway):
        pen.rect(-0.05, -1.3, 0.05, 0.0, "wood", round=0.04)
        pen.pie(0, -0.98, 0.96, 0.86, 180, 360, "crimson")
        for side in (-1, 1):  # paper gores between crimson ones
            rim = [side * (0.32 + 0.32 * k / 6) for k in range(7)]
            arc = [(x, -0.98 - 0.86 * math.sqrt(1 - (x / 0.96) ** 2)) for x in rim]
            pen.poly([(side * 0.64, -0.98), (side * 0.32, -0.98), (0, -1.84), *arc], "paper")
        for k in range(6):
            pen.pie(-0.8 + 0.32 * k, -0.99, 0.16, 0.12, 0, 180, "paper-" if k in (1, 4) else "crimson-")
        pen.circle(0, -1.85, 0.07, "gold")


@element("palm", places=("beach", "desert"), size=0.4, many=(1, 2))
def _palm(pen: Pen) -> None:
    bend = 0.08 * pen.sway
    pen.ribbon([(-0.14, 1.0), (0.0, 0.4), (0.02, 0.0), (-0.1 + bend, -0.46)], 0.24, "wood", taper=0.6)
    for x, y in ((-0.08, 0.7), (0.0, 0.35), (0.02, 0.0)):
        _bar(pen, (x - 0.1, y), (x + 0.1, y - 0.04), 0.04, "wood-")
    for tip, top, ink in (
        ((-0.92, 0.12), (-0.78, -0.52), "pine"),
        ((0.88, 0.18), (0.62, -0.5), "pine"),
        ((-0.72, -0.78), (-0.48, -0.86), "leaf"),
        ((0.74, -0.76), (0.42, -0.88), "leaf"),
    ):
        x, y = -0.1 + bend, -0.46
        mid = ((x + top[0]) / 2 - 0.02, (y + top[1]) / 2 - 0.12)
        low = ((x + top[0] * 1.3) / 2, (y + top[1]) / 2 + 0.14)
        pen.curve([(x, y), mid, (top[0] + bend, top[1]), (tip[0] + bend, tip[1]), low], ink)
    for x, y in ((-0.2, -0.36), (0.0, -0.34), (-0.09, -0.26)):
        pen.circle(x + bend, y, 0.1, "cocoa")


@element("bucket", places=("beach", "farm", "workshop"), size=0.22)
def _bucket(pen: Pen) -> None:
    swing = 0.06 * pen.sway
    _bow(pen, swing, -0.3, 0.66, 0.57, 190, 350, "ink+")
    pen.poly([(-0.76, -0.3), (0.76, -0.3), (0.52, 0.95), (-0.52, 0.95)], "water")
    pen.poly([(-0.7, 0.05), (0.7, 0.05), (0.63, 0.4), (-0.63, 0.4)], "paper")
    pen.poly([(0.4, -0.3), (0.76, -0.3), (0.52, 0.95), (0.3, 0.95)], "water-")
    pen.ellipse(0, -0.3, 0.78, 0.2, "water+")
    pen.ellipse(0, -0.27, 0.64, 0.13, "ink+")


@element("reed", places=("pond",), size=0.38, many=(1, 4))
def _reed(pen: Pen) -> None:
    bend = 0.12 * pen.sway
    for x, tip, ink in ((-0.3, (-0.8, -0.1), "leaf-"), (0.3, (0.78, -0.25), "leaf"), (0.05, (0.22, 0.0), "leaf+")):
        _blade(pen, x, FLOOR, (tip[0] + bend, tip[1]), 0.2, ink)
    for x, top, lean in ((-0.24, -0.62, -0.12), (0.2, -0.93, 0.1)):
        tip = (x + lean + bend, top)
        _bar(pen, (x, FLOOR), tip, 0.06, "pine")
        angle = math.degrees(math.atan2(lean + bend, FLOOR - top))
        with pen.at(*tip, angle=angle):
            pen.rect(-0.13, 0.12, 0.13, 0.66, "cocoa", round=0.13)
            pen.rect(-0.08, 0.18, -0.01, 0.58, "wood", round=0.04)


@element("lotus", plural="lotuses", places=("pond",), size=0.26, many=(1, 3))
def _lotus(pen: Pen) -> None:
    pen.pie(0, 0.72, 0.96, 0.23, 20, 340, "leaf")
    pen.pie(0, 0.7, 0.7, 0.15, 20, 340, "leaf+")
    spread = 1 + 0.12 * pen.sway
    for angle, ink in ((-72, "rose-"), (72, "rose-"), (-42, "rose"), (42, "rose"), (0, "rose+")):
        with pen.at(-0.06, 0.7, angle=angle * spread):
            pen.curve([(0, 0.04), (-0.2, -0.35), (0, -0.86), (0.2, -0.35)], ink)
    pen.pie(-0.06, 0.7, 0.2, 0.14, 180, 360, "gold")


@element("log", places=("forest", "pond"), size=0.3)
def _log(pen: Pen) -> None:
    pen.ribbon([(0.0, 0.4), (-0.1, 0.14), (-0.2 + 0.05 * pen.sway, -0.02)], 0.16, "wood-")
    pen.ellipse(-0.26 + 0.05 * pen.sway, -0.1, 0.17, 0.1, "leaf", angle=-35)
    pen.rect(-0.95, 0.32, 0.75, 0.95, "wood", round=0.2)
    for y, left, right in ((0.5, -0.7, 0.1), (0.68, -0.85, -0.3), (0.8, -0.4, 0.3)):
        pen.rect(left, y, right, y + 0.05, "wood-")
    pen.ellipse(0.7, 0.635, 0.25, 0.32, "cream")
    pen.ellipse(0.7, 0.635, 0.16, 0.21, "sand-")
    pen.ellipse(0.7, 0.635, 0.09, 0.12, "cream")


# -- sky --------------------------------------------------------------------------------------------------------------
@element("cloud", places=("sky", "meadow", "mountain", "beach"), anchor="air", size=0.34, many=(1, 3))
def _cloud(pen: Pen) -> None:
    puff = 0.04 * pen.sway
    pen.rect(-0.95, 0.04, 0.95, 0.5, "paper-", round=0.23)
    pen.circle(-0.42, -0.06 - puff, 0.38, "paper")
    pen.circle(0.12, -0.18 + puff, 0.5, "paper")
    pen.circle(0.56, 0.08 - puff, 0.31, "paper")
    pen.rect(-0.95, 0.04, 0.95, 0.42, "paper", round=0.2)


@element("sun", places=("sky", "beach", "desert", "farm"), anchor="air", size=0.28)
def _sun(pen: Pen) -> None:
    pen.star(0, 0, 0.98, 0.66, 12, "amber", angle=-90 + 12 * pen.sway)
    pen.circle(0, 0, 0.66, "gold")
    pen.circle(-0.08, -0.08, 0.48, "gold+")


@element("moon", places=("sky", "forest", "snow", "mountain"), anchor="air", size=0.24)
def _moon(pen: Pen) -> None:
    t = np.radians(np.linspace(60, 300, 24))
    with pen.at(0.22, 0, angle=-18 + 8 * pen.sway):
        rim = [(0.95 * math.cos(a), 0.95 * math.sin(a)) for a in t]
        hollow = [(0.475 + 0.86 * math.cos(a), 0.86 * math.sin(a)) for a in np.radians(np.linspace(252, 108, 24))]
        pen.poly(rim + hollow, "gold+")
        for x, y, r in ((-0.66, 0.1, 0.12), (-0.5, -0.44, 0.09), (-0.4, 0.5, 0.08)):
            pen.circle(x, y, r, "gold")


@element("star", places=("sky", "snow"), anchor="air", size=0.13, many=(2, 6))
def _star(pen: Pen) -> None:
    angle = -90 + 10 * pen.sway
    pen.star(0, 0.06, 1.0, 0.46, 5, "gold", angle=angle)
    pen.star(0, 0.06, 0.62, 0.28, 5, "gold+", angle=angle)


@element("rainbow", places=("sky", "meadow", "farm"), anchor="air", size=0.4)
def _rainbow(pen: Pen) -> None:
    for i, ink in enumerate(("crimson", "amber", "gold", "leaf", "water", "violet")):
        _bow(pen, 0, 0.5, 0.95 - 0.09 * i, 0.86 - 0.09 * i, 180, 360, ink)
    for x in (-0.68, 0.68):
        pen.ellipse(x, 0.5, 0.3, 0.15, "paper")
        pen.circle(x + 0.05 * pen.sway, 0.4, 0.17, "paper")


@element("raindrop", places=("sky", "street"), anchor="air", size=0.12, many=(3, 7))
def _raindrop(pen: Pen) -> None:
    with pen.at(angle=14 + 8 * pen.sway):
        pen.curve(
            [
                (0, -0.98),
                (0.22, -0.42),
                (0.56, 0.1),
                (0.5, 0.66),
                (0, 0.95),
                (-0.5, 0.66),
                (-0.56, 0.1),
                (-0.22, -0.42),
            ],
            "water",
        )
        pen.curve([(-0.36, 0.16), (-0.34, 0.56), (-0.06, 0.74), (-0.2, 0.36)], "water+")


@element("lightning", plural="lightnings", places=("sky", "mountain"), anchor="air", size=0.28)
def _lightning(pen: Pen) -> None:
    with pen.at(angle=8 * pen.sway):
        pen.poly(
            [(0.1, -0.96), (-0.5, 0.14), (-0.06, 0.14), (-0.28, 0.95), (0.52, -0.22), (0.06, -0.22), (0.46, -0.96)],
            "gold",
        )
        pen.poly([(0.16, -0.86), (-0.32, 0.02), (-0.16, 0.02), (0.3, -0.86)], "gold+")


@element("comet", places=("sky",), anchor="air", size=0.26)
def _comet(pen: Pen) -> None:
    with pen.at(angle=-24 + 10 * pen.sway):
        pen.curve(
            [
                (-0.5, -0.38),
                (0.2, -0.42),
                (0.98, -0.3),
                (0.5, -0.08),
                (0.9, 0.06),
                (0.4, 0.18),
                (0.7, 0.4),
                (-0.4, 0.4),
            ],
            "glass",
        )
        pen.curve([(-0.5, -0.22), (0.2, -0.2), (0.6, -0.1), (0.2, 0.06), (0.3, 0.24), (-0.4, 0.26)], "glass+")
        pen.circle(-0.52, 0, 0.4, "gold")
        pen.circle(-0.6, -0.08, 0.24, "gold+")


@element("planet", places=("sky",), anchor="air", size=0.22)
def _planet(pen: Pen) -> None:
    with pen.at(angle=-20 + 10 * pen.sway):
        pen.circle(0, 0, 0.6, "violet")
        pen.ellipse(0, -0.32, 0.46, 0.1, "violet+")
        pen.ellipse(0.02, 0.34, 0.46, 0.1, "violet-")
        front = np.radians(np.linspace(-18, 198, 40))  # the ring passes behind the upper half
        outer = [(0.98 * math.cos(a), 0.06 + 0.3 * math.sin(a)) for a in front]
        inner = [(0.72 * math.cos(a), 0.02 + 0.18 * math.sin(a)) for a in front[::-1]]
        pen.poly(outer + inner, "gold")


# -- plants and outdoors ----------------------------------------------------------------------------------------------
@element("tree", places=("meadow", "forest", "farm", "street"), size=0.4, many=(1, 3))
def _tree(pen: Pen) -> None:
    x = 0.07 * pen.sway
    pen.curve([(-0.22, 0.95), (-0.1, 0.5), (-0.1, 0.0), (0.1, 0.0), (0.1, 0.5), (0.22, 0.95)], "wood")
    _bar(pen, (0.02, 0.42), (0.3 + x, 0.1), 0.09, "wood")
    pen.circle(-0.4 + x, 0.0, 0.36, "leaf-")
    pen.circle(0.42 + x, -0.04, 0.36, "leaf-")
    pen.circle(0.0 + x, -0.4, 0.56, "leaf")
    pen.circle(-0.3 + x, -0.16, 0.36, "leaf")
    pen.ellipse(-0.2 + x, -0.58, 0.22, 0.15, "leaf+", angle=-30)
    pen.ellipse(-0.44 + x, -0.2, 0.13, 0.09, "leaf+", angle=-30)


@element("fir", places=("forest", "mountain", "snow"), size=0.4, many=(1, 4))
def _fir(pen: Pen) -> None:
    x = 0.06 * pen.sway
    pen.rect(-0.12, 0.6, 0.12, 0.95, "cocoa")
    for i, (top, bottom, half, ink) in enumerate(
        ((-0.1, 0.72, 0.66, "pine-"), (-0.5, 0.3, 0.54, "pine"), (-0.96, -0.16, 0.4, "pine"))
    ):
        lean = x * (i + 1) / 2
        pen.curve(
            [
                (lean, top),
                (half * 0.5 + lean, (top + bottom) / 2),
                (half + lean, bottom),
                (lean, bottom + 0.08),
                (-half + lean, bottom),
                (-half * 0.5 + lean, (top + bottom) / 2),
            ],
            ink,
        )
    pen.curve([(x * 1.5, -0.86), (-0.06 + x * 1.5, -0.4), (-0.24 + x * 1.5, -0.24), (-0.16 + x * 1.5, -0.5)], "pine+")
    pen.curve([(-0.2 + x, -0.14), (-0.24 + x, 0.1), (-0.4 + x, 0.22), (-0.32 + x, 0.02)], "pine+")


@element("bush", plural="bushes", places=("meadow", "forest", "street"), size=0.28, many=(1, 3))
def _bush(pen: Pen) -> None:
    x = 0.05 * pen.sway
    pen.circle(0.56 + x, 0.52, 0.38, "pine")
    pen.circle(-0.55 + x, 0.52, 0.38, "pine")
    pen.circle(0.02 + x, 0.26, 0.56, "leaf")
    pen.rect(-0.9, 0.5, 0.9, 0.95, "leaf", round=0.2)
    pen.ellipse(-0.16 + x, 0.02, 0.2, 0.13, "leaf+", angle=-30)
    for px, py in ((0.3, 0.3), (-0.36, 0.5), (0.02, 0.62), (0.6, 0.62), (-0.66, 0.74)):
        pen.circle(px + x, py, 0.09, "crimson")


@element("grass", plural="grasses", places=("meadow", "farm", "mountain"), size=0.17, many=(2, 6))
def _grass(pen: Pen) -> None:
    bend = 0.12 * pen.sway
    for x, tip, ink in (
        (-0.5, (-0.86, 0.1), "leaf-"),
        (0.5, (0.86, 0.0), "leaf-"),
        (-0.28, (-0.5, -0.5), "leaf"),
        (0.28, (0.5, -0.5), "leaf"),
        (0.0, (0.06, -0.8), "leaf+"),
    ):
        _blade(pen, x, FLOOR, (tip[0] + bend, tip[1]), 0.3, ink)


@element("clover", places=("meadow",), size=0.15, many=(1, 5))
def _clover(pen: Pen) -> None:
    x = 0.1 * pen.sway
    pen.ribbon([(0.1, 1.0), (0.12, 0.5), (x, -0.1)], 0.12, "leaf-")
    for angle in (-90, 0, 90, 180):
        with pen.at(x, -0.2, angle=angle + 45 + 6 * pen.sway):
            pen.curve([(0, 0), (-0.36, -0.28), (-0.3, -0.62), (0, -0.52), (0.3, -0.62), (0.36, -0.28)], "leaf")
            pen.curve([(0, -0.06), (-0.09, -0.26), (0, -0.4), (0.09, -0.26)], "leaf+")


@element("fern", places=("forest", "pond"), size=0.26, many=(1, 3))
def _fern(pen: Pen) -> None:
    sway = 0.1 * pen.sway
    for tip, crest, ink in (
        ((-0.86, 0.1), (-0.62, -0.3), "pine"),
        ((0.86, 0.1), (0.62, -0.3), "pine"),
        ((-0.62, -0.62), (-0.3, -0.62), "leaf-"),
        ((0.62, -0.62), (0.3, -0.62), "leaf-"),
        ((0.1, -0.85), (0.0, -0.5), "leaf"),
    ):
        t = np.linspace(0, 1, 15)[:, None]  # a bent rib with round leaflets left and right
        rib = (
            (1 - t) ** 2 * (0.0, FLOOR) + 2 * t * (1 - t) * (crest[0] + sway, crest[1]) + t**2 * (tip[0] + sway, tip[1])
        )
        along = np.gradient(rib, axis=0)
        along /= np.hypot(along[:, 0], along[:, 1])[:, None]
        half = 0.02 + np.sin(math.pi * t[:, 0] ** 0.8) * np.where(np.arange(15) % 2 == 0, 0.2, 0.07)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) * half[:, None]
        pen.curve([tuple(q) for q in np.concatenate([rib + across, (rib - across)[::-1]])], ink)
        pen.ribbon([tuple(q) for q in rib[::2]], 0.05, "lime" if ink == "leaf" else "leaf+", taper=0.6)


@element("stump", places=("forest",), size=0.24)
def _stump(pen: Pen) -> None:
    pen.curve(
        [
            (-0.5, -0.1),
            (-0.52, 0.4),
            (-0.92, 0.88),
            (-0.4, 0.86),
            (0.0, 0.95),
            (0.4, 0.86),
            (0.92, 0.88),
            (0.52, 0.4),
            (0.5, -0.1),
        ],
        "wood",
    )
    for x in (-0.25, 0.08, 0.34):
        pen.rect(x, 0.2, x + 0.06, 0.66 - abs(x) * 0.4, "wood-")
    pen.ellipse(0, -0.1, 0.56, 0.22, "cream")
    pen.ellipse(0, -0.1, 0.38, 0.14, "sand-")
    pen.ellipse(0, -0.1, 0.22, 0.08, "cream")
    _blade(pen, 0.5, -0.02, (0.78 + 0.08 * pen.sway, -0.56), 0.18, "leaf")
    _blade(pen, 0.5, -0.02, (0.96 + 0.06 * pen.sway, -0.18), 0.16, "leaf+")


@element("acorn", places=("forest",), size=0.13, many=(1, 4))
def _acorn(pen: Pen) -> None:
    with pen.at(0, 0.02, scale=0.92, angle=12 * pen.sway):
        _bar(pen, (0, -0.6), (0.12, -0.98), 0.14, "cocoa")
        pen.curve(
            [(-0.56, -0.2), (-0.5, 0.36), (-0.2, 0.76), (0, 0.98), (0.2, 0.76), (0.5, 0.36), (0.56, -0.2)], "wood+"
        )
        pen.ellipse(-0.24, 0.2, 0.1, 0.26, "sand", angle=8)
        pen.pie(0, -0.1, 0.74, 0.6, 180, 360, "cocoa")
        for x, y in ((-0.4, -0.28), (0, -0.28), (0.4, -0.28), (-0.2, -0.5), (0.2, -0.5)):
            pen.circle(x, y, 0.08, "wood")


@element("rock", places=("mountain", "desert", "forest", "sea"), size=0.3, many=(1, 3))
def _rock(pen: Pen) -> None:
    pen.poly([(-0.95, 0.95), (-0.78, 0.3), (-0.3, -0.18), (0.2, -0.1), (0.68, 0.34), (0.95, 0.95)], "stone")
    pen.poly([(-0.78, 0.3), (-0.3, -0.18), (0.2, -0.1), (-0.1, 0.2), (-0.56, 0.36)], "stone+")
    pen.poly([(0.2, -0.1), (0.68, 0.34), (0.95, 0.95), (0.3, 0.95), (0.34, 0.4), (-0.1, 0.2)], "stone-")
    pen.poly([(-0.62, 0.7), (-0.3, 0.62), (-0.22, 0.7), (-0.5, 0.78)], "stone-")
    pen.poly([(-0.2, 0.84), (0.06, 0.74), (0.12, 0.82), (-0.1, 0.9)], "stone-")


@element("cairn", places=("mountain", "beach", "desert"), size=0.26)
def _cairn(pen: Pen) -> None:
    lean = 0.06 * pen.sway
    for i, (y, rx, ry, ink) in enumerate(
        (
            (0.7, 0.72, 0.25, "stone-"),
            (0.3, 0.56, 0.22, "stone"),
            (-0.06, 0.44, 0.2, "sand-"),
            (-0.4, 0.32, 0.18, "stone+"),
            (-0.72, 0.22, 0.17, "stone"),
        )
    ):
        x = (0.04 if i % 2 else -0.04) + lean * i / 2
        pen.ellipse(x, y, rx, ry, ink, angle=4 if i % 2 else -4)
        pen.ellipse(x - rx * 0.3, y - ry * 0.4, rx * 0.36, ry * 0.22, "paper-" if ink == "stone+" else "stone+")


@element("tent", places=("mountain", "forest", "snow"), size=0.36)
def _tent(pen: Pen) -> None:
    flap = 0.08 * pen.sway
    pen.poly([(-0.2, -0.62), (0.42, -0.5), (0.95, 0.95), (0.3, 0.95)], "amber-")
    pen.poly([(-0.2, -0.62), (-0.92, 0.95), (0.52, 0.95)], "amber")
    pen.poly([(-0.2, -0.26), (-0.56, 0.95), (0.16, 0.95)], "cocoa")
    pen.poly([(-0.2, -0.26), (-0.56, 0.95), (-0.72 - flap, 0.95), (-0.5 - flap, 0.4)], "cream")
    pen.poly([(-0.2, -0.26), (0.16, 0.95), (0.32 + flap, 0.95), (0.1 + flap, 0.4)], "cream")
    _bar(pen, (-0.2, -0.6), (-0.2, -0.82), 0.06, "wood")
    pen.poly([(-0.18, -0.84), (0.16, -0.74 + flap / 2), (-0.18, -0.62)], "crimson")


@element("flag", places=("mountain", "street", "snow", "beach"), size=0.32, many=(1, 2))
def _flag(pen: Pen) -> None:
    w = 0.12 * pen.sway
    pen.rect(-0.56, -0.9, -0.44, 0.95, "wood", round=0.05)
    top = [(-0.44, -0.78), (-0.1, -0.9 + w), (0.25, -0.72 - w), (0.62, -0.84 + w)]
    pen.poly(
        [*top, (0.48, -0.46 + w / 2), (0.62, -0.06 + w), (0.25, 0.02 - w), (-0.1, -0.16 + w), (-0.44, -0.04)], "crimson"
    )
    pen.poly(
        [
            (-0.44, -0.5),
            (-0.1, -0.62 + w),
            (0.25, -0.46 - w),
            (0.54, -0.56 + w),
            (0.48, -0.46 + w / 2),
            (0.54, -0.32 + w),
            (0.25, -0.22 - w),
            (-0.1, -0.38 + w),
            (-0.44, -0.27),
        ],
        "paper",
    )
    pen.circle(-0.5, -0.9, 0.1, "gold")


@element("fence", places=("farm", "meadow", "street"), size=0.34, many=(1, 2))
def _fence(pen: Pen) -> None:
    for y in (0.2, 0.6):
        pen.rect(-0.95, y, 0.95, y + 0.13, "wood-")
    for i in range(5):
        x, lean = -0.76 + 0.38 * i, 0.03 * pen.sway * (-1) ** i
        pen.poly(
            [(x - 0.13, 0.95), (x - 0.13 + lean, 0.0), (x + lean, -0.18), (x + 0.13 + lean, 0.0), (x + 0.13, 0.95)],
            "paper",
        )
        pen.poly([(x + 0.06, 0.95), (x + 0.06 + lean, -0.08), (x + 0.13 + lean, 0.0), (x + 0.13, 0.95)], "paper-")


@element("haystack", places=("farm",), size=0.34, many=(1, 2))
def _haystack(pen: Pen) -> None:
    lean = 0.06 * pen.sway
    _bar(pen, (0.0, 0.0), (0.06 + lean, -0.95), 0.07, "wood")
    pen.curve(
        [
            (-0.95, 0.92),
            (-0.8, 0.3),
            (-0.4, -0.4),
            (0.0 + lean, -0.68),
            (0.42, -0.38),
            (0.8, 0.3),
            (0.95, 0.92),
            (0.0, 0.97),
        ],
        "gold",
    )
    pen.curve([(0.2, -0.5), (0.8, 0.3), (0.95, 0.92), (0.5, 0.95), (0.5, 0.3)], "gold-")
    for a, b in (
        ((-0.3, -0.3), (-0.5, 0.1)),
        ((0.05, -0.4), (0.1, 0.0)),
        ((-0.1, 0.2), (-0.2, 0.6)),
        ((-0.6, 0.4), (-0.7, 0.75)),
        ((0.3, 0.3), (0.34, 0.7)),
    ):
        _bar(pen, a, b, 0.06, "amber")
    _bar(pen, (-0.42, -0.12), (-0.56, 0.3), 0.05, "gold+")


@element("hive", places=("meadow", "farm"), size=0.25)
def _hive(pen: Pen) -> None:
    pen.rect(-0.85, 0.7, 0.85, 0.82, "wood", round=0.03)
    for x in (-0.6, 0.46):
        pen.rect(x, 0.8, x + 0.14, 0.95, "wood-")
    for y, half, ink in (
        (0.54, 0.74, "amber"),
        (0.26, 0.72, "gold"),
        (-0.02, 0.63, "amber"),
        (-0.3, 0.5, "gold"),
        (-0.56, 0.32, "amber"),
    ):
        pen.rect(-half, y - 0.17, half, y + 0.17, ink, round=0.17)
    pen.ellipse(0, -0.72, 0.12, 0.12, "gold")
    pen.pie(0, 0.66, 0.2, 0.26, 180, 360, "ink")
    pen.circle(0.56 + 0.1 * pen.sway, -0.5 + 0.1 * pen.sway, 0.06, "ink")


@element("molehill", places=("meadow",), size=0.2, many=(1, 3))
def _molehill(pen: Pen) -> None:
    pen.curve(
        [(-0.95, 0.93), (-0.55, 0.5), (-0.2, 0.16), (0.25, 0.14), (0.6, 0.52), (0.95, 0.93), (0.0, 0.96)], "cocoa"
    )
    pen.curve([(-0.6, 0.66), (-0.3, 0.28), (0.1, 0.22), (-0.1, 0.4), (-0.4, 0.66)], "wood")
    pen.circle(0.4, 0.7, 0.1, "wood")
    pen.circle(-0.06, 0.76, 0.07, "wood")
    _blade(pen, -0.75, FLOOR, (-0.92 + 0.1 * pen.sway, 0.4), 0.16, "leaf")
    _blade(pen, 0.75, FLOOR, (0.9 + 0.1 * pen.sway, 0.36), 0.16, "leaf")


@element("bone", places=("desert",), size=0.22, many=(1, 2))
def _bone(pen: Pen) -> None:
    with pen.at(0, 0.5, angle=-16 + 8 * pen.sway, scale=0.84):
        for x in (-0.84, 0.84):
            for y in (-0.17, 0.17):
                pen.circle(x, y, 0.23, "paper")
        pen.rect(-0.85, -0.16, 0.85, 0.16, "paper")
        pen.rect(-0.66, 0.03, 0.7, 0.12, "paper-", round=0.04)


@element("tumbleweed", places=("desert",), size=0.25, many=(1, 2))
def _tumbleweed(pen: Pen) -> None:
    pen.star(0, 0.15, 0.92, 0.78, 25, "wood-", angle=30 * pen.sway)
    for i in range(5):  # tangled rings
        a = math.radians(i * 72 + 30 * pen.sway)
        _bow(pen, 0.24 * math.cos(a), 0.15 + 0.24 * math.sin(a), 0.52, 0.44, 0, 360, "sand" if i % 2 else "wood+")
    _bow(pen, 0, 0.15, 0.74, 0.66, 0, 360, "sand-")


@element("pyramid", places=("desert",), size=0.4, many=(1, 2))
def _pyramid(pen: Pen) -> None:
    pen.poly([(0.1, -0.55), (-0.95, 0.95), (0.42, 0.95)], "sand")
    pen.poly([(0.1, -0.55), (0.42, 0.95), (0.95, 0.82)], "sand-")
    for k in range(1, 5):
        s = k / 5
        left, right = 0.1 - 1.05 * s, 0.1 + 0.32 * s
        pen.rect(left + 0.06, -0.55 + 1.5 * s, right, -0.51 + 1.5 * s, "sand-")
    pen.poly([(0.1, -0.55), (-0.11, -0.25), (0.164, -0.25), (0.27, -0.276)], "gold")


# -- street -----------------------------------------------------------------------------------------------------------
@element("lamppost", places=("street",), size=0.4, many=(1, 2))
def _lamppost(pen: Pen) -> None:
    pen.rect(-0.07, -0.4, 0.07, 0.9, "ink")
    pen.rect(-0.24, 0.82, 0.24, 0.95, "ink", round=0.05)
    pen.rect(-0.12, 0.5, 0.12, 0.84, "ink", round=0.04)
    pen.rect(-0.26, -0.3, 0.26, -0.24, "ink", round=0.03)
    pen.poly([(-0.24, -0.78), (0.24, -0.78), (0.15, -0.38), (-0.15, -0.38)], "gold+")
    pen.poly([(-0.06, -0.78), (0.06, -0.78), (0.04, -0.38), (-0.04, -0.38)], "gold")
    pen.poly([(-0.32, -0.76), (0.32, -0.76), (0.0, -0.94)], "ink")
    pen.rect(-0.2, -0.42, 0.2, -0.36, "ink")


@element("sign", places=("street", "mountain", "desert"), size=0.32)
def _sign(pen: Pen) -> None:
    with pen.at(0, FLOOR, angle=4 * pen.sway):
        pen.rect(-0.09, -1.85, 0.09, 0.0, "wood")
        pen.poly([(-0.56, -1.7), (0.56, -1.7), (0.86, -1.46), (0.56, -1.22), (-0.56, -1.22)], "cream")
        pen.poly([(0.5, -1.06), (-0.56, -1.06), (-0.86, -0.84), (-0.56, -0.6), (0.5, -0.6)], "sand-")
        for y, left, right in ((-1.56, -0.4, 0.4), (-1.41, -0.4, 0.2), (-0.88, -0.4, 0.34)):
            pen.rect(left, y, right, y + 0.08, "cocoa", round=0.04)


@element("hydrant", places=("street",), size=0.22)
def _hydrant(pen: Pen) -> None:
    pen.rect(-0.5, 0.76, 0.5, 0.95, "crimson-", round=0.05)
    pen.rect(-0.38, -0.4, 0.38, 0.8, "crimson", round=0.06)
    for side in (-1, 1):
        with pen.at(scale=(side, 1.0)):
            pen.rect(0.34, -0.02, 0.62, 0.28, "gold-", round=0.05)
    pen.circle(0, 0.14, 0.26, "gold")
    pen.circle(0, 0.14, 0.12, "gold-")
    pen.pie(0, -0.4, 0.42, 0.38, 180, 360, "crimson")
    pen.rect(-0.5, -0.48, 0.5, -0.34, "crimson-", round=0.06)
    pen.rect(-0.1, -0.92, 0.1, -0.74, "gold", round=0.04)
    pen.rect(-0.28, -0.3, -0.18, 0.7, "crimson+", round=0.05)


@element("mailbox", plural="mailboxes", places=("street",), size=0.28)
def _mailbox(pen: Pen) -> None:
    pen.rect(-0.1, 0.2, 0.1, 0.95, "wood")
    _bar(pen, (0.68, 0.0), (0.68 + 0.06 * pen.sway, -0.84), 0.08, "gold-")
    pen.rect(0.68 + 0.05 * pen.sway, -0.86, 0.93 + 0.05 * pen.sway, -0.62, "gold")
    pen.poly([(-0.6, 0.3), (-0.6, -0.3), (0.8, -0.3), (0.8, 0.3)], "water-")
    pen.pie(0.0, -0.28, 0.84, 0.36, 180, 360, "water-")
    pen.rect(-0.84, -0.3, 0.84, 0.34, "water", round=0.04)
    pen.rect(-0.62, -0.14, 0.3, 0.2, "paper", round=0.03)
    pen.poly([(-0.62, -0.14), (0.3, -0.14), (-0.16, 0.08)], "paper-")


@element("cone", places=("street",), size=0.2, many=(1, 3))
def _cone(pen: Pen) -> None:
    with pen.at(0, FLOOR, angle=3 * pen.sway):
        pen.rect(-0.72, -0.2, 0.72, 0.0, "amber-", round=0.08)
        pen.poly([(-0.5, -0.18), (-0.12, -1.8), (0.12, -1.8), (0.5, -0.18)], "amber")
        for low, high in ((0.35, 0.65), (1.0, 1.3)):
            a, b = 0.5 - 0.38 * (low - 0.18) / 1.62, 0.5 - 0.38 * (high - 0.18) / 1.62
            pen.poly([(-a, -low), (-b, -high), (b, -high), (a, -low)], "paper")


@element("puddle", places=("street", "farm"), size=0.28, many=(1, 2))
def _puddle(pen: Pen) -> None:
    w = 0.06 * pen.sway
    pen.curve(
        [
            (-0.95, 0.72),
            (-0.6, 0.5 + w),
            (-0.1, 0.56),
            (0.36, 0.44 - w),
            (0.92, 0.64),
            (0.7, 0.88),
            (0.1, 0.86 + w / 2),
            (-0.4, 0.95),
            (-0.86, 0.86),
        ],
        "water",
    )
    pen.curve([(-0.6, 0.68), (-0.3, 0.62), (0.3, 0.66), (-0.1, 0.74), (-0.5, 0.76)], "water+")
    pen.ellipse(0.5, 0.72, 0.2, 0.05, "water+")


# -- farm and workshop ------------------------------------------------------------------------------------------------
@element("ladder", places=("workshop", "farm"), size=0.4)
def _ladder(pen: Pen) -> None:
    with pen.at(0, FLOOR - 0.02, angle=9 + 4 * pen.sway):
        for k in range(5):
            pen.rect(-0.36 + 0.03 * k, -0.32 - 0.34 * k, 0.36 - 0.03 * k, -0.22 - 0.34 * k, "wood-")
        pen.poly([(-0.48, -0.02), (-0.32, -0.02), (-0.16, -1.88), (-0.28, -1.88)], "amber")
        pen.poly([(0.48, -0.02), (0.32, -0.02), (0.16, -1.88), (0.28, -1.88)], "amber")


@element("barrel", places=("workshop", "farm"), size=0.28, many=(1, 3))
def _barrel(pen: Pen) -> None:
    pen.curve(
        [(-0.52, -0.78), (-0.74, 0.1), (-0.52, 0.9), (0.0, 0.95), (0.52, 0.9), (0.74, 0.1), (0.52, -0.78)], "wood"
    )
    pen.curve([(0.24, -0.76), (0.36, 0.1), (0.24, 0.9), (0.52, 0.88), (0.74, 0.1), (0.52, -0.76)], "wood-")
    for x in (-0.22, 0.12):
        pen.rect(x, -0.7, x + 0.04, 0.88, "wood-")
    for y, half in ((-0.44, 0.66), (0.5, 0.68)):
        pen.poly([(-half, y), (0, y + 0.06), (half, y), (half, y + 0.16), (0, y + 0.22), (-half, y + 0.16)], "metal")
    pen.ellipse(0, -0.76, 0.54, 0.17, "cream")
    pen.ellipse(0, -0.76, 0.4, 0.11, "sand-")


@element("crate", places=("workshop", "farm"), size=0.28, many=(1, 3))
def _crate(pen: Pen) -> None:
    pen.rect(-0.85, -0.7, 0.85, 0.95, "wood-", round=0.04)
    for k in range(4):
        pen.rect(-0.72, -0.56 + 0.36 * k, 0.72, -0.26 + 0.36 * k, "wood")
    _bar(pen, (-0.66, 0.76), (0.66, -0.5), 0.2, "wood+")
    pen.poly([(-0.85, -0.7), (0.85, -0.7), (0.85, -0.48), (-0.85, -0.48)], "sand-")
    pen.rect(-0.85, 0.73, 0.85, 0.95, "sand-")
    for x in (-0.85, 0.65):
        pen.rect(x, -0.7, x + 0.2, 0.95, "sand-")
        for y in (-0.58, 0.84):
            pen.circle(x + 0.1, y, 0.04, "cocoa")


@element("gear", places=("workshop",), anchor="wall", size=0.22, many=(1, 3))
def _gear(pen: Pen) -> None:
    turn = 11 * pen.sway
    for k in range(4):  # eight teeth, two to a bar
        with pen.at(angle=45 * k + turn):
            pen.poly(
                [
                    (-0.2, -0.8),
                    (-0.13, -0.96),
                    (0.13, -0.96),
                    (0.2, -0.8),
                    (0.2, 0.8),
                    (0.13, 0.96),
                    (-0.13, 0.96),
                    (-0.2, 0.8),
                ],
                "metal",
            )
    pen.circle(0, 0, 0.74, "metal")
    pen.circle(0, 0, 0.52, "metal-")
    pen.circle(0, 0, 0.26, "ink")


@element("horseshoe", places=("workshop",), anchor="wall", size=0.2)
def _horseshoe(pen: Pen) -> None:
    with pen.at(angle=8 * pen.sway):
        _bow(pen, 0, -0.05, 0.88, 0.5, -66, 246, "metal")
        for x in (-0.28, 0.28):
            pen.rect(x - 0.22, -0.94, x + 0.22, -0.76, "metal-", round=0.05)
        for a in (0, 36, 72, 108, 144, 180):
            r = math.radians(a)
            pen.circle(0.69 * math.cos(r), -0.05 + 0.69 * math.sin(r), 0.065, "ink")


@element("bulb", places=("workshop", "stage"), anchor="wall", size=0.22, many=(1, 3))
def _bulb(pen: Pen) -> None:
    with pen.at(0, -0.95, angle=10 * pen.sway):
        pen.rect(-0.03, 0.0, 0.03, 0.5, "ink")
        pen.circle(0, 1.38, 0.5, "gold+")
        pen.poly([(-0.2, 0.74), (0.2, 0.74), (0.4, 1.1), (-0.4, 1.1)], "gold+")
        pen.circle(0, 1.4, 0.3, "gold")
        pen.rect(-0.2, 0.46, 0.2, 0.82, "ink", round=0.06)
        pen.rect(-0.22, 0.66, 0.22, 0.73, "metal")
        pen.ellipse(-0.24, 1.22, 0.08, 0.15, "paper", angle=25)


@element("toolbox", plural="toolboxes", places=("workshop",), size=0.28)
def _toolbox(pen: Pen) -> None:
    pen.poly(
        [
            (-0.5, 0.0),
            (-0.36, -0.4),
            (0.36, -0.4),
            (0.5, 0.0),
            (0.34, 0.0),
            (0.26, -0.24),
            (-0.26, -0.24),
            (-0.34, 0.0),
        ],
        "ink",
    )
    pen.poly([(-0.95, 0.36), (-0.76, -0.06), (0.76, -0.06), (0.95, 0.36)], "crimson+")
    pen.rect(-0.95, 0.28, 0.95, 0.95, "crimson", round=0.06)
    pen.rect(-0.95, 0.28, 0.95, 0.4, "crimson-")
    for x in (-0.55, 0.55):
        pen.rect(x - 0.12, 0.24, x + 0.12, 0.54, "metal", round=0.04)
    pen.rect(-0.3, 0.58, 0.3, 0.82, "paper", round=0.05)


# -- indoors ----------------------------------------------------------------------------------------------------------
@element("shelf", plural="shelves", places=("kitchen", "workshop", "parlor"), anchor="wall", size=0.34)
def _shelf(pen: Pen) -> None:
    for x, width, top, ink in (
        (-0.78, 0.16, -0.52, "crimson"),
        (-0.6, 0.2, -0.4, "gold"),
        (-0.38, 0.14, -0.56, "water"),
        (-0.22, 0.18, -0.44, "leaf"),
    ):
        pen.rect(x, top, x + width, 0.2, ink, round=0.02)
    with pen.at(0.08, 0.2, angle=14 + 6 * pen.sway):
        pen.rect(-0.06, -0.58, 0.1, 0.0, "violet", round=0.02)
    pen.rect(0.4, -0.2, 0.78, 0.2, "glass", round=0.08)
    pen.rect(0.36, -0.3, 0.82, -0.16, "amber", round=0.04)
    pen.rect(0.44, 0.0, 0.74, 0.17, "rose", round=0.06)
    for x in (-0.66, 0.54):
        pen.poly([(x, 0.3), (x + 0.12, 0.3), (x + 0.12, 0.46), (x, 0.6)], "cocoa")
    pen.rect(-0.95, 0.18, 0.95, 0.34, "wood", round=0.03)


@element("clock", places=("kitchen", "parlor", "workshop"), anchor="wall", size=0.24)
def _clock(pen: Pen) -> None:
    pen.circle(0, 0, 0.95, "wood")
    pen.circle(0, 0, 0.76, "paper")
    for k in range(8):
        a = math.radians(45 * k)
        pen.circle(0.62 * math.cos(a), 0.62 * math.sin(a), 0.06 if k % 2 else 0.09, "ink")
    with pen.at(angle=60 + 40 * pen.sway):
        pen.rect(-0.05, -0.56, 0.05, 0.06, "ink", round=0.05)
    with pen.at(angle=-50 + 10 * pen.sway):
        pen.rect(-0.06, -0.38, 0.06, 0.06, "crimson", round=0.05)
    pen.circle(0, 0, 0.09, "ink")


@element("window", places=("kitchen", "parlor"), anchor="wall", size=0.38)
def _window(pen: Pen) -> None:
    pen.rect(-0.78, -0.95, 0.78, 0.84, "wood", round=0.04)
    pen.rect(-0.64, -0.82, 0.64, 0.72, "glass")
    pen.poly([(-0.5, 0.72), (-0.64, 0.72), (-0.64, 0.4), (0.3, -0.82), (0.62, -0.82)], "glass+")
    pen.curve([(-0.64, 0.72), (-0.64, 0.46), (-0.2, 0.3), (0.2, 0.5), (0.64, 0.36), (0.64, 0.72)], "leaf")
    pen.circle(0.38, -0.5 + 0.06 * pen.sway, 0.15, "gold")
    pen.rect(-0.05, -0.85, 0.05, 0.76, "wood")
    pen.rect(-0.66, -0.1, 0.66, 0.0, "wood")
    pen.rect(-0.95, 0.76, 0.95, 0.95, "wood+", round=0.04)


@element("curtain", places=("stage", "parlor", "kitchen"), anchor="wall", size=0.4, many=(1, 2))
def _curtain(pen: Pen) -> None:
    flow = 0.06 * pen.sway
    for side in (-1, 1):
        with pen.at(scale=(side, 1.0)):
            pen.curve(
                [
                    (0.06, -0.86),
                    (0.1, -0.3),
                    (0.42, 0.22),
                    (0.42 + flow, 0.9),
                    (0.66, 0.95),
                    (0.92 + flow, 0.9),
                    (0.86, 0.22),
                    (0.9, -0.4),
                    (0.9, -0.86),
                ],
                "crimson",
            )
            pen.curve([(0.4, -0.8), (0.46, -0.2), (0.66, 0.22), (0.6, -0.3)], "crimson-")
            pen.curve([(0.66, 0.28), (0.6 + flow, 0.9), (0.76 + flow, 0.9)], "crimson-")
            pen.rect(0.4, 0.16, 0.88, 0.29, "gold", round=0.06)
    pen.rect(-0.95, -0.95, 0.95, -0.8, "wood", round=0.07)
    for x in (-0.64, -0.32, 0.0, 0.32, 0.64):
        pen.pie(x, -0.82, 0.2, 0.22, 0, 180, "crimson+")


@element("picture", places=("parlor", "workshop"), anchor="wall", size=0.3, many=(1, 3))
def _picture(pen: Pen) -> None:
    with pen.at(angle=4 * pen.sway):
        pen.poly(
            [(-0.02, -0.95), (0.02, -0.95), (0.36, -0.6), (0.28, -0.6), (0, -0.86), (-0.28, -0.6), (-0.36, -0.6)], "ink"
        )
        pen.rect(-0.95, -0.64, 0.95, 0.76, "gold", round=0.05)
        pen.rect(-0.8, -0.5, 0.8, 0.62, "gold-")
        pen.rect(-0.74, -0.44, 0.74, 0.56, "glass+")
        pen.circle(0.4, -0.16, 0.16, "amber")
        pen.poly(
            [(-0.74, 0.3), (-0.3, -0.24), (0.06, 0.12), (0.3, -0.04), (0.74, 0.36), (0.74, 0.56), (-0.74, 0.56)],
            "violet",
        )
        pen.poly([(-0.46, -0.04), (-0.3, -0.24), (-0.12, -0.06), (-0.3, 0.02)], "paper")
        pen.rect(-0.74, 0.36, 0.74, 0.56, "leaf")


@element("rug", places=("parlor",), size=0.4)
def _rug(pen: Pen) -> None:
    for x in (-0.82, 0.82):
        pen.poly([(x - 0.13, 0.5), (x + 0.13, 0.5), (x * 1.16, 0.94), (x * 0.9, 0.94)], "cream")
    pen.poly([(-0.8, 0.46), (0.8, 0.46), (0.9, 0.95), (-0.9, 0.95)], "crimson")
    pen.poly([(-0.68, 0.53), (0.68, 0.53), (0.75, 0.88), (-0.75, 0.88)], "gold")
    pen.poly([(-0.62, 0.57), (0.62, 0.57), (0.68, 0.84), (-0.68, 0.84)], "violet")
    for x in (-0.4, 0.0, 0.4):
        pen.poly([(x - 0.16, 0.7), (x, 0.6), (x + 0.16, 0.7), (x, 0.81)], "cream")


@element("lamp", places=("parlor",), size=0.4)
def _lamp(pen: Pen) -> None:
    pen.ellipse(0, 0.87, 0.36, 0.08, "gold-")
    pen.rect(-0.05, -0.3, 0.05, 0.88, "gold")
    pen.circle(0, 0.16, 0.1, "gold-")
    with pen.at(0, -0.26, angle=6 * pen.sway):
        pen.poly([(-0.56, 0.0), (-0.32, -0.68), (0.32, -0.68), (0.56, 0.0)], "cream")
        pen.poly([(0.2, 0.0), (0.12, -0.68), (0.32, -0.68), (0.56, 0.0)], "sand")
        pen.poly([(-0.56, 0.0), (-0.53, -0.1), (0.53, -0.1), (0.56, 0.0)], "crimson")
        pen.poly([(-0.34, -0.6), (-0.32, -0.69), (0.32, -0.69), (0.34, -0.6)], "crimson")
    pen.rect(0.26, -0.24, 0.29, 0.06, "ink")
    pen.circle(0.275, 0.1, 0.05, "gold")


@element("mirror", places=("parlor",), anchor="wall", size=0.3)
def _mirror(pen: Pen) -> None:
    pen.ellipse(0, 0.04, 0.66, 0.9, "gold")
    pen.curve([(-0.26, -0.8), (-0.12, -0.96), (0.0, -0.86), (0.12, -0.96), (0.26, -0.8), (0.0, -0.72)], "gold-")
    pen.ellipse(0, 0.04, 0.52, 0.75, "glass")
    for x, width in ((-0.1, 0.16), (0.14 + 0.06 * pen.sway, 0.07)):
        pen.poly([(x - 0.3, 0.42), (x + 0.16, -0.5), (x + 0.16 + width, -0.5), (x - 0.3 + width, 0.42)], "paper")


@element("candle", places=("parlor", "stage"), size=0.2, many=(1, 3))
def _candle(pen: Pen) -> None:
    pen.ellipse(0, 0.84, 0.6, 0.11, "gold-")
    pen.ellipse(0, 0.78, 0.6, 0.1, "gold")
    pen.rect(-0.24, -0.26, 0.24, 0.78, "paper", round=0.05)
    pen.rect(0.06, -0.24, 0.24, 0.78, "paper-", round=0.05)
    pen.rect(-0.24, -0.26, -0.1, 0.2, "cream", round=0.07)
    pen.rect(-0.03, -0.4, 0.03, -0.2, "ink")
    x = 0.12 * pen.sway
    pen.curve([(0 + x, -0.96), (0.22, -0.56), (0.14, -0.34), (-0.14, -0.34), (-0.22, -0.56)], "amber")
    pen.curve([(0 + x / 2, -0.72), (0.1, -0.5), (0.0, -0.36), (-0.1, -0.5)], "gold+")


@element("houseplant", places=("parlor", "kitchen"), size=0.32, many=(1, 2))
def _houseplant(pen: Pen) -> None:
    sway = 6 * pen.sway
    for angle, length, ink in (
        (-58, 0.9, "pine"),
        (58, 0.9, "pine"),
        (-28, 1.25, "leaf-"),
        (30, 1.2, "leaf-"),
        (2, 1.38, "leaf"),
    ):
        with pen.at(0, 0.4, angle=angle + sway, scale=(1.0, length)):
            pen.curve([(0, 0), (-0.2, -0.5), (0.0, -0.98), (0.2, -0.5)], ink)
            pen.poly([(-0.02, -0.2), (0.0, -0.84), (0.02, -0.2)], "leaf+")
    pen.poly([(-0.42, 0.36), (0.42, 0.36), (0.3, 0.95), (-0.3, 0.95)], "brick")
    pen.rect(-0.5, 0.26, 0.5, 0.46, "brick+", round=0.04)


@element("cushion", places=("parlor",), size=0.24, many=(1, 2))
def _cushion(pen: Pen) -> None:
    w = 0.05 * pen.sway
    pen.curve(
        [
            (-0.92, -0.2 + w),
            (-0.5, -0.06),
            (0.0, -0.12),
            (0.5, -0.06),
            (0.92, -0.2 - w),
            (0.84, 0.4),
            (0.92, 0.94),
            (0.0, 0.92),
            (-0.92, 0.94),
            (-0.84, 0.4),
        ],
        "violet",
    )
    pen.curve(
        [(-0.6, 0.12), (0.0, 0.06), (0.6, 0.12), (0.56, 0.42), (0.6, 0.74), (0.0, 0.76), (-0.6, 0.74), (-0.56, 0.42)],
        "violet+",
    )
    pen.circle(0, 0.42, 0.12, "gold")
    for x, y in ((-0.88, -0.16 + w), (0.88, -0.16 - w), (-0.87, 0.86), (0.87, 0.86)):
        pen.circle(x, y, 0.09, "gold")


@element("book", places=("parlor",), size=0.22, many=(1, 2))
def _book(pen: Pen) -> None:
    for y, left, right, ink in ((0.67, -0.9, 0.84, "crimson"), (0.38, -0.72, 0.9, "pine"), (0.1, -0.8, 0.66, "gold")):
        x = 0.06 * pen.sway * (1 if ink == "pine" else -1)
        pen.rect(left + x, y, right + x, y + 0.28, ink, round=0.05)
        pen.rect(left + 0.2 + x, y + 0.06, right + x, y + 0.22, "paper")
        pen.rect(left + 0.2 + x, y + 0.13, right + x, y + 0.16, "paper-")


@element("basket", places=("kitchen", "farm"), size=0.26)
def _basket(pen: Pen) -> None:
    _bow(pen, 0.03 * pen.sway, 0.12, 0.78, 0.66, 180, 360, "wood")
    pen.poly([(-0.86, 0.12), (0.86, 0.12), (0.64, 0.95), (-0.64, 0.95)], "sand-")
    for row in range(3):  # wicker
        for k in range(4):
            x, y = -0.66 + 0.36 * k + (0.18 if row % 2 else 0.0), 0.32 + 0.22 * row
            pen.rect(x, y, min(x + 0.22, 0.7 - 0.07 * row), y + 0.13, "wood", round=0.05)
    pen.rect(-0.93, 0.02, 0.93, 0.24, "wood+", round=0.1)


@element("skillet", places=("kitchen",), anchor="wall", size=0.28, many=(1, 2))
def _skillet(pen: Pen) -> None:
    with pen.at(0, -0.85, angle=8 * pen.sway):
        _bow(pen, 0, 0.02, 0.12, 0.05, 0, 360, "ink")
        pen.rect(-0.08, 0.1, 0.08, 0.8, "wood", round=0.06)
        pen.rect(-0.06, 0.62, 0.06, 0.9, "ink")
        pen.circle(0, 1.25, 0.55, "ink")
        pen.circle(0, 1.25, 0.43, "ink+")
        _bow(pen, 0, 1.25, 0.36, 0.28, 190, 260, "metal+")


@element("ladle", places=("kitchen",), anchor="wall", size=0.26, many=(1, 3))
def _ladle(pen: Pen) -> None:
    with pen.at(0, -0.82, angle=10 * pen.sway):
        _bow(pen, 0.1, 0.02, 0.15, 0.07, 180, 400, "metal")
        pen.rect(-0.06, 0.0, 0.05, 1.3, "metal", round=0.05)
        pen.pie(0.2, 1.22, 0.46, 0.54, 0, 180, "metal-")
        pen.ellipse(0.2, 1.22, 0.46, 0.13, "metal+")
        pen.ellipse(0.2, 1.24, 0.34, 0.07, "ink+")


@element("towel", places=("kitchen",), anchor="wall", size=0.26)
def _towel(pen: Pen) -> None:
    w = 0.06 * pen.sway
    pen.rect(-0.8, -0.92, 0.8, -0.78, "wood", round=0.06)
    pen.poly([(-0.55, -0.86), (0.55, -0.86), (0.58 + w, 0.92), (-0.52 + w, 0.92)], "paper")
    pen.poly([(0.2, -0.86), (0.55, -0.86), (0.58 + w, 0.92), (0.28 + w, 0.92)], "paper-")
    for y in (0.2, 0.44, 0.68):
        a, b = w * (y + 0.86) / 1.78, w * (y + 1.0) / 1.78
        pen.poly([(-0.54 + a, y), (0.57 + a, y), (0.57 + b, y + 0.13), (-0.53 + b, y + 0.13)], "crimson")


# -- stage ------------------------------------------------------------------------------------------------------------
@element("spotlight", places=("stage",), anchor="wall", size=0.32, many=(1, 3))
def _spotlight(pen: Pen) -> None:
    pen.rect(0.16, -0.95, 0.76, -0.84, "metal", round=0.04)
    pen.rect(0.41, -0.88, 0.51, -0.5, "metal-")
    with pen.at(0.46, -0.5, angle=26 + 12 * pen.sway):
        pen.poly([(-0.2, 0.28), (0.2, 0.28), (0.58, 1.4), (-0.58, 1.4)], "gold+")
        pen.poly([(-0.12, 0.28), (0.12, 0.28), (0.3, 1.4), (-0.3, 1.4)], "cream")
        pen.rect(-0.22, -0.3, 0.22, 0.24, "ink", round=0.1)
        pen.poly([(-0.22, 0.14), (0.22, 0.14), (0.34, 0.36), (-0.34, 0.36)], "ink+")
        pen.rect(-0.14, -0.2, -0.06, 0.08, "metal", round=0.03)


@element("microphone", places=("stage",), size=0.36)
def _microphone(pen: Pen) -> None:
    pen.ellipse(0, 0.87, 0.42, 0.08, "ink")
    pen.rect(-0.05, -0.3, 0.05, 0.88, "metal")
    with pen.at(0, -0.3, angle=24 + 10 * pen.sway):
        pen.poly([(-0.12, -0.26), (0.12, -0.26), (0.07, 0.2), (-0.07, 0.2)], "ink")
        pen.circle(0, -0.4, 0.25, "metal")
        pen.rect(-0.27, -0.3, 0.27, -0.22, "gold", round=0.03)
        pen.ellipse(-0.07, -0.5, 0.09, 0.07, "paper")


@element("loudspeaker", places=("stage",), size=0.34, many=(1, 2))
def _loudspeaker(pen: Pen) -> None:
    pen.rect(-0.58, -0.95, 0.58, 0.95, "ink", round=0.08)
    pen.rect(-0.5, -0.87, 0.5, 0.87, "ink+", round=0.06)
    beat = 1 + 0.08 * pen.sway
    for y, r in ((-0.5, 0.24), (0.32, 0.43)):
        pen.circle(0, y, r, "metal")
        pen.circle(0, y, r * 0.8 * beat, "ink")
        pen.circle(0, y, r * 0.36 * beat, "gold")


@element("garland", places=("stage", "parlor"), anchor="wall", size=0.4, many=(1, 2))
def _garland(pen: Pen) -> None:
    sag = 0.42 + 0.08 * pen.sway

    def y(x: float) -> float:
        return -0.3 + sag * (1 - x * x)

    rope = [(-0.97 + 0.194 * i, y(-0.97 + 0.194 * i)) for i in range(11)]
    for k, ink in enumerate(("crimson", "gold", "leaf", "water", "violet", "amber")):
        a, b = -0.9 + 0.3 * k + 0.02, -0.9 + 0.3 * k + 0.28
        mid = (a + b) / 2
        pen.poly([(a, y(a)), (b, y(b)), (mid - 0.1 * mid, y(mid) + 0.42)], ink)
    pen.poly([(px, py - 0.03) for px, py in rope] + [(px, py + 0.03) for px, py in rope[::-1]], "ink")


@element("mask", places=("stage",), anchor="wall", size=0.26, many=(1, 2))
def _mask(pen: Pen) -> None:
    with pen.at(angle=7 * pen.sway):
        pen.curve(
            [
                (-0.8, -0.72),
                (0.0, -0.58),
                (0.8, -0.72),
                (0.8, 0.0),
                (0.5, 0.66),
                (0.0, 0.94),
                (-0.5, 0.66),
                (-0.8, 0.0),
            ],
            "gold",
        )
        pen.curve([(0.4, -0.62), (0.8, -0.72), (0.8, 0.0), (0.5, 0.66), (0.2, 0.86), (0.5, 0.2)], "gold-")
        for x in (-0.36, 0.36):
            pen.pie(x, -0.06, 0.2, 0.24, 180, 360, "ink")
        pen.pie(0, 0.24, 0.46, 0.42, 0, 180, "ink")
        pen.pie(0, 0.36, 0.24, 0.26, 10, 170, "crimson")


# -- snow -------------------------------------------------------------------------------------------------------------
@element("snowflake", places=("snow", "mountain"), anchor="air", size=0.13, many=(3, 7))
def _snowflake(pen: Pen) -> None:
    for k in range(6):
        with pen.at(angle=60 * k + 12 * pen.sway):
            _bar(pen, (0, 0), (0, -0.95), 0.15, "paper")
            pen.poly([(0, -0.4), (0.36, -0.8), (0.26, -0.9), (0, -0.62), (-0.26, -0.9), (-0.36, -0.8)], "paper")
    pen.star(0, 0, 0.34, 0.29, 6, "glass")


@element("snowman", plural="snowmen", places=("snow",), size=0.38)
def _snowman(pen: Pen) -> None:
    x = 0.05 * pen.sway
    _bar(pen, (0.3, 0.0), (0.86, -0.3 - 0.16 * pen.sway), 0.07, "cocoa")
    _bar(pen, (-0.3, 0.0), (-0.86, -0.22 + 0.16 * pen.sway), 0.07, "cocoa")
    pen.ellipse(0, 0.53, 0.54, 0.42, "paper")
    pen.ellipse(0.16, 0.62, 0.3, 0.28, "paper-")
    pen.circle(x, 0.0, 0.38, "paper")
    pen.circle(x * 2, -0.52, 0.36, "paper")
    pen.rect(-0.34 + x, -0.3, 0.34 + x, -0.16, "crimson", round=0.06)
    pen.rect(0.12 + x, -0.24, 0.27 + x, 0.14, "crimson-", round=0.04)
    for y in (0.06, 0.42, 0.64):
        pen.circle(-0.06 if y > 0.2 else x - 0.06, y, 0.06, "ink")
    for side in (-0.14, 0.12):
        pen.circle(side + x * 2, -0.6, 0.06, "ink")
    pen.poly([(x * 2 - 0.02, -0.54), (x * 2 - 0.02, -0.4), (x * 2 - 0.42, -0.44)], "amber")
    for k in (-1, 0, 1):  # twig hair
        _bar(pen, (x * 2, -0.82), (x * 2 + 0.13 * k, -0.97), 0.05, "cocoa")


@element("sled", places=("snow",), size=0.28)
def _sled(pen: Pen) -> None:
    with pen.at(0, 0, angle=2 * pen.sway):
        pen.ribbon(
            [(0.86, 0.87), (0.0, 0.87), (-0.55, 0.85), (-0.86, 0.6), (-0.8, 0.28), (-0.58, 0.26)], 0.12, "crimson"
        )
        for px in (-0.4, 0.1, 0.6):
            pen.rect(px, 0.5, px + 0.1, 0.86, "wood-")
    pen.rect(-0.62, 0.36, 0.92, 0.54, "amber", round=0.07)
    pen.rect(-0.5, 0.42, 0.8, 0.46, "amber-")
    pen.ribbon([(-0.66, 0.32), (-0.9, 0.1), (-0.76, -0.2 + 0.1 * pen.sway)], 0.05, "ink")


@element("igloo", places=("snow",), size=0.38)
def _igloo(pen: Pen) -> None:
    pen.pie(-0.1, 0.95, 0.85, 1.2, 180, 360, "glass+")
    for y, left, right in ((0.6, -0.9, 0.7), (0.24, -0.78, 0.58), (-0.08, -0.52, 0.32)):
        pen.rect(left, y, right, y + 0.05, "glass-")
    for x, y in ((-0.5, 0.64), (-0.62, 0.28), (-0.2, 0.28), (0.2, 0.28), (-0.34, -0.04), (0.1, -0.04)):
        pen.rect(x, y, x + 0.05, y + 0.32, "glass-")
    pen.pie(0.5, 0.95, 0.45, 0.62, 180, 360, "paper")
    pen.pie(0.54, 0.95, 0.28, 0.42, 180, 360, "ink+")

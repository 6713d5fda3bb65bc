"""The places of Diorama: layered paper-theatre backdrops, drawn in the square [0, 1] x [0, 1]."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ood_studio.diorama.palette import PLACE_MATERIALS, Rgb
from ood_studio.diorama.pen import Drawing, Pen

LOW, HIGH = -0.05, 1.05  # backdrops reach a little over the edges of the picture
VARIANTS = 8
Draw = Callable[[Pen, random.Random], None]
Gradient = tuple[Rgb, Rgb]


@dataclass(frozen=True)
class Place:
    """One backdrop.

    Attributes:
        name: an ordinary WordNet noun.
        where: the phrase for captions, with its preposition.
        indoor: whether it is a room.
        ground: y of the line where standing things put their feet.
        horizon: y where the ground meets the wall or the sky; small things stand between it and 0.97.
        colours: the colours of each place material at the top and at the bottom edge of the picture.
        draw: draws the whole backdrop; the random numbers vary its layout.
    """

    name: str
    where: str
    indoor: bool
    ground: float
    horizon: float
    colours: dict[str, Gradient]
    draw: Draw

    def drawing(self, variant: int) -> Drawing:
        """One of the ``VARIANTS`` layouts of the backdrop; larger numbers wrap around."""
        return _drawing(self.name, variant % VARIANTS)


PLACES: dict[str, Place] = {}


def place(
    name: str, where: str, *, feet: float = 0.82, horizon: float, indoor: bool = False, **colours: Gradient
) -> Callable[[Draw], Draw]:
    """Registers a drawing function ``(pen, random numbers) -> None`` as a place; ``feet`` is its ground line."""

    def register(draw: Draw) -> Draw:
        if name in PLACES:
            raise ValueError(f"two places are named {name!r}")
        if set(colours) != set(PLACE_MATERIALS):
            raise ValueError(f"the place {name!r} must colour exactly {', '.join(PLACE_MATERIALS)}")
        PLACES[name] = Place(name, where, indoor, feet, horizon, colours, draw)
        return draw

    return register


@lru_cache(maxsize=256)
def _drawing(name: str, variant: int) -> Drawing:
    pen = Pen()
    PLACES[name].draw(pen, random.Random(f"{name}/{variant}"))
    return pen.finish()


# -- building blocks ------------------------------------------------------------------------------------------------
def _fill(pen: Pen, ink: str, top: float = LOW, bottom: float = HIGH) -> None:
    """A band over the whole width."""
    pen.rect(LOW, top, HIGH, bottom, ink)


def _profile(pen: Pen, x: np.ndarray, y: np.ndarray, ink: str, bottom: float = HIGH) -> None:
    """Everything below the line through (x, y), as one polygon."""
    pen.poly([*zip(x.tolist(), y.tolist(), strict=True), (float(x[-1]), bottom), (float(x[0]), bottom)], ink)


def _hill(pen: Pen, rng: random.Random, y: float, swell: float, ink: str, waves: float = 1.2) -> None:
    """Rolling ground about the line ``y``, at most ``swell`` above or below it."""
    x = np.linspace(LOW, HIGH, 60)
    a, b = rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi)
    wave = 0.7 * np.sin(2 * math.pi * waves * x + a) + 0.3 * np.sin(4.6 * math.pi * waves * x + b)
    _profile(pen, x, y - swell * wave, ink)


def _trees(pen: Pen, rng: random.Random, y: float, height: float, ink: str, count: int, pointed: bool = False) -> None:
    """A far-away edge of a forest: round crowns or pointed firs, ``height`` above the line ``y``."""
    x = np.linspace(LOW, HIGH, 331)
    tops = np.zeros_like(x)
    for i in range(count):
        middle = LOW + (i + rng.uniform(0.2, 0.8)) * (HIGH - LOW) / count
        tall = height * rng.uniform(0.6, 1.0)
        half = tall * 0.36 if pointed else 0.72 * (HIGH - LOW) / count
        away = np.abs(x - middle) / half
        crown = np.clip(1 - away, 0, 1) if pointed else np.sqrt(np.clip(1 - away**2, 0, 1)) * 0.6 + 0.4 * (away < 1)
        tops = np.maximum(tops, tall * crown)
    _profile(pen, x, y - tops, ink)


def _cloud(pen: Pen, rng: random.Random, x: float, y: float, width: float, ink: str) -> None:
    """A cloud with a flat base at ``y``, of four puffs in one polygon."""
    left, right = x - width / 2, x + width / 2
    xs = np.linspace(left, right, 90)
    tops = np.zeros_like(xs)
    for share, size in ((0.17, 0.16), (0.4, 0.24), (0.64, 0.2), (0.85, 0.14)):
        r = width * size * rng.uniform(0.85, 1.05)
        middle = min(max(left + width * share, left + r), right - r)
        tops = np.maximum(tops, np.sqrt(np.clip(r * r - (xs - middle) ** 2, 0, None)))
    _profile(pen, xs, y - tops, ink, bottom=y)


def _bank(pen: Pen, rng: random.Random, y: float, puff: float, ink: str, bottom: float = HIGH) -> None:
    """A bank of clouds over the whole width."""
    x = np.linspace(LOW, HIGH, 260)
    tops = np.zeros_like(x)
    middle = LOW
    while middle < HIGH + puff:
        r = puff * rng.uniform(0.55, 1.0)
        tops = np.maximum(tops, np.sqrt(np.clip(r * r - (x - middle) ** 2, 0, None)))
        middle += r * 1.15
    _profile(pen, x, y - tops, ink, bottom)


def _ridge(
    pen: Pen, rng: random.Random, y: float, height: float, peaks: int, ink: str, cap: str = "", side: str = ""
) -> None:
    """A chain of mountains on the line ``y``; right sides shaded and tips snowy if these inks are given."""
    step = (HIGH - LOW) / peaks
    outline, tips = [(LOW, y - 0.3 * height)], []
    for i in range(peaks):
        x = LOW + (i + rng.uniform(0.35, 0.65)) * step
        tips.append((x, y - height * rng.uniform(0.65, 1.0)))
        outline += [tips[-1], (LOW + (i + 1) * step, y - height * rng.uniform(0.15, 0.4))]
    pen.poly([*outline, (HIGH, HIGH), (LOW, HIGH)], ink)
    for i, (x, top) in enumerate(tips):
        (lx, ly), (rx, ry) = outline[2 * i], outline[2 * i + 2]
        if side:
            pen.poly([(x, top), (rx, ry), (rx - 0.3 * step, y + 0.02), (x - 0.08 * step, y - 0.4 * (y - top))], side)
        if cap:
            depth = 0.34 * (y - top)
            a, b = depth / (ly - top) * (lx - x), depth / (ry - top) * (rx - x)
            low = top + depth
            zigzag = [(x + 0.5 * b, low - 0.1 * depth), (x + 0.2 * b, low + 0.3 * depth)]
            zigzag += [(x + 0.2 * a, low - 0.25 * depth), (x + 0.6 * a, low + 0.25 * depth)]
            pen.poly([(x, top), (x + b, low), *zigzag, (x + a, low)], cap)


def _dashes(
    pen: Pen, rng: random.Random, top: float, bottom: float, count: int, ink: str, length: float = 0.14
) -> None:
    """Flat lens-shaped ripples on sand, snow or water, scattered in rows."""
    for i in range(count):
        y = top + (i + 0.5) * (bottom - top) / count
        x, half = rng.uniform(0.05, 0.95), length * rng.uniform(0.6, 1.0) / 2
        pen.ellipse(x, y, half, 0.0055, ink)


# -- outdoors -------------------------------------------------------------------------------------------------------
@place(
    "sea",
    "in the sea",
    horizon=0.76,
    sky=((96, 206, 214), (18, 72, 132)),
    far=((40, 130, 172), (18, 82, 132)),
    ground=((244, 228, 180), (230, 204, 150)),
    detail=((20, 110, 130), (22, 104, 112)),
    detail2=((190, 240, 238), (130, 200, 214)),
    detail3=((226, 120, 130), (176, 92, 128)),
)
def _sea(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    # light falls in from the rippled surface
    lean, x = rng.uniform(-0.25, 0.25), rng.uniform(0.0, 0.12)
    while x < 1.0:
        wide = rng.uniform(0.04, 0.1)
        pen.poly([(x, LOW), (x + wide, LOW), (x + 2.2 * wide + lean, 0.7), (x - 0.7 * wide + lean, 0.7)], "sky+")
        x += rng.uniform(0.24, 0.32)
    _bank(pen, rng, 0.7, 0.14, "far+")
    _trees(pen, rng, 0.76, 0.15, "far", 5)
    # kelp far away, at the edges only
    for x in (rng.uniform(0.03, 0.08), rng.uniform(0.12, 0.17), rng.uniform(0.9, 0.97)):
        tall, bend = rng.uniform(0.2, 0.36), rng.uniform(-0.03, 0.03)
        stem = [(x - 0.018, 0.82), (x - 0.03 + bend, 0.8 - 0.4 * tall), (x - 0.01 - bend, 0.8 - 0.75 * tall)]
        pen.curve([*stem, (x + bend, 0.8 - tall), (x + 0.03 - bend, 0.8 - 0.7 * tall), (x + 0.02, 0.82)], "detail")
    for x in (rng.uniform(0.2, 0.4), rng.uniform(0.6, 0.85)):
        pen.circle(x, rng.uniform(0.15, 0.5), 0.012, "detail2")
        pen.circle(x + 0.025, rng.uniform(0.1, 0.5), 0.008, "detail2")
    _hill(pen, rng, 0.765, 0.02, "ground-")
    _hill(pen, rng, 0.8, 0.015, "ground")
    _dashes(pen, rng, 0.84, 0.99, 5, "ground+", 0.22)


@place(
    "beach",
    "at the beach",
    horizon=0.66,
    sky=((120, 200, 236), (255, 240, 214)),
    far=((150, 190, 200), (120, 180, 170)),
    ground=((255, 232, 178), (240, 204, 136)),
    detail=((30, 150, 190), (70, 196, 196)),
    detail2=((255, 255, 250), (250, 250, 244)),
    detail3=((255, 224, 110), (255, 214, 120)),
)
def _beach(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(
        rng.choice((rng.uniform(0.12, 0.28), rng.uniform(0.72, 0.88))), rng.uniform(0.12, 0.22), 0.075, "detail3"
    )
    for _ in range(2):
        _cloud(pen, rng, rng.uniform(0.1, 0.9), rng.uniform(0.16, 0.36), rng.uniform(0.2, 0.3), "detail2")
    # a headland, and the sea in three bands with foam
    x = rng.choice((0.0, 1.0))
    pen.curve([(x - 0.36, 0.5), (x - 0.16, 0.42), (x + 0.1, 0.4), (x + 0.36, 0.5), (x, 0.53)], "far")
    _fill(pen, "detail-", top=0.49)
    _fill(pen, "detail", top=0.54)
    _dashes(pen, rng, 0.5, 0.6, 4, "detail+", 0.2)
    _hill(pen, rng, 0.64, 0.016, "detail+", 1.4)
    shore = rng.random()  # the same line for foam, wet and dry sand
    _hill(pen, random.Random(shore), 0.67, 0.02, "detail2", 1.0)
    _hill(pen, random.Random(shore), 0.69, 0.022, "ground-", 1.0)
    _hill(pen, random.Random(shore), 0.725, 0.026, "ground", 1.0)
    _dashes(pen, rng, 0.79, 0.99, 5, "ground-", 0.12)
    for _ in range(3):
        pen.ellipse(rng.uniform(0.05, 0.95), rng.uniform(0.8, 0.97), 0.014, 0.009, "detail2")


@place(
    "pond",
    "by the pond",
    horizon=0.76,
    sky=((250, 214, 190), (255, 246, 214)),
    far=((126, 176, 150), (74, 140, 110)),
    ground=((150, 200, 110), (104, 168, 84)),
    detail=((120, 200, 216), (60, 150, 186)),
    detail2=((70, 130, 80), (66, 138, 76)),
    detail3=((255, 200, 216), (246, 150, 180)),
)
def _pond(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    _cloud(pen, rng, rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.22), 0.3, "sky+")
    _trees(pen, rng, 0.44, 0.2, "far+", 7)
    _trees(pen, rng, 0.46, 0.11, "far", 10)
    _fill(pen, "ground+", top=0.46)
    # the water, with the light of the sky, ripples and lily pads
    shift = rng.uniform(-0.06, 0.06)
    shore = [(-0.15, 0.62), (0.1, 0.53), (0.5, 0.5), (0.9, 0.53), (1.15, 0.62), (0.95, 0.76), (0.5, 0.8), (0.05, 0.76)]
    pen.curve([(x + shift, y - 0.012) for x, y in shore], "ground-")
    pen.curve([(x + shift, y) for x, y in shore], "detail")
    pen.ellipse(0.5 + shift, 0.57, 0.4, 0.035, "detail+")
    _dashes(pen, rng, 0.62, 0.75, 4, "detail+", 0.18)
    for x, y in ((rng.uniform(0.08, 0.2), 0.66), (rng.uniform(0.24, 0.34), 0.7), (rng.uniform(0.78, 0.92), 0.665)):
        pen.pie(x, y, 0.06, 0.018, -20, 310, "detail2+")
    x = rng.uniform(0.8, 0.9)
    pen.star(x, 0.648, 0.022, 0.012, 6, "detail3")
    # reeds at one side, then the near bank
    left = rng.random() < 0.5
    for i in range(5):
        x = (0.02 + 0.03 * i) if left else (0.98 - 0.03 * i)
        tall, lean = rng.uniform(0.16, 0.3), rng.uniform(-0.03, 0.03)
        pen.poly([(x - 0.009, 0.82), (x + lean, 0.8 - tall), (x + 0.009, 0.82)], "detail2")
    _hill(pen, rng, 0.785, 0.014, "ground", 0.8)
    _hill(pen, rng, 0.91, 0.02, "ground-", 0.9)


@place(
    "meadow",
    "in the meadow",
    horizon=0.66,
    sky=((128, 206, 244), (226, 246, 250)),
    far=((150, 206, 150), (120, 190, 120)),
    ground=((176, 220, 90), (110, 184, 62)),
    detail=((240, 110, 140), (236, 84, 120)),
    detail2=((255, 220, 80), (255, 206, 60)),
    detail3=((255, 255, 255), (255, 252, 246)),
)
def _meadow(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(rng.uniform(0.1, 0.9), rng.uniform(0.08, 0.16), 0.07, "detail2")
    for x in (rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9)):
        _cloud(pen, rng, x, rng.uniform(0.18, 0.34), rng.uniform(0.22, 0.34), "detail3")
    _hill(pen, rng, 0.52, 0.07, "far+", 0.8)
    _hill(pen, rng, 0.6, 0.05, "far", 0.9)
    _hill(pen, rng, 0.66, 0.035, "ground+", 0.8)
    _hill(pen, rng, 0.75, 0.025, "ground", 0.9)
    _hill(pen, rng, 0.93, 0.025, "ground-", 0.9)
    # flowers in loose rows, larger towards the front
    for i in range(14):
        y = 0.7 + 0.28 * (i / 14) + rng.uniform(-0.01, 0.01)
        x, r = rng.uniform(0.02, 0.98), 0.005 + 0.035 * (y - 0.68)
        pen.star(x, y, r * 1.25, r * 0.8, 5, ("detail", "detail2", "detail3")[i % 3], rng.uniform(0, 72))
        if i > 8:
            pen.circle(x, y, r * 0.35, "detail2-")


@place(
    "forest",
    "in the forest",
    horizon=0.72,
    sky=((214, 236, 190), (168, 214, 160)),
    far=((116, 168, 132), (92, 150, 116)),
    ground=((96, 116, 66), (70, 100, 56)),
    detail=((86, 66, 62), (70, 54, 52)),
    detail2=((34, 88, 66), (40, 96, 70)),
    detail3=((60, 118, 84), (56, 112, 78)),
)
def _forest(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.ellipse(rng.uniform(0.4, 0.6), 0.45, 0.3, 0.4, "sky+")

    def trunk(x: float, half: float, foot: float, ink: str) -> None:
        pen.poly(
            [
                (x - half, LOW),
                (x + half, LOW),
                (x + half, foot - 0.06),
                (x + 2 * half, foot),
                (x - 2 * half, foot),
                (x - half, foot - 0.06),
            ],
            ink,
        )

    for i in range(8):  # three rows of trunks, dark towards the front and the sides
        trunk((i + rng.uniform(0.2, 0.8)) / 8, rng.uniform(0.01, 0.016), 0.72, "far+")
    for i in range(5):
        trunk((i + rng.uniform(0.25, 0.75)) / 5, rng.uniform(0.018, 0.026), 0.74, "far")
    _bank(pen, rng, 0.7, 0.07, "detail3+")
    _hill(pen, rng, 0.73, 0.015, "ground+")
    for x in (rng.uniform(-0.01, 0.05), rng.uniform(0.13, 0.19), rng.uniform(0.83, 0.88), rng.uniform(0.95, 1.01)):
        trunk(x, rng.uniform(0.026, 0.036), 0.79, "detail")
    _hill(pen, rng, 0.79, 0.012, "ground")
    # the roof of leaves, hanging down
    with pen.at(0.0, 0.0, (1.0, -1.0)):
        _bank(pen, rng, -0.17, 0.1, "detail3", bottom=0.1)
        _bank(pen, rng, -0.08, 0.09, "detail2", bottom=0.1)
    _hill(pen, rng, 0.93, 0.02, "ground-", 0.9)
    _dashes(pen, rng, 0.81, 0.91, 4, "ground+", 0.1)


@place(
    "farm",
    "on the farm",
    horizon=0.56,
    sky=((250, 196, 130), (255, 246, 214)),
    far=((140, 160, 120), (110, 140, 96)),
    ground=((226, 190, 96), (206, 158, 72)),
    detail=((140, 100, 70), (128, 86, 58)),
    detail2=((176, 184, 92), (160, 168, 74)),
    detail3=((255, 236, 170), (255, 226, 150)),
)
def _farm(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(rng.uniform(0.2, 0.8), 0.4, 0.11, "detail3")
    _cloud(pen, rng, rng.uniform(0.1, 0.9), rng.uniform(0.14, 0.24), 0.34, "sky+")
    _hill(pen, rng, 0.47, 0.04, "far+", 0.8)
    _trees(pen, rng, 0.53, 0.05, "far", 14)
    _fill(pen, "detail2-", top=0.52)
    # a ploughed field, its furrows running to one point far away
    aim, top = rng.uniform(0.3, 0.7), 0.56
    _fill(pen, "ground", top=top)
    for i in range(-6, 7, 2):
        near, far = aim + 0.3 * i, aim + 0.062 * i
        pen.poly([(far, top), (far + 0.03, top), (near + 0.145, HIGH), (near, HIGH)], "detail2")
    # the fence between field and green
    for y in (0.515, 0.547):
        _fill(pen, "detail", top=y, bottom=y + 0.011)
    start = rng.uniform(0.0, 0.12)
    for i in range(8):
        x = start + 0.13 * i
        pen.rect(x - 0.009, 0.495, x + 0.009, 0.58, "detail", round=0.006)


@place(
    "desert",
    "in the desert",
    horizon=0.66,
    sky=((242, 132, 88), (255, 226, 150)),
    far=((206, 96, 84), (190, 90, 80)),
    ground=((250, 196, 116), (232, 150, 74)),
    detail=((255, 244, 200), (255, 236, 180)),
    detail2=((176, 84, 88), (160, 76, 84)),
    detail3=((150, 96, 96), (150, 90, 80)),
)
def _desert(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(x := rng.uniform(0.25, 0.75), y := rng.uniform(0.24, 0.34), 0.15, "sky+")
    pen.circle(x, y, 0.105, "detail")
    # table mountains in the distance, with a layer of darker rock
    for x, wide, tall in (
        (rng.uniform(0.0, 0.16), rng.uniform(0.13, 0.18), rng.uniform(0.16, 0.24)),
        (rng.uniform(0.34, 0.6), rng.uniform(0.05, 0.08), rng.uniform(0.07, 0.12)),
        (rng.uniform(0.82, 0.96), rng.uniform(0.12, 0.2), rng.uniform(0.12, 0.2)),
    ):
        top = 0.58 - tall
        pen.poly(
            [
                (x - wide * 0.75, top),
                (x + wide * 0.75, top),
                (x + wide * 0.85, 0.5),
                (x + 1.4 * wide, 0.62),
                (x - 1.4 * wide, 0.62),
                (x - wide * 0.85, 0.5),
            ],
            "far",
        )
        pen.rect(x - wide * 0.78, top + 0.25 * tall, x + wide * 0.78, top + 0.38 * tall, "detail2")
    # dunes
    _hill(pen, rng, 0.61, 0.03, "ground-", 0.9)
    _hill(pen, rng, 0.66, 0.035, "ground", 0.8)
    _hill(pen, rng, 0.75, 0.03, "ground+", 0.8)
    _hill(pen, rng, 0.9, 0.03, "ground", 0.7)
    _dashes(pen, rng, 0.78, 0.88, 3, "ground", 0.26)
    for _ in range(3):
        pen.ellipse(rng.uniform(0.05, 0.95), rng.uniform(0.8, 0.97), 0.016, 0.01, "detail3")


@place(
    "mountain",
    "in the mountains",
    horizon=0.7,
    sky=((104, 158, 224), (236, 226, 240)),
    far=((124, 132, 190), (104, 124, 168)),
    ground=((140, 176, 130), (104, 142, 104)),
    detail=((252, 252, 255), (236, 240, 250)),
    detail2=((48, 96, 100), (54, 104, 96)),
    detail3=((160, 158, 170), (140, 138, 152)),
)
def _mountain(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    _ridge(pen, rng, 0.6, 0.36, 4, "far+")
    _ridge(pen, rng, 0.68, 0.52, rng.choice((2, 3)), "far", cap="detail", side="far-")
    _cloud(pen, rng, rng.uniform(0.15, 0.85), rng.uniform(0.4, 0.5), 0.28, "sky+")
    _trees(pen, rng, 0.67, 0.13, "detail2+", 15, pointed=True)
    _trees(pen, rng, 0.7, 0.1, "detail2", 19, pointed=True)
    _hill(pen, rng, 0.705, 0.015, "ground+", 0.9)
    _hill(pen, rng, 0.77, 0.02, "ground", 0.8)
    for _ in range(4):  # boulders at the sides
        x, y, r = (
            rng.choice((rng.uniform(0.0, 0.16), rng.uniform(0.84, 1.0))),
            rng.uniform(0.76, 0.97),
            rng.uniform(0.02, 0.04),
        )
        pen.poly([(x - r, y), (x - 0.7 * r, y - 0.7 * r), (x + 0.1 * r, y - r), (x + r, y)], "detail3")
        pen.poly([(x, y), (x + 0.1 * r, y - r), (x + r, y)], "detail3-")
    _hill(pen, rng, 0.95, 0.02, "ground-", 0.9)


@place(
    "street",
    "in the street",
    horizon=0.68,
    sky=((160, 190, 226), (250, 222, 204)),
    far=((170, 172, 204), (196, 180, 200)),
    ground=((108, 108, 124), (90, 90, 108)),
    detail=((120, 122, 160), (128, 118, 150)),
    detail2=((255, 232, 160), (255, 222, 140)),
    detail3=((216, 208, 204), (198, 190, 190)),
)
def _street(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")

    def row(base: float, low: float, high: float, wide: float, ink: str) -> list[tuple[float, float, float]]:
        """Flat-roofed blocks of a skyline in one polygon; their (left, right, top)."""
        blocks, x = [], LOW - rng.uniform(0.0, 0.05)
        while x < HIGH:
            right = x + wide * rng.uniform(0.75, 1.2)
            blocks.append((x, right, base - rng.uniform(low, high)))
            x = right
        pen.poly([p for a, b, top in blocks for p in ((a, top), (b, top))] + [(x, base), (LOW - 0.05, base)], ink)
        return blocks

    row(0.7, 0.38, 0.56, 0.13, "far+")
    blocks = row(0.7, 0.2, 0.4, 0.24, "far")
    # a few rows of windows, as bands with dark posts between them
    for a, b, top in blocks:
        for y in np.arange(top + 0.05, 0.6, 0.085)[:3]:
            pen.rect(a + 0.035, y, b - 0.035, y + 0.036, "detail2" if rng.random() < 0.45 else "detail")
        for share in (0.36, 0.64):
            x = a + share * (b - a)
            pen.rect(x - 0.008, top + 0.03, x + 0.008, 0.7, "far")
    # pavement, kerb, road with dashes
    _fill(pen, "detail3", top=0.68)
    _fill(pen, "detail3-", top=0.745)
    _fill(pen, "ground", top=0.765)
    start = rng.uniform(-0.2, 0.0)
    for i in range(4):
        x = start + 0.36 * i
        pen.poly([(x + 0.01, 0.893), (x + 0.18, 0.893), (x + 0.175, 0.917), (x, 0.917)], "detail3+")


@place(
    "sky",
    "in the sky",
    feet=0.7,
    horizon=1.0,
    sky=((62, 130, 222), (200, 226, 250)),
    far=((140, 190, 240), (190, 216, 248)),
    ground=((255, 255, 255), (255, 244, 246)),
    detail=((236, 244, 255), (244, 244, 255)),
    detail2=((255, 226, 220), (255, 214, 216)),
    detail3=((255, 240, 190), (255, 236, 180)),
)
def _sky(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(x := rng.uniform(0.15, 0.85), y := rng.uniform(0.1, 0.2), 0.13, "sky+")
    pen.circle(x, y, 0.085, "detail3")
    for _ in range(3):
        _cloud(pen, rng, rng.uniform(0.0, 1.0), rng.uniform(0.3, 0.62), rng.uniform(0.2, 0.34), "far")
    for x in (rng.uniform(0.0, 0.25), rng.uniform(0.75, 1.0)):
        _cloud(pen, rng, x, rng.uniform(0.22, 0.55), rng.uniform(0.22, 0.32), "detail")
    _bank(pen, rng, 0.84, 0.1, "far")
    _bank(pen, rng, 0.9, 0.1, "detail2")
    _bank(pen, rng, 0.97, 0.1, "ground")


@place(
    "snow",
    "in the snow",
    horizon=0.66,
    sky=((150, 170, 214), (232, 222, 240)),
    far=((176, 190, 222), (188, 200, 228)),
    ground=((252, 254, 255), (228, 236, 250)),
    detail=((255, 255, 255), (255, 255, 255)),
    detail2=((86, 128, 150), (90, 136, 154)),
    detail3=((255, 232, 214), (255, 228, 206)),
)
def _snow(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    pen.circle(rng.uniform(0.15, 0.85), rng.uniform(0.16, 0.28), 0.08, "detail3")
    _hill(pen, rng, 0.5, 0.07, "far", 0.9)
    _trees(pen, rng, 0.57, 0.12, "far-", 13, pointed=True)
    _hill(pen, rng, 0.58, 0.03, "ground-", 0.9)
    # firs at both sides, laden with snow
    for x in (rng.uniform(0.0, 0.08), rng.uniform(0.15, 0.24), rng.uniform(0.78, 0.86), rng.uniform(0.92, 1.0)):
        foot, tall = rng.uniform(0.66, 0.7), rng.uniform(0.2, 0.32)
        half = 0.3 * tall
        pen.poly([(x - half, foot), (x, foot - tall), (x + half, foot)], "detail2")
        pen.poly(
            [
                (x - 0.5 * half, foot - 0.5 * tall),
                (x, foot - tall),
                (x + 0.5 * half, foot - 0.5 * tall),
                (x + 0.22 * half, foot - 0.56 * tall),
                (x, foot - 0.44 * tall),
                (x - 0.25 * half, foot - 0.56 * tall),
            ],
            "detail",
        )
    _hill(pen, rng, 0.68, 0.03, "ground", 0.8)
    _hill(pen, rng, 0.8, 0.02, "ground+", 0.8)
    _hill(pen, rng, 0.93, 0.025, "ground", 0.8)
    _dashes(pen, rng, 0.74, 0.97, 4, "ground-", 0.16)
    for i in range(16):
        pen.circle(rng.uniform(0.02, 0.98), (i + 0.5) / 16 * 0.8, rng.choice((0.006, 0.009, 0.012)), "detail")


# -- indoors --------------------------------------------------------------------------------------------------------
def _window(pen: Pen, x: float, y: float, wide: float, tall: float, pane: str, frame: str) -> None:
    """A cross-barred window about (x, y), with a sill."""
    w, h, bar = wide / 2, tall / 2, 0.014
    pen.rect(x - w - bar, y - h - bar, x + w + bar, y + h + bar, frame, round=0.012)
    pen.rect(x - w, y - h, x + w, y + h, pane)
    pen.poly([(x - w, y + 0.3 * h), (x - w, y - 0.4 * h), (x - 0.2 * w, y - h), (x + 0.5 * w, y - h)], pane + "+")
    pen.rect(x - bar / 2, y - h, x + bar / 2, y + h, frame)
    pen.rect(x - w, y - bar / 2, x + w, y + bar / 2, frame)
    pen.rect(x - w - 0.035, y + h + 0.005, x + w + 0.035, y + h + 0.028, frame, round=0.008)


@place(
    "kitchen",
    "in the kitchen",
    horizon=0.7,
    indoor=True,
    sky=((178, 224, 208), (166, 212, 198)),
    far=((250, 250, 244), (240, 244, 236)),
    ground=((252, 232, 206), (250, 222, 190)),
    detail=((232, 124, 96), (214, 108, 88)),
    detail2=((170, 216, 246), (186, 224, 246)),
    detail3=((255, 255, 252), (250, 250, 246)),
)
def _kitchen(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    # white tiles on the lower wall
    _fill(pen, "far", top=0.4)
    shift = rng.uniform(0.0, 0.11)
    for y in (0.5, 0.6):
        _fill(pen, "sky+", top=y - 0.004, bottom=y + 0.004)
    for i in range(10):
        x = shift + 0.11 * i - 0.06
        pen.rect(x - 0.004, 0.4, x + 0.004, 0.7, "sky+")
    _fill(pen, "detail", top=0.385, bottom=0.41)
    left = rng.random() < 0.5
    _window(pen, rng.uniform(0.2, 0.28) if left else rng.uniform(0.72, 0.8), 0.19, 0.24, 0.24, "detail2", "detail3")
    # a cupboard on the wall at the other side
    x = rng.uniform(0.68, 0.74) if left else rng.uniform(0.26, 0.32)
    pen.rect(x - 0.21, LOW, x + 0.21, 0.26, "detail+", round=0.01)
    for side in (-1, 1):
        pen.rect(x + side * 0.105 - 0.085, LOW, x + side * 0.105 + 0.085, 0.235, "detail", round=0.012)
        pen.circle(x + side * 0.045, 0.19, 0.013, "detail3")
    # a chequered floor, in perspective
    _fill(pen, "ground", top=0.7)
    rows = (0.7, 0.75, 0.825, 0.93, 1.06)
    for r in range(4):
        for c in range(-3, 4):
            if (r + c) % 2:
                spread = [(0.8 + 2.2 * (y - 0.7)) * 0.24 for y in rows[r : r + 2]]
                a, b, c1, d = (0.5 + (c + k) * s for s in spread for k in (-0.5, 0.5))
                pen.poly([(a, rows[r]), (b, rows[r]), (d, rows[r + 1]), (c1, rows[r + 1])], "sky")
    _fill(pen, "far-", top=0.69, bottom=0.705)


@place(
    "parlor",
    "in the parlor",
    horizon=0.7,
    indoor=True,
    sky=((120, 96, 140), (134, 104, 146)),
    far=((248, 238, 226), (240, 226, 214)),
    ground=((176, 120, 84), (158, 100, 70)),
    detail=((196, 84, 96), (180, 66, 84)),
    detail2=((255, 226, 160), (250, 214, 140)),
    detail3=((250, 206, 150), (246, 190, 130)),
)
def _parlor(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    shift = rng.uniform(0.0, 0.14)
    for i in range(8):  # striped wallpaper
        x = shift + 0.14 * i - 0.1
        pen.rect(x, LOW, x + 0.05, 0.56, "sky+")
    # panelled lower wall
    _fill(pen, "far", top=0.54)
    _fill(pen, "far-", top=0.54, bottom=0.558)
    for i in range(5):
        x = shift + 0.24 * i - 0.14
        pen.rect(x, 0.585, x + 0.18, 0.665, "far-", round=0.008)
    # the evening in a window between curtains, and a picture
    left = rng.random() < 0.5
    x = rng.uniform(0.24, 0.3) if left else rng.uniform(0.7, 0.76)
    _window(pen, x, 0.25, 0.26, 0.34, "detail3", "far")
    for side in (-1, 1):
        with pen.at(x, 0.0, (side, 1.0)):
            pen.curve(
                [
                    (0.04, 0.05),
                    (0.12, 0.04),
                    (0.22, 0.05),
                    (0.21, 0.28),
                    (0.23, 0.5),
                    (0.13, 0.5),
                    (0.14, 0.3),
                    (0.1, 0.16),
                ],
                "detail",
            )
    pen.rect(x - 0.25, 0.035, x + 0.25, 0.06, "detail2-", round=0.012)
    other = rng.uniform(0.68, 0.8) if left else rng.uniform(0.2, 0.32)
    pen.rect(other - 0.11, 0.14, other + 0.11, 0.38, "detail2", round=0.012)
    pen.rect(other - 0.08, 0.17, other + 0.08, 0.35, "far", round=0.006)
    pen.poly(
        [
            (other - 0.08, 0.35),
            (other - 0.08, 0.3),
            (other - 0.02, 0.24),
            (other + 0.03, 0.29),
            (other + 0.08, 0.26),
            (other + 0.08, 0.35),
        ],
        "sky+",
    )
    # floorboards and a rug
    _fill(pen, "ground", top=0.7)
    _fill(pen, "ground-", top=0.695, bottom=0.715)
    for y in (0.755, 0.965):
        _fill(pen, "ground-", top=y, bottom=y + 0.006)
    x = rng.uniform(0.44, 0.56)
    pen.ellipse(x, 0.87, 0.42, 0.085, "detail")
    pen.ellipse(x, 0.87, 0.37, 0.069, "detail+")
    pen.ellipse(x, 0.87, 0.33, 0.057, "detail")


@place(
    "workshop",
    "in the workshop",
    horizon=0.72,
    indoor=True,
    sky=((92, 116, 134), (104, 126, 142)),
    far=((214, 176, 124), (200, 160, 112)),
    ground=((164, 160, 156), (146, 140, 140)),
    detail=((136, 90, 62), (124, 80, 56)),
    detail2=((244, 190, 80), (226, 160, 70)),
    detail3=((90, 168, 164), (80, 150, 156)),
)
def _workshop(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    for y in (0.13, 0.27, 0.41, 0.55):  # planks of the wall
        _fill(pen, "sky-", top=y, bottom=y + 0.007)
    # a board with pegs
    x = rng.uniform(0.44, 0.56)
    pen.rect(x - 0.36, 0.2, x + 0.36, 0.52, "detail", round=0.016)
    pen.rect(x - 0.34, 0.22, x + 0.34, 0.5, "far", round=0.008)
    for i in range(8):
        pen.circle(x - 0.28 + 0.186 * (i % 4), 0.29 + 0.14 * (i // 4), 0.009, "far-")
    # a plan pinned to it
    at = x + rng.choice((-0.14, 0.14))
    pen.rect(at - 0.11, 0.25, at + 0.11, 0.45, "detail3", round=0.006)
    pen.rect(at - 0.075, 0.285, at + 0.075, 0.415, "detail3+")
    pen.rect(at - 0.068, 0.292, at + 0.068, 0.408, "detail3")
    pen.poly([(at - 0.05, 0.39), (at, 0.31), (at + 0.05, 0.39)], "detail3+")
    # a shelf with tins above it
    at = x - 0.3
    while at < x + 0.28:
        wide, tall = rng.uniform(0.05, 0.1), rng.uniform(0.045, 0.085)
        if rng.random() < 0.8:
            pen.rect(
                at, 0.12 - tall, at + wide, 0.125, rng.choice(("detail2", "detail3", "far", "detail3-")), round=0.008
            )
        at += wide + rng.uniform(0.015, 0.05)
    pen.rect(x - 0.42, 0.12, x + 0.42, 0.145, "detail", round=0.006)
    # the bench along the wall, and the floor
    _fill(pen, "sky-", top=0.62)
    _fill(pen, "detail+", top=0.595, bottom=0.635)
    for leg in (0.06, 0.34, 0.66, 0.94):
        pen.rect(leg - 0.02, 0.635, leg + 0.02, 0.74, "detail")
    _fill(pen, "ground", top=0.72)
    _fill(pen, "ground+", top=0.72, bottom=0.732)
    for _ in range(4):  # wood shavings
        pen.ellipse(rng.uniform(0.05, 0.95), rng.uniform(0.8, 0.97), 0.018, 0.007, "far", rng.uniform(-30, 30))
    pen.poly([(0.3, 0.732), (0.31, 0.732), (0.2, HIGH), (0.185, HIGH)], "ground-")
    pen.poly([(0.7, 0.732), (0.69, 0.732), (0.8, HIGH), (0.815, HIGH)], "ground-")


@place(
    "stage",
    "on the stage",
    horizon=0.74,
    indoor=True,
    sky=((44, 36, 84), (72, 50, 112)),
    far=((90, 70, 140), (110, 84, 150)),
    ground=((200, 140, 88), (176, 112, 66)),
    detail=((190, 34, 52), (160, 26, 50)),
    detail2=((250, 200, 84), (236, 176, 66)),
    detail3=((255, 240, 190), (255, 236, 180)),
)
def _stage(pen: Pen, rng: random.Random) -> None:
    _fill(pen, "sky")
    for _ in range(9):  # painted stars
        pen.star(rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6), rng.uniform(0.01, 0.018), 0.006, 5, "detail3-")
    # the spotlight and its pool on the boards
    x = rng.uniform(0.46, 0.54)
    source = rng.choice((0.1, 0.9, x))
    pen.poly([(source - 0.03, LOW), (source + 0.03, LOW), (x + 0.36, 0.86), (x - 0.36, 0.86)], "far")
    _fill(pen, "ground", top=0.74)
    for i in range(-5, 6):
        near, far = 0.5 + 0.21 * i, 0.5 + 0.12 * i
        pen.poly([(far - 0.002, 0.74), (far + 0.002, 0.74), (near + 0.005, HIGH), (near - 0.005, HIGH)], "ground-")
    pen.ellipse(x, 0.86, 0.37, 0.075, "ground+")
    _fill(pen, "ground-", top=0.965)
    # curtains at both sides with folds, and the scalloped valance
    drape = rng.uniform(0.1, 0.15)
    for at, side in ((0.0, 1), (1.0, -1)):
        with pen.at(at, 0.0, (side, 1.0)):
            pen.curve(
                [(-0.1, -0.1), (0.3, -0.1), (0.2, 0.4), (drape, 0.6), (drape + 0.03, 0.94), (-0.1, 0.96)], "detail"
            )
            pen.curve(
                [(0.1, -0.1), (0.18, -0.1), (0.12, 0.4), (0.05, 0.62), (0.06, 0.94), (0.03, 0.94), (0.02, 0.6)],
                "detail-",
            )
            pen.rect(-0.1, 0.585, drape + 0.015, 0.625, "detail2", round=0.02)
    for ink, grow in (("detail2", 0.018), ("detail", 0.0)):
        for i in range(5):
            pen.ellipse(0.1 + 0.2 * i, 0.05, 0.105, 0.09 + grow, ink)
    _fill(pen, "detail-", bottom=0.04)
    _fill(pen, "detail2", top=0.036, bottom=0.05)

"""Plants."""

import math

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen


def leaf(pen: Pen, x: float, y: float, length: float, width: float, angle: float, ink: str = "leaf") -> None:
    """A pointed leaf with a midrib that grows from (x, y); upward at angle 0, to the right at 90."""
    with pen.at(x, y, (width, length), angle):
        pen.curve([(0.0, 0.02), (0.34, -0.2), (0.5, -0.5), (0.28, -0.82), (0.0, -1.0), (-0.28, -0.82), (-0.5, -0.5),
                   (-0.34, -0.2)], ink)
        pen.poly([(-0.05, 0.0), (0.0, -0.86), (0.05, 0.0)], ink + "-")


def blossom(pen: Pen, x: float, y: float, r: float, ink: str) -> None:
    """A small round flower with five petals."""
    for i in range(5):
        t = math.radians(72 * i - 90)
        pen.circle(x + 0.6 * r * math.cos(t), y + 0.6 * r * math.sin(t), 0.5 * r, ink)
    pen.circle(x, y, 0.36 * r, "gold")


@thing(
    "tulip",
    "plant",
    colours=("red", "yellow", "pink", "purple"),
    places=("meadow", "farm", "street", "parlor"),
    size=0.6,
)
def tulip(pen: Pen, kind: str) -> None:
    lean = 0.16 * pen.sway
    # stem with two long leaves
    pen.ribbon([(0.0, 0.95), (0.02, 0.6), (lean / 2, 0.3), (lean, 0.0)], 0.12, "leaf-", 0.9)
    pen.curve([(-0.03, 0.95), (-0.3, 0.72), (-0.52, 0.3), (-0.58 + lean, -0.02), (-0.3, 0.22), (-0.1, 0.6)], "leaf")
    pen.curve([(0.03, 0.95), (0.3, 0.8), (0.54, 0.48), (0.64 + lean, 0.14), (0.34, 0.36), (0.1, 0.68)], "leaf")
    pen.ribbon([(-0.08, 0.84), (-0.3, 0.48), (-0.5 + lean * 0.7, 0.14)], 0.04, "leaf-", 0.4)
    pen.ribbon([(0.1, 0.86), (0.34, 0.58), (0.56 + lean * 0.7, 0.28)], 0.04, "leaf-", 0.4)
    # cup of five pointed petals: back pair, side pair, front one
    with pen.at(lean, 0.14, angle=14 * pen.sway):
        for side in (-1, 1):
            with pen.at(scale=(side, 1)):
                pen.curve([(0.0, -0.3), (0.08, -0.84), (0.24, -1.08), (0.4, -0.72), (0.2, -0.2)], "body-")
        for side in (-1, 1):
            with pen.at(scale=(side, 1)):
                pen.curve([(0.0, 0.0), (0.3, -0.06), (0.54, -0.34), (0.58, -0.7), (0.56, -1.0), (0.3, -0.76),
                           (0.1, -0.4)], "body")
        pen.curve([(-0.52, -0.36), (-0.5, -0.78), (-0.44, -0.84), (-0.42, -0.5), (-0.34, -0.24)], "body+")
        pen.curve([(0.0, -1.0), (0.26, -0.66), (0.3, -0.3), (0.14, -0.02), (-0.14, -0.02), (-0.3, -0.3),
                   (-0.26, -0.66)], "body-")
        pen.curve([(0.0, -0.92), (0.21, -0.62), (0.24, -0.3), (0.1, -0.03), (-0.1, -0.03), (-0.24, -0.3),
                   (-0.21, -0.62)], "body")
        pen.curve([(0.0, -0.7), (0.06, -0.4), (0.0, -0.12), (-0.06, -0.4)], "body+")


@thing(
    "sunflower",
    "plant",
    colours=("yellow", "orange", "red", "white"),
    places=("meadow", "farm", "street"),
    size=0.7,
)
def sunflower(pen: Pen, kind: str) -> None:
    lean = 0.14 * pen.sway
    petals, x, y = 12, lean, -0.3
    pen.ribbon([(0.0, 0.95), (0.03, 0.6), (lean / 2, 0.2), (lean, -0.2)], 0.13, "leaf-", 0.9)
    leaf(pen, 0.0, 0.84, 0.66, 0.44, -62 + 10 * pen.sway)
    leaf(pen, 0.02, 0.7, 0.66, 0.44, 62 + 10 * pen.sway)
    # two rings of pointed petals
    for ring, ink, reach in ((0.5, "body-", 0.63), (0.0, "body", 0.65)):
        for i in range(petals):
            with pen.at(x, y, angle=(i + ring) * 360 / petals + 8 * pen.sway):
                half = [(0.0, -0.2), (0.13, -0.36), (0.1, -0.52), (0.0, -reach)]
                pen.curve([*half, (-0.1, -0.52), (-0.13, -0.36)], ink)
                if not ring:
                    pen.poly([(0.0, -0.3), (0.03, -0.42), (0.0, -0.54), (-0.03, -0.42)], "body+")
    # disc of seeds
    pen.circle(x, y, 0.34, "cocoa-")
    pen.circle(x, y, 0.3, "cocoa")
    pen.circle(x, y, 0.16, "wood")
    for i in range(9):
        t = math.radians(40 * i)
        pen.circle(x + 0.23 * math.cos(t), y + 0.23 * math.sin(t), 0.03, "amber")


@thing(
    "cactus",
    "plant",
    kinds=("saguaro", "opuntia", "echinocactus"),
    colours=("green", "turquoise", "yellow"),
    places=("desert", "parlor", "mountain"),
    size=0.65,
)
def cactus(pen: Pen, kind: str) -> None:
    pen.ellipse(0.0, 0.88, 0.5, 0.07, "sand-")
    {"saguaro": _saguaro, "opuntia": _opuntia, "echinocactus": _echinocactus}[kind](pen)


def _spine(pen: Pen, x: float, y: float, size: float = 0.06) -> None:
    """A tuft of thorns."""
    pen.star(x, y, size, size * 0.3, 3, "paper")


def _saguaro(pen: Pen) -> None:
    bend = 0.09 * pen.sway
    # two arms at different heights, the column before them
    pen.line([(0.0, 0.34), (-0.38, 0.34), (-0.48, 0.29), (-0.52, 0.18), (-0.52 + bend, -0.26)], 0.28, "body")
    pen.line([(0.0, 0.08), (0.38, 0.08), (0.48, 0.03), (0.52, -0.08), (0.52 + bend, -0.52)], 0.28, "body")
    pen.rect(-0.25, -0.92, 0.25, 0.92, "body", round=0.25)
    # ribs and thorns
    for x in (-0.12, 0.12):
        pen.rect(x - 0.025, -0.72, x + 0.025, 0.84, "body-", round=0.025)
    pen.rect(-0.2, -0.66, -0.16, 0.5, "body+", round=0.02)
    for x, low, high in ((-0.52, 0.16, -0.22), (0.52, -0.12, -0.48)):
        pen.ribbon([(x, low), (x + bend / 2, (low + high) / 2), (x + bend, high)], 0.05, "body-", 0.8)
    for x, y in ((0.0, -0.5), (0.0, -0.14), (0.0, 0.22), (0.0, 0.58), (-0.2, 0.66), (0.2, 0.4), (0.19, -0.34)):
        _spine(pen, x, y)
    for x, y, r in ((0.0, -0.87, 0.13), (0.52 + bend, -0.66, 0.11), (-0.52 + bend, -0.4, 0.11)):
        blossom(pen, x, y, r, "trim")


def _opuntia(pen: Pen) -> None:
    tilt = 9 * pen.sway
    # flat round pads that grow out of each other
    for x, y, rx, ry, angle, ink in (
        (-0.24, 0.36, 0.27, 0.39, -46 + tilt, "body-"),
        (0.24, 0.42, 0.26, 0.36, 52 + tilt, "body-"),
        (0.02, 0.95, 0.42, 0.45, 0, "body"),
        (0.02, 0.16, 0.34, 0.44, 6 + tilt, "body"),
    ):
        with pen.at(x, y, angle=angle):
            pen.ellipse(0.0, -ry, rx, ry, ink)
            if ink == "body":
                pen.ellipse(-0.5 * rx, -1.4 * ry, 0.12 * rx, 0.28 * ry, "body+", 22)
            for u, v in ((0.0, -1.45), (0.42, -1.0), (-0.42, -0.9), (0.05, -0.6)):
                _spine(pen, u * rx, v * ry, 0.07)
            if ink == "body-" or y < 0.5:  # a flower and two figs on the rim
                for turn in (-34, 34):
                    t = math.radians(turn - 90)
                    pen.ellipse(rx * math.cos(t), ry * (math.sin(t) - 1.04), 0.06, 0.09, "crimson", turn)
                blossom(pen, 0.0, -2.02 * ry, 0.13, "trim")


def _echinocactus(pen: Pen) -> None:
    squeeze = 0.05 * pen.sway
    # a ribbed ball, wool and a flower on its crown
    wide, tall, y = 0.86 + squeeze, 0.72 - squeeze / 2, 0.22
    pen.ellipse(0.0, y, wide, tall, "body")
    for i, share in enumerate((0.9, 0.8, 0.56, 0.46, 0.17, 0.09)):
        pen.ellipse(0.0, y, wide * share, tall * 0.985, "body" if i % 2 else "body-")
    pen.ellipse(-0.5, -0.1, 0.04, 0.2, "body+", 24)
    for u in (-0.82, -0.48, 0.0, 0.48, 0.82):
        for v in (-0.4, 0.0, 0.4) if abs(u) < 0.8 else (0.0, 0.24):
            _spine(pen, u * wide * math.sqrt(1 - v * v), y + v * tall, 0.1)
    pen.ellipse(0.0, -0.46, 0.36, 0.09, "cream")
    for x, y, r, ink in ((-0.3, -0.5, 0.19, "trim-"), (0.3, -0.5, 0.19, "trim-"), (0.0, -0.62, 0.28, "trim")):
        blossom(pen, x + squeeze, y, r, ink)


@thing(
    "mushroom",
    "plant",
    kinds=("toadstool", "morel", "chanterelle"),
    colours=("red", "brown", "orange", "yellow"),
    places=("forest", "meadow", "kitchen"),
    size=0.5,
)
def mushroom(pen: Pen, kind: str) -> None:
    {"toadstool": _toadstool, "morel": _morel, "chanterelle": _chanterelle}[kind](pen)


def _stem(pen: Pen, top: float, width: float, foot: float) -> None:
    """A pale stem from the ground up to ``top`` with a shaded right side."""
    pen.curve([(-width, top), (-width, 0.4), (-foot, 0.82), (-foot * 0.7, 0.95), (foot * 0.7, 0.95), (foot, 0.82),
               (width, 0.4), (width, top)], "cream")
    pen.curve([(width * 0.5, top), (width * 0.45, 0.5), (foot * 0.5, 0.92), (foot * 0.85, 0.9), (width * 0.95, 0.42),
               (width * 0.98, top)], "cream-")


def _toadstool(pen: Pen) -> None:
    _stem(pen, -0.1, 0.22, 0.36)
    with pen.at(0.0, 0.1, angle=9 * pen.sway):
        # ring on the stem, underside with gills, domed cap with warts
        pen.curve([(-0.22, 0.1), (0.22, 0.1), (0.36, 0.34), (0.12, 0.28), (-0.12, 0.34), (-0.34, 0.3)], "paper")
        pen.ellipse(0.0, 0.02, 0.88, 0.17, "cream-")
        for x in (-0.56, -0.3, 0.0, 0.3, 0.56):
            pen.poly([(x * 0.5, 0.0), (x - 0.03, 0.16), (x + 0.03, 0.16)], "cream")
        pen.curve([(-0.95, 0.0), (-0.86, -0.46), (-0.5, -0.88), (0.0, -1.03), (0.5, -0.88), (0.86, -0.46), (0.95, 0.0),
                   (0.5, 0.04), (0.0, 0.06), (-0.5, 0.04)], "body")
        pen.curve([(-0.9, 0.0), (-0.5, -0.04), (0.5, -0.04), (0.92, -0.06), (0.5, 0.04), (-0.5, 0.04)], "body-")
        for x, y, rx, ry in ((-0.12, -0.72, 0.17, 0.14), (0.36, -0.46, 0.16, 0.15), (-0.4, -0.34, 0.16, 0.15),
                             (-0.72, -0.16, 0.09, 0.11), (0.74, -0.2, 0.09, 0.12), (0.02, -0.2, 0.12, 0.09)):
            pen.ellipse(x, y, rx, ry, "trim")


def _morel(pen: Pen) -> None:
    _stem(pen, 0.2, 0.24, 0.34)
    with pen.at(0.0, 0.4, angle=9 * pen.sway):
        # tall pointed cap full of pits
        pen.curve([(0.0, -1.36), (0.26, -1.2), (0.48, -0.78), (0.58, -0.3), (0.46, 0.04), (0.2, 0.0), (0.0, 0.08),
                   (-0.2, 0.0), (-0.46, 0.04), (-0.58, -0.3), (-0.48, -0.78), (-0.26, -1.2)], "body")
        for y, xs, r in ((-1.08, (0.0,), 0.12), (-0.84, (-0.18, 0.18), 0.12), (-0.56, (-0.35, 0.0, 0.35), 0.13),
                         (-0.26, (-0.2, 0.2), 0.14), (-0.1, (-0.44, 0.44), 0.08)):
            for x in xs:
                pen.ellipse(x, y, r * 0.86, r * 1.15, "body+")
                pen.ellipse(x + 0.012, y + 0.015, r * 0.7, r * 0.98, "cocoa")


def _chanterelle(pen: Pen) -> None:
    # a trumpet: body all over, folds that run down the stem, wavy rim, hollow
    with pen.at(0.0, 0.95, angle=6 * pen.sway):
        pen.curve([(-0.14, 0.0), (-0.17, -0.4), (-0.34, -0.86), (-0.9, -1.36), (-0.5, -1.62), (0.0, -1.5),
                   (0.5, -1.62), (0.9, -1.36), (0.34, -0.86), (0.17, -0.4), (0.14, 0.0), (0.0, 0.02)], "body")
        for x in (-0.62, -0.36, -0.12, 0.12, 0.36, 0.62):
            pen.ribbon([(x, -1.2), (x * 0.5, -0.86), (x * 0.2, -0.34)], 0.07, "body-", 0.3)
        pen.curve([(-0.95, -1.44), (-0.7, -1.68), (-0.36, -1.64), (0.0, -1.76), (0.38, -1.66), (0.72, -1.7),
                   (0.95, -1.42), (0.62, -1.22), (0.3, -1.3), (0.0, -1.18), (-0.32, -1.28), (-0.64, -1.2)], "body+")
        pen.curve([(-0.66, -1.46), (-0.34, -1.55), (0.0, -1.6), (0.36, -1.56), (0.66, -1.46), (0.3, -1.38),
                   (0.0, -1.32), (-0.32, -1.37)], "trim")
        pen.ellipse(0.0, -1.45, 0.3, 0.07, "trim-")

"""Musical instruments."""

import math

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen, Point

HALL = ("stage", "parlor", "street")


def both(right: list[Point]) -> list[Point]:
    """A closed outline from its right half, listed from top to bottom."""
    return [*right, *((-x, y) for x, y in reversed(right))]


def strings(pen: Pen, xs: tuple[float, ...], top: float, bottom: float, spread: float, ink: str = "paper") -> None:
    """Thin strings along the neck, ``spread`` times as far apart at the bottom."""
    for x in xs:
        a, w = x * spread, 0.012
        pen.poly([(x - w, top), (x + w, top), (a + w, bottom), (a - w, bottom)], ink)


def pegs(pen: Pen, x: float, ys: tuple[float, ...], ink: str) -> None:
    """Tuning pegs on both sides of the head."""
    for y in ys:
        for side in (-1, 1):
            pen.ellipse(x * side, y, 0.08, 0.045, ink)


@thing(
    "guitar",
    "instrument",
    kinds=("ukulele", "cittern"),
    colours=("orange", "brown", "red", "yellow"),
    places=(*HALL, "beach"),
    size=0.64,
)
def guitar(pen: Pen, kind: str) -> None:
    round_body = kind == "cittern"
    with pen.at(0.0, 0.0, 0.98, angle=20 + 10 * pen.sway):
        hole = 0.36 if round_body else 0.22
        # body: two bouts, or a teardrop
        if round_body:
            half = [(0.06, -0.22), (0.24, -0.04), (0.48, 0.18), (0.6, 0.48), (0.46, 0.82), (0.14, 0.96)]
        else:
            half = [
                (0.1, -0.2),
                (0.34, -0.2),
                (0.45, -0.02),
                (0.36, 0.2),
                (0.42, 0.36),
                (0.6, 0.58),
                (0.5, 0.86),
                (0.18, 0.97),
            ]
        with pen.at(0.05, 0.02):
            pen.curve(both(half), "body-")
        pen.curve(both(half), "body")
        with pen.at(0.0, 0.04, 0.86):
            pen.curve(
                [(x * 0.98 - 0.06, y) for x, y in half[1:]] + [(x * 0.8 - 0.06, y) for x, y in reversed(half[1:])],
                "body+",
            )
        # rosette, hole, bridge
        pen.circle(0, hole, 0.23 if not round_body else 0.26, "trim")
        if round_body:
            pen.star(0, hole, 0.2, 0.1, 8, "ink")
        else:
            pen.circle(0, hole, 0.16, "ink")
        pen.rect(-0.24, 0.66, 0.24, 0.75, "ink", round=0.04)
        # neck with frets, head with pegs
        pen.rect(-0.09, -0.76, 0.09, hole - 0.15, "trim-")
        for i in range(5):
            pen.rect(-0.09, -0.56 + 0.13 * i, 0.09, -0.535 + 0.13 * i, "gold")
        pegs(pen, 0.17, (-0.9, -0.78) if not round_body else (-0.94, -0.83, -0.72), "metal+")
        if round_body:
            pen.poly([(-0.1, -0.64), (-0.13, -1.0), (0.13, -1.0), (0.1, -0.64)], "trim")
        else:
            pen.curve([(-0.1, -0.66), (-0.14, -0.96), (0, -1.02), (0.14, -0.96), (0.1, -0.66)], "trim")
        strings(pen, (-0.05, 0.0, 0.05) if round_body else (-0.05, 0.05), -0.66, 0.68, 2.0)


@thing("violin", "instrument", colours=("brown", "orange", "red", "purple"), places=HALL, size=0.62)
def violin(pen: Pen, kind: str) -> None:
    with pen.at(-0.16, -0.04, 0.97, angle=20):
        # body with pointed corners around a narrow waist
        half = [
            (0.1, -0.24),
            (0.32, -0.2),
            (0.4, -0.04),
            (0.35, 0.08),
            (0.42, 0.16),
            (0.29, 0.24),
            (0.25, 0.36),
            (0.31, 0.46),
            (0.46, 0.5),
            (0.42, 0.6),
            (0.5, 0.76),
            (0.4, 0.92),
            (0.14, 0.97),
        ]
        with pen.at(0.05, 0.02):
            pen.curve(both(half), "body-")
        pen.curve(both(half), "body")
        pen.curve([(-0.32, -0.06), (-0.2, -0.16), (-0.24, 0.0), (-0.26, 0.1)], "body+")
        pen.curve([(-0.42, 0.76), (-0.34, 0.62), (-0.32, 0.78), (-0.26, 0.88)], "body+")
        # two f-holes
        for side in (-1, 1):
            with pen.at(0.17 * side, 0.34, (side, 1.0), angle=-8 * side):
                pen.curve(
                    [
                        (-0.04, -0.17),
                        (0.03, -0.2),
                        (0.05, -0.14),
                        (0.03, 0.0),
                        (0.07, 0.16),
                        (0.0, 0.2),
                        (-0.05, 0.14),
                        (-0.01, 0.0),
                    ],
                    "ink",
                )
        # chin rest, tailpiece, bridge, fingerboard
        pen.ellipse(-0.24, 0.86, 0.2, 0.11, "ink", angle=18)
        pen.poly([(-0.1, 0.56), (0.1, 0.56), (0.05, 0.94), (-0.05, 0.94)], "ink")
        pen.rect(-0.16, 0.42, 0.16, 0.48, "cream", round=0.02)
        pen.poly([(-0.055, -0.68), (0.055, -0.68), (0.09, 0.24), (-0.09, 0.24)], "ink")
        # scroll and pegs
        pegs(pen, 0.13, (-0.84, -0.72), "ink")
        pen.poly([(-0.07, -0.62), (-0.06, -0.9), (0.06, -0.9), (0.07, -0.62)], "trim")
        pen.circle(0, -0.93, 0.11, "trim")
        pen.circle(0, -0.93, 0.05, "trim-")
        strings(pen, (-0.03, 0.03), -0.66, 0.58, 1.6)
    # bow beside it
    with pen.at(0.58, 0.1, 0.94, 17 + 13 * pen.sway):
        pen.rect(-0.08, -0.74, -0.03, 0.7, "cream")
        pen.curve([(0.02, -0.82), (0.09, -0.8), (0.04, 0.0), (0.09, 0.84), (0.02, 0.84), (-0.01, 0.0)], "trim")
        pen.poly([(-0.1, -0.74), (0.07, -0.84), (0.05, -0.7)], "trim")
        pen.rect(-0.1, 0.6, 0.06, 0.78, "ink", round=0.03)


def shell(pen: Pen, x: float, top: float, bottom: float, wide: float, narrow: float, rim: float) -> None:
    """One drum: side tapering from ``wide`` to ``narrow``, hoops and skin."""
    flat = 0.3  # height of the ellipses as a share of their width
    pen.ellipse(x, bottom, narrow, narrow * flat, "body")
    pen.poly([(x - wide, top), (x + wide, top), (x + narrow, bottom), (x - narrow, bottom)], "body")
    pen.poly(
        [
            (x + wide * 0.55, top),
            (x + wide, top),
            (x + narrow, bottom),
            (x + narrow * 0.55, bottom + narrow * flat * 0.8),
        ],
        "body-",
    )
    pen.poly(
        [
            (x - wide * 0.8, top),
            (x - wide * 0.6, top),
            (x - narrow * 0.6, bottom + narrow * flat * 0.6),
            (x - narrow * 0.8, bottom + narrow * flat * 0.4),
        ],
        "body+",
    )
    pen.ellipse(x, top + rim, wide * 1.04, wide * flat, "trim-")
    pen.ellipse(x, top, wide * 1.04, wide * flat, "trim")
    pen.ellipse(x, top - 0.01, wide * 0.92, wide * flat * 0.82, "paper")


@thing(
    "drum",
    "instrument",
    kinds=("snare", "bongo", "kettledrum"),
    colours=("red", "blue", "yellow", "brown"),
    places=HALL,
    size=0.52,
)
def drum(pen: Pen, kind: str) -> None:
    if kind == "bongo":
        pen.rect(-0.2, 0.1, 0.3, 0.4, "ink")
        shell(pen, 0.44, -0.34, 0.78, 0.5, 0.4, 0.12)
        shell(pen, -0.5, -0.2, 0.78, 0.42, 0.33, 0.12)
        for x, w in ((-0.5, 0.38), (0.44, 0.46)):  # tuning lugs
            for t in (-0.5, 0.5):
                pen.rect(x + w * t - 0.03, 0.0, x + w * t + 0.03, 0.34, "metal+", round=0.03)
    elif kind == "kettledrum":
        for x in (-0.5, 0.5):
            pen.line([(x * 0.8, 0.3), (x * 1.1, 0.9)], 0.1, "metal-")
        pen.rect(-0.06, 0.5, 0.06, 0.92, "metal-")
        pen.rect(-0.62, 0.84, 0.62, 0.95, "metal", round=0.05)
        pen.pie(0, -0.32, 0.9, 1.06, 0, 180, "body")
        pen.curve([(0.56, -0.2), (0.86, -0.26), (0.72, 0.26), (0.36, 0.6), (0.14, 0.68), (0.46, 0.34)], "body-")
        pen.curve([(-0.76, -0.1), (-0.62, -0.06), (-0.46, 0.36), (-0.58, 0.32)], "body+")
        pen.ellipse(0, -0.24, 0.94, 0.27, "trim-")
        pen.ellipse(0, -0.34, 0.94, 0.27, "trim")
        pen.ellipse(0, -0.35, 0.83, 0.21, "paper")
        for x in (-0.78, -0.28, 0.28, 0.78):
            pen.rect(x - 0.04, -0.2 + 0.12 * (1 - x * x), x + 0.04, 0.1 + 0.12 * (1 - x * x), "metal+", round=0.03)
    else:
        shell(pen, 0, -0.3, 0.66, 0.84, 0.84, 0.12)
        ys = (-0.02, 0.7)
        for i in range(6):  # zigzag of cords
            a, b = -0.78 + 0.26 * i, -0.52 + 0.26 * i
            bow = [0.24 * math.sqrt(max(0.0, 1 - (x / 0.86) ** 2)) for x in (a, b)]
            u, v = ys[i % 2] + bow[0] - 0.02, ys[1 - i % 2] + bow[1] - 0.02
            pen.poly([(a - 0.04, u), (a + 0.04, u), (b + 0.04, v), (b - 0.04, v)], "paper")
        arch = [(0.86 * math.cos(t), 0.66 + 0.26 * math.sin(t)) for t in [math.pi * i / 20 for i in range(21)]]
        pen.poly([*arch, *((x, y - 0.1) for x, y in reversed(arch))], "trim")
    if kind != "bongo":  # two sticks on the skin
        for side in (-1, 1):
            with pen.at(0.16 * side, -0.3, (side, 1.0), angle=0):
                tip = -0.58 + 0.14 * side * pen.sway
                pen.line([(0.66, tip), (-0.05, 0.0)], 0.09, "wood")
                pen.circle(-0.05, 0.0, 0.1 if kind == "snare" else 0.16, "wood+" if kind == "snare" else "cream")


@thing("trumpet", "instrument", colours=("yellow", "orange", "gray", "red"), places=HALL, size=0.58)
def trumpet(pen: Pen, kind: str) -> None:
    with pen.at(-0.03, 0.3, 0.96, angle=-24 + 9 * pen.sway):
        # loop of tube: a rounded ring
        outer = [
            (-0.46, -0.2),
            (0.26, -0.2),
            (0.46, 0.04),
            (0.46, 0.22),
            (0.26, 0.46),
            (-0.46, 0.46),
            (-0.66, 0.22),
            (-0.66, 0.04),
        ]
        inner = [(x * 0.72 - 0.03, 0.13 + (y - 0.13) * 0.52) for x, y in outer]
        pen.poly([*outer, outer[0], inner[0], *reversed(inner)], "body")
        pen.rect(-0.44, 0.36, 0.26, 0.44, "body-", round=0.04)
        # valves
        for i, x in enumerate((-0.28, -0.06, 0.16)):
            press = 0.06 * (1 + pen.sway * (1 if i != 1 else -1))
            pen.rect(x - 0.03, -0.46 + press, x + 0.03, -0.3, "metal")
            pen.ellipse(x, -0.47 + press, 0.09, 0.045, "trim")
            pen.rect(x - 0.09, -0.34, x + 0.09, 0.54, "trim", round=0.05)
            pen.rect(x - 0.06, -0.28, x - 0.01, 0.46, "trim+", round=0.02)
        # lead pipe, bell, mouthpiece
        pen.rect(-0.84, -0.2, 0.4, -0.06, "body", round=0.05)
        pen.curve(
            [
                (0.2, -0.21),
                (0.5, -0.22),
                (0.74, -0.34),
                (0.9, -0.62),
                (0.98, -0.66),
                (0.98, 0.4),
                (0.9, 0.36),
                (0.74, 0.08),
                (0.5, -0.04),
                (0.2, -0.05),
            ],
            "body",
        )
        pen.rect(-0.8, -0.18, 0.5, -0.14, "body+", round=0.02)
        pen.ellipse(0.95, -0.13, 0.1, 0.54, "body-")
        pen.ellipse(0.96, -0.13, 0.06, 0.44, "ink")
        pen.poly([(-0.84, -0.17), (-0.98, -0.24), (-0.98, -0.02), (-0.84, -0.09)], "metal")


@thing(
    "harp",
    "instrument",
    colours=("yellow", "brown", "turquoise", "purple"),
    places=("stage", "parlor", "meadow"),
    size=0.62,
)
def harp(pen: Pen, kind: str) -> None:
    with pen.at(0.0, 0.0, 1.0, angle=7 * pen.sway):
        # strings from the curved neck to the slanted sound box
        for i in range(7):
            x = -0.44 + 0.17 * i
            top, bottom = -0.62 + 0.3 * math.sin((x + 0.6) * 2.4) * 0.5, 0.72 - 0.9 * (i + 0.4) / 7
            pen.poly(
                [(x - 0.02, top), (x + 0.02, top), (x + 0.02, bottom), (x - 0.02, bottom)],
                "crimson" if i % 3 == 0 else "paper",
            )
        # sound box, neck, column
        pen.poly([(-0.6, 0.86), (-0.3, 0.9), (0.94, -0.5), (0.7, -0.62), (-0.6, 0.62)], "body")
        pen.poly([(-0.3, 0.9), (0.94, -0.5), (0.84, -0.55), (-0.44, 0.88)], "body-")
        for t in (0.25, 0.5, 0.75):
            pen.circle(-0.42 + 1.16 * t, 0.74 - 1.28 * t, 0.055, "ink")
        pen.curve(
            [
                (-0.7, -0.72),
                (-0.5, -0.92),
                (-0.24, -0.74),
                (0.1, -0.52),
                (0.5, -0.72),
                (0.78, -0.86),
                (0.96, -0.62),
                (0.82, -0.44),
                (0.5, -0.48),
                (0.1, -0.3),
                (-0.3, -0.48),
                (-0.52, -0.6),
            ],
            "body",
        )
        pen.curve(
            [(-0.56, -0.8), (-0.4, -0.82), (-0.16, -0.62), (0.1, -0.46), (0.1, -0.42), (-0.22, -0.54), (-0.42, -0.7)],
            "body+",
        )
        pen.rect(-0.72, -0.76, -0.52, 0.84, "trim", round=0.08)
        pen.rect(-0.68, -0.6, -0.62, 0.7, "trim+", round=0.03)
        pen.circle(-0.62, -0.8, 0.16, "body")
        pen.circle(-0.62, -0.8, 0.08, "trim-")
    pen.rect(-0.84, 0.8, -0.1, 0.95, "body", round=0.06)
    pen.rect(-0.78, 0.82, -0.16, 0.86, "body+", round=0.02)

"""Hand tools, leaning."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen, Point

SHED = ("workshop", "farm", "street")


@contextmanager
def leaning(pen: Pen, angle: float, shift: float = 0.0, foot: float = 0.95) -> Iterator[Pen]:
    """Draw a tool that stands upright, turned by ``angle`` and the sway, its foot staying near the ground."""
    turn = angle + 10 * pen.sway
    c = math.cos(math.radians(turn))
    with pen.at(shift, foot * (1 - c) * 0.6, 1.0, turn):
        yield pen


def arc(x: float, y: float, r: float, start: float, end: float, steps: int = 16) -> list[Point]:
    """Points on a circle, in degrees as in `Pen.pie`."""
    turns = [math.radians(start + (end - start) * i / (steps - 1)) for i in range(steps)]
    return [(x + r * math.cos(t), y + r * math.sin(t)) for t in turns]


@thing(
    "hammer",
    "tool",
    kinds=("mallet", "sledgehammer", "gavel"),
    colours=("brown", "gray", "red", "yellow"),
    places=SHED,
    size=0.55,
)
def hammer(pen: Pen, kind: str) -> None:
    with leaning(pen, 22, -0.26):
        if kind == "mallet":
            pen.rect(-0.1, -0.6, 0.1, 0.95, "trim", round=0.08)
            pen.rect(-0.06, -0.3, 0.0, 0.9, "trim+", round=0.03)
            # barrel head with two hoops
            pen.curve(
                [
                    (-0.6, -0.9),
                    (0, -0.97),
                    (0.6, -0.9),
                    (0.66, -0.6),
                    (0.6, -0.3),
                    (0, -0.23),
                    (-0.6, -0.3),
                    (-0.66, -0.6),
                ],
                "body",
            )
            pen.curve([(-0.58, -0.4), (0, -0.36), (0.58, -0.4), (0.56, -0.3), (0, -0.24), (-0.56, -0.3)], "body-")
            pen.rect(-0.48, -0.84, 0.48, -0.74, "body+", round=0.05)
            for x in (-0.44, 0.44):
                pen.rect(x - 0.07, -0.95, x + 0.07, -0.25, "trim-", round=0.04)
        elif kind == "sledgehammer":
            pen.rect(-0.08, -0.7, 0.08, 0.95, "trim", round=0.07)
            pen.rect(-0.1, 0.45, 0.1, 0.95, "ink", round=0.08)
            # heavy head with chamfered steel faces
            pen.poly(
                [
                    (-0.46, -0.94),
                    (0.46, -0.94),
                    (0.62, -0.82),
                    (0.62, -0.5),
                    (0.46, -0.38),
                    (-0.46, -0.38),
                    (-0.62, -0.5),
                    (-0.62, -0.82),
                ],
                "body",
            )
            pen.poly([(-0.62, -0.5), (0.62, -0.5), (0.46, -0.38), (-0.46, -0.38)], "body-")
            pen.rect(-0.4, -0.88, 0.4, -0.78, "body+", round=0.04)
            for side in (-1, 1):
                pen.rect(0.62 * side - 0.09, -0.86, 0.62 * side + 0.09, -0.46, "metal", round=0.04)
            pen.rect(-0.11, -0.96, 0.11, -0.36, "trim-", round=0.04)
        else:
            # turned handle with a knob
            pen.curve(
                [
                    (-0.05, -0.4),
                    (-0.07, 0.1),
                    (-0.14, 0.5),
                    (-0.08, 0.76),
                    (0.08, 0.76),
                    (0.14, 0.5),
                    (0.07, 0.1),
                    (0.05, -0.4),
                ],
                "trim",
            )
            pen.circle(0, 0.82, 0.14, "trim")
            pen.circle(-0.04, 0.78, 0.05, "trim+")
            # waisted head with golden rings and domed ends
            for side in (-1, 1):
                pen.ellipse(0.64 * side, -0.6, 0.16, 0.3, "body")
                pen.ellipse(0.7 * side, -0.6, 0.06, 0.2, "body+" if side < 0 else "body-")
                pen.rect(0.5 * side - 0.06, -0.96, 0.5 * side + 0.06, -0.24, "gold", round=0.05)
            pen.curve([(-0.46, -0.9), (0, -0.8), (0.46, -0.9), (0.46, -0.3), (0, -0.4), (-0.46, -0.3)], "body")
            pen.curve([(-0.42, -0.8), (0, -0.72), (0.42, -0.8), (0.4, -0.68), (0, -0.62), (-0.4, -0.68)], "body+")
            pen.rect(-0.09, -0.84, 0.09, -0.36, "gold", round=0.04)


@thing("wrench", "tool", colours=("gray", "red", "blue", "black"), places=SHED, size=0.55)
def wrench(pen: Pen, kind: str) -> None:
    with leaning(pen, 30, -0.02), pen.at(0, -0.08, 1.08):
        # open jaw above, ring below, one shank
        pen.poly([(-0.14, -0.4), (0.14, -0.4), (0.19, 0.5), (-0.19, 0.5)], "body")
        with pen.at(0, -0.56, angle=16):
            notch = [(0.18, -0.3), (0.18, 0.02), (0.0, 0.12), (-0.18, 0.02), (-0.18, -0.3)]
            pen.poly([*arc(0, 0, 0.42, -64, 244, 28), *reversed(notch)], "body")
            pen.curve([(-0.34, -0.16), (-0.26, -0.28), (-0.25, 0.04), (-0.1, 0.2), (-0.24, 0.2)], "body+")
        pen.poly([*arc(0, 0.65, 0.32, 90, 450, 30), *arc(0, 0.65, 0.15, 450, 90, 7)], "body")
        pen.poly([*arc(0, 0.65, 0.32, 20, 160), *arc(0, 0.65, 0.25, 160, 20)], "body-")
        # grip inlay
        pen.rect(-0.08, -0.14, 0.08, 0.34, "trim", round=0.08)
        pen.rect(-0.05, -0.08, 0.0, 0.2, "trim+", round=0.03)


@thing(
    "saw",
    "tool",
    kinds=("handsaw", "hacksaw", "fretsaw"),
    colours=("gray", "blue", "red", "orange"),
    places=("workshop", "farm", "forest"),
    size=0.6,
)
def saw(pen: Pen, kind: str) -> None:
    with pen.at(-0.02, 0.24 if kind == "handsaw" else 0.1, 0.96, -26 + 9 * pen.sway):
        if kind == "handsaw":
            # blade with big teeth, closed handle with a hole
            n, left, right = 9, -0.5, 0.98
            step = (right - left) / n
            teeth = [p for i in range(n) for p in ((right - step * i, 0.14), (right - step * (i + 0.5), 0.3))]
            pen.poly([(left, -0.44), (right, -0.12), *teeth, (left, 0.14)], "body")
            pen.poly([(left, -0.44), (right, -0.12), (right, -0.06), (left, -0.34)], "body+")
            pen.poly([(left, 0.06), (right, 0.06), (right, 0.14), (left, 0.14)], "body-")
            pen.curve(
                [
                    (-0.44, -0.48),
                    (-0.36, -0.1),
                    (-0.4, 0.22),
                    (-0.6, 0.38),
                    (-0.92, 0.36),
                    (-0.98, 0.2),
                    (-0.86, 0.0),
                    (-0.96, -0.24),
                    (-0.84, -0.4),
                ],
                "trim",
            )
            pen.curve([(-0.66, -0.2), (-0.56, 0.0), (-0.6, 0.16), (-0.76, 0.2), (-0.74, 0.0), (-0.78, -0.18)], "ink")
            for x, y in ((-0.46, -0.22), (-0.46, 0.12)):
                pen.circle(x, y, 0.045, "metal+")
            return
        deep = kind == "fretsaw"
        top, blade, left, right, bar = (-0.72, 0.3, -0.36, 0.94, 0.2) if deep else (-0.46, 0.24, -0.48, 0.96, 0.28)
        # bow-shaped frame, one piece
        pen.poly(
            [
                (left, blade + 0.06),
                (left, top + 0.16),
                (left + 0.16, top),
                (right - 0.16, top),
                (right, top + 0.16),
                (right, blade + 0.06),
                (right - bar, blade + 0.06),
                (right - bar, top + bar + 0.06),
                (right - bar - 0.06, top + bar),
                (left + bar + 0.06, top + bar),
                (left + bar, top + bar + 0.06),
                (left + bar, blade + 0.06),
            ],
            "body",
        )
        pen.rect(left + 0.16, top + 0.04, right - 0.16, top + 0.1, "body+", round=0.03)
        n = 11
        step = (right - left - 0.08) / n
        teeth = [
            p
            for i in range(n)
            for p in ((right - 0.04 - step * i, blade), (right - 0.04 - step * (i + 0.5), blade + 0.16))
        ]
        pen.poly([(left + 0.04, blade - 0.1), (right - 0.04, blade - 0.1), *teeth, (left + 0.04, blade)], "metal+")
        for x in (left + bar / 2, right - bar / 2):
            pen.circle(x, blade - 0.04, 0.06, "ink")
        if deep:  # straight turned handle in line with the blade
            pen.curve(
                [
                    (-0.34, 0.14),
                    (-0.5, 0.1),
                    (-0.76, 0.06),
                    (-0.98, 0.14),
                    (-1.0, 0.3),
                    (-0.9, 0.44),
                    (-0.6, 0.42),
                    (-0.34, 0.38),
                ],
                "trim",
            )
            pen.rect(-0.88, 0.14, -0.5, 0.2, "trim+", round=0.03)
        else:  # pistol grip
            pen.curve(
                [
                    (-0.42, -0.26),
                    (-0.38, 0.0),
                    (-0.42, 0.28),
                    (-0.6, 0.3),
                    (-0.72, 0.52),
                    (-0.9, 0.54),
                    (-0.96, 0.4),
                    (-0.82, 0.1),
                    (-0.74, -0.22),
                    (-0.58, -0.34),
                ],
                "trim",
            )
            pen.curve([(-0.62, -0.24), (-0.54, -0.2), (-0.68, 0.2), (-0.8, 0.44), (-0.84, 0.36), (-0.74, 0.1)], "trim+")


@thing(
    "axe",
    "tool",
    kinds=("hatchet", "tomahawk", "broadaxe"),
    colours=("red", "gray", "black", "blue"),
    places=("forest", "farm", "workshop", "snow"),
    size=0.58,
)
def axe(pen: Pen, kind: str) -> None:
    with leaning(pen, 16, -0.36):
        # handle: curved with a swell on the hatchet and the broadaxe, straight on the tomahawk
        if kind == "tomahawk":
            pen.poly([(-0.09, -0.95), (0.09, -0.95), (0.07, 0.95), (-0.07, 0.95)], "trim")
            pen.rect(-0.1, 0.1, 0.1, 0.42, "crimson", round=0.04)
            for i, ink in enumerate(("paper", "amber", "paper")):  # feathers that swing
                with pen.at(0.06, 0.32, angle=-50 + 28 * i - 22 * pen.sway):
                    pen.curve([(-0.03, 0), (-0.11, 0.26), (0.0, 0.54), (0.11, 0.26), (0.03, 0)], ink)
                    pen.poly([(-0.07, 0.4), (0.07, 0.4), (0.0, 0.54)], "ink")
        else:
            pen.curve(
                [
                    (-0.09, -0.95),
                    (0.1, -0.95),
                    (0.1, -0.4),
                    (0.15, 0.2),
                    (0.1, 0.6),
                    (0.2, 0.88),
                    (0.1, 0.96),
                    (-0.08, 0.9),
                    (-0.09, 0.5),
                    (-0.04, 0.1),
                    (-0.09, -0.4),
                ],
                "trim",
            )
            pen.curve([(-0.04, -0.3), (0.0, -0.3), (0.05, 0.2), (0.0, 0.7), (-0.04, 0.7), (0.0, 0.2)], "trim+")
        if kind == "hatchet":
            pen.curve(
                [
                    (-0.26, -0.86),
                    (0.2, -0.84),
                    (0.46, -0.9),
                    (0.78, -1.0),
                    (0.9, -0.66),
                    (0.8, -0.1),
                    (0.5, -0.34),
                    (0.2, -0.42),
                    (-0.26, -0.42),
                    (-0.3, -0.64),
                ],
                "body",
            )
            pen.curve([(0.78, -1.0), (0.94, -0.6), (0.8, -0.08), (0.68, -0.18), (0.76, -0.58), (0.66, -0.94)], "metal+")
            pen.rect(-0.22, -0.78, 0.5, -0.7, "body+", round=0.04)
        elif kind == "tomahawk":
            pen.poly([(-0.1, -0.78), (-0.62, -0.56), (-0.1, -0.46)], "body-")  # spike
            pen.curve(
                [
                    (-0.14, -0.86),
                    (0.2, -0.8),
                    (0.5, -0.84),
                    (0.74, -0.98),
                    (0.82, -0.6),
                    (0.72, -0.16),
                    (0.46, -0.44),
                    (0.16, -0.42),
                    (-0.14, -0.36),
                ],
                "body",
            )
            pen.curve(
                [(0.74, -0.98), (0.86, -0.58), (0.72, -0.14), (0.62, -0.24), (0.7, -0.58), (0.62, -0.9)], "metal+"
            )
            pen.star(0.3, -0.62, 0.14, 0.06, 5, "trim")
        else:
            pen.rect(-0.22, -0.84, 0.2, -0.46, "body-", round=0.05)
            pen.curve(
                [
                    (0.1, -0.82),
                    (0.3, -0.78),
                    (0.5, -0.98),
                    (0.74, -1.06),
                    (0.96, -0.6),
                    (0.96, -0.1),
                    (0.74, 0.34),
                    (0.46, 0.24),
                    (0.3, -0.2),
                    (0.1, -0.44),
                ],
                "body",
            )
            pen.curve(
                [
                    (0.74, -1.06),
                    (1.0, -0.6),
                    (1.0, -0.1),
                    (0.74, 0.36),
                    (0.62, 0.28),
                    (0.82, -0.1),
                    (0.82, -0.58),
                    (0.62, -1.0),
                ],
                "metal+",
            )
            pen.curve([(0.2, -0.74), (0.4, -0.7), (0.58, -0.82), (0.62, -0.7), (0.4, -0.58), (0.2, -0.64)], "body+")

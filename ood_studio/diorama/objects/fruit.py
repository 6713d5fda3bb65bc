"""Fruit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.objects.strokes import both_sides, leaf
from ood_studio.diorama.pen import Pen, Point


@thing(
    "apple",
    "fruit",
    kinds=("pippin", "pearmain"),
    colours=("red", "green", "yellow"),
    places=("kitchen", "meadow", "farm", "parlor"),
    size=0.5,
)
def apple(pen: Pen, kind: str) -> None:
    swing = 14 * pen.sway
    if kind == "pippin":  # broad, with shoulders and a waisted foot
        half, top = (
            [(0.0, -0.42), (0.34, -0.58), (0.76, -0.44), (0.95, 0.02), (0.8, 0.58), (0.42, 0.94), (0.0, 0.84)],
            -0.4,
        )
    else:  # a pearmain is long and narrows to its foot
        half, top = (
            [(0.0, -0.58), (0.26, -0.66), (0.54, -0.5), (0.7, -0.06), (0.64, 0.46), (0.34, 0.92), (0.0, 0.9)],
            -0.56,
        )
    _apple_flesh(pen, half)
    pen.ellipse(0.0, top + 0.02, 0.24, 0.075, "body-")
    pen.stripe((0.0, top + 0.04), (0.0, top - 0.25), (0.1 + 0.004 * swing, -0.93), (0.08, 0.07, 0.12), "wood-")
    leaf(pen, 0.03, top - 0.1, 0.66, -16 + swing)


def _apple_flesh(pen: Pen, half: list[Point]) -> None:
    """The round of an apple: shade on the right, sheen on the left."""
    pen.curve(both_sides(half), "body")
    wide = max(x for x, _ in half)
    right = [p for p in half if p[0] > 0.3 * wide]
    pen.curve([*right, *((x * 0.66, y * 0.8 + 0.06) for x, y in reversed(right[1:]))], "body-")
    pen.ellipse(-0.56 * wide, half[0][1] * 0.25, 0.14 * wide, 0.3 * wide, "body+", 18)
    pen.circle(-0.5 * wide, half[0][1] * 0.25 + 0.46 * wide, 0.06 * wide, "body+")


@thing(
    "pear",
    "fruit",
    kinds=("bartlett", "bosc", "anjou"),
    colours=("green", "yellow", "brown", "red"),
    places=("kitchen", "farm", "meadow", "parlor"),
    size=0.55,
)
def pear(pen: Pen, kind: str) -> None:
    # right half of the outline: a bell, a long slim neck, an egg
    half, lean = {
        "bartlett": (
            [(0.0, -0.64), (0.2, -0.58), (0.3, -0.26), (0.5, 0.06), (0.68, 0.48), (0.46, 0.9), (0.0, 0.93)],
            0.06,
        ),
        "bosc": ([(0.0, -0.74), (0.1, -0.7), (0.16, -0.36), (0.3, 0.02), (0.56, 0.46), (0.42, 0.88), (0.0, 0.94)], 0.2),
        "anjou": ([(0.0, -0.58), (0.26, -0.5), (0.4, -0.16), (0.62, 0.16), (0.78, 0.52), (0.5, 0.9), (0.0, 0.93)], 0.0),
    }[kind]
    top = half[0][1]

    def bent(points: Sequence[Point]) -> list[Point]:  # the neck leans to the right
        return [(x + lean * max(0.0, 0.4 - y) ** 2 * 0.7, y) for x, y in points]

    tip = bent([(0.0, top)])[0]
    swing = 16 * pen.sway
    pen.stripe(tip, (tip[0], top - 0.18), (tip[0] + 0.12 + 0.005 * swing, -0.95), (0.09, 0.07, 0.12), "wood-")
    leaf(pen, tip[0] + 0.02, top - 0.06, 0.6, (-8 if kind != "bosc" else 188) + swing)
    pen.curve(bent(both_sides(half)), "body")
    right = half[2:-1]
    pen.curve(bent([*right, (0.2, 0.92), (0.5 * right[-2][0], 0.72), (0.66 * right[-2][0], 0.4)]), "body-")
    wide = max(x for x, _ in half)
    pen.ellipse(-0.52 * wide, 0.36, 0.13 * wide, 0.24, "body+", 12)
    pen.ellipse(bent([(-0.14, top * 0.4)])[0][0], top * 0.4, 0.06, 0.16, "body+", 8)
    for x, y in ((-0.1, 0.5), (0.12, 0.32), (0.02, 0.74), (-0.2, 0.7), (0.06, 0.06)):  # freckles
        pen.ellipse(x, y, 0.03, 0.03, "body-")
    pen.poly([(-0.12, 0.88), (0.0, 0.84), (0.12, 0.88), (0.06, 0.95), (-0.06, 0.95)], "cocoa")


@thing(
    "banana",
    "fruit",
    colours=("yellow", "green", "brown", "red"),
    places=("kitchen", "beach", "forest", "farm"),
    size=0.6,
)
def banana(pen: Pen, kind: str) -> None:
    spread = 0.08 * pen.sway
    stem = (0.5, -0.72)
    # three fingers of one bunch, the farthest first: (bend, end) and how wide
    fingers = (
        ((0.98, 0.66), (0.4 + 2 * spread, 0.84), 0.4, "body-"),
        ((0.56, 0.62), (-0.34 + spread, 0.8), 0.42, "body"),
        ((0.1, 0.38), (-0.78 - spread, 0.2), 0.42, "body"),
    )
    for (bx, by), (ex, ey), wide, ink in fingers:
        dx, dy = ex - bx, ey - by
        reach = 0.14 / float(np.hypot(dx, dy))
        pen.stripe(stem, (bx, by), (ex, ey), (0.16, wide, 0.13), ink)
        if ink == "body":
            # lit upper edge, shaded lower face
            pen.stripe(stem, (bx - 0.17, by - 0.2), (ex, ey - 0.03), (0.06, 0.1, 0.02), "body+")
            pen.stripe(stem, (bx + 0.12, by + 0.14), (ex, ey + 0.03), (0.06, 0.12, 0.02), "body-")
        pen.stripe(
            (ex, ey),
            (ex + dx * reach / 2, ey + dy * reach / 2),
            (ex + dx * reach, ey + dy * reach),
            (0.14, 0.13, 0.08),
            "cocoa",
        )
    pen.poly([(0.38, -0.62), (0.46, -0.95), (0.68, -0.92), (0.64, -0.6), (0.52, -0.52)], "wood-")
    pen.poly([(0.46, -0.95), (0.68, -0.92), (0.67, -0.82), (0.44, -0.84)], "cocoa")


@thing(
    "peach",
    "fruit",
    colours=("orange", "pink", "yellow", "red"),
    places=("kitchen", "farm", "meadow", "parlor"),
    size=0.5,
)
def peach(pen: Pen, kind: str) -> None:
    swing = 14 * pen.sway
    # two cheeks, the smaller behind the larger; the furrow between them is its mark
    pen.curve([(0.1, -0.5), (0.5, -0.62), (0.86, -0.28), (0.9, 0.2), (0.6, 0.68), (0.06, 0.95), (0.0, 0.3)], "body-")
    pen.curve(
        [
            (0.22, -0.5),
            (-0.16, -0.68),
            (-0.66, -0.48),
            (-0.9, 0.04),
            (-0.76, 0.52),
            (-0.36, 0.82),
            (0.08, 0.95),
            (0.36, 0.64),
            (0.44, 0.14),
        ],
        "body",
    )
    pen.ellipse(-0.58, -0.1, 0.13, 0.28, "body+", 22)
    pen.stripe((0.2, -0.5), (0.64, 0.2), (0.08, 0.93), (0.08, 0.07, 0.03), "body-")
    # two slim leaves on a short twig
    leaf(pen, 0.2, -0.56, 0.76, -16 + swing, "pine")
    leaf(pen, 0.16, -0.56, 0.84, 195 + swing)
    pen.stripe((0.2, -0.46), (0.18, -0.7), (0.24, -0.93), (0.12, 0.1, 0.13), "wood-")


@thing(
    "cherry",
    "fruit",
    kinds=("morello", "oxheart"),
    colours=("red", "purple", "black", "pink"),
    places=("kitchen", "meadow", "farm", "parlor"),
    size=0.5,
)
def cherry(pen: Pen, kind: str) -> None:
    swing = 0.09 * pen.sway
    top = (0.1, -0.88)
    for x, y, away in ((0.46 + swing, 0.42, 0.5), (-0.46 + swing, 0.5, -0.24)):
        with pen.at(x, y, 0.44, -60 * swing):
            if kind == "morello":
                pen.curve(
                    both_sides([(0.0, -0.78), (0.46, -0.96), (0.94, -0.46), (0.96, 0.24), (0.6, 0.88), (0.0, 1.02)]),
                    "body",
                )
                pen.curve(
                    [(0.5, -0.9), (0.94, -0.46), (0.96, 0.24), (0.6, 0.88), (0.1, 1.0), (0.56, 0.4), (0.7, -0.2)],
                    "body-",
                )
            else:  # heart-shaped, with a tip
                pen.curve(
                    both_sides([(0.0, -0.66), (0.5, -1.0), (0.98, -0.6), (0.84, 0.1), (0.34, 0.74), (0.0, 1.02)]),
                    "body",
                )
                pen.curve(
                    [(0.6, -0.96), (0.98, -0.6), (0.84, 0.1), (0.34, 0.74), (0.02, 1.0), (0.5, 0.2), (0.66, -0.4)],
                    "body-",
                )
            pen.ellipse(-0.48, -0.36, 0.2, 0.32, "body+", 28)
            pen.ellipse(-0.5, -0.42, 0.1, 0.16, "paper", 28)
            pen.ellipse(0.0, -0.74, 0.28, 0.1, "ink")
        pen.stripe(top, (away, -0.3), (x + 0.01, y - 0.31), (0.09, 0.065, 0.09), "pine")
    leaf(pen, 0.08, -0.84, 0.84, 20 + 150 * swing)
    pen.rect(-0.04, -0.95, 0.26, -0.81, "wood-", 0.06)


@thing(
    "strawberry",
    "fruit",
    colours=("red", "pink", "white"),
    places=("kitchen", "meadow", "farm", "forest"),
    size=0.48,
)
def strawberry(pen: Pen, kind: str) -> None:
    pen.curve(
        both_sides([(0.0, -0.6), (0.4, -0.66), (0.78, -0.4), (0.78, 0.06), (0.48, 0.6), (0.16, 0.92), (0.0, 0.95)]),
        "body",
    )
    pen.curve([(0.6, -0.56), (0.79, -0.36), (0.78, 0.06), (0.48, 0.6), (0.1, 0.94), (0.36, 0.4), (0.56, -0.1)], "body-")
    pen.ellipse(-0.62, -0.2, 0.08, 0.24, "body+", 4)
    rows = (
        (-0.2, (-0.42, 0.0, 0.42)),
        (0.06, (-0.54, -0.2, 0.2, 0.54)),
        (0.32, (-0.36, 0.0, 0.36)),
        (0.58, (-0.18, 0.18)),
    )
    for y, places in rows:  # seeds in their dimples
        for x in places:
            pen.ellipse(x, y, 0.07, 0.095, "cocoa")
            pen.ellipse(x, y - 0.012, 0.048, 0.072, "gold")
    # crown of leaves and stalk
    swing = 10 * pen.sway
    for angle in (176, 4, 142, 38, 90):
        with pen.at(0.0, -0.6, 1.0, angle + swing * (1 if angle != 90 else 1.6)):
            long = 0.4 if angle == 90 else 0.62
            pen.curve(
                [(0.0, -0.12), (0.3 * long, -0.15), (long, 0.0), (0.3 * long, 0.15), (0.0, 0.12)],
                "leaf-" if angle == 90 else "leaf",
            )
    pen.stripe((0.0, -0.56), (0.0, -0.8), (0.16 + 0.012 * swing, -0.95), (0.12, 0.09, 0.13), "leaf-")


@thing(
    "lemon",
    "fruit",
    colours=("yellow", "green", "orange"),
    places=("kitchen", "beach", "farm", "parlor"),
    size=0.52,
)
def lemon(pen: Pen, kind: str) -> None:
    # the whole fruit behind: a spindle with a nipple at either end, tilted
    leaf(pen, 0.64, -0.54, 0.44, -104 + 22 * pen.sway, "pine")
    leaf(pen, 0.62, -0.58, 0.66, 196 + 18 * pen.sway)
    with pen.at(0.1, -0.02, 0.98, -38):
        pen.curve(
            [
                (-0.98, 0.0),
                (-0.86, -0.14),
                (-0.6, -0.42),
                (0.0, -0.6),
                (0.6, -0.42),
                (0.82, -0.14),
                (0.97, -0.1),
                (0.97, 0.1),
                (0.82, 0.14),
                (0.6, 0.42),
                (0.0, 0.6),
                (-0.6, 0.42),
                (-0.86, 0.14),
            ],
            "body",
        )
        pen.curve([(-0.7, 0.36), (0.0, 0.42), (0.66, 0.3), (0.86, 0.1), (0.6, 0.42), (0.0, 0.6), (-0.5, 0.48)], "body-")
        pen.ellipse(-0.1, -0.4, 0.36, 0.09, "body+", -3)
        for x, y in ((0.34, -0.16), (0.56, 0.02), (0.24, 0.06), (0.5, -0.24)):  # pores
            pen.circle(x, y, 0.03, "body-")
        pen.ellipse(0.97, 0.0, 0.06, 0.1, "leaf-")
    # the cut half in front: rind, pith, eight segments
    with pen.at(-0.36, 0.38, 0.57, 10 * pen.sway):
        pen.circle(0.0, 0.0, 1.0, "body-")
        pen.circle(0.0, 0.0, 0.86, "paper")
        for i in range(8):
            with pen.at(0.0, 0.0, 1.0, 45 * i + 22):
                pen.curve(
                    [(0.12, 0.0), (0.62, -0.24), (0.76, -0.1), (0.76, 0.1), (0.62, 0.24)], "body" if i % 2 else "body+"
                )


@thing(
    "pineapple",
    "fruit",
    colours=("yellow", "orange", "green", "brown"),
    places=("beach", "kitchen", "farm", "forest"),
    size=0.66,
)
def pineapple(pen: Pen, kind: str) -> None:
    swing = 9 * pen.sway
    # crown: back leaves darker, longest in the middle
    crown = (
        (-62, 0.5, "pine"),
        (62, 0.5, "pine"),
        (-36, 0.72, "pine"),
        (36, 0.72, "pine"),
        (0, 0.86, "pine"),
        (-20, 0.74, "leaf"),
        (20, 0.74, "leaf"),
        (-48, 0.5, "leaf"),
        (48, 0.5, "leaf"),
        (0, 0.56, "leaf+"),
    )
    for angle, long, ink in crown:
        with pen.at(0.0, -0.12, 1.0, angle + swing * long):
            pen.curve([(-0.1, 0.06), (-0.11, -0.4 * long), (0.0, -long), (0.11, -0.4 * long), (0.1, 0.06)], ink)
    with pen.at(0.0, 0.36, (0.62, 0.59)):
        pen.curve(both_sides([(0.0, -1.0), (0.62, -0.84), (0.98, -0.3), (0.98, 0.3), (0.66, 0.86), (0.0, 1.0)]), "body")
        pen.curve(
            [(0.7, -0.76), (0.98, -0.3), (0.98, 0.3), (0.66, 0.86), (0.16, 1.0), (0.56, 0.56), (0.74, 0.0)], "body-"
        )
        for angle in (45, -45):  # lattice of the rind, chords of the round
            for off in (-0.75, -0.25, 0.25, 0.75):
                half = (1.06 - off**2) ** 0.5
                with pen.at(angle=angle):
                    pen.stripe((-half, off), (0.0, off * 1.16), (half, off), (0.06, 0.09, 0.06), "cocoa")
        for x, y in (
            (0.0, 0.0),
            (-0.36, -0.36),
            (0.36, -0.36),
            (-0.36, 0.36),
            (0.36, 0.36),
            (0.0, -0.72),
            (0.0, 0.72),
            (-0.72, 0.0),
        ):
            pen.ellipse(x, y - 0.02, 0.11, 0.1, "body+")

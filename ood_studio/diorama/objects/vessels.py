"""Vessels."""

from __future__ import annotations

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.objects.strokes import both_sides, leaf
from ood_studio.diorama.pen import Pen, Point


def _steam(pen: Pen, x: float, y: float, height: float) -> None:
    """A curl of steam that rises from (x, y) and bends with the pose."""
    drift = 0.12 * pen.sway
    middle = (x + drift * 0.5, y - height / 2)
    pen.stripe((x, y), (x - 0.14, y - height * 0.3), middle, (0.02, 0.08, 0.1), "paper")
    pen.stripe(middle, (x + 0.15 + drift, y - height * 0.72), (x + drift, y - height), (0.1, 0.08, 0.02), "paper")


def _cork(pen: Pen, x: float, top: float, bottom: float, half: float) -> None:
    """A stopper, a little wider at its head."""
    pen.poly(
        [(x - half * 1.15, top), (x + half * 1.15, top), (x + half * 0.85, bottom), (x - half * 0.85, bottom)], "wood"
    )
    pen.poly(
        [(x + half * 0.3, top), (x + half * 1.15, top), (x + half * 0.85, bottom), (x + half * 0.2, bottom)], "wood-"
    )


@thing(
    "teapot",
    "vessel",
    colours=("blue", "white", "turquoise", "pink"),
    places=("kitchen", "parlor", "workshop"),
    size=0.56,
)
def teapot(pen: Pen, kind: str) -> None:
    _steam(pen, -0.86, -0.22, 0.46)
    # handle, spout, foot
    pen.band(0.5, 0.2, (0.45, 0.48), (0.28, 0.3), "trim", -100, 100)
    pen.curve(
        [(-0.4, 0.62), (-0.64, 0.44), (-0.78, 0.08), (-0.95, -0.12), (-0.74, -0.18), (-0.56, 0.0), (-0.34, 0.12)],
        "body",
    )
    pen.stripe((-0.97, -0.12), (-0.86, -0.2), (-0.72, -0.2), (0.05, 0.09, 0.05), "trim")
    pen.rect(-0.4, 0.78, 0.46, 0.95, "trim-", 0.06)
    # lid, lifted by the steam as the pose goes
    lift = 0.05 * (1 + pen.sway)
    with pen.at(0.03, -0.38 - lift, 1.0, 9 * pen.sway):
        pen.circle(0.0, -0.34, 0.13, "trim")
        pen.circle(-0.04, -0.38, 0.045, "trim+")
        pen.pie(0.0, 0.06, 0.42, 0.32, 180, 360, "body")
        pen.curve([(0.18, -0.2), (0.34, -0.12), (0.42, 0.05), (0.14, 0.06)], "body-")
        pen.rect(-0.46, 0.0, 0.46, 0.09, "trim", 0.04)
    # belly with a painted band and blossom
    with pen.at(0.03, 0.0):
        pen.curve(
            both_sides(
                [(0.0, -0.34), (0.36, -0.34), (0.62, -0.04), (0.68, 0.34), (0.5, 0.74), (0.3, 0.86), (0.0, 0.87)]
            ),
            "body",
        )
        pen.curve(
            [(0.42, -0.28), (0.62, -0.04), (0.68, 0.34), (0.5, 0.74), (0.1, 0.86), (0.4, 0.54), (0.5, 0.14)], "body-"
        )
        pen.stripe((-0.52, -0.04), (-0.66, 0.24), (-0.5, 0.54), (0.02, 0.12, 0.02), "body+")
        for angle in range(0, 360, 72):
            with pen.at(0.0, 0.28, 1.0, angle - 90):
                pen.ellipse(0.16, 0.0, 0.14, 0.1, "trim")
        pen.circle(0.0, 0.28, 0.09, "gold")


@thing(
    "cup",
    "vessel",
    kinds=("teacup", "beaker", "goblet"),
    colours=("white", "blue", "red", "green"),
    places=("kitchen", "parlor", "street", "beach"),
    size=0.48,
)
def cup(pen: Pen, kind: str) -> None:
    with pen.at(0.0, 0.95, 1.1 if kind == "beaker" else 1.0), pen.at(0.0, -0.95):
        {"teacup": _teacup, "beaker": _beaker, "goblet": _goblet}[kind](pen)


def _teacup(pen: Pen) -> None:
    """A wide bowl with one handle on a saucer, steaming."""
    for x, height in ((-0.38, 0.5), (-0.08, 0.66), (0.22, 0.5)):
        _steam(pen, x, -0.26, height)
    pen.band(0.52, 0.16, (0.36, 0.32), (0.2, 0.17), "body-", -110, 120)
    pen.curve(both_sides([(0.0, 0.7), (0.8, 0.7), (0.95, 0.75), (0.7, 0.88), (0.36, 0.95), (0.0, 0.95)]), "trim")
    pen.curve(both_sides([(0.0, 0.85), (0.6, 0.87), (0.34, 0.95), (0.0, 0.95)]), "trim-")
    with pen.at(-0.08, 0.0):
        pen.curve(both_sides([(0.0, -0.22), (0.7, -0.22), (0.7, 0.1), (0.56, 0.5), (0.3, 0.72), (0.0, 0.75)]), "body")
        pen.curve([(0.52, -0.2), (0.71, -0.2), (0.7, 0.1), (0.56, 0.5), (0.24, 0.74), (0.42, 0.36)], "body-")
        pen.ellipse(0.0, -0.2, 0.71, 0.13, "body+")
        pen.ellipse(0.0, -0.18, 0.62, 0.09, "cocoa")
        pen.stripe((-0.69, 0.06), (0.0, 0.32), (0.69, 0.06), (0.09, 0.12, 0.09), "trim")
        pen.stripe((-0.5, 0.22), (-0.48, 0.46), (-0.3, 0.58), (0.02, 0.1, 0.02), "body+")


def _beaker(pen: Pen) -> None:
    """A straight tumbler without a handle, with a straw and a slice of lemon."""
    with pen.at(0.1, 0.4, 1.0, 14 + 12 * pen.sway):
        pen.rect(-0.06, -1.2, 0.06, 0.0, "trim", 0.02)
        for y in (-1.1, -0.9):
            pen.poly([(-0.06, y), (0.06, y - 0.08), (0.06, y + 0.02), (-0.06, y + 0.1)], "trim-")
    with pen.at(-0.46, -0.46, 1.0, -10 * pen.sway):
        pen.circle(0.0, 0.0, 0.26, "gold")
        pen.circle(0.0, 0.0, 0.2, "paper")
        pen.star(0.0, 0.0, 0.19, 0.06, 8, "gold+")
    sides = [(0.0, -0.4), (0.6, -0.4), (0.44, 0.88), (0.36, 0.95), (0.0, 0.95)]
    pen.poly(both_sides(sides), "body")
    pen.poly([(0.36, -0.4), (0.6, -0.4), (0.44, 0.88), (0.36, 0.95), (0.24, 0.95)], "body-")
    pen.poly([(-0.57, -0.12), (0.57, -0.12), (0.54, 0.1), (-0.54, 0.1)], "trim")
    pen.poly([(-0.53, 0.18), (0.53, 0.18), (0.52, 0.26), (-0.52, 0.26)], "trim")
    pen.poly([(-0.44, 0.34), (-0.34, 0.34), (-0.28, 0.82), (-0.36, 0.82)], "body+")
    pen.rect(-0.63, -0.46, 0.63, -0.34, "body+", 0.06)


def _goblet(pen: Pen) -> None:
    """A jewelled bowl on a tall stem."""
    with pen.at(0.0, 0.95, 1.0, 5 * pen.sway), pen.at(0.0, -0.95):
        pen.curve(
            both_sides([(0.0, 0.26), (0.12, 0.3), (0.08, 0.5), (0.13, 0.72), (0.48, 0.84), (0.52, 0.94), (0.0, 0.95)]),
            "body-",
        )
        pen.rect(-0.54, 0.86, 0.54, 0.95, "trim", 0.04)
        pen.ellipse(0.0, 0.42, 0.19, 0.11, "trim")
        pen.curve(
            both_sides([(0.0, -0.8), (0.58, -0.84), (0.64, -0.3), (0.52, 0.06), (0.26, 0.28), (0.0, 0.33)]), "body"
        )
        pen.curve(
            [(0.42, -0.82), (0.6, -0.8), (0.64, -0.3), (0.52, 0.06), (0.14, 0.31), (0.36, 0.0), (0.44, -0.4)], "body-"
        )
        pen.stripe((-0.5, -0.5), (-0.56, -0.14), (-0.34, 0.1), (0.02, 0.12, 0.03), "body+")
        pen.stripe((-0.63, -0.36), (0.0, -0.18), (0.63, -0.36), (0.15, 0.17, 0.15), "trim")
        for x, y in ((-0.36, -0.3), (0.0, -0.27), (0.36, -0.3)):
            pen.star(x, y, 0.12, 0.085, 4, "crimson" if x else "glass")
        pen.ellipse(0.0, -0.82, 0.6, 0.13, "trim")
        with pen.at(0.0, -0.81, 1.0, -7 * pen.sway):
            pen.ellipse(0.0, 0.0, 0.5, 0.085, "violet")


@thing(
    "vase",
    "vessel",
    colours=("blue", "white", "turquoise", "brown"),
    places=("parlor", "kitchen", "stage", "workshop"),
    size=0.62,
)
def vase(pen: Pen, kind: str) -> None:
    # three blossoms lean with the pose; the vessel itself keeps the larger part
    for x, y, lean, inks in ((-0.36, -0.56, 0.8, "rose"), (0.38, -0.52, 0.8, "gold"), (0.02, -0.72, 1.0, "crimson")):
        tip = (x + 0.13 * lean * pen.sway, y)
        pen.stripe((x * 0.2, -0.1), (x * 0.3, -0.4), tip, (0.05, 0.05, 0.04), "pine")
        for angle in range(0, 360, 72):
            with pen.at(*tip, 1.0, angle + 18 + 12 * pen.sway):
                pen.ellipse(0.12, 0.0, 0.12, 0.095, inks)
        pen.circle(*tip, 0.075, "cocoa" if inks == "gold" else "gold")
    leaf(pen, -0.04, -0.14, 0.6, 206 + 8 * pen.sway, "pine")
    leaf(pen, 0.04, -0.14, 0.6, -26 + 8 * pen.sway)
    # lip, neck, shoulders, foot
    outline = [
        (0.0, -0.2),
        (0.34, -0.2),
        (0.24, -0.02),
        (0.32, 0.1),
        (0.62, 0.32),
        (0.56, 0.6),
        (0.3, 0.84),
        (0.34, 0.95),
        (0.0, 0.95),
    ]
    pen.curve(both_sides(outline), "body")
    pen.curve(
        [(0.34, 0.14), (0.62, 0.32), (0.56, 0.6), (0.28, 0.84), (0.3, 0.94), (0.1, 0.94), (0.34, 0.66), (0.44, 0.4)],
        "body-",
    )
    pen.stripe((-0.36, 0.2), (-0.64, 0.4), (-0.4, 0.66), (0.02, 0.13, 0.02), "body+")
    zigzag = [(-0.52 + 0.13 * i, 0.36 if i % 2 else 0.5) for i in range(9)]
    pen.poly([*zigzag, *((x, y + 0.1) for x, y in reversed(zigzag))], "trim")
    pen.rect(-0.27, 0.0, 0.27, 0.07, "trim", 0.03)
    pen.rect(-0.4, -0.26, 0.4, -0.14, "trim", 0.06)
    pen.rect(-0.38, 0.87, 0.38, 0.95, "trim-", 0.04)


@thing(
    "bottle",
    "vessel",
    kinds=("magnum", "flask", "demijohn"),
    colours=("green", "brown", "blue", "turquoise"),
    places=("kitchen", "beach", "parlor", "workshop"),
    size=0.62,
)
def bottle(pen: Pen, kind: str) -> None:
    # it rocks on its foot
    with pen.at(0.0, 0.95, 1.0, 7 * pen.sway), pen.at(0.0, -0.95):
        {"magnum": _magnum, "flask": _flask, "demijohn": _demijohn}[kind](pen)


def _glass(pen: Pen, half: list[Point], sheen: tuple[Point, Point, Point]) -> None:
    """A blown body from its right half, shaded on the right, with a sheen."""
    pen.curve(both_sides(half), "body")
    inner = [(x * 0.55, y) for x, y in reversed(half[1:-1])]
    pen.curve([*half[1:-1], *inner], "body-")
    pen.stripe(*sheen, (0.03, 0.11, 0.03), "body+")


def _magnum(pen: Pen) -> None:
    """A tall wine bottle with foil and label."""
    half = [
        (0.0, -0.8),
        (0.14, -0.8),
        (0.14, -0.36),
        (0.22, -0.14),
        (0.4, 0.08),
        (0.4, 0.5),
        (0.4, 0.86),
        (0.3, 0.95),
        (0.0, 0.95),
    ]
    _cork(pen, 0.0, -0.95, -0.78, 0.12)
    _glass(pen, half, ((-0.15, -0.14), (-0.36, 0.0), (-0.33, 0.16)))
    pen.rect(-0.165, -0.84, 0.165, -0.44, "trim", 0.03)
    pen.rect(0.04, -0.84, 0.165, -0.44, "trim-", 0.03)
    pen.rect(-0.19, -0.84, 0.19, -0.74, "trim", 0.04)
    pen.rect(-0.41, 0.22, 0.41, 0.76, "paper")
    pen.rect(-0.41, 0.22, 0.41, 0.29, "trim")
    pen.rect(-0.41, 0.69, 0.41, 0.76, "trim")
    for x, y in ((-0.12, 0.42), (0.0, 0.42), (0.12, 0.42), (-0.06, 0.51), (0.06, 0.51), (0.0, 0.6)):  # grapes
        pen.circle(x, y, 0.065, "violet")


def _flask(pen: Pen) -> None:
    """A round belly under a narrow neck, half full."""
    _cork(pen, 0.0, -0.95, -0.66, 0.16)
    pen.curve(
        both_sides(
            [
                (0.0, -0.72),
                (0.2, -0.72),
                (0.18, -0.3),
                (0.44, -0.12),
                (0.68, 0.3),
                (0.54, 0.76),
                (0.26, 0.95),
                (0.0, 0.95),
            ]
        ),
        "body",
    )
    pen.curve([(0.3, -0.2), (0.44, -0.12), (0.68, 0.3), (0.54, 0.76), (0.2, 0.95), (0.44, 0.5), (0.46, 0.1)], "body-")
    pen.rect(-0.25, -0.78, 0.25, -0.66, "body+", 0.05)
    with pen.at(0.0, 0.3, 1.0, -14 * pen.sway):  # the liquid keeps its level
        pen.pie(0.0, 0.02, 0.57, 0.54, 0, 180, "trim")
        pen.ellipse(0.0, 0.02, 0.57, 0.08, "trim+")
        for x, y, r in ((-0.2, 0.24, 0.07), (0.1, 0.34, 0.05), (0.2, 0.18, 0.06)):
            pen.circle(x, y, r, "trim+")
    pen.stripe((-0.36, -0.06), (-0.56, 0.06), (-0.56, 0.24), (0.03, 0.1, 0.03), "body+")
    pen.rect(-0.24, -0.4, 0.24, -0.3, "cream", 0.04)


def _demijohn(pen: Pen) -> None:
    """A big-bellied bottle in a wicker basket with two ears."""
    _cork(pen, 0.0, -0.95, -0.74, 0.13)
    half = [
        (0.0, -0.8),
        (0.17, -0.8),
        (0.17, -0.48),
        (0.42, -0.32),
        (0.7, 0.1),
        (0.7, 0.5),
        (0.56, 0.86),
        (0.4, 0.94),
        (0.0, 0.94),
    ]
    for side in (-1, 1):
        pen.band(side * 0.7, 0.34, (0.25, 0.2), (0.15, 0.1), "wood-")
    _glass(pen, half, ((-0.28, -0.34), (-0.56, -0.2), (-0.6, 0.1)))
    pen.rect(-0.22, -0.82, 0.22, -0.7, "trim", 0.05)
    pen.poly(both_sides([(0.0, 0.5), (0.76, 0.5), (0.62, 0.95), (0.0, 0.95)]), "wood")
    for row, y in enumerate((0.65, 0.81)):
        for i in range(5 - row):
            x = (i - 2 + row / 2) * 0.27
            pen.rect(x - 0.1, y - 0.045, x + 0.1, y + 0.045, "sand", 0.045)
    pen.rect(-0.82, 0.44, 0.82, 0.56, "wood-", 0.06)

"""Food."""

from __future__ import annotations

import math

import numpy as np

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.objects.strokes import both_sides, leaf
from ood_studio.diorama.pen import Pen


def _berry(pen: Pen, x: float, y: float, r: float) -> None:
    """A cherry as decoration."""
    pen.circle(x, y, r, "crimson")
    pen.ellipse(x + r * 0.3, y + r * 0.3, r * 0.6, r * 0.6, "crimson-")
    pen.circle(x - r * 0.1, y - r * 0.05, r * 0.72, "crimson")
    pen.circle(x - r * 0.36, y - r * 0.36, r * 0.24, "paper")


@thing(
    "cake",
    "food",
    kinds=("gateau", "cupcake", "cheesecake"),
    colours=("pink", "white", "brown", "yellow"),
    places=("kitchen", "parlor", "stage", "meadow"),
    size=0.58,
)
def cake(pen: Pen, kind: str) -> None:
    {"gateau": _gateau, "cupcake": _cupcake, "cheesecake": _cheesecake}[kind](pen)


def _gateau(pen: Pen) -> None:
    """Two storeys with dripping icing and three candles on a plate."""
    for i, x in enumerate((-0.28, 0.0, 0.28)):
        foot = -0.36 if i != 1 else -0.32
        pen.rect(x - 0.05, foot - 0.32, x + 0.05, foot, "trim" if i != 1 else "trim-", 0.03)
        with pen.at(x, foot - 0.3, 1.0, 24 * pen.sway):
            pen.curve([(0.0, -0.28), (0.09, -0.1), (0.0, 0.0), (-0.09, -0.1)], "amber")
            pen.ellipse(0.0, -0.08, 0.045, 0.07, "gold+")
    # plate and storeys
    pen.rect(-0.42, 0.8, 0.42, 0.95, "glass-", 0.05)
    pen.rect(-0.95, 0.76, 0.95, 0.87, "glass", 0.05)
    pen.rect(-0.78, 0.14, 0.78, 0.8, "body", 0.08)
    pen.rect(0.5, 0.2, 0.78, 0.8, "body-", 0.08)
    pen.rect(-0.78, 0.5, 0.78, 0.61, "trim")
    pen.rect(-0.5, -0.36, 0.5, 0.2, "body", 0.08)
    pen.rect(0.3, -0.3, 0.5, 0.2, "body-", 0.06)
    for wide, top, drips in ((0.8, 0.1, (0.2, 0.34, 0.22, 0.36, 0.2, 0.32)), (0.52, -0.4, (0.18, 0.32, 0.2, 0.3))):
        step = 2 * wide / (2 * len(drips) - 1)
        edge = [(wide - step * j, top + (drips[j // 2] if j % 2 == 0 else 0.12)) for j in range(2 * len(drips))]
        pen.curve([(-wide * 0.94, top), (wide * 0.94, top), *edge], "paper")
    for x in (-0.66, 0.66):
        _berry(pen, x, 0.03, 0.12)


def _cupcake(pen: Pen) -> None:
    """A pleated paper cup with a swirl of icing and a cherry."""
    pen.poly(both_sides([(0.0, 0.2), (0.72, 0.2), (0.52, 0.95), (0.0, 0.95)]), "trim")
    for x in (-0.54, -0.18, 0.18, 0.54):
        pen.poly([(x - 0.08, 0.2), (x + 0.1, 0.2), (x * 0.74 + 0.07, 0.95), (x * 0.74 - 0.05, 0.95)], "trim-")
    tilt = 0.1 * pen.sway
    with pen.at(tilt * 0.5, 0.0):
        pen.stripe((1.4 * tilt, -0.7), (2 * tilt, -0.9), (0.12 + 3 * tilt, -0.96), (0.04, 0.04, 0.05), "pine")
        _berry(pen, 1.4 * tilt, -0.64, 0.16)
    for y, rx, ry, lean in ((0.14, 0.88, 0.24, 0.0), (-0.16, 0.66, 0.24, 0.5), (-0.42, 0.4, 0.2, 1.0)):
        x = lean * tilt
        pen.curve(
            [
                (x - rx, y + 0.05),
                (x - 0.7 * rx, y - ry * 0.8),
                (x + 0.6 * rx, y - ry * 1.1),
                (x + rx, y - 0.02),
                (x + 0.7 * rx, y + ry),
                (x - 0.6 * rx, y + ry),
            ],
            "body",
        )
        pen.stripe(
            (x - 0.66 * rx, y + ry * 0.8),
            (x + 0.5 * rx, y + ry * 1.2),
            (x + 0.96 * rx, y - 0.02),
            (0.03, 0.14, 0.03),
            "body-",
        )
        pen.stripe(
            (x - 0.8 * rx, y - 0.02),
            (x - 0.6 * rx, y - ry * 0.8),
            (x + 0.1 * rx, y - ry * 0.7),
            (0.04, 0.09, 0.03),
            "body+",
        )
    for x, y, angle in ((-0.5, 0.2, 30), (0.1, 0.16, -40), (0.5, 0.1, 60), (-0.26, -0.12, -20), (0.3, -0.18, 40)):
        with pen.at(x + 0.5 * tilt, y, 1.0, angle):  # sprinkles
            pen.rect(-0.07, -0.025, 0.07, 0.025, "gold" if angle > 0 else "crimson", 0.025)


def _cheesecake(pen: Pen) -> None:
    """A wedge on its side: biscuit base, filling, glaze, a berry and a fork-ready tip."""
    pen.ellipse(0.0, 0.8, 0.95, 0.15, "glass")
    pen.ellipse(0.0, 0.77, 0.8, 0.1, "glass-")
    tip, back, far = (-0.84, 0.0), (0.8, 0.04), (0.6, -0.46)
    pen.poly([tip, back, (0.8, 0.82), (-0.78, 0.72)], "body")
    pen.poly([(-0.8, 0.56), (0.8, 0.66), (0.8, 0.84), (-0.78, 0.74)], "wood")
    pen.poly([(-0.81, 0.3), (0.8, 0.38), (0.8, 0.47), (-0.81, 0.39)], "body+")
    for x in (-0.6, -0.25, 0.15, 0.55):
        pen.circle(x, 0.67 + 0.03 * x, 0.035, "wood-")
    pen.curve(
        [
            tip,
            (-0.1, -0.24),
            far,
            (0.78, -0.34),
            (0.84, -0.06),
            (0.82, 0.1),
            (0.6, 0.24),
            (0.46, 0.1),
            (0.3, 0.34),
            (0.1, 0.1),
            (-0.16, 0.24),
            (-0.36, 0.08),
        ],
        "trim",
    )
    pen.curve([(-0.5, -0.02), (0.0, -0.2), (0.5, -0.36), (0.3, -0.2)], "trim+")
    # strawberry and cream on top
    pen.curve([(0.02, -0.16), (0.1, -0.32), (0.4, -0.38), (0.68, -0.3), (0.74, -0.14), (0.4, -0.04)], "paper")
    with pen.at(0.4, -0.34, 1.0, 14 * pen.sway):
        pen.curve(
            [(0.0, -0.44), (0.24, -0.3), (0.28, -0.04), (0.12, 0.14), (-0.12, 0.14), (-0.28, -0.04), (-0.24, -0.3)],
            "crimson",
        )
        for x, y in ((-0.1, -0.08), (0.1, -0.08), (0.0, -0.22), (0.0, 0.05)):
            pen.ellipse(x, y, 0.022, 0.035, "gold+")
        leaf(pen, 0.0, -0.38, 0.32, -150)
        leaf(pen, 0.0, -0.38, 0.32, -30)
        leaf(pen, 0.0, -0.4, 0.26, -90)


@thing(
    "pizza",
    "food",
    colours=("yellow", "orange", "red", "white"),
    places=("kitchen", "street", "parlor", "beach"),
    size=0.6,
)
def pizza(pen: Pen, kind: str) -> None:
    gap = (-75, -20)  # the slice cut out, degrees
    middle = math.radians(sum(gap) / 2)
    x, y, r = -0.07, 0.07, 0.87
    out = 0.2 + 0.07 * pen.sway
    pen.pie(x, y, r, r, gap[1], 360 + gap[0], "amber-")
    pen.pie(x, y, 0.82, 0.82, gap[1], 360 + gap[0], "wood")
    pen.pie(x, y, 0.74, 0.74, gap[1], 360 + gap[0], "body")
    pen.band(x, y, (0.84, 0.84), (0.79, 0.79), "amber+", 130, 250)
    pen.band(x, y, (0.73, 0.73), (0.62, 0.62), "body-", 5, 120)
    for sx, sy in ((-0.42, -0.3), (-0.36, 0.32), (0.16, 0.44), (-0.06, -0.42), (0.42, 0.08)):  # salami
        _salami(pen, x + sx, y + sy)
    for ox, oy in ((-0.12, 0.04), (-0.1, 0.62), (-0.62, 0.02), (0.48, 0.42)):  # olives
        pen.band(x + ox, y + oy, (0.085, 0.085), (0.035, 0.035), "ink")
    leaf(pen, x + 0.02, y + 0.2, 0.3, 20, "pine")
    leaf(pen, x - 0.36, y + 0.1, 0.26, 200, "pine")
    leaf(pen, x - 0.2, y - 0.52, 0.22, 160, "pine")
    for angle, at in ((50, 0.24), (-30, -0.5)):  # strips of pepper
        with pen.at(x + at * 0.4 - 0.1, y + at * 0.8, 1.0, angle):
            pen.band(0.0, 0.0, (0.17, 0.11), (0.12, 0.06), "trim", 180, 350)
    with pen.at(x + out * math.cos(middle), y + out * math.sin(middle), 1.0, 6 * pen.sway):
        pen.pie(0.0, 0.0, r, r, *gap, "amber-")
        pen.pie(0.0, 0.0, 0.82, 0.82, *gap, "wood")
        pen.pie(0.0, 0.0, 0.74, 0.74, *gap, "body+")
        _salami(pen, 0.36, -0.46)


def _salami(pen: Pen, x: float, y: float) -> None:
    pen.circle(x, y, 0.165, "crimson-")
    pen.circle(x - 0.012, y - 0.012, 0.135, "crimson")
    pen.circle(x - 0.05, y - 0.05, 0.03, "crimson+")
    pen.circle(x + 0.05, y + 0.04, 0.026, "crimson-")


@thing(
    "hamburger",
    "food",
    colours=("orange", "brown", "yellow", "white"),
    places=("kitchen", "street", "beach", "meadow"),
    size=0.54,
)
def hamburger(pen: Pen, kind: str) -> None:
    slide = 0.05 * pen.sway
    # lower bun and patty
    pen.rect(-0.84, 0.56, 0.84, 0.92, "body", 0.24)
    pen.curve([(-0.78, 0.78), (0.0, 0.82), (0.82, 0.72), (0.72, 0.9), (0.0, 0.93), (-0.7, 0.9)], "body-")
    pen.rect(-0.9 - slide, 0.34, 0.9 - slide, 0.66, "cocoa", 0.15)
    pen.rect(-0.8 - slide, 0.38, 0.6 - slide, 0.45, "cocoa+", 0.03)
    # melting cheese, tomato, lettuce
    pen.poly([(-0.9, 0.3), (0.9, 0.3), (0.62, 0.4), (0.4, 0.4), (0.12, 0.62), (-0.16, 0.4), (-0.6, 0.4)], "trim")
    pen.rect(-0.86 + slide, 0.14, 0.86 + slide, 0.32, "crimson", 0.08)
    pen.rect(-0.7 + slide, 0.17, 0.5 + slide, 0.21, "crimson+", 0.02)
    waves = [(0.85 - 0.17 * i + slide, 0.28 if i % 2 else 0.12) for i in range(11)]
    pen.curve([(-0.82 + slide, 0.0), (0.82 + slide, 0.0), *waves], "lime")
    # upper bun with sesame, tipping
    with pen.at(2 * slide, 0.04, 1.0, 6 * pen.sway):
        pen.curve(
            [
                (-0.9, 0.0),
                (-0.84, -0.46),
                (-0.42, -0.84),
                (0.0, -0.9),
                (0.42, -0.84),
                (0.84, -0.46),
                (0.9, 0.0),
                (0.5, 0.04),
                (-0.5, 0.04),
            ],
            "body",
        )
        pen.curve(
            [(0.6, -0.72), (0.84, -0.46), (0.9, 0.0), (0.4, 0.04), (-0.6, 0.03), (0.1, -0.08), (0.58, -0.26)], "body-"
        )
        pen.ellipse(-0.52, -0.48, 0.26, 0.11, "body+", -42)
        for x, y, angle in (
            (-0.2, -0.66, -20),
            (0.16, -0.7, 20),
            (0.02, -0.44, 0),
            (0.4, -0.5, 40),
            (-0.3, -0.3, -30),
            (0.28, -0.24, 20),
        ):
            pen.ellipse(x, y, 0.05, 0.075, "body-", angle + 90)
            pen.ellipse(x - 0.008, y - 0.012, 0.04, 0.065, "cream", angle + 90)


@thing(
    "doughnut",
    "food",
    colours=("pink", "brown", "white", "purple"),
    places=("kitchen", "street", "parlor", "stage"),
    size=0.52,
)
def doughnut(pen: Pen, kind: str) -> None:
    turn = math.radians(30 * pen.sway)
    # dough, then the glaze with its wavy edge; the hole stays open
    pen.band(0.0, 0.1, (0.95, 0.84), (0.26, 0.18), "amber-")
    pen.band(0.0, 0.03, (0.93, 0.8), (0.3, 0.22), "amber")
    t = np.linspace(0, 2 * math.pi, 80)
    wave = 1 + 0.045 * np.sin(9 * t + turn * 2)
    outer = np.stack([0.85 * wave * np.cos(t), -0.03 + 0.75 * wave * np.sin(t)], axis=1)
    inner = np.stack([0.32 * np.cos(t[::-1]), -0.0 + 0.24 * np.sin(t[::-1])], axis=1)
    pen.poly(np.concatenate([outer, inner]), "body")
    pen.stripe((0.74, 0.02), (0.72, 0.5), (0.1, 0.6), (0.02, 0.13, 0.02), "body-")
    pen.stripe((-0.72, -0.02), (-0.68, -0.54), (-0.12, -0.6), (0.02, 0.13, 0.02), "body+")
    pen.stripe((-0.37, -0.02), (0.0, -0.57), (0.37, -0.02), (0.02, 0.11, 0.02), "body-")
    for i in range(16):  # sprinkles in two rings
        angle = 2 * math.pi * i / 16 + turn
        far = 0.68 if i % 2 else 0.5
        with pen.at(far * math.cos(angle), -0.02 + 0.88 * far * math.sin(angle), 1.0, 67 * i):
            pen.rect(-0.085, -0.032, 0.085, 0.032, ("trim", "paper", "trim", "gold")[i % 4], 0.032)

"""Bugs and other small crawlers and fliers."""

import math

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen

# fmt: off  (rows of points stay rows)


@thing(
    "butterfly",
    "bug",
    kinds=("monarch", "hairstreak", "ringlet"),
    colours=("orange", "blue", "yellow", "purple"),
    places=("meadow", "forest", "sky", "farm"),
    stance="fly",
    size=0.45,
)
def butterfly(pen: Pen, kind: str) -> None:
    spread, tilt = 1.0 - 0.16 * (1.0 - pen.sway), 4 * pen.sway
    fore = [(0.04, -0.14), (0.26, -0.58), (0.62, -0.84), (0.94, -0.8), (0.96, -0.5), (0.82, -0.14), (0.5, 0.08),
        (0.06, 0.1)]
    hind = [(0.04, 0.06), (0.5, 0.0), (0.78, 0.2), (0.76, 0.52), (0.54, 0.78), (0.26, 0.76), (0.08, 0.44)]
    for side in (-1, 1):
        with pen.at(scale=(side * spread, 1), angle=side * tilt):
            if kind == "hairstreak":  # slender tails on the hind wings
                pen.ribbon([(0.48, 0.56), (0.6, 0.76), (0.54, 0.97)], (0.26, 0.07), "trim-")
                pen.ribbon([(0.24, 0.6), (0.3, 0.76), (0.24, 0.88)], (0.16, 0.05), "trim-")
            edge = {"monarch": "ink", "hairstreak": "trim", "ringlet": "body-"}[kind]
            for points, x, y in ((hind, 0.42, 0.36), (fore, 0.5, -0.34)):
                pen.curve(points, edge)
                with pen.at(x, y, 0.8), pen.at(-x, -y):
                    pen.curve(points, "body" if points is fore else "body+" if kind == "ringlet" else "body")
            if kind == "monarch":  # dark veins, white beads in the seam
                for x, y in ((0.84, -0.66), (0.86, -0.24), (0.72, 0.3)):
                    start = (0.1, 0.0) if y < 0 else (0.1, 0.16)
                    pen.ribbon([start, (x * 0.55, y * 0.55 if y < 0 else 0.26), (x, y)], 0.05, "ink")
                pen.ribbon([(0.1, 0.16), (0.3, 0.4), (0.46, 0.72)], 0.05, "ink")
                for x, y in ((0.74, -0.78), (0.91, -0.62), (0.86, -0.34), (0.72, 0.48), (0.58, 0.67), (0.34, 0.71)):
                    pen.circle(x, y, 0.045, "paper")
            elif kind == "hairstreak":  # one pale streak across each wing
                pen.ribbon([(0.42, -0.68), (0.6, -0.34), (0.6, -0.04)], (0.1, 0.06), "paper")
                pen.ribbon([(0.6, 0.1), (0.5, 0.34), (0.28, 0.5)], (0.09, 0.05), "paper")
                pen.circle(0.5, 0.58, 0.08, "amber")
            else:  # eyespots
                for x, y, r in ((0.66, -0.5, 0.19), (0.52, 0.4, 0.16)):
                    pen.circle(x, y, r, "gold")
                    pen.circle(x, y, r * 0.7, "ink")
                    pen.circle(x, y, r * 0.28, "paper")
                pen.curve([(0.1, -0.08), (0.26, -0.36), (0.42, -0.2), (0.3, -0.02)], "trim")
            pen.ribbon([(0.02, -0.34), (0.12, -0.66), (0.28, -0.88)], (0.05, 0.035), "ink")
            pen.circle(0.28, -0.88, 0.055, "ink")
    # body
    pen.curve([(-0.09, -0.2), (0.09, -0.2), (0.1, 0.1), (0.06, 0.5), (0, 0.62), (-0.06, 0.5), (-0.1, 0.1)], "ink")
    pen.circle(0, -0.3, 0.13, "ink")
    for y in (0.08, 0.22, 0.36):
        pen.ellipse(0, y, 0.07, 0.03, "ink+")


@thing(
    "bee",
    "bug",
    kinds=("honeybee", "bumblebee", "drone"),
    colours=("yellow", "orange", "brown"),
    places=("meadow", "farm", "sky", "forest"),
    stance="fly",
    size=0.45,
)
def bee(pen: Pen, kind: str) -> None:
    beat, swing = 20 * pen.sway, 0.08 * pen.sway
    long, tall = {"honeybee": (1.0, 0.86), "bumblebee": (0.96, 1.3), "drone": (1.0, 1.08)}[kind]
    wing = 1.2 if kind == "drone" else 0.85 if kind == "bumblebee" else 1.0
    pivot = 0.1 if tall < 1.2 else 0.02
    for angle, ink in ((30 + beat, "glass-"), (-8 + beat, "glass")):  # wings
        with pen.at(-0.02, pivot, wing, angle=angle):
            pen.curve([(-0.06, 0.0), (-0.24, -0.5), (-0.1, -0.92), (0.16, -0.9), (0.24, -0.52), (0.08, 0.0)], ink)
            pen.curve([(-0.02, -0.3), (-0.12, -0.6), (0.0, -0.8), (0.1, -0.56)], "glass+")
    with pen.at(0, 0.32, (long, tall)):
        for x in (-0.3, -0.1, 0.12):  # legs
            pen.ribbon([(x, 0.2), (x + 0.02 + swing, 0.38), (x - 0.06 + swing, 0.5)], (0.07, 0.06), "ink")
        if kind != "drone":  # drones have no sting
            pen.poly([(0.78, -0.1), (0.97, 0.1), (0.74, 0.1)], "ink")
        # striped abdomen: every dark band has a light hem, which shows on dark bees too
        pen.curve([(-0.2, -0.28), (0.1, -0.38), (0.46, -0.36), (0.78, -0.16), (0.86, 0.06), (0.72, 0.24),
            (0.4, 0.36), (0.06, 0.34), (-0.2, 0.24)], "body")
        for x, half, wide in ((0.14, 0.36, 0.15), (0.42, 0.35, 0.14), (0.67, 0.24, 0.11)):
            for ink, grow in (("body+", 0.035), ("ink", 0.0)):
                pen.curve([(x - wide / 2 - grow, -half), (x + wide / 2 + grow, -half), (x + wide + grow, 0.0),
                    (x + wide / 2 + grow, half), (x - wide / 2 - grow, half), (x - grow, 0.0)], ink)
        # thorax, woolly on the bumblebee
        if kind == "bumblebee":
            pen.star(-0.2, -0.02, 0.4, 0.35, 24, "trim")
        else:
            pen.ellipse(-0.2, -0.02, 0.32, 0.33, "trim")
        pen.ellipse(-0.22, -0.12, 0.2, 0.14, "trim+")
    with pen.at(-0.58, 0.32):
        for x, tip in ((-0.06, -0.3), (0.08, -0.12)):  # feelers
            pen.ribbon([(x, -0.2), (x - 0.06, -0.44), (tip, -0.56 - swing)], (0.05, 0.045), "ink")
            pen.circle(tip, -0.56 - swing, 0.06, "ink")
        pen.ellipse(0, 0, 0.31, 0.3, "body")
        pen.pie(0, 0, 0.31, 0.3, 20, 160, "body-")
        pen.eye(-0.1, -0.06, 0.18 if kind == "drone" else 0.13)


@thing(
    "ladybug",
    "bug",
    colours=("red", "orange", "yellow", "black"),
    places=("meadow", "forest", "farm"),
    size=0.45,
)
def ladybug(pen: Pen, kind: str) -> None:
    step, lift = 0.1 * pen.sway, 7 + 7 * pen.sway
    for x, direction in ((-0.4, -1), (0.1, 1), (0.52, -1)):  # legs
        swing = step * direction
        pen.ribbon([(x, 0.6), (x - 0.06 + swing, 0.78), (x - 0.02 + swing, 0.9),
            (x - 0.16 + swing, 0.91)], (0.1, 0.08), "ink")
    # head and feelers
    for tip in (-0.92, -0.72):
        pen.ribbon([(-0.66, 0.12), (tip + 0.06, -0.12), (tip, -0.22 - step)], (0.06, 0.05), "ink")
        pen.circle(tip, -0.22 - step, 0.07, "ink")
    pen.curve([(-0.46, 0.04), (-0.74, 0.08), (-0.93, 0.32), (-0.88, 0.58), (-0.6, 0.72), (-0.4, 0.6)], "ink")
    pen.circle(-0.6, 0.2, 0.09, "paper")
    pen.eye(-0.76, 0.36, 0.11)
    # the dome: far wing case, near wing case with spots
    with pen.at(-0.5, 0.4, angle=-lift), pen.at(0.5, -0.4):
        pen.curve([(-0.5, 0.5), (-0.54, 0.1), (-0.3, -0.36), (0.1, -0.58), (0.5, -0.44), (0.82, 0.0), (0.94, 0.5),
            (0.2, 0.6)], "body-")
        pen.circle(-0.16, -0.38, 0.1, "ink")
        pen.circle(0.42, -0.4, 0.1, "ink")
    pen.pie(0.2, 0.52, 0.7, 0.26, 0, 180, "trim-")
    pen.curve([(-0.58, 0.6), (-0.56, 0.16), (-0.34, -0.22), (0.1, -0.42), (0.52, -0.24), (0.82, 0.16), (0.94, 0.6),
        (0.6, 0.69), (0.18, 0.71), (-0.3, 0.69)], "body")
    pen.curve([(-0.46, 0.08), (-0.3, -0.16), (0.06, -0.33), (0.24, -0.3), (-0.1, -0.14), (-0.34, 0.1)], "body+")
    for x, y, r in ((-0.26, 0.28, 0.15), (0.16, 0.02, 0.16), (0.22, 0.46, 0.15), (0.58, 0.18, 0.14),
        (0.7, 0.53, 0.1)):
        pen.circle(x, y, r + 0.045, "body+")
        pen.circle(x, y, r, "ink")


def spiral(pen: Pen, x: float, y: float, radius: float, turns: float, width: float, ink: str) -> None:
    """A band that winds inwards from ``radius``, one polygon."""
    steps = int(26 * turns)
    outer, inner = [], []
    for i in range(steps + 1):
        share = i / steps
        r, t = radius * (1 - share) ** 0.8, 2 * math.pi * turns * share + 0.6
        thick = width * radius * (1 - 0.6 * share)
        outer.append((x + r * math.cos(t), y + r * math.sin(t)))
        inner.append((x + max(0.0, r - thick) * math.cos(t), y + max(0.0, r - thick) * math.sin(t)))
    pen.poly([*outer, *inner[::-1]], ink)


@thing(
    "snail",
    "bug",
    colours=("brown", "orange", "yellow", "pink"),
    places=("meadow", "forest", "farm", "street"),
    size=0.45,
)
def snail(pen: Pen, kind: str) -> None:
    stretch, wave = 0.06 * pen.sway, 12 * pen.sway
    # eye stalks
    for x, lean, ink in ((-0.58, 8, "trim-"), (-0.74, -16, "trim")):
        with pen.at(x - stretch, 0.3, angle=lean + wave):
            pen.ribbon([(0, 0.1), (0.02, -0.2), (0.0, -0.48)], (0.14, 0.1), ink)
            pen.eye(0.0, -0.52, 0.12)
    # soft body: tail, sole, neck and head in one sweep
    pen.curve(
        [(0.97, 0.92), (0.66, 0.66), (0.2, 0.56), (-0.3, 0.6), (-0.46 - stretch, 0.3), (-0.7 - stretch, 0.18),
            (-0.88 - stretch, 0.36), (-0.86 - stretch, 0.66), (-0.7, 0.9), (-0.3, 0.95), (0.4, 0.95)],
        "trim",
    )
    pen.curve([(0.9, 0.91), (0.4, 0.84), (-0.2, 0.86), (-0.66, 0.82), (-0.6, 0.93), (0.0, 0.95)], "trim-")
    pen.ribbon([(-0.84 - stretch, 0.52), (-0.74 - stretch, 0.57), (-0.64 - stretch, 0.54)], 0.04, "ink")
    # shell with its whorl
    with pen.at(0.26, 0.8, 0.94, angle=-0.4 * wave), pen.at(-0.2, -0.8):
        pen.curve([(-0.46, 0.66), (-0.5, 0.1), (-0.3, -0.36), (0.2, -0.54), (0.66, -0.34), (0.86, 0.12),
            (0.78, 0.54), (0.5, 0.76), (0.0, 0.8)], "body")
        pen.curve([(-0.4, 0.1), (-0.24, -0.28), (0.18, -0.46), (0.36, -0.42), (0.0, -0.26), (-0.24, 0.08)], "body+")
        spiral(pen, 0.19, 0.14, 0.56, 2.4, 0.3, "body+")
        spiral(pen, 0.19, 0.14, 0.56, 2.4, 0.17, "body-")
        pen.curve([(-0.5, 0.5), (-0.36, 0.56), (0.0, 0.7), (0.5, 0.68), (0.78, 0.5), (0.7, 0.68), (0.44, 0.82),
            (0.0, 0.86), (-0.46, 0.74)], "body-")


@thing(
    "spider",
    "bug",
    kinds=("tarantula", "theridiid"),
    colours=("brown", "black", "gray", "purple"),
    places=("forest", "parlor", "workshop", "desert"),
    size=0.45,
)
def spider(pen: Pen, kind: str) -> None:
    hairy = kind == "tarantula"
    width, tip = (0.17, 0.11) if hairy else (0.09, 0.06)
    # four arched legs a side: (knee x, knee y, foot x, foot y), the hindmost first
    legs = ((0.6, -0.78, 0.89, -0.5), (0.74, -0.46, 0.92, 0.16), (0.72, -0.1, 0.86, 0.58), (0.46, 0.2, 0.52, 0.88))
    for i, (knee, high, foot, low) in enumerate(legs):
        for side in (-1, 1):
            swing = 0.07 * pen.sway * side * (-1) ** i
            points = [(0.1 * side, 0.16), ((knee * 0.55) * side, high * 0.7), (knee * side, high + swing),
                ((knee * 0.4 + foot * 0.6 + 0.03) * side, (high + low) / 2 + swing), (foot * side, low + swing)]
            pen.ribbon(points, (width, tip), "body-" if i < 2 else "body")
            if hairy:  # banded knees
                pen.ellipse(knee * side, high + swing, 0.11, 0.09, "trim", angle=45 * side)
    # abdomen behind and above, with its mark
    if hairy:
        pen.star(0, -0.38, 0.47, 0.4, 26, "body")
        pen.ellipse(0, -0.5, 0.26, 0.22, "body+")
        pen.ellipse(0, -0.46, 0.24, 0.19, "body")
    else:
        pen.circle(0, -0.36, 0.58, "body")
        pen.ellipse(-0.22, -0.62, 0.2, 0.12, "body+", angle=-36)
        pen.poly([(-0.2, -0.58), (0.2, -0.58), (0.05, -0.34), (0.2, -0.1), (-0.2, -0.1), (-0.05, -0.34)], "crimson")
    # head with fangs and many eyes
    r = 0.37 if hairy else 0.28
    for side in (-1, 1):
        pen.curve([(0.02 * side, 0.36), (0.18 * side, 0.36), (0.15 * side, 0.52), (0.07 * side, 0.62),
            (0.02 * side, 0.5)], "trim-")
    if hairy:
        pen.star(0, 0.24, r + 0.04, r - 0.03, 20, "trim")
    else:
        pen.circle(0, 0.24, r, "trim")
    for side in (-1, 1):
        pen.eye(0.13 * side, 0.26, 0.12)
        pen.circle(0.22 * side, 0.08, 0.05, "ink")
        pen.circle(0.07 * side, 0.04, 0.04, "ink")

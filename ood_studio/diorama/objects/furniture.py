"""Furniture: things to sit on and to work at."""

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen

FAR = (0.42, -0.13)  # from the near side of a chair to its far side


def taper_leg(pen: Pen, top: float, y: float, foot: float, ground: float, width: float, ink: str) -> None:
    """A leg from (top, y) to (foot, ground), a little thinner at the foot."""
    a, b = width / 2, width * 0.36
    pen.poly([(top - a, y), (top + a, y), (foot + b, ground), (foot - b, ground)], ink)


@thing(
    "chair",
    "furniture",
    kinds=("armchair", "rocker", "highchair"),
    colours=("brown", "red", "blue", "white"),
    places=("kitchen", "parlor", "stage"),
    size=0.58,
)
def chair(pen: Pen, kind: str) -> None:
    high, rocks = kind == "highchair", kind == "rocker"
    seat, ground, front = (-0.06, 0.95, 0.3) if high else (0.26, 0.8 if rocks else 0.95, 0.34)
    splay = 0.2 if high else 0.04
    top = -0.94 if rocks else -0.8
    lean = -0.58 - (0.0 if rocks else 0.11 * pen.sway)  # how far the back reclines

    def side(ink: str) -> None:
        """Back post, legs, arm rest and runner of one side."""
        pen.line([(lean, top), (-0.4, seat)], 0.13, ink)
        taper_leg(pen, -0.4, seat, -0.48 - splay, ground, 0.15, ink)
        taper_leg(pen, front, seat, front + 0.06 + splay, ground, 0.15, ink)
        if high:
            pen.line([(-0.54, 0.58), (front + 0.14, 0.58)], 0.09, ink)
        arm = seat - 0.34
        pen.line([((lean - 0.4) / 2, arm), (front + 0.06, arm), (front, seat)], 0.12, ink)
        if rocks:
            upper = [(-0.92, 0.6), (-0.5, 0.79), (-0.05, 0.84), (0.4, 0.79), (0.76, 0.62)]
            lower = [(x * 1.03, y + 0.13) for x, y in reversed(upper)]
            pen.curve([*upper, *lower], ink)

    drop, scale, swing = (0.08, 0.89, 9 * pen.sway) if rocks else (0.0, 1.0, 0.0)
    with pen.at(-0.02, drop, scale, swing), pen.at(-0.1, 0.0):
        with pen.at(*FAR):
            side("body-")
        # back: a padded panel, or slats on the rocker
        x, y = FAR
        for low, tall in ((0.02, 0.17), (0.3, 0.17), (0.58, 0.17)) if rocks else ((0.02, 0.7),):
            a, b = (lean + (-0.4 - lean) * s for s in (low, low + tall))
            u, v = (top + (seat - top) * s for s in (low, low + tall))
            pen.poly([(a, u), (a + x, u + y), (b + x, v + y), (b, v)], "body" if rocks else "trim")
        # seat with its front edge
        pen.poly(
            [(-0.46, seat), (-0.38 + x, seat + y), (front + x + 0.06, seat + y), (front + 0.06, seat)], "trim+"
        )
        pen.poly(
            [
                (front + 0.06, seat),
                (front + x + 0.06, seat + y),
                (front + x + 0.06, seat + y + 0.16),
                (front + 0.06, seat + 0.16),
            ],
            "body-",
        )
        pen.rect(-0.48, seat - 0.02, front + 0.08, seat + 0.16, "body", round=0.05)
        side("body")
        if high:
            tray = seat - 0.4
            pen.poly([(-0.12, tray), (0.2, tray - 0.15), (0.86, tray - 0.15), (0.66, tray)], "trim")
            pen.poly([(0.66, tray), (0.86, tray - 0.15), (0.86, tray - 0.05), (0.66, tray + 0.1)], "body-")
            pen.rect(-0.16, tray - 0.02, 0.68, tray + 0.1, "body", round=0.05)
            pen.ellipse(0.4, tray - 0.09, 0.16, 0.045, "trim+")


@thing(
    "stool",
    "furniture",
    colours=("brown", "red", "yellow", "turquoise"),
    places=("kitchen", "workshop", "farm", "stage"),
    size=0.5,
)
def stool(pen: Pen, kind: str) -> None:
    spread = 0.56 + 0.12 * pen.sway
    seat = -0.48
    # far leg, rungs, near legs
    taper_leg(pen, 0.08, seat, 0.16, 0.74, 0.18, "body-")
    rung = 0.36 + (spread - 0.36) * 0.6
    pen.line([(-rung, 0.4), (0.12, 0.24), (rung, 0.4)], 0.1, "body-")
    pen.line([(-rung, 0.42), (rung, 0.42)], 0.12, "body")
    for side in (-1, 1):
        taper_leg(pen, 0.4 * side, seat, spread * side * 1.12, 0.95, 0.24, "body")
        pen.poly(
            [
                (0.4 * side - 0.1, seat),
                (0.4 * side, seat),
                (spread * side * 1.12 - 0.02, 0.95),
                (spread * side * 1.12 - 0.08, 0.95),
            ],
            "body+",
        )
    # round seat: wooden disc and a flat cushion
    pen.ellipse(0, seat + 0.1, 0.72, 0.24, "body-")
    pen.ellipse(0, seat, 0.72, 0.26, "body")
    pen.ellipse(0, seat - 0.12, 0.68, 0.26, "trim")
    pen.ellipse(-0.04, seat - 0.18, 0.56, 0.17, "trim+")
    pen.ellipse(-0.02, seat - 0.18, 0.07, 0.03, "trim-")


@thing(
    "table",
    "furniture",
    kinds=("desk", "gueridon", "workbench"),
    colours=("brown", "white", "green", "gray"),
    places=("parlor", "kitchen", "workshop"),
    size=0.62,
)
def table(pen: Pen, kind: str) -> None:
    if kind == "gueridon":
        _round_table(pen)
        return
    bench = kind == "workbench"
    top, edge = -0.32, 0.24 if bench else 0.14
    for side in (-1, 1):  # far legs
        taper_leg(pen, 0.62 * side, top, 0.62 * side, 0.8, 0.16, "body-")
    if bench:
        pen.poly([(-0.66, 0.42), (0.66, 0.42), (0.84, 0.56), (-0.84, 0.56)], "body+")
        pen.rect(-0.84, 0.55, 0.84, 0.68, "body-")
        for side in (-1, 1):
            taper_leg(pen, 0.76 * side, top, 0.76 * side, 0.95, 0.24, "body")
    else:
        taper_leg(pen, -0.8, top, -0.84, 0.95, 0.2, "body")
        pen.rect(0.14, top, 0.88, 0.84, "body")
        pen.rect(0.14, top, 0.88, -0.1, "body-")
        for x in (0.24, 0.78):
            pen.rect(x - 0.07, 0.82, x + 0.07, 0.95, "body-", round=0.03)
        pull = 0.05 * (pen.sway + 1)  # the middle drawer opens
        for y, out in ((-0.11, 0.0), (0.2, pull), (0.51, 0.0)):
            pen.rect(0.22, y, 0.8, y + 0.26, "body-")
            pen.rect(0.22 - out, y + out * 0.8, 0.8 + out, y + 0.26 + out, "trim", round=0.04)
            pen.rect(0.42, y + 0.1 + out, 0.6, y + 0.16 + out, "gold", round=0.03)
        pen.rect(-0.7, top, 0.14, 0.1, "body-")
        pen.rect(-0.64, -0.14, 0.08, 0.06, "trim", round=0.04)
        pen.rect(-0.37, -0.07, -0.19, -0.01, "gold", round=0.03)
    # top seen a little from above
    pen.poly([(-0.78, top - 0.24), (0.78, top - 0.24), (0.95, top), (-0.95, top)], "body+")
    pen.rect(-0.95, top - 0.02, 0.95, top + edge, "body", round=0.04)
    if bench:
        pen.rect(-0.9, top + edge - 0.05, 0.9, top + edge, "body-")
        # vise: two jaws and a handle bar to turn
        pen.rect(-0.58, top - 0.3, -0.44, top + 0.34, "trim", round=0.03)
        pen.rect(-0.3, top - 0.3, -0.16, top + 0.34, "trim-", round=0.03)
        pen.rect(-0.74, top + 0.06, -0.2, top + 0.18, "metal")
        with pen.at(-0.72, top + 0.12, angle=40 * pen.sway):
            pen.rect(-0.04, -0.26, 0.04, 0.26, "ink", round=0.04)
            pen.circle(0, 0, 0.08, "metal+")
        pen.rect(0.2, 0.26, 0.66, 0.55, "trim", round=0.04)  # a tool box on the shelf
        pen.rect(0.2, 0.35, 0.66, 0.41, "trim-")


def _round_table(pen: Pen) -> None:
    """A small round table on one foot, with a cloth."""
    top = -0.5
    flutter = 0.08 * pen.sway
    pen.curve([(-0.1, 0.66), (0.0, 0.74), (0.1, 0.66), (0.14, 0.84), (-0.14, 0.84)], "body-")
    for side in (-1, 1):
        pen.curve(
            [
                (0.02 * side, 0.5),
                (0.3 * side, 0.6),
                (0.68 * side, 0.84),
                (0.66 * side, 0.95),
                (0.44 * side, 0.9),
                (0.1 * side, 0.8),
            ],
            "body",
        )
    # turned column
    pen.curve(
        [
            (-0.1, top),
            (-0.09, -0.1),
            (-0.2, 0.16),
            (-0.16, 0.4),
            (-0.12, 0.7),
            (0.0, 0.8),
            (0.12, 0.7),
            (0.16, 0.4),
            (0.2, 0.16),
            (0.09, -0.1),
            (0.1, top),
        ],
        "body",
    )
    pen.rect(-0.18, 0.42, 0.18, 0.52, "trim", round=0.05)
    pen.rect(-0.09, 0.0, -0.02, 0.36, "body+", round=0.04)
    # thick round top, a cloth with scallops on it
    pen.ellipse(0, top + 0.16, 0.95, 0.3, "body-")
    pen.ellipse(0, top + 0.05, 0.95, 0.3, "body")
    pen.ellipse(0, top, 0.93, 0.27, "body+")
    for x in (-0.48, -0.16, 0.16, 0.48):
        pen.ellipse(x + flutter * 0.5, top + 0.2 - 0.2 * x * x, 0.19, 0.24 + flutter * (1 if x > 0 else -1), "trim")
    pen.ellipse(0, top, 0.66, 0.21, "trim")
    pen.ellipse(0, top - 0.02, 0.48, 0.14, "trim+")


@thing(
    "sofa",
    "furniture",
    kinds=("loveseat", "chesterfield", "divan"),
    colours=("red", "green", "blue", "brown"),
    places=("parlor", "stage", "workshop"),
    size=0.68,
)
def sofa(pen: Pen, kind: str) -> None:
    for x in (-0.72, 0.72):
        taper_leg(pen, x, 0.78, x * 1.05, 0.95, 0.16, "wood-")
    # back
    if kind == "loveseat":
        for x in (-0.36, 0.36):
            pen.rect(x - 0.42, -0.5, x + 0.42, 0.5, "body", round=0.28)
            pen.rect(x - 0.28, -0.42, x + 0.28, -0.3, "body+", round=0.06)
        pen.rect(-0.02, -0.36, 0.02, 0.3, "body-")
    elif kind == "chesterfield":
        pen.rect(-0.86, -0.34, 0.86, 0.5, "body", round=0.1)
        pen.rect(-0.82, -0.34, 0.82, -0.2, "body+", round=0.07)
        for row, y in enumerate((-0.08, 0.1)):  # buttons
            for i in range(5 - row):
                pen.circle(-0.52 + 0.26 * i + 0.13 * row, y, 0.045, "ink")
    # arms: square on the loveseat, scrolls as high as the back, or bolsters
    seat, arm = (0.26, 0.1) if kind != "divan" else (0.24, 0.2)
    pen.rect(-0.86, seat, 0.86, 0.82, "body-", round=0.08)
    for x in (-0.36, 0.36) if kind != "divan" else (0.0,):
        w = 0.36 if kind != "divan" else 0.82
        pen.rect(x - w, seat - 0.04, x + w, seat + 0.24, "body", round=0.09)
        pen.rect(x - w + 0.06, seat - 0.02, x + w - 0.06, seat + 0.05, "body+", round=0.04)
    for side in (-1, 1):
        if kind == "loveseat":
            pen.rect(0.82 * side - 0.13, arm - 0.16, 0.82 * side + 0.13, 0.84, "trim", round=0.12)
            pen.rect(0.82 * side - 0.07, arm - 0.1, 0.82 * side + 0.07, arm, "trim+", round=0.05)
        elif kind == "chesterfield":
            pen.rect(0.79 * side - 0.12, -0.2, 0.79 * side + 0.12, 0.84, "body", round=0.05)
            pen.circle(0.77 * side, -0.2, 0.19, "body")
            pen.circle(0.77 * side, -0.2, 0.13, "trim")
            pen.circle(0.77 * side, -0.2, 0.06, "trim-")
        else:
            pen.rect(0.74 * side - 0.21, -0.22, 0.74 * side + 0.21, 0.24, "trim", round=0.21)
            pen.circle(0.74 * side, 0.01, 0.14, "trim-")
            pen.circle(0.74 * side, 0.01, 0.06, "gold")
    if kind == "divan":  # fringe
        for i in range(8):
            pen.poly([(-0.84 + 0.21 * i, 0.7), (-0.63 + 0.21 * i, 0.7), (-0.735 + 0.21 * i, 0.88)], "trim")
    # a loose cushion that slides
    with pen.at(0.36 + 0.16 * pen.sway, seat - 0.15, angle=14 + 22 * pen.sway):
        quarter = [(0.0, -0.2), (0.14, -0.21), (0.25, -0.25), (0.21, -0.14)]  # one corner, then the others by turning
        outline: list[tuple[float, float]] = []
        for _ in range(4):
            outline += quarter
            quarter = [(-y, x) for x, y in quarter]
        pen.poly(outline, "trim")
        pen.rect(-0.14, -0.15, 0.1, -0.08, "trim+", round=0.03)
        pen.circle(0, 0.03, 0.045, "trim-")

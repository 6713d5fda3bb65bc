"""Pets, farm animals and other animals on four legs."""

import math

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen, Point

GROUND = 0.95  # where the feet stand


# -- parts that several animals share -----------------------------------------------------------------------------
def fluff(pen: Pen, x: float, y: float, rx: float, ry: float, bumps: int, ink: str, depth: float = 0.1) -> None:
    """A cloud of ``bumps`` curls in an ellipse: wool, pompoms, fur."""
    outline: list[Point] = []
    for i in range(bumps * 8):
        t = math.pi * i / (bumps * 4)
        r = 1 - depth + depth * abs(math.sin(bumps * t / 2))
        outline.append((x + rx * r * math.cos(t), y + ry * r * math.sin(t)))
    pen.poly(outline, ink)


def leg(
    pen: Pen, x: float, top: float, width: float, ink: str, swing: float, foot: str = "", cuff: float = 0.1
) -> None:
    """A leg from the hip (x, top) to the ground, turned by ``swing`` degrees, its lowest part in ``foot``."""
    with pen.at(x, top, angle=swing):
        low, w = (GROUND - top) / math.cos(math.radians(swing)), width / 2
        pen.curve([(-w * 1.25, 0), (-w, low * 0.55), (-w, low), (w, low), (w, low * 0.55), (w * 1.25, 0)], ink)
        if foot:
            pen.poly([(-w * 1.02, low - cuff), (w * 1.02, low - cuff), (w * 1.12, low), (-w * 1.2, low)], foot)


def step(pen: Pen, stride: float) -> float:
    """How far a near front leg is swung forward, in degrees; never so far back that it hides the far one."""
    return stride * (0.35 + 0.65 * pen.sway)


def four_legs(
    pen: Pen,
    xs: tuple[float, float, float, float],
    top: float,
    width: float,
    foot: str = "",
    ink: str = "body",
    cuff: float = 0.1,
    stride: float = 12.0,
    far: bool = False,
) -> None:
    """The far or the near pair of walking legs; ``xs``: far front, near front, far hind, near hind."""
    swing = step(pen, stride)
    shade = ink if ink.endswith("-") else f"{ink}-"
    for x, turn in ((xs[0], -swing), (xs[2], swing)) if far else ((xs[1], swing), (xs[3], -swing)):
        leg(pen, x, top, width, shade if far else ink, turn, foot, cuff)


def whiskers(pen: Pen, x: float, y: float, gap: float, reach: float, ink: str = "ink") -> None:
    """Two whiskers a side about (x, y)."""
    for side in (-1, 1):
        for rise in (-0.06, 0.05):
            tip = (x + side * (gap + reach), y + rise)
            pen.poly([(x + side * gap, y + rise / 3 - 0.014), tip, (x + side * gap, y + rise / 3 + 0.014)], ink)


def dark_eye(pen: Pen, x: float, y: float, r: float) -> None:
    """A black button eye with a pale rim, so that it shows on black fur too."""
    pen.circle(x, y, r * 1.3, "body+")
    pen.eye(x, y, r, white=False)


def smile(pen: Pen, x: float, y: float, width: float, ink: str = "ink") -> None:
    """A w-shaped mouth below a nose at (x, y)."""
    steps = [i / 4 for i in range(-4, 5)]
    path = [(x + width * t, y + 0.5 * width * abs(math.sin(math.pi * t))) for t in steps]
    pen.ribbon(path, [0.02, *[0.036] * 7, 0.02], ink)


def ear(pen: Pen, x: float, y: float, width: float, height: float, tilt: float, ink: str, inner: str) -> None:
    """A pointed ear with its base at (x, y)."""
    with pen.at(x, y, angle=tilt):
        for k, colour in ((1.0, ink), (0.58, inner)):
            w, h = width / 2 * k, height * (0.94 if k == 1.0 else 0.72)
            pen.curve([(-w, 0.02), (-w * 0.75, -h * 0.5), (0, -h), (w * 0.75, -h * 0.5), (w, 0.02)], colour)


# -- pets -----------------------------------------------------------------------------------------------------------
@thing(
    "cat",
    "animal",
    kinds=("tabby", "siamese", "persian"),
    colours=("orange", "gray", "white", "black"),
    places=("parlor", "kitchen", "farm", "street"),
    size=0.55,
)
def cat(pen: Pen, kind: str) -> None:
    fluffy, slim = kind == "persian", kind == "siamese"
    points = "cocoa" if slim else "body"  # a Siamese is dark at ears, mask, paws and tail
    wag, nod = 0.12 * pen.sway, 5 * pen.sway
    # tail
    path = [(0.3, 0.84), (0.68, 0.82), (0.86, 0.52), (0.74 + wag / 2, 0.14), (0.84 + wag, -0.16)]
    thick = 0.3 if fluffy else 0.12 if slim else 0.17
    pen.ribbon(path, (thick * 0.7, thick, thick * 1.1, thick, thick * 0.6), points if slim else "body-")
    # sitting body, haunch, chest, front legs
    wide = 0.8 if slim else 1.08 if fluffy else 1.0
    with pen.at(0.08, 0, (wide, 1)):
        pen.curve(
            [
                (-0.36, -0.1), (-0.42, 0.35), (-0.4, 0.92), (0.0, 0.95),
                (0.46, 0.94), (0.58, 0.62), (0.4, 0.2), (0.2, -0.1),
            ],
            "body",
        )
        pen.ellipse(0.3, 0.68, 0.27, 0.25, "body-")
        pen.ellipse(0.33, 0.71, 0.25, 0.23, "body")
        pen.ellipse(0.24, 0.89, 0.2, 0.065, points)
        for x in (-0.27, -0.05):
            pen.rect(x - 0.1, 0.3, x + 0.1, 0.95, "body", round=0.1)
            pen.rect(x - 0.11, 0.8, x + 0.11, 0.95, "cocoa" if slim else "body+", round=0.08)
        pen.poly([(-0.175, 0.5), (-0.145, 0.5), (-0.15, 0.9), (-0.17, 0.9)], "body-")
    if fluffy:
        fluff(pen, -0.08, 0.22, 0.42, 0.32, 9, "body+", 0.16)
    elif not slim:
        pen.curve([(-0.26, 0.02), (-0.1, 0.5), (0.08, 0.02)], "trim")
        for y in (0.2, 0.36):
            pen.poly([(0.44, y), (0.2, y + 0.05), (0.48, y + 0.09)], "body-")
    with pen.at(-0.1, -0.36, angle=nod):
        _cat_head(pen, kind, points)


def _cat_head(pen: Pen, kind: str, points: str) -> None:
    fluffy, slim = kind == "persian", kind == "siamese"
    height = 0.3 if fluffy else 0.52 if slim else 0.42
    for side in (-1, 1):
        ear(pen, side * 0.29, -0.2, 0.36 if slim else 0.32, height, side * (26 if slim else 16), points, "rose")
    if fluffy:
        fluff(pen, 0, 0.05, 0.58, 0.44, 13, "body", 0.13)
    elif slim:
        pen.curve([(-0.38, -0.18), (0, -0.32), (0.38, -0.18), (0.34, 0.14), (0, 0.38), (-0.34, 0.14)], "body")
        pen.curve([(0, -0.22), (0.22, -0.04), (0.26, 0.16), (0, 0.36), (-0.26, 0.16), (-0.22, -0.04)], "cocoa")
    else:
        pen.curve(
            [(-0.44, -0.2), (0, -0.34), (0.44, -0.2), (0.5, 0.12), (0.26, 0.34), (-0.26, 0.34), (-0.5, 0.12)],
            "body",
        )
        for x in (-0.13, 0, 0.13):
            pen.poly([(x - 0.04, -0.34 + abs(x) / 5), (x + 0.04, -0.34 + abs(x) / 5), (x * 0.8, -0.12)], "body-")
        for side in (-1, 1):
            pen.poly([(side * 0.49, 0.0), (side * 0.34, 0.06), (side * 0.49, 0.12)], "body-")
    for side in (-1, 1):
        pen.ellipse(side * 0.19, -0.02, 0.115, 0.115, "glass" if slim else "lime" if not fluffy else "amber")
        pen.ellipse(side * 0.19, -0.02, 0.055, 0.1, "ink")
        pen.circle(side * 0.19 - 0.03, -0.06, 0.028, "paper")
        if not slim:
            pen.ellipse(side * 0.085, 0.2, 0.12, 0.09, "paper")
    pen.poly([(-0.065, 0.11), (0.065, 0.11), (0, 0.18)], "rose-")
    smile(pen, 0, 0.2, 0.1, "paper" if slim else "ink")
    whiskers(pen, 0, 0.18, 0.2, 0.36)


@thing(
    "dog",
    "animal",
    kinds=("beagle", "poodle", "dachshund"),
    colours=("brown", "white", "black", "orange"),
    places=("street", "parlor", "farm", "meadow"),
    size=0.6,
)
def dog(pen: Pen, kind: str) -> None:
    low = kind == "dachshund"
    curly = kind == "poodle"
    front, hind = (-0.46, 0.68) if low else (-0.34, 0.42)
    back, belly = (0.2, 0.68) if low else (-0.08, 0.42)
    wag = 16 * pen.sway
    legs = (front + 0.18, front, hind - 0.17, hind)
    width = 0.15 if curly or low else 0.18
    four_legs(pen, legs, belly - 0.14, width, far=True, stride=9)
    # tail
    with pen.at(hind + 0.06, back + 0.1, angle=wag):
        pen.ribbon([(-0.08, 0.1), (0.1, -0.06), (0.18, -0.28), (0.16, -0.42)], (0.16, 0.12, 0.1, 0.06), "body")
        if curly:
            fluff(pen, 0.17, -0.38, 0.18, 0.18, 7, "trim", 0.15)
        elif not low:
            pen.ribbon([(0.18, -0.26), (0.18, -0.36), (0.15, -0.44)], (0.1, 0.1, 0.05), "paper")
    # body with a saddle, chest and belly
    pen.curve(
        [
            (front - 0.12, back - 0.16), (front + 0.2, back), (hind - 0.1, back), (hind + 0.14, back + 0.1),
            (hind + 0.12, belly - 0.1), (hind - 0.14, belly - 0.05), (0.0, belly), (front + 0.05, belly + 0.04),
            (front - 0.18, belly - 0.14), (front - 0.22, back + 0.1),
        ],
        "body",
    )
    if kind == "beagle":
        pen.curve([(-0.2, -0.1), (0.1, -0.08), (0.4, -0.07), (0.44, 0.1), (0.2, 0.2), (-0.12, 0.14)], "trim")
        pen.curve([(-0.52, 0.0), (-0.3, 0.12), (-0.24, 0.38), (-0.4, 0.44), (-0.52, 0.28)], "paper")
    four_legs(pen, legs, belly - 0.14, width, stride=9)
    if not curly:
        for x, swing in ((front, step(pen, 9)), (hind, -step(pen, 9))):
            with pen.at(x, belly - 0.14, angle=swing):
                foot = GROUND - belly + 0.14
                pen.rect(-width * 0.85, foot - 0.11, width * 0.52, foot, "paper" if not low else "trim", round=0.06)
    if curly:
        fluff(pen, -0.3, 0.12, 0.32, 0.36, 9, "trim", 0.13)
        for x, swing in ((-0.34, step(pen, 9)), (0.42, -step(pen, 9))):
            with pen.at(x, 0.28, angle=swing):
                fluff(pen, 0, 0.52, 0.16, 0.14, 7, "trim", 0.15)
    x, y, scale = {"beagle": (-0.5, -0.38, 1.0), "poodle": (-0.44, -0.38, 0.9), "dachshund": (-0.48, -0.02, 0.86)}[kind]
    with pen.at(x, y, scale, angle=-4 * pen.sway):
        _dog_head(pen, kind)


def _dog_head(pen: Pen, kind: str) -> None:
    flap = 0.07 * pen.sway
    # neck and collar
    if kind != "poodle":
        pen.ribbon([(0.1, 0.0), (0.18, 0.25), (0.24, 0.42)], (0.38, 0.36, 0.36), "body")
        pen.curve([(0.0, 0.3), (0.2, 0.35), (0.38, 0.26), (0.4, 0.34), (0.2, 0.44), (0.0, 0.38)], "crimson")
    # skull and muzzle
    long = 0.1 if kind != "beagle" else 0.0
    pen.ellipse(0.06, -0.06, 0.32, 0.3, "body")
    pen.curve(
        [(0.05, -0.2), (-0.2, -0.08), (-0.36 - long, -0.06), (-0.42 - long, 0.06), (-0.3, 0.2), (0.0, 0.24)],
        "body",
    )
    if kind == "beagle":
        pen.curve(
            [(-0.1, -0.34), (0.0, -0.1), (-0.14, 0.0), (0.0, 0.22), (-0.3, 0.2), (-0.42, 0.06), (-0.22, -0.08)],
            "paper",
        )
    pen.ellipse(-0.39 - long, -0.04, 0.085, 0.07, "ink")
    pen.curve([(-0.24, 0.17), (-0.14, 0.16), (-0.13, 0.3), (-0.19, 0.33), (-0.25, 0.28)], "rose-")
    pen.poly([(-0.36, 0.15), (-0.1, 0.1), (-0.06, 0.06), (-0.08, 0.14), (-0.34, 0.19)], "ink")
    pen.eye(-0.08, -0.1, 0.08)
    # topknot, hanging ear
    if kind == "poodle":
        fluff(pen, 0.12, -0.42, 0.3, 0.24, 9, "trim", 0.14)
        fluff(pen, 0.28, 0.04, 0.18, 0.32, 9, "trim-", 0.14)
        return
    pen.curve(
        [(0.08, -0.3), (0.3, -0.32), (0.46 + flap, 0.0), (0.43 + flap, 0.28), (0.24 + flap, 0.33), (0.11, 0.06)],
        "trim" if kind == "beagle" else "body-",
    )
    pen.curve(
        [(0.22, -0.2), (0.36 + flap, 0.02), (0.33 + flap, 0.22), (0.21, 0.04)],
        "trim-" if kind == "beagle" else "body",
    )


@thing(
    "rabbit",
    "animal",
    kinds=("cottontail", "lapin", "angora"),
    colours=("brown", "white", "gray", "black"),
    places=("meadow", "forest", "farm", "snow"),
    size=0.5,
)
def rabbit(pen: Pen, kind: str) -> None:
    big = {"cottontail": 1.0, "lapin": 1.05, "angora": 1.05}[kind]  # without tall ears there is room to fill
    with pen.at(0, GROUND * (1 - big), big):
        _rabbit(pen, kind)


def _rabbit(pen: Pen, kind: str) -> None:
    wool = kind == "angora"
    tilt = 9 * pen.sway
    # tail, body, haunch, feet
    fluff(pen, 0.72, 0.58, 0.2, 0.2, 8, "paper", 0.14)
    if wool:
        fluff(pen, 0.12, 0.42, 0.66, 0.52, 12, "body", 0.13)
        fluff(pen, 0.3, 0.58, 0.36, 0.32, 8, "body-", 0.1)
        fluff(pen, 0.33, 0.6, 0.34, 0.3, 8, "body", 0.1)
    else:
        pen.curve(
            [
                (-0.42, 0.0), (-0.1, -0.02), (0.3, 0.08), (0.64, 0.42),
                (0.66, 0.82), (0.3, 0.94), (-0.34, 0.93), (-0.46, 0.5),
            ],
            "body",
        )
        pen.ellipse(0.32, 0.6, 0.33, 0.31, "body-")
        pen.ellipse(0.36, 0.62, 0.31, 0.3, "body")
        pen.curve([(-0.46, 0.24), (-0.2, 0.2), (-0.16, 0.6), (-0.34, 0.74), (-0.46, 0.6)], "trim")
    pen.rect(-0.1, 0.8, 0.52, GROUND, "body+", round=0.075)
    pen.rect(-0.5, 0.82, -0.2, GROUND, "body+", round=0.065)
    with pen.at(-0.34, -0.1, angle=tilt / 3):
        # ears: upright, or hanging at the sides
        if kind == "lapin":
            for side in (-1, 1):
                with pen.at(side * 0.24, -0.26, angle=side * (-26 + 5 * side * pen.sway)):
                    pen.curve(
                        [(-0.09, -0.06), (0.09, -0.06), (0.16, 0.34), (0.1, 0.66), (-0.1, 0.66), (-0.16, 0.34)],
                        "body-",
                    )
                    pen.ellipse(0, 0.38, 0.07, 0.2, "rose")
        else:
            length = 0.8 if kind == "cottontail" else 0.5
            for side in (-1, 1):
                with pen.at(side * 0.15, -0.16, angle=side * 13 + tilt * (1.4 + 0.4 * side) / 1.4):
                    pen.ellipse(0, -length / 2, 0.125, length / 2, "body" if side < 0 else "body-")
                    pen.ellipse(0, -length / 2, 0.06, length * 0.38, "rose")
                    if wool:
                        fluff(pen, 0, -length * 0.95, 0.14, 0.13, 7, "trim", 0.2)
        # head
        if wool:
            fluff(pen, 0, 0.02, 0.46, 0.4, 10, "body", 0.12)
            fluff(pen, 0, -0.26, 0.24, 0.16, 8, "trim", 0.16)
        else:
            pen.curve([(-0.22, -0.28), (0.22, -0.28), (0.37, 0.02), (0.24, 0.28), (-0.24, 0.28), (-0.37, 0.02)], "body")
        for side in (-1, 1):
            dark_eye(pen, side * 0.19, -0.04, 0.085)
            pen.ellipse(side * 0.085, 0.16, 0.12, 0.1, "paper")
        pen.rect(-0.055, 0.22, 0.055, 0.33, "paper", round=0.02)
        pen.poly([(-0.065, 0.06), (0.065, 0.06), (0, 0.14)], "rose-")
        smile(pen, 0, 0.18, 0.09)
        whiskers(pen, 0, 0.14, 0.2, 0.26)


@thing(
    "mouse",
    "animal",
    colours=("gray", "brown", "white"),
    places=("kitchen", "farm", "meadow", "parlor"),
    size=0.45,
)
def mouse(pen: Pen, kind: str) -> None:
    wag, twitch = 0.16 * pen.sway, 8 * pen.sway
    # long bare tail
    path = [(0.3, 0.84), (0.62, 0.86), (0.84, 0.66), (0.78 + wag / 2, 0.36)]
    path += [(0.86 + wag / 2, 0.1), (0.9 + wag / 4, -0.1 + wag)]
    pen.ribbon(path, (0.12, 0.11, 0.1, 0.085, 0.07, 0.04), "rose-")
    # far ear, then the drop-shaped body with its pointed nose
    with pen.at(-0.22, 0.08, angle=twitch):
        pen.circle(-0.1, -0.26, 0.3, "body-")
        pen.circle(-0.1, -0.26, 0.2, "rose-")
    pen.curve(
        [
            (-0.94, 0.6), (-0.66, 0.3), (-0.34, 0.06), (0.06, 0.0), (0.42, 0.16), (0.6, 0.5), (0.52, 0.84),
            (0.1, 0.92), (-0.36, 0.9), (-0.62, 0.78), (-0.88, 0.72),
        ],
        "body",
    )
    pen.curve(
        [(-0.86, 0.69), (-0.5, 0.68), (-0.1, 0.74), (0.2, 0.86), (-0.1, 0.9), (-0.4, 0.88), (-0.64, 0.77)],
        "body+",
    )
    pen.ellipse(0.32, 0.66, 0.27, 0.26, "body-")
    pen.ellipse(0.35, 0.68, 0.25, 0.25, "body")
    # feet
    pen.rect(0.06, 0.84, 0.44, GROUND, "rose", round=0.06)
    pen.rect(-0.42, 0.84, -0.16, GROUND, "rose", round=0.06)
    # near ear, face
    with pen.at(-0.06, 0.12, angle=-twitch):
        pen.circle(0.1, -0.24, 0.37, "body")
        pen.circle(0.09, -0.23, 0.26, "rose")
    dark_eye(pen, -0.52, 0.42, 0.085)
    pen.circle(-0.93, 0.61, 0.085, "rose-")
    for dx, dy in ((0.02, -0.02), (0.08, 0.08), (0.1, 0.17)):
        pen.poly([(-0.76, 0.6), (-0.38 - dx, 0.56 + dy), (-0.76, 0.63)], "ink")


# -- farm animals -----------------------------------------------------------------------------------------------------
@thing(
    "horse",
    "animal",
    kinds=("stallion", "pony", "clydesdale"),
    colours=("brown", "black", "white", "gray"),
    places=("farm", "meadow", "mountain"),
    size=0.75,
)
def horse(pen: Pen, kind: str) -> None:
    heavy, small = kind == "clydesdale", kind == "pony"
    drop = 0.2 if small else 0.0  # a pony's legs are short
    width = 0.25 if heavy else 0.19 if small else 0.15
    foot, cuff = ("ink", 0.1)
    flow, swing = 0.1 * pen.sway, step(pen, 12)
    legs = (-0.14, -0.36, 0.36, 0.58)
    with pen.at(0, drop):
        pen.ribbon(
            [
                (0.58, -0.08), (0.8, 0.02),
                (0.86 + flow / 2, 0.3), (0.84 + flow, 0.6 if small else 0.42 if heavy else 0.74),
            ],
            (0.14, 0.2, 0.34 if small else 0.27, 0.2 if small else 0.14),
            "trim",
        )
    four_legs(pen, legs, 0.28 + drop, width, foot, cuff=cuff, far=True)
    round_ = 0.06 if small or heavy else 0.0
    with pen.at(0, drop):
        pen.curve(
            [
                (-0.44, -0.76), (-0.16, -0.44), (0.04, -0.14), (0.34, -0.12), (0.6, -0.14), (0.72, 0.12), (0.6, 0.38),
                (0.1, 0.36 + round_), (-0.3, 0.42), (-0.47 - round_, 0.2), (-0.5 - round_, -0.1), (-0.58, -0.42),
            ],
            "body",
        )
        pen.curve([(-0.24, 0.41), (0.1, 0.31 + round_), (0.46, 0.38), (0.1, 0.37 + round_)], "body-")
    four_legs(pen, legs, 0.28 + drop, width, foot, cuff=cuff)
    if heavy:  # long white hair over the hooves
        for x, turn in ((-0.36, swing), (0.58, -swing)):
            with pen.at(x, 0.28, angle=turn):
                pen.poly(
                    [(-0.12, 0.28), (0.12, 0.28), (0.21, 0.62), (0.08, 0.57), (0, 0.64), (-0.09, 0.57), (-0.22, 0.62)],
                    "paper",
                )
    with pen.at(-0.46, -0.62 + drop, 1.08 if small else 1.0, angle=-5 * pen.sway):
        _horse_head(pen, kind, flow)


def _horse_head(pen: Pen, kind: str, flow: float) -> None:
    ear(pen, 0.13, -0.16, 0.13, 0.24, 14, "body-", "body-")
    # mane down the neck
    lock = 0.1 if kind == "pony" else 0.0
    if kind == "clydesdale":
        pen.ribbon([(0.1, -0.16), (0.3, 0.1), (0.46, 0.46)], (0.2, 0.18, 0.06), "trim")
    else:
        pen.curve(
            [
                (0.02, -0.22), (0.22, -0.18), (0.4 + flow, 0.06), (0.52 + flow, 0.3 + lock), (0.64 + flow, 0.58 + lock),
                (0.36 + flow / 2, 0.5 + lock), (0.24 + flow / 2, 0.3 + lock), (0.1, 0.06),
            ],
            "trim",
        )
    # long head with a pale muzzle
    pen.curve(
        [
            (0.1, -0.2), (0.18, 0.02), (0.04, 0.2), (-0.2, 0.3), (-0.42, 0.4),
            (-0.52, 0.28), (-0.44, 0.12), (-0.2, -0.06), (-0.06, -0.2),
        ],
        "body",
    )
    pen.curve([(-0.28, 0.1), (-0.24, 0.3), (-0.42, 0.4), (-0.52, 0.28), (-0.44, 0.12)], "body+")
    if kind == "clydesdale":
        pen.curve([(-0.06, -0.19), (-0.1, -0.02), (-0.3, 0.14), (-0.46, 0.24), (-0.47, 0.13), (-0.22, -0.04)], "paper")
    pen.ellipse(-0.44, 0.24, 0.03, 0.04, "ink")
    pen.poly([(-0.47, 0.35), (-0.3, 0.29), (-0.29, 0.32), (-0.46, 0.385)], "ink")
    dark_eye(pen, -0.06, 0.05, 0.07)
    ear(pen, 0.02, -0.16, 0.15, 0.26, -2, "body", "body-")
    # forelock
    long = 0.12 if kind == "pony" else 0.06
    pen.curve(
        [(0.12, -0.26), (-0.02, -0.27), (-0.14, -0.16), (-0.2 + flow / 3, -0.1 + long), (-0.02, -0.1 + long / 2)],
        "trim",
    )


@thing(
    "cow",
    "animal",
    colours=("white", "brown", "black"),
    places=("farm", "meadow", "mountain"),
    size=0.7,
)
def cow(pen: Pen, kind: str) -> None:
    legs = (-0.2, -0.42, 0.44, 0.66)
    swish = 14 * pen.sway
    # tail with a tuft, far legs, udder
    with pen.at(0.76, -0.14, angle=-swish):
        pen.ribbon([(0, 0), (0.1, 0.1), (0.1, 0.5)], (0.1, 0.08, 0.06), "body-")
        pen.curve([(0.06, 0.46), (0.14, 0.46), (0.19, 0.64), (0.1, 0.76), (0.02, 0.64)], "trim")
    four_legs(pen, legs, 0.26, 0.19, "ink", far=True, stride=9)
    pen.ellipse(0.36, 0.46, 0.19, 0.15, "rose")
    for x in (0.28, 0.42):
        pen.rect(x - 0.03, 0.55, x + 0.03, 0.66, "rose-", round=0.03)
    # angular body with patches
    pen.curve(
        [
            (-0.56, -0.2), (-0.3, -0.28), (0.2, -0.24), (0.68, -0.28), (0.81, -0.12), (0.8, 0.3), (0.6, 0.42),
            (0.1, 0.46), (-0.4, 0.46), (-0.58, 0.3), (-0.62, 0.0),
        ],
        "body",
    )
    four_legs(pen, legs, 0.26, 0.19, "ink", stride=9)
    pen.curve([(0.16, -0.25), (0.46, -0.26), (0.52, -0.04), (0.34, 0.12), (0.14, 0.02)], "trim")
    pen.curve([(0.62, 0.12), (0.8, 0.02), (0.8, 0.28), (0.7, 0.38), (0.56, 0.3)], "trim")
    pen.ellipse(-0.02, 0.24, 0.15, 0.12, "trim", 20)
    with pen.at(-0.5, -0.2, 0.93, angle=5 * pen.sway):
        # bell, horns, ears
        pen.poly([(-0.09, 0.42), (0.09, 0.42), (0.14, 0.62), (-0.14, 0.62)], "gold")
        for side in (-1, 1):
            pen.ribbon([(side * 0.12, -0.28), (side * 0.3, -0.4), (side * 0.27, -0.6)], (0.13, 0.11, 0.04), "cream")
            pen.ellipse(side * 0.36, -0.16, 0.17, 0.09, "body-" if side > 0 else "trim", side * 14)
            pen.ellipse(side * 0.35, -0.15, 0.09, 0.045, "rose", side * 14)
        # face
        pen.curve([(-0.24, -0.34), (0.24, -0.34), (0.28, 0.0), (0.2, 0.36), (-0.2, 0.36), (-0.28, 0.0)], "body")
        pen.curve([(-0.24, -0.34), (-0.06, -0.37), (-0.06, 0.0), (-0.2, 0.16), (-0.28, 0.0)], "trim")
        pen.ellipse(0, 0.3, 0.29, 0.19, "rose")
        for side in (-1, 1):
            pen.eye(side * 0.14, -0.06, 0.075)
            pen.ellipse(side * 0.12, 0.25, 0.04, 0.055, "ink", side * 20)
        pen.curve([(-0.12, 0.39), (0, 0.42), (0.12, 0.39), (0, 0.45)], "ink")


@thing(
    "pig",
    "animal",
    colours=("pink", "brown", "black"),
    places=("farm", "meadow"),
    size=0.6,
)
def pig(pen: Pen, kind: str) -> None:
    legs = (-0.1, -0.34, 0.32, 0.54)
    wag = 14 * pen.sway
    # curly tail
    with pen.at(0.72, 0.08, angle=wag):
        curl = [(0, 0), (0.14, 0.0), (0.21, -0.12), (0.12, -0.2), (0.04, -0.11)]
        pen.ribbon(curl, (0.08, 0.075, 0.07, 0.065, 0.04), "body-")
        pen.ribbon([(0.04, -0.13), (0.11, -0.04), (0.25, -0.1)], (0.05, 0.06, 0.035), "body-")
    four_legs(pen, legs, 0.5, 0.2, "ink", far=True, stride=10)
    pen.curve(
        [(-0.58, 0.0), (-0.2, -0.24), (0.3, -0.24), (0.68, 0.0), (0.76, 0.34), (0.54, 0.68), (0.1, 0.76), (-0.4, 0.66)],
        "body",
    )
    pen.ellipse(0.2, 0.02, 0.34, 0.13, "body+", 4)
    four_legs(pen, legs, 0.5, 0.2, "ink", stride=10)
    with pen.at(-0.5, 0.08, angle=-5 * pen.sway):
        pen.ellipse(0.02, 0.05, 0.43, 0.41, "body-")
        pen.ellipse(0, 0.02, 0.42, 0.4, "body")
        # folded ears
        for side in (-1, 1):
            pen.curve(
                [
                    (side * 0.12, -0.34), (side * 0.3, -0.44), (side * 0.5, -0.36),
                    (side * 0.46, -0.08), (side * 0.3, -0.2),
                ],
                "body-",
            )
            pen.curve(
                [
                    (side * 0.22, -0.33), (side * 0.34, -0.37), (side * 0.46, -0.3),
                    (side * 0.44, -0.16), (side * 0.32, -0.25),
                ],
                "trim",
            )
            dark_eye(pen, side * 0.19, -0.04, 0.07)
            pen.ellipse(side * 0.29, 0.14, 0.07, 0.05, "rose-")
        # snout
        pen.ellipse(0, 0.16, 0.2, 0.15, "trim-")
        pen.ellipse(0, 0.14, 0.19, 0.14, "trim")
        for side in (-1, 1):
            pen.ellipse(side * 0.075, 0.14, 0.035, 0.06, "ink")
        pen.curve([(-0.12, 0.33), (0, 0.36), (0.12, 0.33), (0, 0.39)], "ink")


@thing(
    "sheep",
    "animal",
    colours=("white", "gray", "black"),
    places=("farm", "meadow", "mountain"),
    size=0.6,
)
def sheep(pen: Pen, kind: str) -> None:
    legs = (-0.12, -0.3, 0.34, 0.52)
    four_legs(pen, legs, 0.5, 0.13, "ink", "cocoa", far=True, stride=10)
    four_legs(pen, legs, 0.5, 0.13, "ink", "cocoa", stride=10)
    # tail and fleece
    with pen.at(0.74, 0.06, angle=-20 * pen.sway):
        fluff(pen, 0.06, 0.08, 0.14, 0.2, 7, "body-", 0.16)
    fluff(pen, 0.12, 0.14, 0.74, 0.56, 14, "body", 0.12)
    for x, y in ((0.0, 0.2), (0.34, 0.32), (0.3, -0.06), (0.58, 0.1), (0.04, -0.2)):
        pen.pie(x, y, 0.13, 0.12, 0, 180, "body-")
        pen.ellipse(x, y, 0.13, 0.045, "body")
    with pen.at(-0.52, -0.14, angle=6 * pen.sway):
        # ears, long face, topknot
        for side in (-1, 1):
            pen.ellipse(side * 0.32, -0.04 + 0.02 * side * pen.sway, 0.18, 0.085, "cocoa-", side * 22)
        pen.curve([(-0.24, -0.22), (0.24, -0.22), (0.27, 0.06), (0.16, 0.4), (-0.16, 0.4), (-0.27, 0.06)], "cocoa")
        pen.ellipse(0, 0.29, 0.15, 0.12, "cocoa+")
        fluff(pen, 0, -0.24, 0.34, 0.2, 9, "body+", 0.15)
        for side in (-1, 1):
            pen.eye(side * 0.13, 0.04, 0.085)
        pen.poly([(-0.06, 0.23), (0.06, 0.23), (0, 0.29)], "ink")
        smile(pen, 0, 0.32, 0.07)


# -- wild animals -----------------------------------------------------------------------------------------------------
@thing(
    "fox",
    "animal",
    colours=("orange", "red", "gray", "white"),
    places=("forest", "snow", "meadow"),
    size=0.6,
)
def fox(pen: Pen, kind: str) -> None:
    legs = (-0.17, -0.35, 0.21, 0.4)
    # big brush of a tail with a white tip
    with pen.at(0.36, 0.3, angle=-12 * pen.sway):
        brush = [(0, 0), (0.26, 0.02), (0.46, -0.2), (0.46, -0.5), (0.34, -0.72)]
        pen.ribbon(brush, (0.14, 0.3, 0.38, 0.32, 0.06), "body-")
        pen.ribbon([(0.47, -0.4), (0.45, -0.55), (0.33, -0.74)], (0.28, 0.26, 0.04), "paper")
    four_legs(pen, legs, 0.36, 0.13, "ink", cuff=0.26, far=True)
    pen.curve(
        [
            (-0.5, 0.06), (-0.2, 0.04), (0.2, 0.1), (0.46, 0.16), (0.5, 0.4),
            (0.3, 0.5), (0.0, 0.46), (-0.34, 0.56), (-0.5, 0.4),
        ],
        "body",
    )
    four_legs(pen, legs, 0.36, 0.13, "ink", cuff=0.26)
    pen.curve([(-0.54, 0.12), (-0.2, 0.12), (-0.28, 0.36), (-0.38, 0.54), (-0.48, 0.4)], "paper")
    with pen.at(-0.42, -0.1, 1.06, angle=6 * pen.sway):
        # tall ears with dark tips
        for side in (-1, 1):
            ear(pen, side * 0.27, -0.16, 0.32, 0.56, side * 14, "ink", "ink")
            ear(pen, side * 0.27, -0.14, 0.32, 0.44, side * 14, "body", "trim")
        # wedge-shaped face, white cheeks, narrow muzzle
        pen.poly(
            [
                (-0.5, 0.08), (-0.3, -0.26), (0, -0.32), (0.3, -0.26),
                (0.5, 0.08), (0.24, 0.24), (0, 0.46), (-0.24, 0.24),
            ],
            "body",
        )
        for side in (-1, 1):
            pen.curve(
                [(side * 0.51, 0.08), (side * 0.24, 0.0), (side * 0.05, 0.24), (0, 0.44), (side * 0.22, 0.26)],
                "paper",
            )
            dark_eye(pen, side * 0.18, -0.05, 0.075)
        pen.poly([(-0.1, 0.0), (0.1, 0.0), (0.05, 0.36), (-0.05, 0.36)], "body")
        pen.ellipse(0, 0.39, 0.085, 0.07, "ink")


@thing(
    "bear",
    "animal",
    kinds=("grizzly", "panda"),
    colours=("brown", "black", "white", "gray"),
    places=("forest", "mountain", "snow"),
    size=0.75,
)
def bear(pen: Pen, kind: str) -> None:
    panda = kind == "panda"
    limb = "ink" if panda else "body"
    legs = (-0.14, -0.42, 0.34, 0.64)
    four_legs(pen, legs, 0.42, 0.28, ink=limb, far=True, stride=8)
    hump = 0.0 if panda else 0.14
    pen.ellipse(0.84, 0.08, 0.09, 0.1, "body-")
    # body with a grizzly's hump over the shoulders
    pen.curve(
        [
            (-0.6, -0.1), (-0.34, -0.3 - hump), (-0.04, -0.34 - hump * 0.9), (0.3, -0.28), (0.68, -0.22),
            (0.88, 0.08), (0.84, 0.5), (0.6, 0.62), (0.0, 0.64), (-0.5, 0.6), (-0.64, 0.3),
        ],
        "body",
    )
    if panda:
        pen.curve([(-0.4, -0.3), (-0.02, -0.35), (0.02, 0.1), (-0.2, 0.62), (-0.54, 0.6), (-0.64, 0.2)], "ink")
    else:
        pen.ellipse(0.55, 0.2, 0.26, 0.32, "body-")
        pen.ellipse(0.58, 0.22, 0.26, 0.32, "body")
    four_legs(pen, legs, 0.42, 0.28, ink=limb, stride=8)
    for x, turn in ((-0.42, step(pen, 8)), (0.64, -step(pen, 8))):
        with pen.at(x, 0.42, angle=turn):
            for dx in (-0.12, -0.03, 0.06):
                pen.poly([(dx - 0.035, 0.44), (dx + 0.035, 0.44), (dx - 0.02, 0.54)], "cream")
    with pen.at(-0.52, -0.12, angle=7 * pen.sway):
        # round ears, head, muzzle
        for side in (-1, 1):
            pen.circle(side * 0.3, -0.3, 0.15, "ink" if panda else "body-")
            pen.circle(side * 0.3, -0.29, 0.08, "ink+" if panda else "trim")
        pen.curve(
            [(-0.3, -0.3), (0, -0.38), (0.3, -0.3), (0.42, 0.06), (0.24, 0.36), (-0.24, 0.36), (-0.42, 0.06)],
            "paper" if panda else "body",
        )
        for side in (-1, 1):
            if panda:
                pen.ellipse(side * 0.19, -0.02, 0.12, 0.15, "ink", side * 28)
            pen.eye(side * (0.17 if panda else 0.16), -0.06, 0.06)
        pen.ellipse(0, 0.18, 0.2, 0.16, "paper-" if panda else "trim")
        pen.ellipse(0, 0.1, 0.1, 0.07, "ink")
        smile(pen, 0, 0.23, 0.1)


@thing(
    "elephant",
    "animal",
    colours=("gray", "blue", "brown", "pink"),
    places=("forest", "meadow", "stage"),
    size=0.8,
)
def elephant(pen: Pen, kind: str) -> None:
    legs = (-0.04, -0.32, 0.36, 0.64)
    swing = 0.13 * pen.sway
    with pen.at(0.84, -0.1, angle=-12 * pen.sway):
        pen.ribbon([(-0.04, 0), (0.06, 0.14), (0.07, 0.42)], (0.08, 0.06, 0.04), "body-")
        pen.ellipse(0.07, 0.46, 0.04, 0.08, "ink")
    four_legs(pen, legs, 0.3, 0.27, far=True, stride=7)
    # great domed body
    pen.curve(
        [
            (-0.5, -0.2), (-0.2, -0.48), (0.2, -0.56), (0.62, -0.46), (0.86, -0.08),
            (0.84, 0.38), (0.5, 0.54), (0.0, 0.56), (-0.46, 0.46),
        ],
        "body",
    )
    four_legs(pen, legs, 0.3, 0.27, stride=7)
    for x, turn in ((-0.32, step(pen, 7)), (0.64, -step(pen, 7))):
        with pen.at(x, 0.3, angle=turn):
            for dx in (-0.09, 0.0, 0.09):
                pen.pie(dx, 0.64, 0.045, 0.07, 180, 360, "paper")
    # head, trunk, tusk
    pen.ellipse(-0.46, -0.24, 0.36, 0.4, "body", -12)
    pen.ribbon(
        [(-0.6, -0.12), (-0.8, 0.14), (-0.83, 0.42), (-0.8 + swing / 2, 0.64), (-0.92 + swing, 0.78 - abs(swing) / 2)],
        (0.46, 0.32, 0.22, 0.17, 0.12),
        "body",
    )
    for y in (0.24, 0.36, 0.48):
        pen.poly([(-0.91, y - 0.02), (-0.78, y), (-0.78, y + 0.035), (-0.91, y + 0.015)], "body-")
    pen.curve([(-0.62, 0.1), (-0.46, 0.08), (-0.5, 0.32), (-0.72, 0.5), (-0.63, 0.3)], "paper")
    pen.eye(-0.62, -0.2, 0.065)
    # flapping ear
    with pen.at(-0.4, -0.26, (1 + 0.12 * pen.sway, 1), angle=6 * pen.sway):
        flap = [(0.0, -0.3), (0.3, -0.36), (0.54, -0.1), (0.46, 0.3), (0.2, 0.5), (0.02, 0.2)]
        pen.curve(flap, "body-")
        pen.curve([(0.03 + 0.76 * x, 0.76 * y) for x, y in flap], "trim")

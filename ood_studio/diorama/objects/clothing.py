"""Clothing: shirts, hats and boots."""

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen


@thing(
    "shirt",
    "clothing",
    kinds=("jersey", "kurta", "dashiki"),
    colours=("red", "blue", "white", "green"),
    places=("parlor", "stage", "street"),
    size=0.55,
)
def shirt(pen: Pen, kind: str) -> None:
    swing = 0.1 * pen.sway
    shoulder, hem, width = {"jersey": (-0.74, 0.92, 0.56), "kurta": (-0.86, 0.95, 0.5), "dashiki": (-0.82, 0.9, 0.6)}[
        kind
    ]
    # sleeves: end point and half width of the cuff
    out, down, cuff = {"jersey": (0.9, -0.16, 0.24), "kurta": (0.84, 0.34, 0.15), "dashiki": (0.94, 0.06, 0.36)}[kind]
    for side in (-1, 1):
        y = down + swing * side * 1.4
        x = out * side
        pen.poly(
            [
                (0.4 * side, shoulder),
                (0.54 * side, shoulder + 0.1),
                (x + cuff * 0.2 * side, y - cuff * 0.7),
                (x - cuff * 0.9 * side, y + cuff * 0.6),
                (0.46 * side, shoulder + 0.62),
            ],
            "body" if side < 0 else "body-",
        )
        ax, ay, bx, by = x + cuff * 0.2 * side, y - cuff * 0.7, x - cuff * 0.9 * side, y + cuff * 0.6
        ix, iy = (-0.1 * side, -0.11) if kind != "kurta" else (-0.05 * side, -0.15)
        pen.poly([(ax, ay), (bx, by), (bx + ix, by + iy), (ax + ix, ay + iy)], "trim")
    # trunk
    flare = 0.14 if kind == "kurta" else 0.04
    pen.poly(
        [
            (-0.2, shoulder - 0.06),
            (0.2, shoulder - 0.06),
            (0.5, shoulder + 0.08),
            (width - 0.06, -0.1),
            (width + flare + swing, hem - 0.07),
            (width + flare - 0.07 + swing, hem),
            (swing, hem + 0.03),
            (-width - flare + 0.07 + swing, hem),
            (-width - flare + swing, hem - 0.07),
            (-width + 0.06, -0.1),
            (-0.5, shoulder + 0.08),
        ],
        "body",
    )
    pen.poly(
        [
            (width - 0.1, -0.4),
            (width - 0.05, -0.1),
            (width + flare + swing - 0.02, hem - 0.06),
            (width + swing - 0.16, hem - 0.02),
        ],
        "body-",
    )
    pen.curve(
        [
            (-width + 0.12, -0.3),
            (-width + 0.18, -0.3),
            (-width + 0.16 + swing, hem - 0.14),
            (-width + 0.06 + swing, hem - 0.14),
        ],
        "body+",
    )
    neck = shoulder - 0.06
    if kind == "jersey":  # round collar, hoop and number
        pen.poly([(-0.49, -0.06), (0.49, -0.06), (0.5, 0.42), (-0.5, 0.42)], "trim")
        pen.rect(-0.06, -0.02, 0.08, 0.38, "ink", round=0.02)
        pen.poly([(-0.18, 0.1), (-0.02, -0.02), (0.0, 0.1), (-0.14, 0.2)], "ink")
        pen.ellipse(0, neck + 0.02, 0.3, 0.22, "trim")
        pen.ellipse(0, neck, 0.2, 0.14, "ink")
    elif kind == "kurta":  # stand collar, long placket, side slits
        pen.rect(-0.1, neck + 0.08, 0.1, 0.1, "trim", round=0.04)
        for y in (-0.66, -0.42, -0.18):
            pen.circle(0, y, 0.04, "ink")
        pen.rect(-0.24, neck - 0.06, 0.24, neck + 0.1, "trim", round=0.06)
        pen.ellipse(0, neck - 0.02, 0.17, 0.05, "ink")
        for side in (-1, 1):
            pen.poly(
                [
                    (side * (width + 0.06) + swing, 0.5),
                    (side * (width + 0.02) + swing, 0.9),
                    (side * (width - 0.06) + swing, 0.9),
                ],
                "body-",
            )
    else:  # broad embroidered yoke and hem
        pen.poly([(-0.34, neck + 0.04), (0.34, neck + 0.04), (0.28, -0.2), (0, 0.16), (-0.28, -0.2)], "trim")
        pen.poly([(-0.16, neck), (0.16, neck), (0, -0.3)], "ink")
        for x, y in ((-0.18, -0.24), (0.18, -0.24), (0.0, -0.04)):
            pen.star(x, y, 0.08, 0.04, 4, "gold")
        for i in range(6):
            x = -0.54 + 0.18 * i + swing
            pen.poly([(x, hem - 0.05), (x + 0.18, hem - 0.05), (x + 0.09, hem - 0.24)], "trim")


@thing(
    "hat",
    "clothing",
    kinds=("fedora", "bowler", "sombrero"),
    colours=("brown", "black", "yellow", "red"),
    places=("street", "stage", "parlor", "desert"),
    size=0.52,
)
def hat(pen: Pen, kind: str) -> None:
    with pen.at(0.0, 0.3, 1.0, angle=9 * pen.sway):
        if kind == "bowler":
            pen.ellipse(0, 0.4, 0.8, 0.14, "body-")
            pen.curve(
                [
                    (-0.56, 0.36),
                    (-0.57, -0.1),
                    (-0.4, -0.5),
                    (0, -0.66),
                    (0.4, -0.5),
                    (0.57, -0.1),
                    (0.56, 0.36),
                    (0, 0.46),
                ],
                "body",
            )
            pen.curve([(-0.46, 0.0), (-0.34, -0.38), (-0.12, -0.54), (-0.22, -0.3), (-0.34, 0.04)], "body+")
            pen.poly([(-0.57, 0.1), (0.57, 0.1), (0.57, 0.36), (-0.57, 0.36)], "trim")
            pen.curve([(0.34, 0.08), (0.5, 0.22), (0.34, 0.38), (0.28, 0.22)], "trim-")
            # tightly curled brim
            pen.curve(
                [
                    (-0.95, 0.2),
                    (-0.86, 0.18),
                    (-0.7, 0.34),
                    (0, 0.4),
                    (0.7, 0.34),
                    (0.86, 0.18),
                    (0.95, 0.2),
                    (0.9, 0.42),
                    (0.5, 0.58),
                    (0, 0.62),
                    (-0.5, 0.58),
                    (-0.9, 0.42),
                ],
                "body",
            )
            pen.curve([(-0.76, 0.46), (0, 0.54), (0.76, 0.46), (0.4, 0.57), (0, 0.6), (-0.4, 0.57)], "body-")
        elif kind == "fedora":
            pen.ellipse(0.02, 0.36, 0.9, 0.17, "body-")
            # pinched crown with a crease
            pen.curve(
                [
                    (-0.56, 0.36),
                    (-0.5, -0.2),
                    (-0.36, -0.6),
                    (-0.12, -0.58),
                    (0.02, -0.46),
                    (0.2, -0.6),
                    (0.42, -0.52),
                    (0.52, -0.14),
                    (0.56, 0.36),
                    (0, 0.46),
                ],
                "body",
            )
            pen.curve([(-0.2, -0.5), (0.02, -0.42), (0.18, -0.5), (0.08, -0.2), (0.0, 0.0), (-0.06, -0.2)], "body-")
            pen.curve([(-0.42, -0.1), (-0.34, -0.46), (-0.26, -0.46), (-0.32, -0.06)], "body+")
            pen.poly([(-0.55, 0.06), (0.545, 0.06), (0.57, 0.36), (-0.57, 0.36)], "trim")
            pen.curve([(0.3, 0.2), (0.44, -0.2), (0.66, -0.44), (0.64, -0.1), (0.46, 0.26)], "crimson")  # feather
            # brim: up on one side, down on the other
            pen.curve(
                [
                    (-0.95, 0.46),
                    (-0.6, 0.32),
                    (0, 0.38),
                    (0.6, 0.3),
                    (0.95, 0.16),
                    (0.92, 0.4),
                    (0.5, 0.56),
                    (0, 0.6),
                    (-0.5, 0.6),
                    (-0.9, 0.62),
                ],
                "body",
            )
            pen.curve([(-0.84, 0.48), (-0.4, 0.42), (0.2, 0.44), (0.2, 0.5), (-0.4, 0.5)], "body+")
        else:
            # vast upturned brim
            pen.ellipse(0, 0.3, 0.98, 0.28, "body-")
            pen.curve(
                [
                    (-0.3, 0.34),
                    (-0.26, -0.3),
                    (-0.14, -0.74),
                    (0, -0.82),
                    (0.14, -0.74),
                    (0.26, -0.3),
                    (0.3, 0.34),
                    (0, 0.42),
                ],
                "body",
            )
            pen.curve([(-0.2, -0.1), (-0.12, -0.6), (-0.04, -0.66), (-0.08, -0.1)], "body+")
            pen.poly([(-0.3, 0.04), (0.3, 0.04), (0.31, 0.3), (-0.31, 0.3)], "trim")
            pen.poly([(-0.2, -0.46), (0.2, -0.46), (0.24, -0.32), (-0.24, -0.32)], "trim")
            pen.curve(
                [
                    (-0.98, 0.04),
                    (-0.86, 0.18),
                    (-0.5, 0.3),
                    (0, 0.34),
                    (0.5, 0.3),
                    (0.86, 0.18),
                    (0.98, 0.04),
                    (0.97, 0.4),
                    (0.6, 0.6),
                    (0, 0.66),
                    (-0.6, 0.6),
                    (-0.97, 0.4),
                ],
                "body",
            )
            for i in range(9):  # zigzag and bobbles round the brim
                x = -0.8 + 0.2 * i
                y = 0.5 - 0.16 * x * x
                pen.poly([(x - 0.09, y + 0.05), (x + 0.09, y + 0.05), (x, y - 0.12)], "trim")
                pen.circle(x, y + 0.13 - 0.06 * x * x, 0.05, "crimson")


@thing(
    "boot",
    "clothing",
    kinds=("wellington", "buskin", "chukka"),
    colours=("green", "brown", "yellow", "black"),
    places=("farm", "street", "mountain", "snow"),
    size=0.55,
)
def boot(pen: Pen, kind: str) -> None:
    top = {"wellington": -0.92, "buskin": -0.62, "chukka": -0.3}[kind]
    bend = 0.16 * pen.sway  # how far the shaft leans
    wide = 0.36 if kind == "wellington" else 0.33
    cx = -0.28 + bend
    # opening, then one outline for shaft and foot
    pen.ellipse(cx, top + 0.03, wide, 0.1, "ink")
    pen.curve(
        [
            (cx - wide, top + 0.02),
            (cx, top + 0.11),
            (cx + wide, top + 0.02),
            (0.04 + bend * 0.4, 0.0),
            (0.2, 0.26),
            (0.6, 0.34),
            (0.9, 0.56),
            (0.9, 0.8),
            (0.2, 0.84),
            (-0.62, 0.82),
            (-0.62, 0.4),
            (-0.62 + bend * 0.4, 0.0),
        ],
        "body",
    )
    pen.curve(
        [(-0.6, 0.36), (-0.44, 0.42), (-0.36, 0.62), (-0.4, 0.8), (-0.62, 0.8)],
        "trim" if kind != "wellington" else "body-",
    )
    pen.curve([(0.46, 0.38), (0.64, 0.4), (0.84, 0.56), (0.8, 0.64), (0.62, 0.5)], "body+")
    # sole with a heel
    pen.rect(-0.68, 0.76, 0.95, 0.87, "trim-", round=0.05)
    pen.rect(-0.68, 0.8, -0.2, 0.95, "trim-", round=0.03)
    pen.rect(0.1, 0.8, 0.93, 0.95 if kind != "buskin" else 0.93, "trim-", round=0.06)
    if kind == "wellington":
        pen.curve(
            [
                (cx - wide, top),
                (cx, top + 0.1),
                (cx + wide, top),
                (cx + wide - 0.01, top + 0.2),
                (cx, top + 0.3),
                (cx - wide + 0.01, top + 0.2),
            ],
            "trim",
        )
        pen.ellipse(cx, top + 0.06, wide + 0.01, 0.13, "trim-")
        pen.ellipse(cx, top + 0.06, wide - 0.06, 0.08, "ink")
        pen.curve(
            [(cx - 0.22, top + 0.4), (cx - 0.12, top + 0.42), (-0.38 + bend * 0.3, 0.2), (-0.48 + bend * 0.3, 0.2)],
            "body+",
        )
        pen.curve([(0.06, 0.1), (-0.1, 0.22), (-0.3, 0.24), (-0.1, 0.3), (0.12, 0.2)], "body-")
        return
    # tongue, laces and toe cap
    pen.curve(
        [
            (cx + wide - 0.12, top - 0.08),
            (cx + wide + 0.06, top - 0.02),
            (0.12 + bend * 0.4, 0.0),
            (0.3, 0.26),
            (0.1, 0.3),
            (-0.06 + bend * 0.4, 0.0),
        ],
        "trim-",
    )
    rows = 4 if kind == "buskin" else 2
    for i in range(rows):
        t = (i + 0.5) / rows
        y = top + 0.06 + (0.2 - top) * t
        x = (cx + wide - 0.1) * (1 - t) + 0.14 * t
        pen.poly([(x - 0.14, y + 0.02), (x + 0.12, y - 0.05), (x + 0.12, y + 0.02), (x - 0.14, y + 0.09)], "paper")
        pen.circle(x - 0.14, y + 0.05, 0.045, "ink")
    if kind == "buskin":
        pen.curve([(0.56, 0.76), (0.54, 0.5), (0.64, 0.36), (0.88, 0.52), (0.92, 0.76)], "trim")
        pen.rect(cx - wide, top + 0.04, cx + wide - 0.12, top + 0.16, "body-", round=0.05)

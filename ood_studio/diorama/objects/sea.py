"""Sea creatures."""



from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen

SEA = ("sea", "beach", "pond")
OCEAN = ("sea", "beach")


def fluke(pen: Pen, x: float, y: float, size: float, angle: float, ink: str) -> None:
    """The level tail fin of whales and dolphins, seen from behind: two lobes; it points up at angle 0."""
    with pen.at(x, y, size, angle):
        lobe = [(-0.34, -0.12), (-1.0, -0.4), (-0.92, -0.62), (-0.4, -0.6)]
        pen.curve([(0, 0.4), *lobe, (0, -0.4), *((-u, v) for u, v in reversed(lobe))], ink)


@thing(
    "fish",
    "sea creature",
    kinds=("goldfish", "angelfish", "pike"),
    colours=("orange", "yellow", "blue", "red"),
    places=SEA,
    stance="float",
    size=0.5,
)
def fish(pen: Pen, kind: str) -> None:
    flick = 0.16 * pen.sway
    {"goldfish": _goldfish, "angelfish": _angelfish, "pike": _pike}[kind](pen, flick)


def _goldfish(pen: Pen, flick: float) -> None:
    # veil tail in two layers, long back fin, belly fins
    pen.curve([(0.3, 0.05), (0.72, 0.3), (0.9, 0.72 - flick), (0.62, 0.74 - flick), (0.36, 0.35)], "trim-")
    pen.curve([(0.3, 0.0), (0.62, -0.42), (0.93, -0.5 + flick), (0.8, -0.1), (0.95, 0.34 + flick), (0.6, 0.26)], "trim")
    pen.curve([(-0.4, -0.4), (-0.22, -0.82), (0.2, -0.76 + flick / 2), (0.4, -0.3)], "trim")
    pen.curve([(-0.3, 0.4), (-0.16, 0.82 + flick / 2), (0.04, 0.76), (0.14, 0.36)], "trim")
    pen.curve([(-0.95, 0.02), (-0.72, -0.36), (-0.25, -0.56), (0.2, -0.36), (0.5, 0.0), (0.2, 0.4), (-0.25, 0.56),
               (-0.72, 0.38)], "body")
    # belly, gill, scales, side fin
    pen.curve([(-0.84, 0.2), (-0.4, 0.3), (0.1, 0.26), (0.36, 0.14), (0.1, 0.42), (-0.3, 0.5), (-0.66, 0.36)], "body+")
    pen.ribbon([(-0.44, -0.36), (-0.34, -0.02), (-0.44, 0.3)], 0.05, "body-")
    for x, y in ((-0.06, -0.3), (0.16, -0.2), (0.04, -0.1), (0.28, -0.04)):
        pen.pie(x, y, 0.08, 0.08, -60, 120, "body-")
    pen.curve([(-0.26, 0.06), (0.04, -0.02 + flick), (0.12, 0.2 + flick), (-0.12, 0.22)], "trim-")
    pen.eye(-0.64, -0.08, 0.13)
    pen.ribbon([(-0.92, 0.12), (-0.84, 0.17), (-0.76, 0.15)], 0.04, "ink")


def _angelfish(pen: Pen, flick: float) -> None:
    # tall swept fins, fan tail, two streamers
    pen.curve([(-0.3, -0.3), (0.1, -0.62), (0.62, -0.95 + flick / 3), (0.46, -0.5), (0.4, -0.14)], "trim")
    pen.curve([(-0.3, 0.3), (0.1, 0.62), (0.62, 0.95 - flick / 3), (0.46, 0.5), (0.4, 0.14)], "trim")
    pen.curve([(0.4, 0.0), (0.82, -0.28 + flick), (0.76, 0.0 + flick), (0.82, 0.28 + flick)], "trim-")
    for x in (-0.36, -0.24):
        pen.ribbon([(x, 0.3), (x + 0.02, 0.62), (x + 0.2, 0.92 + flick / 3)], 0.08, "trim-", 0.3)
    pen.curve([(-0.74, 0.02), (-0.5, -0.26), (-0.08, -0.58), (0.28, -0.32), (0.52, 0.0), (0.28, 0.32), (-0.08, 0.58),
               (-0.5, 0.3)], "body")
    # upright bands, belly light, side fin
    pen.curve([(-0.14, -0.54), (0.0, -0.56), (0.07, 0.0), (0.0, 0.56), (-0.14, 0.54), (-0.07, 0.0)], "trim-")
    pen.curve([(0.28, -0.3), (0.36, -0.2), (0.4, 0.0), (0.36, 0.2), (0.28, 0.3), (0.3, 0.0)], "trim-")
    pen.curve([(-0.6, 0.16), (-0.36, 0.2), (-0.2, 0.2), (-0.2, 0.48), (-0.42, 0.34)], "body+")
    pen.curve([(-0.22, 0.06), (0.0, 0.0 + flick), (0.04, 0.16 + flick), (-0.1, 0.2)], "body+")
    pen.eye(-0.44, -0.06, 0.11)
    pen.ribbon([(-0.72, 0.08), (-0.66, 0.12), (-0.6, 0.1)], 0.035, "ink")


def _pike(pen: Pen, flick: float) -> None:
    # forked tail, back and belly fins far behind
    pen.curve([(0.62, 0.0), (0.95, -0.34 + flick), (0.84, 0.0 + flick), (0.95, 0.34 + flick)], "trim")
    pen.curve([(0.26, -0.16), (0.42, -0.44), (0.62, -0.4), (0.56, -0.1)], "trim")
    pen.curve([(0.26, 0.14), (0.44, 0.42), (0.6, 0.36), (0.56, 0.08)], "trim")
    pen.curve([(-0.16, 0.18), (0.0, 0.4), (0.12, 0.34), (0.06, 0.16)], "trim-")
    pen.curve([(-0.95, 0.03), (-0.74, -0.06), (-0.5, -0.19), (0.0, -0.25), (0.45, -0.15), (0.72, 0.0), (0.45, 0.14),
               (0.0, 0.24), (-0.5, 0.2), (-0.86, 0.13)], "body")
    # pale belly, bars on the back, long toothy snout
    pen.curve([(-0.8, 0.13), (-0.4, 0.1), (0.2, 0.1), (0.6, 0.04), (0.3, 0.16), (0.0, 0.22), (-0.5, 0.18)], "body+")
    for x in (-0.24, -0.04, 0.16, 0.36):
        pen.ribbon([(x, -0.2), (x + 0.03, -0.1), (x + 0.01, 0.02)], 0.08, "body-", 0.4)
    pen.ribbon([(-0.42, -0.17), (-0.36, 0.0), (-0.42, 0.15)], 0.04, "body-")
    pen.ribbon([(-0.93, 0.05), (-0.74, 0.05), (-0.58, 0.09)], 0.045, "ink", 0.8)
    for x in (-0.86, -0.77, -0.68):
        pen.poly([(x - 0.03, 0.045), (x + 0.03, 0.045), (x, 0.1)], "paper")
    pen.curve([(-0.3, 0.06), (-0.1, 0.02 + flick / 2), (-0.04, 0.12 + flick / 2), (-0.18, 0.14)], "trim")
    pen.eye(-0.54, -0.06, 0.085)


@thing(
    "whale",
    "sea creature",
    kinds=("humpback", "narwhal", "cachalot"),
    colours=("blue", "gray", "black", "turquoise"),
    places=OCEAN,
    stance="float",
    size=0.75,
)
def whale(pen: Pen, kind: str) -> None:
    lift = 0.1 * pen.sway
    _spout(pen, {"humpback": -0.3, "narwhal": -0.02, "cachalot": -0.6}[kind], -0.3, pen.sway)
    # raised tail, then the body with a snout of its own for each kind
    fluke(pen, 0.58, -0.4 - lift, 0.4, 4 + 14 * pen.sway, "body-" if kind == "cachalot" else "body")
    snout = {
        "humpback": [(-0.86, 0.5), (-0.95, 0.22), (-0.78, -0.1), (-0.4, -0.32)],
        "narwhal": [(-0.55, 0.48), (-0.62, 0.28), (-0.52, -0.06), (-0.26, -0.3)],
        "cachalot": [(-0.84, 0.36), (-0.95, 0.26), (-0.95, -0.08), (-0.86, -0.28), (-0.5, -0.34)],
    }[kind]
    rump = [(0.02, -0.32), (0.36, -0.16), (0.52, -0.14), (0.56, -0.36 - lift), (0.66, -0.36 - lift), (0.8, 0.0)]
    belly = [(0.68, 0.36), (0.3, 0.62), (-0.12, 0.7)]
    belly += [(-0.3, 0.58), (-0.36, 0.38), (-0.6, 0.37)] if kind == "cachalot" else [(-0.4, 0.67)]
    if kind == "narwhal":  # the twisted tusk
        pen.poly([(-0.52, 0.08), (-0.95, -0.52), (-0.44, -0.04)], "cream")
        for share in (0.25, 0.45, 0.65):
            x, y = -0.48 - 0.47 * share, 0.02 - 0.54 * share
            pen.ribbon([(x - 0.04, y + 0.0), (x, y), (x + 0.05, y - 0.02)], 0.035, "wood")
    if kind == "cachalot":  # the narrow lower jaw with teeth
        pen.curve([(-0.8, 0.54), (-0.72, 0.63), (-0.4, 0.7), (-0.1, 0.7), (-0.1, 0.4), (-0.36, 0.42), (-0.56, 0.53)],
                  "body-")
        for x in (-0.7, -0.6, -0.5, -0.4):
            pen.poly([(x - 0.045, 0.58), (x, 0.44), (x + 0.045, 0.58)], "paper")
    pen.curve([*snout, *rump, *belly], "body")
    _whale_details(pen, kind)


def _spout(pen: Pen, x: float, y: float, sway: float) -> None:
    """Two jets of water that fall apart, with drops."""
    for side in (-1, 1):
        bend = side + 0.35 * sway
        pen.ribbon([(x, y), (x + 0.02 * bend, y - 0.34), (x + 0.14 * bend, y - 0.5), (x + 0.28 * bend, y - 0.4)],
               0.09, "water", 1.2)
        pen.circle(x + 0.3 * bend, y - 0.24, 0.05, "water+")


def _whale_details(pen: Pen, kind: str) -> None:
    flap = 0.14 * pen.sway
    if kind == "humpback":  # grooved throat, hump, very long flipper
        pen.curve([(-0.9, 0.32), (-0.5, 0.36), (0.1, 0.4), (0.5, 0.42), (0.2, 0.6), (-0.2, 0.67), (-0.6, 0.6)], "paper")
        for y in (0.44, 0.51, 0.58):
            pen.ribbon([(-0.78 + (y - 0.44), y), (-0.4, y + 0.02), (0.02, y + 0.02)], 0.03, "body-", 0.6)
        pen.ribbon([(-0.92, 0.3), (-0.68, 0.3), (-0.5, 0.2)], 0.045, "ink", 0.8)
        pen.curve([(0.12, -0.28), (0.2, -0.44), (0.3, -0.38), (0.36, -0.16)], "body")
        pen.curve([(-0.26, 0.32), (-0.04, 0.3), (0.14, 0.66), (0.2 + flap, 0.92), (-0.02 + flap, 0.84)], "body-")
        pen.eye(-0.46, 0.1, 0.09)
    elif kind == "narwhal":  # speckled back, pale belly, small flipper
        pen.curve([(-0.54, 0.44), (-0.2, 0.4), (0.2, 0.42), (0.5, 0.42), (0.2, 0.62), (-0.12, 0.66), (-0.38, 0.62)],
                  "paper")
        for x, y, r in ((0.04, -0.16, 0.05), (0.22, 0.0, 0.06), (0.46, 0.06, 0.05), (0.0, 0.08, 0.035),
                        (0.36, 0.22, 0.04), (0.62, 0.2, 0.04)):
            pen.circle(x, y, r, "body-")
        pen.curve([(-0.16, 0.4), (0.04, 0.4), (0.16 + flap, 0.66), (0.02 + flap, 0.76)], "body-")
        pen.ribbon([(-0.58, 0.3), (-0.46, 0.36), (-0.34, 0.3)], 0.045, "ink", 0.8)
        pen.circle(-0.22, 0.3, 0.06, "rose")
        pen.eye(-0.3, 0.12, 0.09)
    else:  # cachalot: light brow, wrinkled flank, small flipper
        pen.curve([(-0.88, -0.12), (-0.72, -0.26), (-0.4, -0.28), (-0.5, -0.2), (-0.76, -0.14)], "body+")
        for x in (0.1, 0.26, 0.42):
            pen.ribbon([(x, 0.02), (x + 0.06, 0.14), (x + 0.02, 0.26)], 0.035, "body-", 0.7)
        pen.ribbon([(-0.6, 0.37), (-0.36, 0.38), (-0.18, 0.26)], 0.05, "body+", 0.6)
        pen.curve([(-0.14, 0.34), (0.08, 0.34), (0.18 + flap, 0.58), (0.04 + flap, 0.7)], "body-")
        pen.eye(-0.26, 0.14, 0.08)


@thing(
    "shark",
    "sea creature",
    kinds=("mako", "hammerhead", "thresher"),
    colours=("gray", "blue", "brown", "turquoise"),
    places=OCEAN,
    stance="float",
    size=0.7,
)
def shark(pen: Pen, kind: str) -> None:
    flick = 0.14 * pen.sway
    tip = {"mako": (0.95, -0.5), "hammerhead": (0.95, -0.58), "thresher": (0.84, -0.95)}[kind]
    # far fin, upright tail, back fin
    pen.curve([(-0.2, 0.16), (-0.02, 0.18), (0.04, 0.4), (-0.06, 0.46)], "body-")
    pen.curve([(0.62, 0.02), (0.76, (tip[1] - 0.05) / 2), (tip[0] + flick, tip[1]), (0.88, tip[1] / 3),
               (0.82, 0.06), (0.92 + flick, 0.34), (0.74, 0.24)], "body")
    pen.curve([(-0.2, -0.22), (-0.04, -0.5), (0.18, -0.76), (0.16, -0.46), (0.26, -0.18)], "body")
    pen.curve([(0.4, 0.1), (0.46, 0.26), (0.6, 0.3), (0.56, 0.1)], "body-")
    nose = [(-0.82, 0.18), (-0.95, 0.0), (-0.72, -0.16)] if kind != "hammerhead" else [(-0.72, 0.16), (-0.72, -0.12)]
    pen.curve([*nose, (-0.4, -0.27), (0.0, -0.3), (0.4, -0.18), (0.74, -0.05), (0.76, 0.07), (0.4, 0.17),
               (0.0, 0.29), (-0.45, 0.28)], "body")
    # pale belly, gills, mouth with teeth, near fin
    pen.curve([(-0.8, 0.14), (-0.4, 0.12), (0.1, 0.13), (0.6, 0.07), (0.35, 0.17), (0.0, 0.27), (-0.45, 0.26)], "paper")
    for x in (-0.3, -0.21, -0.12):
        pen.ribbon([(x, -0.16), (x + 0.04, -0.05), (x, 0.06)], 0.035, "ink", 0.8)
    pen.curve([(-0.1, 0.12), (0.12, 0.1), (0.26, 0.4), (0.34 + flick, 0.72), (0.1 + flick / 2, 0.48)], "body-")
    if kind == "hammerhead":
        pen.curve([(-0.64, -0.1), (-0.7, -0.46), (-0.84, -0.54), (-0.95, -0.44), (-0.92, 0.0), (-0.95, 0.46),
                   (-0.84, 0.56), (-0.7, 0.48), (-0.64, 0.14)], "body")
        pen.curve([(-0.88, -0.4), (-0.84, -0.44), (-0.82, 0.0), (-0.84, 0.46), (-0.88, 0.42), (-0.86, 0.0)], "body+")
        pen.eye(-0.83, -0.4, 0.095)
        pen.eye(-0.83, 0.42, 0.095)
        mouth = (-0.52, 0.15)
    else:
        pen.eye(-0.62, -0.07, 0.08)
        mouth = (-0.58, 0.12)
    with pen.at(*mouth):
        pen.curve([(-0.16, -0.02), (0.0, 0.0), (0.16, -0.05), (0.1, 0.08), (-0.06, 0.1)], "ink")
        pen.poly([(-0.14, -0.01), (-0.09, 0.06), (-0.04, 0.0), (0.01, 0.06), (0.06, -0.01), (0.1, 0.04), (0.14, -0.04)],
                 "paper")


@thing(
    "dolphin",
    "sea creature",
    colours=("gray", "blue", "turquoise", "pink"),
    places=OCEAN,
    stance="float",
    size=0.65,
)
def dolphin(pen: Pen, kind: str) -> None:
    with pen.at(-0.09, 0.03, 0.92):
        kick = 0.12 * pen.sway
        # tail, hooked back fin and far flipper behind the leaping body
        fluke(pen, 0.78 - kick / 2, 0.5 + kick, 0.32, 158 + 80 * kick, "body-")
        pen.curve([(-0.04, -0.46), (0.14, -0.72), (0.46, -0.88), (0.36, -0.62), (0.42, -0.3)], "body-")
        pen.curve([(-0.3, 0.1), (-0.12, 0.08), (-0.04, 0.34), (-0.1, 0.46)], "body-")
        pen.curve([(-0.94, 0.34), (-0.9, 0.24), (-0.72, 0.14), (-0.66, -0.12), (-0.36, -0.44), (0.06, -0.55),
                   (0.46, -0.38), (0.72, 0.02), (0.84 - kick / 2, 0.46 + kick), (0.72 - kick / 2, 0.5 + kick),
                   (0.52, 0.26), (0.24, 0.14), (-0.1, 0.18), (-0.4, 0.32), (-0.66, 0.38), (-0.86, 0.4)], "body")
        # white belly, smile, near flipper, shine on the back
        pen.curve([(-0.9, 0.36), (-0.66, 0.27), (-0.4, 0.1), (-0.05, -0.02), (0.3, 0.02), (0.54, 0.24), (0.24, 0.13),
                   (-0.1, 0.17), (-0.4, 0.31), (-0.66, 0.37)], "paper")
        pen.ribbon([(-0.93, 0.31), (-0.7, 0.25), (-0.52, 0.1)], 0.04, "ink", 0.8)
        pen.curve([(-0.3, 0.04), (-0.08, -0.02), (0.06 + kick, 0.26), (0.1 + kick, 0.52), (-0.12 + kick / 2, 0.34)],
                  "body-")
        pen.curve([(-0.48, -0.26), (-0.2, -0.44), (0.1, -0.46), (0.36, -0.36), (0.1, -0.38), (-0.2, -0.34)], "body+")
        pen.eye(-0.5, -0.04, 0.08)


@thing(
    "octopus",
    "sea creature",
    colours=("purple", "red", "orange", "pink"),
    places=OCEAN,
    stance="float",
    size=0.65,
)
def octopus(pen: Pen, kind: str) -> None:
    wave = 0.12 * pen.sway
    # four arms a side, the inner ones behind
    for side, w in ((-1, wave), (1, -wave)):
        with pen.at(scale=(side, 1)):
            pen.ribbon([(0.06, 0.1), (0.12, 0.5), (0.1 + w, 0.78), (0.26 + w, 0.92)], 0.24, "body-", 0.35)
            pen.ribbon([(0.1, 0.1), (0.46, 0.34), (0.76, 0.22 + w), (0.86, -0.08 + w), (0.68, -0.22 + w)], 0.24,
                       "body-", 0.3)
            pen.ribbon([(0.1, 0.05), (0.26, 0.54), (0.52, 0.82), (0.8, 0.8 - w), (0.86, 0.6 - w)], 0.3, "body", 0.3)
            pen.ribbon([(0.2, 0.0), (0.42, 0.42), (0.68, 0.54 + w), (0.9, 0.4 + w), (0.84, 0.22 + w)], 0.28, "body",
                       0.3)
            for x, y, r in ((0.36, 0.68, 0.045), (0.5, 0.78, 0.04), (0.66, 0.81, 0.035), (0.5, 0.44, 0.045),
                            (0.66, 0.5 + w, 0.04), (0.8, 0.46 + w, 0.035)):
                pen.circle(x, y, r, "trim")
    # the great round head
    pen.curve([(0.0, -0.95), (0.4, -0.82), (0.56, -0.46), (0.42, -0.1), (0.36, 0.22), (0.0, 0.34), (-0.36, 0.22),
               (-0.42, -0.1), (-0.56, -0.46), (-0.4, -0.82)], "body")
    pen.ellipse(-0.26, -0.72, 0.15, 0.08, "body+", -35)
    for x, y, r in ((0.28, -0.7, 0.07), (0.4, -0.52, 0.05), (0.14, -0.82, 0.045)):
        pen.circle(x, y, r, "body-")
    for side in (-1, 1):
        pen.eye(0.19 * side, -0.26, 0.14)
        pen.ellipse(0.3 * side, -0.03, 0.07, 0.05, "rose")
    pen.ribbon([(-0.13, 0.0), (0.0, 0.07), (0.13, 0.0)], 0.05, "ink")


@thing(
    "crab",
    "sea creature",
    colours=("red", "orange", "blue", "brown"),
    places=OCEAN,
    size=0.55,
)
def crab(pen: Pen, kind: str) -> None:
    step, snap = 0.07 * pen.sway, 12 * pen.sway
    for side, lift in ((-1, step), (1, -step)):
        with pen.at(scale=(side, 1)):
            # three bent legs, the arm, the claw of two fingers
            for i, (x, y) in enumerate(((0.93, 0.5), (0.84, 0.76), (0.58, 0.93))):
                up = lift * (1 if i % 2 else -1)
                knee = (0.74 - 0.12 * i, 0.26 + 0.16 * i + up)
                pen.ribbon([(0.3, 0.3), knee, (x + up, y)], 0.15, "body-", 0.35)
            pen.ribbon([(0.36, 0.2), (0.66, 0.14), (0.7, -0.2)], 0.2, "body-", 0.8)
            with pen.at(0.66, -0.26, 0.98, -8 + snap * side):
                pen.curve([(0.0, 0.2), (0.24, 0.06), (0.28, -0.24), (0.06, -0.6), (0.08, -0.3), (0.0, -0.08)], "body")
                pen.curve([(0.0, 0.2), (-0.24, 0.08), (-0.34, -0.16), (-0.2, -0.48), (-0.12, -0.22), (0.04, -0.04)],
                          "body")
                pen.ellipse(0.14, -0.04, 0.05, 0.11, "body+", 10)
            # eye stalk
            pen.ribbon([(0.16, 0.1), (0.17, -0.1), (0.2, -0.22)], 0.09, "body-", 0.8)
            pen.eye(0.2, -0.26, 0.12)
    pen.curve([(0.0, -0.04), (0.36, 0.0), (0.62, 0.24), (0.5, 0.54), (0.24, 0.72), (0.0, 0.75), (-0.24, 0.72),
               (-0.5, 0.54), (-0.62, 0.24), (-0.36, 0.0)], "body")
    # shell spots, shine, smile and pale underside
    pen.curve([(-0.46, 0.55), (0.0, 0.63), (0.46, 0.55), (0.24, 0.7), (0.0, 0.73), (-0.24, 0.7)], "cream")
    pen.ellipse(-0.36, 0.14, 0.12, 0.05, "body+", -35)
    for x, y, r in ((0.0, 0.12, 0.06), (0.22, 0.16, 0.045), (-0.2, 0.18, 0.045), (0.4, 0.26, 0.04)):
        pen.circle(x, y, r, "trim")
    pen.ribbon([(-0.18, 0.38), (0.0, 0.47), (0.18, 0.38)], 0.05, "ink")


@thing(
    "turtle",
    "sea creature",
    colours=("green", "brown", "turquoise", "orange"),
    places=SEA,
    stance="float",
    size=0.6,
)
def turtle(pen: Pen, kind: str) -> None:
    row = 0.2 * pen.sway
    # far flippers, tail, head on its neck
    pen.curve([(-0.34, 0.2), (-0.16, 0.24), (-0.28 - row, 0.56), (-0.56 - row, 0.72), (-0.5 - row / 2, 0.44)], "trim-")
    pen.curve([(0.42, 0.26), (0.6, 0.22), (0.66 - row / 2, 0.5), (0.5 - row / 2, 0.6)], "trim-")
    pen.poly([(0.7, 0.12), (0.95, 0.3 + row / 3), (0.66, 0.3)], "trim-")
    pen.curve([(-0.3, 0.3), (-0.3, -0.02), (-0.56, -0.16), (-0.72, -0.3), (-0.9, -0.2), (-0.95, 0.0), (-0.8, 0.12),
               (-0.62, 0.12)], "trim")
    # belly, domed shell with plates, rim
    pen.curve([(-0.46, 0.2), (0.1, 0.26), (0.72, 0.18), (0.5, 0.4), (0.0, 0.44), (-0.36, 0.36)], "cream")
    pen.curve([(-0.56, 0.2), (-0.46, -0.18), (-0.2, -0.48), (0.14, -0.58), (0.5, -0.42), (0.74, -0.1), (0.84, 0.2),
               (0.4, 0.3), (-0.2, 0.3)], "body")
    for plate in (
        [(0.0, -0.42), (0.28, -0.42), (0.38, -0.18), (0.14, 0.0), (-0.1, -0.18)],
        [(-0.18, -0.38), (-0.08, -0.42), (-0.19, -0.16), (-0.38, -0.08)],
        [(0.37, -0.4), (0.48, -0.33), (0.62, -0.1), (0.47, -0.15)],
        [(-0.36, 0.02), (-0.15, -0.08), (0.08, 0.08), (0.06, 0.16), (-0.42, 0.12)],
        [(0.2, 0.08), (0.42, -0.08), (0.64, 0.0), (0.7, 0.12), (0.18, 0.16)],
    ):
        pen.poly(plate, "body-")
    pen.curve([(-0.56, 0.18), (-0.2, 0.23), (0.4, 0.23), (0.84, 0.16), (0.8, 0.26), (0.4, 0.33), (-0.2, 0.33),
               (-0.52, 0.28)], "body+")
    # near flippers, face
    pen.curve([(-0.36, 0.22), (-0.06, 0.24), (0.06 + row, 0.6), (0.24 + row * 1.6, 0.86), (-0.1 + row, 0.78)], "trim")
    pen.curve([(0.5, 0.26), (0.7, 0.22), (0.84 + row / 2, 0.42), (0.92 + row / 3, 0.6), (0.66 + row / 2, 0.5)], "trim")
    pen.eye(-0.74, -0.08, 0.085)
    pen.ribbon([(-0.93, 0.02), (-0.82, 0.06), (-0.72, 0.04)], 0.035, "ink")

"""Buildings."""

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen

FEET = 0.95  # everything stands on this line


# -- parts ----------------------------------------------------------------------------------------------------------
def _window(pen: Pen, x: float, y: float, wide: float, tall: float, pane: str = "glass", arched: bool = False) -> None:
    """A framed window about (x, y), with a cross; the arch of an arched one comes on top."""
    w, h, bar = wide / 2, tall / 2, 0.035
    if arched:
        pen.pie(x, y - h, w + bar, w + bar, 180, 360, "paper")
    pen.rect(x - w - bar, y - h - (0 if arched else bar), x + w + bar, y + h + bar, "paper", round=0.02)
    if arched:
        pen.pie(x, y - h, w, w, 180, 360, pane)
    pen.rect(x - w, y - h - (0.01 if arched else 0), x + w, y + h, pane)
    pen.rect(x - 0.016, y - h - (w if arched else 0), x + 0.016, y + h, "paper")
    pen.rect(x - w, y - 0.016, x + w, y + 0.016, "paper")


def _slit(pen: Pen, x: float, y: float, wide: float, tall: float, ink: str = "ink") -> None:
    """A narrow window with a round top about (x, y)."""
    pen.rect(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, ink)
    pen.pie(x, y - tall / 2 + 0.01, wide / 2, wide / 2, 180, 360, ink)


def _door(pen: Pen, x: float, wide: float, top: float, arched: bool = True, bottom: float = FEET) -> None:
    """A wooden door standing on ``bottom``; ``top`` is where its arch begins."""
    for ink, grow in (("paper", 0.04), ("wood", 0.0)):
        w = wide / 2 + grow
        if arched:
            pen.pie(x, top, w, w, 180, 360, ink)
        pen.rect(x - w, top - (0.01 if arched else grow), x + w, bottom, ink)
    pen.rect(x - 0.014, top - (wide / 2 if arched else 0), x + 0.014, bottom, "wood-")
    pen.circle(x + wide * 0.3, (top + bottom) / 2, 0.03, "gold")


def _smoke(pen: Pen, x: float, y: float) -> None:
    """Three puffs above a chimney, blown by the sway."""
    for i, r in enumerate((0.055, 0.075, 0.095)):
        pen.circle(x + 0.09 * pen.sway * i + 0.02 * i, y - 0.1 * i, r, "paper-" if i == 1 else "paper")


def _flag(pen: Pen, x: float, top: float, bottom: float, ink: str = "crimson", long: float = 0.26) -> None:
    """A pennant on a pole, flapping with the sway."""
    flap = 0.09 * pen.sway
    pen.rect(x - 0.016, top, x + 0.016, bottom, "ink")
    pen.curve(
        [
            (x, top + 0.01),
            (x + 0.5 * long, top + 0.03 - flap),
            (x + long, top + 0.09 + flap),
            (x + 0.5 * long, top + 0.12 - flap),
            (x, top + 0.17),
        ],
        ink,
    )


def _cross(pen: Pen, x: float, top: float, tall: float) -> None:
    """A golden cross."""
    bar = 0.13 * tall
    pen.rect(x - bar, top, x + bar, top + tall, "gold")
    pen.rect(x - 0.32 * tall, top + 0.22 * tall, x + 0.32 * tall, top + 0.22 * tall + 2 * bar, "gold")


def _bell(pen: Pen, x: float, y: float, scale: float) -> None:
    """A golden bell hung up at (x, y), ringing with the sway."""
    with pen.at(x, y, scale, angle=22 * pen.sway):
        half = [(0.0, 0.0), (0.07, 0.06), (0.09, 0.17), (0.15, 0.24)]
        pen.curve([*half, *((-x, y) for x, y in half[:0:-1])], "gold")
        pen.circle(0.0, 0.255, 0.035, "gold-")


def _rose(pen: Pen, x: float, y: float, r: float) -> None:
    """A round church window."""
    pen.circle(x, y, r, "paper")
    pen.circle(x, y, r * 0.78, "glass-")
    pen.star(x, y, r * 0.74, r * 0.34, 8, "gold")
    pen.circle(x, y, r * 0.26, "crimson")


def _battlements(pen: Pen, left: float, right: float, top: float, bottom: float, teeth: int, ink: str) -> None:
    """A block whose upper edge is toothed, as one polygon."""
    step, deep = (right - left) / (2 * teeth - 1), 0.1
    edge = []
    for i in range(2 * teeth - 1):
        y = top if i % 2 == 0 else top + deep
        edge += [(left + i * step, y), (left + (i + 1) * step, y)]
    pen.poly([*edge, (right, bottom), (left, bottom)], ink)


# -- houses ---------------------------------------------------------------------------------------------------------
@thing(
    "house",
    "building",
    kinds=("cottage", "bungalow", "chalet"),
    colours=("white", "yellow", "orange", "pink"),
    places=("meadow", "street", "farm", "pond", "snow"),
    size=0.7,
)
def house(pen: Pen, kind: str) -> None:
    {"cottage": _cottage, "bungalow": _bungalow, "chalet": _chalet}[kind](pen)


def _cottage(pen: Pen) -> None:
    _smoke(pen, 0.47, -0.72)
    pen.rect(0.36, -0.62, 0.58, 0.0, "brick")
    pen.rect(0.32, -0.66, 0.62, -0.56, "brick-", round=0.02)
    pen.rect(-0.78, -0.1, 0.78, FEET, "body")
    pen.rect(-0.78, -0.1, 0.78, 0.13, "body-")
    pen.rect(-0.78, 0.84, 0.78, FEET, "stone")
    # the roof with a row of shingles and a dormer
    pen.poly([(-0.95, 0.06), (-0.56, -0.62), (0.56, -0.62), (0.95, 0.06)], "trim")
    pen.poly([(-0.56, -0.62), (0.56, -0.62), (0.61, -0.54), (-0.61, -0.54)], "trim+")
    pen.rect(-0.94, 0.0, 0.94, 0.075, "trim-", round=0.03)
    pen.poly([(-0.3, -0.02), (-0.3, -0.3), (0.0, -0.56), (0.3, -0.3), (0.3, -0.02)], "body")
    pen.poly([(-0.42, -0.22), (0.0, -0.6), (0.42, -0.22), (0.36, -0.14), (0.0, -0.46), (-0.36, -0.14)], "trim-")
    _window(pen, 0.0, -0.17, 0.2, 0.2, "gold")
    # door, windows and flower boxes
    _door(pen, 0.0, 0.32, 0.46)
    for x in (-0.48, 0.48):
        _window(pen, x, 0.42, 0.28, 0.28)
        pen.rect(x - 0.21, 0.6, x + 0.21, 0.7, "wood", round=0.02)
        for i, ink in enumerate(("rose", "crimson", "rose")):
            pen.circle(x - 0.13 + 0.13 * i, 0.59, 0.06, ink)


def _bungalow(pen: Pen) -> None:
    _smoke(pen, -0.5, -0.44)
    pen.rect(-0.6, -0.36, -0.4, 0.0, "brick")
    pen.rect(-0.64, -0.38, -0.36, -0.29, "brick-", round=0.02)
    pen.rect(-0.84, 0.1, 0.84, FEET, "body")
    pen.rect(-0.84, 0.1, 0.84, 0.32, "body-")
    # a long low roof, and the porch in front of it
    pen.poly([(-0.97, 0.24), (-0.66, -0.2), (0.66, -0.2), (0.97, 0.24)], "trim")
    pen.poly([(-0.66, -0.2), (0.66, -0.2), (0.72, -0.12), (-0.72, -0.12)], "trim+")
    pen.rect(-0.97, 0.19, 0.97, 0.26, "trim-", round=0.03)
    _door(pen, 0.34, 0.26, 0.52, arched=False, bottom=0.88)
    _window(pen, -0.5, 0.55, 0.44, 0.26)
    for x in (0.06, 0.62, 0.8):
        pen.rect(x - 0.03, 0.3, x + 0.03, 0.9, "paper")
    pen.poly([(-0.08, 0.34), (0.4, -0.1), (0.92, 0.34)], "trim-")
    pen.poly([(0.1, 0.28), (0.4, 0.0), (0.73, 0.28)], "body+")
    pen.circle(0.41, 0.19, 0.06, "ink")
    for y in (0.66, 0.76):
        pen.rect(0.56, y, 0.83, y + 0.03, "paper")
    pen.rect(-0.08, 0.86, 0.92, FEET, "stone+")
    for x, r in ((-0.84, 0.11), (-0.68, 0.13), (-0.5, 0.12), (-0.33, 0.13), (-0.18, 0.1)):
        pen.pie(x, FEET, r, r * 1.2, 180, 360, "leaf" if r > 0.11 else "leaf-")


def _chalet(pen: Pen) -> None:
    _smoke(pen, -0.5, -0.66)
    pen.rect(-0.6, -0.56, -0.4, 0.0, "stone")
    pen.rect(-0.64, -0.58, -0.36, -0.5, "stone-", round=0.02)
    pen.poly([(-0.72, FEET), (-0.72, -0.1), (0.0, -0.66), (0.72, -0.1), (0.72, FEET)], "body")
    for y in (0.04, 0.18):
        pen.rect(-0.72, y, 0.72, y + 0.03, "body-")
    pen.rect(-0.72, 0.56, 0.72, FEET, "stone")
    for x, y in ((-0.6, 0.64), (-0.3, 0.8), (0.34, 0.66), (0.58, 0.82)):
        pen.rect(x - 0.07, y - 0.03, x + 0.07, y + 0.03, "stone-", round=0.03)
    # a wide roof, laden with snow-white boards at its edge
    pen.poly([(-0.97, 0.14), (0.0, -0.78), (0.97, 0.14), (0.86, 0.24), (0.0, -0.54), (-0.86, 0.24)], "trim")
    pen.poly([(-0.86, 0.24), (0.0, -0.54), (0.86, 0.24), (0.82, 0.29), (0.0, -0.46), (-0.82, 0.29)], "trim-")
    # a heart in the gable, windows, the balcony
    with pen.at(0.0, -0.24, 0.1):
        pen.curve([(0, 0.9), (-1, -0.1), (-0.6, -0.9), (0, -0.45), (0.6, -0.9), (1, -0.1)], "crimson")
    for x in (-0.4, 0.4):
        _window(pen, x, 0.22, 0.22, 0.2, "gold")
    _window(pen, 0.0, 0.18, 0.2, 0.28, "gold")
    pen.rect(-0.84, 0.36, 0.84, 0.58, "wood-")
    for i in range(8):
        pen.rect(-0.78 + 0.207 * i, 0.42, -0.67 + 0.207 * i, 0.53, "wood+", round=0.03)
    pen.rect(-0.88, 0.34, 0.88, 0.4, "wood", round=0.02)
    pen.rect(-0.88, 0.55, 0.88, 0.61, "wood", round=0.02)
    _door(pen, 0.0, 0.3, 0.7, arched=False)


# -- churches -------------------------------------------------------------------------------------------------------
@thing(
    "church",
    "building",
    kinds=("chapel", "cathedral", "basilica"),
    colours=("white", "yellow", "gray", "pink"),
    places=("meadow", "street", "mountain", "snow"),
    size=0.75,
)
def church(pen: Pen, kind: str) -> None:
    {"chapel": _chapel, "cathedral": _cathedral, "basilica": _basilica}[kind](pen)


def _chapel(pen: Pen) -> None:
    # the nave, behind its tower
    pen.rect(-0.2, 0.3, 0.84, FEET, "body-")
    pen.poly([(-0.3, 0.36), (-0.1, -0.1), (0.7, -0.1), (0.92, 0.36)], "trim")
    pen.rect(-0.3, 0.31, 0.92, 0.38, "trim-", round=0.03)
    for x in (0.24, 0.58):
        _slit(pen, x, 0.64, 0.19, 0.28, "paper")
        _slit(pen, x, 0.64, 0.13, 0.24, "glass-")
    # the tower with its bell and a tall spire
    pen.rect(-0.78, -0.3, -0.06, FEET, "body")
    pen.rect(-0.78, -0.3, -0.06, -0.18, "body-")
    _cross(pen, -0.42, -0.99, 0.22)
    pen.poly([(-0.88, -0.24), (-0.42, -0.82), (0.04, -0.24)], "trim")
    pen.poly([(-0.42, -0.82), (0.04, -0.24), (-0.3, -0.24)], "trim-")
    _slit(pen, -0.42, 0.03, 0.34, 0.22, "ink")
    _bell(pen, -0.42, -0.12, 1.0)
    pen.rect(-0.78, 0.22, -0.06, 0.27, "body-")
    pen.circle(-0.42, 0.39, 0.09, "paper")
    pen.circle(-0.42, 0.39, 0.065, "crimson")
    _door(pen, -0.42, 0.32, 0.68)


def _cathedral(pen: Pen) -> None:
    for x in (-0.56, 0.56):
        _cross(pen, x, -0.98, 0.2)
    pen.rect(-0.4, -0.1, 0.4, FEET, "body")
    pen.poly([(-0.42, 0.0), (0.0, -0.4), (0.42, 0.0)], "trim")
    pen.poly([(-0.28, 0.02), (0.0, -0.24), (0.28, 0.02)], "body+")
    _rose(pen, 0.0, 0.22, 0.2)
    _cross(pen, 0.0, -0.58, 0.2)
    for side in (-1, 1):
        with pen.at(0.56 * side, 0.0, (side, 1.0)):
            pen.rect(-0.24, -0.3, 0.24, FEET, "body")
            pen.rect(0.14, -0.3, 0.24, FEET, "body-")
            pen.poly([(-0.28, -0.26), (0.0, -0.82), (0.28, -0.26)], "trim")
            pen.poly([(0.0, -0.82), (0.28, -0.26), (0.1, -0.26)], "trim-")
            pen.rect(-0.28, -0.3, 0.28, -0.23, "trim-", round=0.02)
            _slit(pen, -0.03, -0.02, 0.24, 0.18)
            _bell(pen, -0.03, -0.1, 0.7)
            _slit(pen, -0.04, 0.46, 0.17, 0.32, "glass-")
            pen.rect(-0.24, 0.18, 0.24, 0.22, "body-")
    # the portal
    _door(pen, 0.0, 0.38, 0.7)


def _basilica(pen: Pen) -> None:
    # the dome with its lantern
    _cross(pen, 0.0, -0.99, 0.2)
    pen.rect(-0.09, -0.82, 0.09, -0.6, "body+", round=0.05)
    pen.pie(0.0, -0.1, 0.46, 0.56, 180, 360, "trim")
    for x in (-0.2, 0.2):
        pen.curve([(x * 0.2, -0.65), (x * 0.9, -0.42), (x, -0.1), (x * 1.35, -0.1), (x * 1.2, -0.42)], "trim-")
    pen.rect(-0.46, -0.12, 0.46, 0.14, "body")
    for x in (-0.3, -0.1, 0.1, 0.3):
        _slit(pen, x, 0.03, 0.1, 0.12, "gold")
    # wings, then the portico with its columns
    for x in (-0.8, 0.8):
        _cross(pen, x, -0.12, 0.18)
    pen.rect(-0.95, 0.24, 0.95, FEET, "body-")
    pen.rect(-0.97, 0.2, 0.97, 0.28, "trim", round=0.02)
    for x in (-0.8, 0.8):
        _slit(pen, x, 0.62, 0.16, 0.3, "glass-")
        pen.pie(x, 0.21, 0.15, 0.17, 180, 360, "trim")
    pen.rect(-0.62, 0.3, 0.62, FEET, "body-")
    # the doors, more or less open
    pen.rect(-0.18, 0.46, 0.18, FEET, "gold")
    for side in (-1, 1):
        pen.poly(
            [
                (0.18 * side, 0.46),
                (0.07 * side * (1 + pen.sway), 0.46),
                (0.07 * side * (1 + pen.sway), FEET),
                (0.18 * side, FEET),
            ],
            "wood-",
        )
    for x in (-0.52, -0.26, 0.26, 0.52):
        pen.rect(x - 0.065, 0.36, x + 0.065, 0.9, "paper", round=0.02)
    pen.poly([(-0.7, 0.34), (0.0, 0.02), (0.7, 0.34)], "trim")
    pen.poly([(-0.48, 0.29), (0.0, 0.08), (0.48, 0.29)], "body+")
    pen.rect(-0.7, 0.32, 0.7, 0.4, "body", round=0.02)
    pen.rect(-0.76, 0.87, 0.76, FEET, "stone+")


# -- castles --------------------------------------------------------------------------------------------------------
@thing(
    "castle",
    "building",
    kinds=("fortress", "palace"),
    colours=("gray", "yellow", "pink", "purple"),
    places=("mountain", "meadow", "forest"),
    size=0.78,
)
def castle(pen: Pen, kind: str) -> None:
    {"fortress": _fortress, "palace": _palace}[kind](pen)


def _stones(pen: Pen, places: tuple[tuple[float, float], ...]) -> None:
    """A few bricks showing in a wall."""
    for x, y in places:
        pen.rect(x - 0.07, y - 0.035, x + 0.07, y + 0.035, "body-", round=0.02)


def _fortress(pen: Pen) -> None:
    # the keep behind, the curtain wall, two towers at its ends
    _flag(pen, 0.0, -0.97, -0.6, "crimson", 0.34)
    _battlements(pen, -0.34, 0.34, -0.64, 0.4, 4, "body-")
    for x in (-0.15, 0.15):
        _slit(pen, x, -0.32, 0.1, 0.14, "gold")
    _battlements(pen, -0.6, 0.6, 0.02, FEET, 6, "body")
    for x in (-0.68, 0.68):
        pen.rect(x - 0.23, -0.3, x + 0.23, FEET, "body")
        pen.rect(x + 0.11, -0.3, x + 0.23, FEET, "body-")
        _battlements(pen, x - 0.29, x + 0.29, -0.48, -0.18, 3, "trim")
        pen.rect(x - 0.29, -0.24, x + 0.29, -0.18, "trim-")
        _slit(pen, x - 0.04, 0.06, 0.1, 0.2)
        _slit(pen, x - 0.04, 0.5, 0.1, 0.2)
    _stones(pen, ((-0.76, 0.29), (0.6, 0.3), (-0.34, 0.26), (0.35, 0.32), (-0.6, 0.8), (0.56, 0.78), (0.0, 0.22)))
    # the gate with its portcullis
    pen.pie(0.0, 0.62, 0.3, 0.3, 180, 360, "trim-")
    pen.rect(-0.3, 0.61, 0.3, FEET, "trim-")
    pen.pie(0.0, 0.62, 0.23, 0.23, 180, 360, "ink")
    pen.rect(-0.23, 0.61, 0.23, FEET, "ink")
    for x in (-0.13, 0.0, 0.13):
        pen.rect(x - 0.02, 0.42 if x == 0 else 0.48, x + 0.02, FEET, "metal")
    for y in (0.6, 0.77):
        pen.rect(-0.22, y, 0.22, y + 0.035, "metal")


def _palace(pen: Pen) -> None:
    def tower(x: float, top: float, half: float, peak: float, flag: float) -> None:
        pen.rect(x - half, top, x + half, FEET, "body")
        pen.rect(x + 0.45 * half, top, x + half, FEET, "body-")
        if flag:
            _flag(pen, x, peak - 0.14, peak + 0.06, "crimson", flag)
        pen.poly([(x - 1.4 * half, top + 0.03), (x, peak), (x + 1.4 * half, top + 0.03)], "trim")
        pen.poly([(x, peak), (x + 1.4 * half, top + 0.03), (x + 0.4 * half, top + 0.03)], "trim-")
        _slit(pen, x - 0.1 * half, top + 0.24, 0.75 * half, 0.13)

    # slender towers, the tall ones behind
    tower(-0.3, -0.26, 0.17, -0.72, 0.0)
    tower(0.2, -0.38, 0.21, -0.85, 0.26)
    pen.rect(-0.66, 0.3, 0.66, FEET, "body+")
    _battlements(pen, -0.62, 0.62, 0.2, 0.46, 6, "body+")
    pen.rect(-0.62, 0.42, 0.62, 0.46, "body-")
    tower(-0.72, 0.04, 0.19, -0.46, 0.22)
    tower(0.74, 0.12, 0.17, -0.32, 0.0)
    # windows and a heart-red gate
    for x in (-0.34, 0.34):
        _slit(pen, x, 0.68, 0.15, 0.18, "glass-")
    for x in (-0.74, 0.72):
        _slit(pen, x, 0.68, 0.11, 0.14)
    _door(pen, 0.0, 0.34, 0.68)


# -- lone towers and farm buildings -----------------------------------------------------------------------------------
@thing(
    "lighthouse",
    "building",
    colours=("white", "red", "blue", "yellow"),
    places=("beach", "snow"),
    size=0.8,
)
def lighthouse(pen: Pen, kind: str) -> None:
    lamp, tilt = -0.56, 11 * pen.sway
    # beams of light to both sides
    for side in (-1, 1):
        with pen.at(0.0, lamp, (side, 1.0), tilt * side):
            pen.poly([(0.1, -0.04), (0.78, -0.19), (0.78, 0.19), (0.1, 0.04)], "gold+")

    def half(y: float) -> float:
        """Half the width of the tower at height y."""
        return 0.2 + 0.16 * (y + 0.36) / 1.2

    def band(top: float, bottom: float, ink: str, left: float = -1.0) -> None:
        pen.poly(
            [(left * half(top), top), (half(top), top), (half(bottom), bottom), (left * half(bottom), bottom)], ink
        )

    # rock, tower, its stripes and its shady side
    band(-0.36, 0.88, "body")
    for top in (-0.14, 0.3, 0.74):
        band(top, top + 0.2, "trim")
    band(-0.36, 0.88, "body-", 0.5)
    for top in (-0.14, 0.3, 0.74):
        band(top, top + 0.2, "trim-", 0.5)
    pen.curve(
        [(-0.66, 0.93), (-0.5, 0.78), (-0.28, 0.8), (0.0, 0.86), (0.3, 0.78), (0.52, 0.8), (0.68, 0.93), (0.0, 0.95)],
        "stone",
    )
    pen.curve([(0.0, 0.93), (0.16, 0.86), (0.34, 0.84), (0.58, 0.92), (0.3, 0.94)], "stone-")
    # gallery, lantern, dome
    pen.rect(-0.17, -0.7, 0.17, -0.42, "ink")
    pen.rect(-0.13, -0.7, 0.13, -0.44, "glass+")
    pen.circle(0.0, lamp, 0.11, "gold")
    pen.rect(-0.015, -0.7, 0.015, -0.44, "ink")
    pen.rect(-0.3, -0.44, 0.3, -0.36, "ink", round=0.03)
    for x in (-0.27, 0.27):
        pen.rect(x - 0.015, -0.54, x + 0.015, -0.4, "ink")
    pen.pie(0.0, -0.69, 0.23, 0.19, 180, 360, "trim")
    pen.rect(-0.25, -0.72, 0.25, -0.67, "trim-", round=0.02)
    pen.rect(-0.02, -0.97, 0.02, -0.85, "ink")
    pen.circle(0.0, -0.92, 0.04, "gold")
    for y in (0.04, 0.4):
        _slit(pen, -0.04, y + 0.1, 0.11, 0.1)


@thing(
    "barn",
    "building",
    colours=("red", "brown", "green", "gray"),
    places=("farm", "meadow", "snow"),
    size=0.72,
)
def barn(pen: Pen, kind: str) -> None:
    # a silo beside it
    pen.rect(0.5, -0.52, 0.93, FEET, "metal")
    pen.rect(0.78, -0.52, 0.93, FEET, "metal-")
    pen.pie(0.715, -0.5, 0.225, 0.26, 180, 360, "metal+")
    for y in (-0.5, -0.12, 0.26, 0.64):
        pen.rect(0.49, y, 0.94, y + 0.045, "metal-")
    # front with its broken gable; the vane on top turns with the wind
    wide = 0.65 + 0.35 * pen.sway
    pen.rect(-0.2, -0.95, -0.17, -0.7, "ink")
    pen.poly([(-0.185 - 0.17 * wide, -0.93), (-0.185 + 0.17 * wide, -0.86), (-0.185 - 0.17 * wide, -0.79)], "gold")
    gable = [(-0.88, 0.14), (-0.68, -0.34), (-0.185, -0.66), (0.31, -0.34), (0.51, 0.14)]
    pen.poly([(-0.84, FEET), *gable, (0.47, FEET)], "body")
    for x in (-0.68, -0.52, 0.14, 0.3):
        pen.rect(x - 0.012, -0.1, x + 0.012, FEET, "body-")
    roof = [(-0.95, 0.2), (-0.76, -0.4), (-0.185, -0.76), (0.39, -0.4), (0.58, 0.2)]
    pen.poly([*roof, (0.48, 0.2), (0.31, -0.3), (-0.185, -0.61), (-0.68, -0.3), (-0.85, 0.2)], "trim")
    pen.poly([(0.58, 0.2), (0.39, -0.4), (0.31, -0.3), (0.48, 0.2)], "trim-")
    # the hay loft
    pen.rect(-0.4, -0.3, 0.03, 0.08, "paper", round=0.02)
    pen.rect(-0.36, -0.26, -0.01, 0.04, "ink")
    pen.curve([(-0.36, 0.05), (-0.34, -0.08), (-0.2, -0.15), (-0.04, -0.07), (0.0, 0.05), (-0.18, 0.09)], "gold")
    # double doors with crossed boards, more or less open
    pen.rect(-0.66, 0.28, 0.29, FEET, "ink")
    shut = 0.84 + 0.16 * pen.sway
    for hinge, side in ((-0.66, 1), (0.29, -1)):
        with pen.at(hinge, 0.0, (side * shut, 1.0)):
            pen.rect(0.0, 0.28, 0.465, FEET, "paper")
            pen.rect(0.055, 0.335, 0.41, 0.895, "body-")
            pen.poly([(0.03, 0.36), (0.08, 0.31), (0.435, 0.87), (0.385, 0.92)], "paper")
            pen.poly([(0.435, 0.36), (0.385, 0.31), (0.03, 0.87), (0.08, 0.92)], "paper")


@thing(
    "windmill",
    "building",
    colours=("white", "brown", "blue", "gray"),
    places=("farm", "meadow", "pond"),
    size=0.8,
)
def windmill(pen: Pen, kind: str) -> None:
    hub = (0.0, -0.2)
    # the tapering tower with its cap
    pen.poly([(-0.42, FEET), (-0.25, -0.3), (0.25, -0.3), (0.42, FEET)], "body")
    pen.poly([(0.18, FEET), (0.1, -0.3), (0.25, -0.3), (0.42, FEET)], "body-")
    pen.poly([(-0.42, FEET), (-0.4, 0.82), (0.4, 0.82), (0.42, FEET)], "stone")
    pen.pie(0.0, -0.2, 0.35, 0.38, 180, 360, "trim")
    pen.rect(-0.38, -0.24, 0.38, -0.16, "trim-", round=0.03)
    # the stage around it, door and windows
    _window(pen, 0.0, 0.2, 0.16, 0.18)
    pen.rect(-0.52, 0.42, 0.52, 0.49, "wood", round=0.02)
    for x in (-0.5, -0.25, 0.25, 0.5):
        pen.rect(x - 0.015, 0.32, x + 0.015, 0.43, "wood-")
    pen.rect(-0.53, 0.3, 0.53, 0.335, "wood-", round=0.015)
    _door(pen, 0.0, 0.24, 0.7)
    # four latticed sails
    for i in range(4):
        with pen.at(*hub, angle=90 * i + 24 + 20 * pen.sway):
            pen.rect(-0.022, -0.8, 0.022, 0.0, "cocoa")
            pen.rect(0.01, -0.8, 0.24, -0.18, "paper", round=0.02)
            for y in (-0.66, -0.5, -0.34):
                pen.rect(0.0, y, 0.24, y + 0.024, "cocoa")
            pen.rect(0.12, -0.8, 0.144, -0.18, "cocoa")
    pen.circle(*hub, 0.085, "cocoa")
    pen.circle(*hub, 0.045, "gold")

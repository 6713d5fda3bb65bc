"""Birds."""



from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen

GROUND = 0.95  # where feet stand

# fmt: off  (rows of points stay rows)


def bird_leg(pen: Pen, x: float, top: float, swing: float, ink: str, web: bool = False, width: float = 0.08) -> None:
    """A leg with a foot that points to the left; webbed, or with three toes."""
    foot, sole = x + swing, GROUND
    pen.ribbon([(x, top), (foot, sole - 0.08)], width, ink)
    if web:
        pen.poly([(foot + 0.06, sole - 0.1), (foot + 0.08, sole), (foot - 0.28, sole),
            (foot - 0.2, sole - 0.06)], ink)
    else:
        toes = [(0.14, 0.0), (0.0, -0.05), (-0.08, 0.0), (-0.2, 0.0), (-0.2, -0.04), (-0.04, -0.13), (0.04, -0.13)]
        pen.poly([(foot + dx, sole + dy) for dx, dy in toes], ink)


@thing(
    "duck",
    "bird",
    kinds=("mallard", "pintail", "merganser"),
    colours=("brown", "gray", "white", "yellow"),
    places=("pond", "farm", "meadow", "beach"),
    size=0.5,
)
def duck(pen: Pen, kind: str) -> None:
    step, nod = 0.14 * pen.sway, 6 * pen.sway
    bird_leg(pen, 0.14, 0.6, -step, "amber-", web=True, width=0.1)
    bird_leg(pen, -0.08, 0.6, step, "amber", web=True, width=0.1)
    # tail, then the plump body over it
    if kind == "pintail":
        pen.curve([(0.4, 0.12), (0.7, -0.12), (0.97, -0.56), (0.8, 0.02), (0.56, 0.44)], "trim-")
    else:
        pen.curve([(0.42, 0.1), (0.7, -0.06), (0.95, -0.22), (0.92, 0.06), (0.6, 0.46)], "trim")
    if kind == "mallard":  # curled feather of a drake
        pen.ribbon([(0.56, 0.16), (0.68, 0.02), (0.64, -0.13), (0.52, -0.13)], (0.12, 0.06), "ink")
    pen.curve(
        [(-0.58, 0.1), (-0.64, 0.38), (-0.36, 0.7), (0.12, 0.78), (0.56, 0.62), (0.82, 0.2), (0.56, 0.12),
            (0.2, 0.04),
         (-0.24, 0.0)],
        "body",
    )
    pen.curve([(-0.6, 0.32), (-0.36, 0.56), (0.1, 0.64), (0.52, 0.56), (0.12, 0.76), (-0.36, 0.69)], "body+")
    # wing with a bright speculum
    pen.curve([(-0.3, 0.22), (0.1, 0.1), (0.46, 0.16), (0.8, 0.14), (0.56, 0.44), (0.12, 0.54), (-0.2, 0.44)],
        "body-")
    pen.curve([(0.14, 0.3), (0.5, 0.26), (0.46, 0.38), (0.2, 0.44)], "paper")
    with pen.at(-0.35, 0.1, angle=nod):
        if kind == "merganser":  # ragged crest at the nape
            pen.poly([(0.0, -0.84), (0.36, -0.96), (0.32, -0.82), (0.58, -0.8), (0.4, -0.66), (0.6, -0.54),
                (0.3, -0.5), (0.4, -0.34), (0, -0.4)], "trim-")
            pen.curve([(-0.28, -0.68), (-0.56, -0.62), (-0.62, -0.5), (-0.52, -0.53), (-0.28, -0.5)], "crimson")
        else:
            pen.curve([(-0.2, -0.7), (-0.4, -0.62), (-0.6, -0.56), (-0.58, -0.42), (-0.36, -0.4), (-0.18, -0.42)],
                "amber")
            pen.curve([(-0.18, -0.47), (-0.4, -0.5), (-0.57, -0.48), (-0.54, -0.41), (-0.36, -0.38)], "amber-")
        slim = 0.05 if kind == "pintail" else 0.0
        pen.curve([(-0.2, 0.06), (-0.18 + slim, -0.3), (0.16 - slim, -0.32), (0.28, 0.02), (0.06, 0.14)], "body")
        neck = [(-0.2 + slim, -0.14), (-0.19 + slim, -0.36), (-0.28, -0.58), (-0.18, -0.84), (0.06, -0.9),
            (0.28, -0.74)]
        pen.curve([*neck, (0.28, -0.5), (0.18 - slim, -0.3), (0.2 - slim, -0.1), (0.0, -0.06)], "trim")
        if kind == "pintail":
            pen.ribbon([(0.0, 0.06), (0.06, -0.22), (0.12, -0.52)], (0.3, 0.08), "paper")
        else:
            pen.curve([(-0.22, -0.16), (0.0, -0.1), (0.21, -0.14), (0.22, -0.03), (0.0, 0.02), (-0.23, -0.05)],
                "paper")
        pen.curve([(-0.1, -0.8), (0.06, -0.85), (0.2, -0.74), (0.04, -0.76)], "trim+")
        pen.eye(-0.1, -0.62, 0.09)


@thing(
    "owl",
    "bird",
    kinds=("hooter", "owlet"),
    colours=("brown", "gray", "white", "orange"),
    places=("forest", "mountain", "farm", "snow"),
    size=0.5,
)
def owl(pen: Pen, kind: str) -> None:
    lift, tilt, grown = 16 * pen.sway, 5 * pen.sway, kind == "hooter"
    for side in (-1, 1):  # tail side by side with the feet
        pen.curve([(0.04 * side, 0.4), (0.26 * side, 0.5), (0.2 * side, 0.89), (0.02 * side, 0.89)], "trim-")
    if grown:
        for side in (-1, 1):
            with pen.at(0.5 * side, -0.12, (side, 1), angle=-lift * side):
                pen.curve([(-0.1, -0.14), (0.16, 0.1), (0.24, 0.5), (0.14, 0.86), (-0.12, 0.6), (-0.2, 0.2)], "body-")
                pen.curve([(0.0, 0.34), (0.21, 0.44), (0.14, 0.86), (-0.06, 0.62)], "trim-")
        pen.curve([(-0.5, -0.3), (0.5, -0.3), (0.6, 0.2), (0.44, 0.68), (0, 0.88), (-0.44, 0.68), (-0.6, 0.2)],
            "body")
    else:  # downy outline
        with pen.at(0, 0.24, (1.02, 1)):
            pen.star(0, 0, 0.7, 0.61, 20, "body")
        for side in (-1, 1):
            with pen.at(0.6 * side, 0.1, (side, 1), angle=-side * (20 + 1.4 * lift)):
                pen.curve([(-0.08, -0.06), (0.12, 0.08), (0.12, 0.36), (-0.02, 0.46), (-0.12, 0.24)], "body-")
    # belly with chevron feathers
    pen.curve([(-0.28, 0.0), (0.28, 0.0), (0.38, 0.36), (0.24, 0.7), (0, 0.8), (-0.24, 0.7), (-0.38, 0.36)], "trim+")
    for y, xs in ((0.24, (-0.17, 0.17)), (0.42, (0.0,)), (0.58, (-0.15, 0.15))):
        for x in xs:
            pen.poly([(x - 0.12, y - 0.06), (x, y), (x + 0.12, y - 0.06), (x, y + 0.1)], "body-")
    for side in (-1, 1):  # feet
        for dx in (-0.1, 0.0, 0.1):
            pen.ellipse(0.24 * side + dx, 0.86, 0.06, 0.08, "amber" if dx else "amber-")
    with pen.at(0, -0.3, 1.0 if grown else 1.08, angle=tilt):
        if grown:  # ear tufts belong to the skull's outline
            top = [(-0.62, -0.64), (-0.3, -0.47), (0, -0.42), (0.3, -0.47), (0.62, -0.64)]
        else:
            top = [(-0.5, -0.36), (-0.3, -0.52), (0, -0.56), (0.3, -0.52), (0.5, -0.36)]
        pen.curve([*top, (0.64, -0.1), (0.5, 0.24), (0.0, 0.38), (-0.5, 0.24), (-0.64, -0.1)], "body")
        pen.curve([(-0.13, -0.43), (0.13, -0.43), (0.05, -0.16), (0, 0.0), (-0.05, -0.16)], "body-")
        for side in (-1, 1):
            pen.circle(0.28 * side, -0.05, 0.3, "paper-")
            pen.circle(0.28 * side, -0.05, 0.25, "paper")
            pen.circle(0.25 * side, -0.05, 0.18, "gold")
            pen.eye(0.25 * side, -0.05, 0.12, white=False)
        pen.curve([(-0.09, 0.02), (0.09, 0.02), (0.06, 0.16), (0, 0.26), (-0.06, 0.16)], "amber")


@thing("swan", "bird", colours=("white", "black", "gray"), places=("pond", "beach", "meadow"), size=0.6)
def swan(pen: Pen, kind: str) -> None:
    nod, lift = 0.05 * pen.sway, 10 * pen.sway
    # far wing, tail, body lying flat on the ground or water
    with pen.at(0.0, 0.42, angle=-lift):
        pen.curve([(-0.2, 0.1), (0.06, -0.5), (0.42, -0.78), (0.56, -0.5), (0.66, -0.2), (0.4, 0.2)], "trim-")
    pen.curve([(0.4, 0.4), (0.7, 0.3), (0.97, 0.16), (0.93, 0.44), (0.66, 0.8)], "body-")
    pen.curve(
        [(-0.66, 0.5), (-0.6, 0.8), (-0.3, 0.95), (0.3, 0.95), (0.66, 0.86), (0.84, 0.5), (0.5, 0.4), (0.0, 0.36),
            (-0.4, 0.24)],
        "body",
    )
    pen.curve([(-0.6, 0.72), (-0.3, 0.86), (0.3, 0.88), (0.68, 0.76), (0.62, 0.88), (0.3, 0.94), (-0.3, 0.94)],
        "body-")
    # the S of the neck
    neck = [(-0.42, 0.62), (-0.56, 0.38), (-0.4, 0.1), (-0.3, -0.2), (-0.34 + nod, -0.56), (-0.54 + nod, -0.74)]
    pen.ribbon(neck, (0.44, 0.2), "body")
    pen.ribbon([(-0.46, 0.56), (-0.58, 0.36), (-0.46, 0.1), (-0.37, -0.18)], (0.08, 0.05), "body+")
    with pen.at(-0.58 + nod, -0.74, angle=-8 * pen.sway):
        pen.curve([(-0.14, -0.1), (-0.36, 0.1), (-0.34, 0.2), (-0.2, 0.18), (-0.02, 0.12)], "amber")
        pen.curve([(-0.3, 0.1), (-0.36, 0.13), (-0.34, 0.2), (-0.26, 0.2)], "ink")
        pen.ellipse(0.02, 0.0, 0.2, 0.17, "body", angle=14)
        pen.curve([(-0.12, -0.13), (-0.22, -0.1), (-0.24, 0.02), (-0.14, 0.06), (-0.04, -0.02)], "ink")
        pen.eye(0.0, -0.03, 0.055)
    # near wing in three tiers of feathers
    with pen.at(-0.16, 0.62, angle=-lift):
        pen.curve([(-0.14, 0.06), (-0.02, -0.36), (0.36, -0.64), (0.84, -0.76), (0.86, -0.5), (0.8, -0.2),
            (0.62, 0.1), (0.2, 0.2)], "trim")
        pen.curve([(-0.14, 0.06), (-0.02, -0.34), (0.34, -0.56), (0.68, -0.58), (0.7, -0.3), (0.56, 0.0),
            (0.2, 0.18)], "body-")
        pen.curve([(-0.14, 0.06), (-0.02, -0.32), (0.28, -0.46), (0.52, -0.4), (0.52, -0.18), (0.36, 0.04),
            (0.12, 0.16)], "body+")


@thing(
    "penguin",
    "bird",
    kinds=("adelie", "rock hopper"),
    colours=("black", "gray", "blue"),
    places=("snow", "beach"),
    size=0.55,
)
def penguin(pen: Pen, kind: str) -> None:
    flap, waddle = 22 * pen.sway, 4 * pen.sway
    for side in (-1, 1):
        lift = 0.04 * max(0.0, side * pen.sway)
        pen.curve([(0.06 * side, 0.86 - lift), (0.24 * side, 0.76 - lift), (0.48 * side, 0.88 - lift),
            (0.4 * side, 0.95 - lift), (0.1 * side, 0.95 - lift)], "amber")
    with pen.at(0, 0.9, angle=waddle), pen.at(0, -0.9):
        for side in (-1, 1):  # flippers
            with pen.at(0.4 * side, -0.2, (side, 1), angle=-side * (flap + 14)):
                pen.curve([(-0.12, -0.1), (0.12, -0.02), (0.26, 0.36), (0.24, 0.66), (0.08, 0.5), (-0.08, 0.3)],
                    "body-")
                pen.curve([(-0.1, 0.0), (0.06, 0.1), (0.17, 0.42), (0.2, 0.58), (0.06, 0.44), (-0.08, 0.26)], "trim")
        pen.curve(
            [(-0.36, -0.72), (0, -0.92), (0.36, -0.72), (0.42, -0.36), (0.54, 0.1), (0.54, 0.56), (0.3, 0.86),
                (0, 0.9),
             (-0.3, 0.86), (-0.54, 0.56), (-0.54, 0.1), (-0.42, -0.36)],
            "body",
        )
        # white front with a shaded rim, which shows on pale bodies too
        for ink, grow in (("body-", 1.1), ("paper", 1.0)):
            with pen.at(0, 0.36, grow):
                pen.curve([(-0.2, -0.56), (0, -0.62), (0.2, -0.56), (0.37, -0.14), (0.38, 0.24), (0.2, 0.45),
                    (-0.2, 0.45), (-0.38, 0.24), (-0.37, -0.14)], ink)
        pen.curve([(-0.3, 0.62), (0, 0.72), (0.3, 0.62), (0.2, 0.8), (-0.2, 0.8)], "paper-")
        pen.ellipse(-0.14, -0.78, 0.1, 0.05, "body+", angle=-24)
        if kind == "adelie":
            for side in (-1, 1):
                pen.eye(0.18 * side, -0.56, 0.13)
            pen.curve([(-0.14, -0.46), (0, -0.52), (0.14, -0.46), (0.04, -0.3), (-0.04, -0.3)], "amber")
            return
        for side in (-1, 1):  # golden brows that end in a spray
            pen.poly([(0.04 * side, -0.62), (0.28 * side, -0.77), (0.7 * side, -0.95), (0.5 * side, -0.76),
                (0.82 * side, -0.78), (0.52 * side, -0.68), (0.76 * side, -0.58), (0.4 * side, -0.62),
                    (0.26 * side, -0.67)], "gold")
            pen.circle(0.19 * side, -0.52, 0.11, "crimson")
            pen.eye(0.19 * side, -0.52, 0.075, white=False)
        pen.curve([(-0.18, -0.46), (0, -0.54), (0.18, -0.46), (0.05, -0.24), (-0.05, -0.24)], "amber")
        pen.curve([(-0.17, -0.44), (0, -0.39), (0.17, -0.44), (0.05, -0.25), (-0.05, -0.25)], "amber-")


@thing(
    "parrot",
    "bird",
    kinds=("macaw", "cockatoo", "budgerigar"),
    colours=("red", "green", "blue", "white"),
    places=("forest", "parlor", "street", "stage"),
    size=0.6,
)
def parrot(pen: Pen, kind: str) -> None:
    swing, nod = 8 * pen.sway, 7 * pen.sway
    fit = 0.88 if kind == "cockatoo" else 0.95  # leaves room for the crest, or the tail
    with pen.at(0.12, GROUND, fit), pen.at(0, -GROUND):
        # a stump to perch on
        pen.curve([(-0.34, 0.62), (-0.02, 0.6), (0.02, 0.95), (-0.42, 0.95)], "wood")
        pen.poly([(-0.46, 0.95), (-0.3, 0.78), (-0.06, 0.78), (0.1, 0.95)], "wood")
        pen.ellipse(-0.18, 0.63, 0.22, 0.07, "wood+")
        # long tail
        with pen.at(0.14, 0.3, angle=-swing):
            long = {"macaw": 0.7, "cockatoo": 0.46, "budgerigar": 0.66}[kind]
            wide = {"macaw": 1.0, "cockatoo": 1.25, "budgerigar": 0.7}[kind]
            with pen.at(angle=-24):
                pen.curve([(-0.14 * wide, -0.1), (0.2 * wide, -0.1), (0.16 * wide, 0.6 * long), (0.02, long + 0.06),
                    (-0.12 * wide, 0.6 * long)], "trim-")
                pen.curve([(-0.14 * wide, -0.1), (0.06 * wide, -0.1), (0.04, 0.6 * long), (-0.06, 0.9 * long),
                    (-0.13 * wide, 0.5 * long)], "trim")
        pen.curve([(-0.48, -0.5), (-0.06, -0.72), (0.26, -0.44), (0.44, 0.0), (0.4, 0.42), (0.1, 0.6),
            (-0.26, 0.48), (-0.44, 0.06)], "body")
        pen.curve([(-0.42, -0.1), (-0.24, 0.0), (-0.12, 0.3), (0.02, 0.56), (-0.26, 0.46), (-0.42, 0.1)], "body+")
        # folded wing in three colours
        pen.curve([(-0.12, -0.2), (0.18, -0.32), (0.4, -0.04), (0.52, 0.34), (0.56, 0.7), (0.26, 0.52),
            (-0.02, 0.2)], "trim-")
        pen.curve([(-0.12, -0.2), (0.18, -0.32), (0.4, -0.04), (0.48, 0.38), (0.18, 0.3), (-0.06, 0.1)], "trim")
        pen.curve([(-0.12, -0.2), (0.16, -0.32), (0.36, -0.06), (0.34, 0.1), (0.08, 0.08), (-0.1, -0.02)], "body-")
        for x in (-0.24, -0.08):
            pen.ellipse(x, 0.57, 0.07, 0.09, "stone-")
        with pen.at(-0.16, -0.46, angle=nod):
            if kind == "cockatoo":  # fan of crest feathers
                for angle, length in ((64, 0.56), (36, 0.62), (8, 0.58), (-18, 0.42)):
                    with pen.at(0.0, -0.16, angle=angle):
                        pen.curve([(-0.08, 0.0), (-0.1, -0.7 * length), (0.04, -length), (0.1, -0.7 * length),
                            (0.08, 0.0)], "gold" if angle in (64, 8) else "gold-")
            small = {"macaw": 1.0, "cockatoo": 0.92, "budgerigar": 0.62}[kind]
            pen.curve([(0.0, -0.46), (-0.3, -0.36), (-0.4, -0.08), (-0.28, 0.2), (0.0, 0.3), (0.3, 0.18),
                (0.38, -0.12), (0.26, -0.38)], "body")
            if kind == "macaw":
                pen.curve([(-0.36, -0.24), (-0.12, -0.34), (0.06, -0.16), (-0.02, 0.08), (-0.24, 0.12)], "paper")
            if kind == "budgerigar":  # barred nape, spotted throat
                for x, y in ((0.22, -0.38), (0.34, -0.22), (0.36, -0.04), (0.32, 0.12)):
                    pen.ribbon([(x, y), (x - 0.12, y + 0.06), (x - 0.24, y + 0.07)], (0.075, 0.03), "ink")
                pen.circle(-0.2, 0.16, 0.055, "ink")
                pen.circle(-0.02, 0.2, 0.055, "ink")
            # the hooked beak: lower half first
            with pen.at(-0.32, -0.06, small):
                pen.curve([(-0.06, 0.1), (-0.2, 0.2), (-0.12, 0.3), (0.08, 0.24), (0.1, 0.06)], "ink")
                beak = "cream-" if kind == "budgerigar" else "stone-" if kind == "cockatoo" else "cream"
                pen.curve([(0.06, -0.24), (-0.2, -0.2), (-0.4, 0.02), (-0.38, 0.34), (-0.24, 0.14), (0.0, 0.12),
                    (0.1, 0.0)], beak)
                pen.curve([(-0.36, -0.02), (-0.4, 0.08), (-0.38, 0.34), (-0.28, 0.18), (-0.3, 0.06)], "ink")
            pen.eye(-0.14, -0.12, 0.1)


@thing(
    "rooster",
    "bird",
    colours=("brown", "white", "red", "black"),
    places=("farm", "meadow", "street"),
    size=0.55,
)
def rooster(pen: Pen, kind: str) -> None:
    wave, nod, step = 9 * pen.sway, 8 * pen.sway, 0.1 * pen.sway
    # sickle feathers of the tail, one fan
    with pen.at(0.34, 0.2, angle=wave):
        for angle, length, ink in ((58, 0.62, "trim-"), (34, 0.8, "trim"), (8, 0.98, "trim-"), (-14, 0.92, "trim")):
            with pen.at(angle=angle):
                pen.curve([(-0.14, 0.04), (-0.16, -0.6 * length), (0.04, -length), (0.3, -0.92 * length),
                    (0.36, -0.66 * length), (0.12, -0.58 * length), (0.14, 0.1)], ink)
    bird_leg(pen, 0.16, 0.6, -step, "amber-")
    bird_leg(pen, -0.06, 0.6, step, "amber")
    pen.curve([(-0.56, 0.16), (-0.46, 0.5), (-0.14, 0.74), (0.26, 0.7), (0.52, 0.42), (0.56, 0.06), (0.3, -0.02),
        (0.0, -0.1), (-0.4, -0.24)], "body")
    pen.curve([(-0.1, 0.6), (0.1, 0.5), (0.34, 0.62), (0.2, 0.8), (-0.02, 0.78)], "body-")
    with pen.at(-0.3, 0.1, angle=nod):
        for x, y, r in ((-0.22, -0.8, 0.11), (-0.06, -0.9, 0.14), (0.12, -0.84, 0.13)):  # comb
            pen.ellipse(x, y, r * 0.8, r * 1.25, "crimson")
        pen.curve([(-0.36, -0.6), (-0.66, -0.5), (-0.36, -0.44)], "gold")
        pen.curve([(-0.36, -0.54), (-0.34, -0.78), (0.0, -0.84), (0.16, -0.62), (0.2, -0.3), (0.4, 0.1),
            (0.0, 0.32), (-0.3, 0.16), (-0.3, -0.2)], "body")
        # hackle: a pointed collar of light feathers
        pen.poly([(-0.33, -0.3), (0.12, -0.44), (0.26, -0.12), (0.42, 0.2), (0.22, 0.12), (0.2, 0.34), (0.02, 0.18),
            (-0.06, 0.38), (-0.18, 0.18), (-0.32, 0.26), (-0.32, -0.06)], "body+")
        pen.curve([(-0.34, -0.48), (-0.16, -0.5), (-0.16, -0.26), (-0.26, -0.14), (-0.36, -0.28)], "crimson")
        pen.eye(-0.16, -0.6, 0.085)
    pen.curve([(-0.14, 0.24), (0.18, 0.14), (0.5, 0.22), (0.4, 0.44), (0.14, 0.54), (-0.1, 0.44)], "trim")
    pen.curve([(-0.14, 0.24), (0.1, 0.17), (0.26, 0.26), (0.16, 0.42), (-0.06, 0.4)], "trim+")


@thing("flamingo", "bird", colours=("pink", "white", "red", "orange"), places=("pond", "beach"), size=0.75)
def flamingo(pen: Pen, kind: str) -> None:
    bend, nod, lift = 0.1 * pen.sway, 0.07 * pen.sway, 5 * pen.sway
    # the bent leg behind, the straight one in front
    pen.ribbon([(0.2, 0.2), (0.36 + bend, 0.54), (0.34 + bend, 0.6)], 0.07, "rose-")
    pen.ribbon([(0.36 + bend, 0.57), (0.1, 0.5), (0.0, 0.57)], (0.07, 0.06), "rose-")
    bird_leg(pen, 0.1, 0.2, 0.0, "rose-", web=True, width=0.07)
    pen.circle(0.1, 0.56, 0.06, "rose-")
    # tail, body, wing
    pen.curve([(0.3, -0.2), (0.6, 0.0), (0.78, 0.24), (0.5, 0.24), (0.24, 0.2)], "trim-")
    pen.curve([(-0.34, -0.08), (-0.2, -0.28), (0.1, -0.34), (0.42, -0.18), (0.62, 0.14), (0.3, 0.28), (-0.04, 0.26),
        (-0.28, 0.12)], "body")
    # neck and head
    pen.ribbon(
        [(-0.1, 0.1), (-0.34, 0.02), (-0.42, -0.2), (-0.24, -0.42), (-0.1 + nod / 2, -0.62), (-0.16 + nod, -0.84),
            (-0.36 + nod, -0.82)],
        (0.2, 0.16),
        "body",
    )
    with pen.at(-0.36 + nod, -0.8, angle=-8 * pen.sway):
        pen.curve([(-0.08, -0.1), (-0.26, 0.0), (-0.34, 0.16), (-0.26, 0.28), (-0.16, 0.16), (-0.02, 0.1)], "paper")
        pen.curve([(-0.29, 0.08), (-0.37, 0.16), (-0.32, 0.3), (-0.2, 0.34), (-0.2, 0.22), (-0.24, 0.14)], "ink")
        pen.ellipse(0.0, 0.0, 0.17, 0.14, "body", angle=-12)
        pen.eye(-0.02, -0.02, 0.06)
    with pen.at(-0.04, -0.1, angle=-lift):
        pen.curve([(-0.06, -0.06), (0.2, -0.16), (0.52, 0.04), (0.7, 0.3), (0.4, 0.3), (0.1, 0.24)], "trim")
        pen.curve([(-0.06, -0.06), (0.18, -0.14), (0.44, 0.02), (0.48, 0.16), (0.22, 0.18), (0.04, 0.14)], "body-")
        pen.curve([(-0.06, -0.06), (0.14, -0.12), (0.3, 0.0), (0.14, 0.08)], "body+")

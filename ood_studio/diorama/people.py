"""Cartoon people that stand in front of the view, seen from behind or in part, in fixed materials only."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ood_studio.diorama.pen import Drawing, Pen


def _shoulders(pen: Pen, half: float, top: float, ink: str) -> None:
    """Neck, shoulders and back down to the lower edge of the square."""
    pen.rect(-0.15, top - 0.3, 0.15, top + 0.15, "skin-", round=0.08)
    outline = [(0.2, top - 0.06), (half * 0.72, top + 0.1), (half * 0.97, top + 0.42), (half, 1.0)]
    pen.curve([*outline, (half * 0.98, 1.2), (-half * 0.98, 1.2), *[(-x, y) for x, y in outline[::-1]]], ink)


def _arm_creases(pen: Pen, half: float, ink: str) -> None:
    """The folds between back and upper arms."""
    for side in (-1, 1):
        pen.poly([(side * half * 0.66, 0.5), (side * half * 0.72, 1.2), (side * half * 0.6, 1.2)], ink)


def _grandmother(pen: Pen) -> None:
    _shoulders(pen, 0.86, 0.22, "violet")
    _arm_creases(pen, 0.86, "violet-")
    for x, y in ((-0.34, 0.5), (0.0, 0.62), (0.34, 0.5), (-0.2, 0.86), (0.2, 0.86)):
        pen.circle(x, y, 0.065, "rose")
    pen.curve([(-0.3, 0.16), (0.0, 0.26), (0.3, 0.16), (0.34, 0.3), (0.0, 0.4), (-0.34, 0.3)], "paper")
    for side in (-1, 1):
        pen.circle(side * 0.43, -0.26, 0.09, "skin")
        pen.circle(side * 0.45, -0.15, 0.045, "gold")
    pen.ellipse(0, -0.3, 0.43, 0.46, "stone+")  # hair with a bun
    pen.curve([(-0.3, -0.1), (0.0, -0.2), (0.3, -0.1), (0.2, 0.1), (-0.2, 0.1)], "stone")
    pen.circle(0, -0.72, 0.25, "stone")
    pen.ellipse(-0.05, -0.78, 0.13, 0.08, "stone+", angle=-20)
    pen.rect(-0.2, -0.56, 0.2, -0.49, "crimson", round=0.03)


def _hiker(pen: Pen) -> None:
    _shoulders(pen, 0.9, 0.24, "crimson")
    _arm_creases(pen, 0.9, "crimson-")
    for side in (-1, 1):
        pen.circle(side * 0.42, -0.3, 0.1, "skin")
    pen.ellipse(0, -0.36, 0.42, 0.48, "skin")
    hair = [(0.43, -0.5), (0.42, -0.16), (0.3, 0.06), (0.12, -0.02), (0.0, 0.1)]
    pen.curve([(0.0, -0.95), (0.3, -0.84), *hair, *[(-x, y) for x, y in hair[-2::-1]], (-0.3, -0.84)], "cocoa")
    pen.curve([(-0.1, -0.86), (-0.32, -0.66), (-0.34, -0.36), (-0.24, -0.6)], "wood")
    pen.poly([(-0.52, 0.24), (-0.36, 0.24), (-0.3, 0.6), (-0.5, 0.6)], "gold-")
    pen.poly([(0.52, 0.24), (0.36, 0.24), (0.3, 0.6), (0.5, 0.6)], "gold-")
    pen.rect(-0.56, 0.4, 0.56, 1.2, "gold", round=0.2)  # rucksack
    pen.rect(-0.56, 0.56, 0.56, 0.66, "gold-")
    pen.rect(-0.38, 0.74, 0.38, 1.2, "gold-", round=0.08)
    pen.rect(-0.3, 0.8, 0.3, 0.88, "cocoa", round=0.03)
    pen.rect(-0.09, 0.52, 0.09, 0.74, "metal", round=0.03)


def _child(pen: Pen) -> None:
    with pen.at(0, -0.2):
        _shoulders(pen, 0.72, 0.36, "water")
        pen.poly([(-0.7, 0.66), (0.7, 0.66), (0.72, 0.84), (-0.72, 0.84)], "paper")
        pen.poly([(-0.72, 1.0), (0.72, 1.0), (0.72, 1.16), (-0.72, 1.16)], "paper")
        _arm_creases(pen, 0.72, "water-")
        wave = 14 * pen.sway
        for side in (-1, 1):  # two bunches of hair, then the ears
            with pen.at(side * 0.42, -0.52, scale=(side, 1.0), angle=wave):
                pen.curve([(-0.02, -0.06), (0.3, -0.2), (0.5, 0.06), (0.42, 0.46), (0.18, 0.3)], "amber")
                pen.curve([(0.14, 0.0), (0.34, -0.04), (0.4, 0.2), (0.26, 0.16)], "amber+")
            pen.circle(side * 0.47, -0.14, 0.1, "skin")
        pen.ellipse(0, -0.2, 0.48, 0.5, "amber")
        pen.poly([(-0.022, -0.7), (0.022, -0.7), (0.018, 0.28), (-0.018, 0.28)], "skin")
        pen.curve([(-0.36, -0.44), (-0.16, -0.62), (-0.2, -0.3), (-0.36, -0.12)], "amber+")
        for side in (-1, 1):
            pen.circle(side * 0.45, -0.5, 0.1, "crimson")


def _hand(pen: Pen) -> None:
    with pen.at(0, 1.08, angle=10 * pen.sway):
        pen.poly([(-0.34, 0.2), (-0.26, -0.8), (0.26, -0.8), (0.34, 0.2)], "skin")
        pen.poly([(-0.42, 0.2), (-0.38, -0.5), (0.38, -0.5), (0.42, 0.2)], "violet")
        pen.rect(-0.42, -0.62, 0.42, -0.44, "violet+", round=0.06)
        for x, top, angle in ((-0.36, -1.78, -9), (-0.14, -2.0, -3), (0.09, -2.02, 3), (0.31, -1.86, 9)):
            with pen.at(x, -1.3, angle=angle):
                pen.rect(-0.105, top + 1.3, 0.105, 0.2, "skin", round=0.1)
                pen.rect(-0.06, top + 1.33, 0.06, top + 1.46, "skin+", round=0.05)
        with pen.at(0.34, -1.02, angle=48):
            pen.rect(-0.12, -0.62, 0.12, 0.2, "skin", round=0.12)
        pen.curve(
            [(-0.47, -1.36), (-0.44, -0.96), (-0.26, -0.7), (0.26, -0.7), (0.46, -1.0), (0.42, -1.36), (0.0, -1.44)],
            "skin",
        )
        pen.curve([(0.06, -0.76), (0.1, -1.04), (0.34, -1.2), (0.18, -0.98)], "skin-")
        pen.curve([(-0.34, -1.18), (0.0, -1.24), (0.2, -1.3), (0.0, -1.17)], "skin-")


PEOPLE: dict[str, Callable[[Pen], None]] = {
    "grandmother": _grandmother,
    "hiker": _hiker,
    "child": _child,
    "hand": _hand,
}


def person_drawing(name: str, sway: float = 0.0) -> Drawing:
    """The drawing of one person in one pose; ``sway`` in [-1, 1]. Its lower edge runs out of the square.

    Raises:
        ValueError: if there is no such person.
    """
    if name not in PEOPLE:
        raise ValueError(f"no person named {name!r}; there are {', '.join(PEOPLE)}")
    return _drawing(name, round(sway * 4) / 4)


@lru_cache(maxsize=64)
def _drawing(name: str, sway: float) -> Drawing:
    pen = Pen(sway)
    PEOPLE[name](pen)
    return pen.finish()

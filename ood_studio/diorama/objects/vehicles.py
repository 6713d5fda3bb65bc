"""Vehicles."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen, Point

ROAD = 0.95  # where wheels stand


# -- shared parts ---------------------------------------------------------------------------------------------------
@contextmanager
def _turned(pen: Pen, x: float, y: float, angle: float) -> Iterator[None]:
    """Draw turned about (x, y)."""
    with pen.at(x, y, angle=angle), pen.at(-x, -y):
        yield


def _soft(pen: Pen, points: Sequence[Point], ink: str, r: float = 0.08) -> None:
    """A polygon with rounded corners."""
    outline: list[Point] = []
    for i, (x, y) in enumerate(points):
        ends = []
        for qx, qy in (points[i - 1], points[(i + 1) % len(points)]):
            length = math.hypot(qx - x, qy - y)
            share = min(r, length / 2) / length
            ends.append((x + (qx - x) * share, y + (qy - y) * share))
        (ax, ay), (bx, by) = ends
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            u, v, w = (1 - t) ** 2, 2 * t * (1 - t), t * t
            outline.append((u * ax + v * x + w * bx, u * ay + v * y + w * by))
    pen.poly(outline, ink)


def _rod(pen: Pen, a: Point, b: Point, width: float, ink: str) -> None:
    """A straight bar with round ends, as one polygon."""
    way = math.atan2(b[1] - a[1], b[0] - a[0])
    points = []
    for (x, y), start in ((a, way + math.pi / 2), (b, way - math.pi / 2)):
        for k in range(7):
            t = start + math.pi * k / 6
            points.append((x + width / 2 * math.cos(t), y + width / 2 * math.sin(t)))
    pen.poly(points, ink)


def _ring(
    pen: Pen, x: float, y: float, outer: float, inner: float, ink: str, start: float = 0, end: float = 360
) -> None:
    """A ring, or an arc of one, that lets the background through."""
    t = [math.radians(start + (end - start) * k / 36) for k in range(37)]
    outside = [(x + outer * math.cos(a), y + outer * math.sin(a)) for a in t]
    inside = [(x + inner * math.cos(a), y + inner * math.sin(a)) for a in reversed(t)]
    pen.poly(outside + inside, ink)


def _wheel(pen: Pen, x: float, r: float, hub: str = "trim", y: float | None = None) -> None:
    """A road wheel that turns with the pose; it stands on the road unless ``y`` says otherwise."""
    y = ROAD - r if y is None else y
    pen.circle(x, y, r, "ink")
    pen.circle(x, y, r * 0.62, hub)
    pen.star(x, y, r * 0.56, r * 0.2, 5, f"{hub}-", angle=-90 - 36 * pen.sway)
    pen.circle(x, y, r * 0.17, "paper")


def _arch(pen: Pen, x: float, y: float, r: float) -> None:
    """The dark hollow above a wheel."""
    pen.pie(x, y, r, r, 180, 360, "body-")


def _lamps(pen: Pen, left: float, right: float, y: float, r: float = 0.07) -> None:
    """Headlight and tail light."""
    pen.ellipse(left, y, r * 0.8, r, "gold")
    pen.ellipse(left - r * 0.15, y - r * 0.2, r * 0.35, r * 0.45, "gold+")
    pen.rect(right - r * 0.8, y - r, right + r * 0.4, y + r, "crimson", round=r * 0.5)


def _puffs(pen: Pen, x: float, y: float, r: float, ink: str = "paper") -> None:
    """Three growing puffs of smoke that drift to the right, further when the pose says so."""
    drift = 0.75 * r * pen.sway
    pen.circle(x + 2.9 * r + drift * 2, y - 1.3 * r, r * 1.25, f"{ink}-")
    pen.circle(x + 1.3 * r + drift, y - 0.9 * r, r, ink)
    pen.circle(x, y, r * 0.7, ink)


# -- on the road ----------------------------------------------------------------------------------------------------
@thing(
    "car",
    "vehicle",
    kinds=("sedan", "convertible", "jeep"),
    colours=("red", "blue", "yellow", "green"),
    places=("street", "desert", "mountain", "beach"),
    size=0.6,
)
def car(pen: Pen, kind: str) -> None:
    draw, r, front, back = {
        "sedan": (_sedan, 0.23, -0.54, 0.53),
        "convertible": (_convertible, 0.23, -0.55, 0.55),
        "jeep": (_jeep, 0.28, -0.52, 0.46),
    }[kind]
    with _turned(pen, 0.0, 0.6, 3.5 * pen.sway):  # the springs give
        draw(pen)
        for x in (front, back):
            _arch(pen, x, 0.72, r + 0.06)
    for x in (front, back):
        _wheel(pen, x, r)


def _sedan(pen: Pen) -> None:
    shell = [(-0.95, 0.78), (-0.96, 0.36), (-0.5, 0.26), (-0.24, -0.16), (0.36, -0.16), (0.64, 0.24), (0.94, 0.3)]
    _soft(pen, [*shell, (0.96, 0.78)], "body", r=0.16)
    # windows, sill, doors
    _soft(pen, [(-0.38, 0.25), (-0.18, -0.06), (0.04, -0.06), (0.04, 0.25)], "glass", r=0.05)
    _soft(pen, [(0.11, 0.25), (0.11, -0.06), (0.32, -0.06), (0.51, 0.25)], "glass", r=0.05)
    pen.poly([(-0.2, 0.25), (-0.07, -0.06), (0.0, -0.06), (-0.13, 0.25)], "glass+")
    pen.rect(-0.92, 0.47, 0.93, 0.55, "trim", round=0.04)
    pen.rect(-0.95, 0.7, 0.95, 0.79, "body-", round=0.04)
    pen.rect(0.06, 0.25, 0.09, 0.7, "body-")
    for x in (-0.04, 0.3):
        pen.rect(x - 0.08, 0.34, x + 0.04, 0.39, "ink", round=0.025)
    _soft(pen, [(-0.9, 0.36), (-0.5, 0.29), (-0.46, 0.33), (-0.86, 0.41)], "body+", r=0.03)
    _lamps(pen, -0.89, 0.92, 0.45, 0.075)


def _convertible(pen: Pen) -> None:
    # far door edge, seats, wheel, screen
    _soft(pen, [(-0.3, 0.3), (-0.02, -0.12), (0.05, -0.09), (-0.14, 0.3)], "glass", r=0.03)
    _rod(pen, (-0.22, 0.3), (0.03, -0.12), 0.05, "ink")
    for x in (0.12, 0.4):
        _soft(pen, [(x, 0.36), (x + 0.04, 0.02), (x + 0.18, 0.02), (x + 0.2, 0.36)], "cocoa", r=0.07)
    _rod(pen, (-0.06, 0.32), (0.02, 0.16), 0.045, "ink")
    shell = [(-0.96, 0.78), (-0.95, 0.42), (-0.6, 0.32), (-0.2, 0.28), (-0.08, 0.36), (0.5, 0.36), (0.6, 0.26)]
    _soft(pen, [*shell, (0.95, 0.32), (0.96, 0.78)], "body", r=0.12)
    # folded roof, stripe, door
    _soft(pen, [(0.54, 0.36), (0.56, 0.18), (0.82, 0.16), (0.92, 0.36)], "trim", r=0.09)
    pen.rect(0.58, 0.25, 0.86, 0.28, "trim-", round=0.015)
    _soft(pen, [(-0.93, 0.56), (-0.3, 0.5), (0.93, 0.5), (0.93, 0.58), (-0.3, 0.58)], "trim", r=0.03)
    pen.rect(-0.95, 0.7, 0.95, 0.79, "body-", round=0.04)
    _ring(pen, 0.1, 0.36, 0.32, 0.29, "body-", 0, 180)
    pen.rect(0.2, 0.42, 0.32, 0.46, "ink", round=0.02)
    _soft(pen, [(-0.9, 0.44), (-0.58, 0.36), (-0.24, 0.32), (-0.24, 0.36), (-0.56, 0.41)], "body+", r=0.03)
    _lamps(pen, -0.87, 0.91, 0.45, 0.075)


def _jeep(pen: Pen) -> None:
    # spare wheel behind, roof with open back
    pen.rect(0.78, 0.1, 0.95, 0.56, "ink", round=0.08)
    _soft(pen, [(-0.24, 0.2), (-0.2, -0.32), (0.76, -0.32), (0.78, 0.2)], "trim", r=0.08)
    pen.rect(-0.26, -0.38, 0.8, -0.26, "trim-", round=0.06)
    _soft(pen, [(-0.15, 0.16), (-0.12, -0.2), (0.2, -0.2), (0.2, 0.16)], "glass", r=0.05)
    _soft(pen, [(0.3, 0.16), (0.3, -0.2), (0.66, -0.2), (0.68, 0.16)], "glass", r=0.05)
    pen.poly([(-0.04, 0.16), (0.06, -0.2), (0.14, -0.2), (0.04, 0.16)], "glass+")
    _soft(pen, [(-0.92, 0.76), (-0.92, 0.2), (-0.28, 0.14), (0.82, 0.14), (0.82, 0.76)], "body", r=0.07)
    # bonnet, mudguards, door, bumpers
    _soft(pen, [(-0.89, 0.25), (-0.3, 0.19), (-0.3, 0.24), (-0.89, 0.3)], "body+", r=0.03)
    pen.rect(-0.16, 0.2, 0.12, 0.66, "body-", round=0.06)
    pen.rect(-0.13, 0.2, 0.09, 0.63, "body", round=0.05)
    pen.rect(-0.09, 0.28, 0.0, 0.33, "ink", round=0.02)
    for x in (-0.52, 0.46):
        _ring(pen, x, 0.72, 0.4, 0.33, "body+", 180, 360)
    pen.rect(-0.97, 0.6, -0.84, 0.74, "metal", round=0.05)
    pen.rect(0.76, 0.6, 0.92, 0.74, "metal", round=0.05)
    _lamps(pen, -0.88, 0.78, 0.4, 0.08)


@thing(
    "truck",
    "vehicle",
    kinds=("lorry", "pickup", "tipper"),
    colours=("orange", "blue", "red", "green"),
    places=("street", "farm", "desert", "mountain"),
    size=0.66,
)
def truck(pen: Pen, kind: str) -> None:
    load, wheels = {
        "lorry": (_lorry_box, (-0.62, 0.3, 0.68)),
        "pickup": (_pickup_bed, (-0.55, 0.58)),
        "tipper": (_tipper_bed, (-0.58, 0.26, 0.66)),
    }[kind]
    r = 0.24 if kind == "pickup" else 0.2
    with _turned(pen, 0.0, 0.7, 1.5 * pen.sway if kind == "tipper" else 3.5 * pen.sway):
        load(pen)
        _arch(pen, wheels[0], 0.76, r + 0.06)
        if kind == "pickup":
            _arch(pen, wheels[1], 0.76, r + 0.06)
    for x in wheels:
        _wheel(pen, x, r)


def _cab(pen: Pen, top: float, right: float) -> None:
    """The flat-nosed cab of a big truck."""
    _soft(pen, [(-0.95, 0.8), (-0.95, 0.22), (-0.82, top), (right, top), (right, 0.8)], "body", r=0.1)
    _soft(pen, [(-0.86, 0.2), (-0.75, top + 0.12), (right - 0.1, top + 0.12), (right - 0.1, 0.2)], "glass", r=0.06)
    pen.poly([(-0.68, 0.2), (-0.6, top + 0.12), (-0.53, top + 0.12), (-0.61, 0.2)], "glass+")
    pen.rect(right - 0.2, 0.28, right - 0.09, 0.33, "ink", round=0.02)
    pen.rect(-0.95, 0.44, right, 0.51, "trim", round=0.02)
    pen.rect(-0.98, 0.68, -0.84, 0.82, "metal", round=0.05)
    pen.ellipse(-0.9, 0.6, 0.05, 0.065, "gold")


def _lorry_box(pen: Pen) -> None:
    pen.rect(-0.5, 0.6, 0.94, 0.78, "ink", round=0.03)
    _cab(pen, -0.2, -0.36)
    pen.rect(-0.28, -0.5, 0.96, 0.62, "body", round=0.07)
    pen.rect(-0.28, 0.5, 0.96, 0.64, "body-", round=0.06)
    pen.rect(-0.24, -0.46, 0.92, -0.38, "body+", round=0.04)
    # a broad band and a star on the side
    pen.rect(-0.28, -0.12, 0.96, 0.26, "trim")
    pen.star(0.34, 0.07, 0.16, 0.075, 5, "body")
    pen.rect(0.9, 0.66, 0.97, 0.76, "crimson", round=0.02)


def _pickup_bed(pen: Pen) -> None:
    # hay-like load that bounces, behind the bed wall
    hop = 0.04 * pen.sway
    for x, y in ((0.36, 0.2), (0.72, 0.2), (0.54, 0.06)):
        pen.circle(x, y + 0.08 - hop, 0.19, "wood")
        pen.circle(x, y + 0.08 - hop, 0.13, "cream")
        pen.circle(x, y + 0.08 - hop, 0.06, "wood+")
    shell = [(-0.96, 0.82), (-0.95, 0.32), (-0.5, 0.24), (-0.34, -0.2), (0.12, -0.2), (0.15, 0.28), (0.96, 0.28)]
    _soft(pen, [*shell, (0.96, 0.82)], "body", r=0.09)
    _soft(pen, [(-0.4, 0.22), (-0.27, -0.1), (0.04, -0.1), (0.06, 0.22)], "glass", r=0.06)
    pen.poly([(-0.25, 0.22), (-0.15, -0.1), (-0.08, -0.1), (-0.18, 0.22)], "glass+")
    # bed wall, door, bumpers
    pen.rect(0.14, 0.25, 0.97, 0.34, "trim", round=0.04)
    pen.rect(-0.95, 0.72, 0.95, 0.83, "body-", round=0.05)
    pen.rect(0.12, 0.3, 0.15, 0.72, "body-")
    pen.rect(-0.07, 0.31, 0.05, 0.36, "ink", round=0.02)
    _soft(pen, [(-0.9, 0.36), (-0.5, 0.28), (-0.46, 0.33), (-0.88, 0.41)], "body+", r=0.03)
    _ring(pen, -0.55, 0.74, 0.37, 0.32, "trim", 180, 360)
    _ring(pen, 0.58, 0.74, 0.37, 0.32, "trim", 180, 360)
    _lamps(pen, -0.89, 0.92, 0.5, 0.07)


def _tipper_bed(pen: Pen) -> None:
    pen.rect(-0.5, 0.62, 0.92, 0.78, "ink", round=0.03)
    with _turned(pen, 0.84, 0.6, 9 + 9 * pen.sway):  # the bed tips backwards
        pen.curve([(-0.24, 0.1), (-0.05, -0.14), (0.2, -0.2), (0.4, -0.28), (0.66, -0.12), (0.86, 0.1)], "sand-")
        pen.curve([(-0.1, 0.04), (0.06, -0.12), (0.3, -0.2), (0.46, -0.16), (0.3, 0.0)], "sand")
        side = [(-0.44, -0.12), (-0.26, -0.1), (-0.24, 0.02), (0.98, 0.02), (0.86, 0.6), (-0.2, 0.6)]
        _soft(pen, side, "body", r=0.06)
        _soft(pen, [(-0.26, 0.46), (0.89, 0.46), (0.86, 0.6), (-0.2, 0.6)], "body-", r=0.05)
        pen.rect(-0.28, 0.0, 0.98, 0.1, "trim", round=0.04)
        for x in (0.06, 0.34, 0.62):
            pen.rect(x - 0.035, 0.1, x + 0.035, 0.6, "trim")
    _rod(pen, (0.2, 0.68), (0.3, 0.5 - 0.05 * (1 + pen.sway)), 0.08, "metal")
    _cab(pen, -0.08, -0.34)


@thing(
    "bus",
    "vehicle",
    colours=("yellow", "red", "blue", "green"),
    places=("street", "mountain", "desert"),
    size=0.68,
)
def bus(pen: Pen, kind: str) -> None:
    with _turned(pen, 0.0, 0.7, 3.5 * pen.sway):
        _soft(pen, [(-0.95, 0.82), (-0.95, 0.1), (-0.88, -0.32), (0.95, -0.32), (0.95, 0.82)], "body", r=0.14)
        pen.rect(-0.5, -0.4, 0.6, -0.3, "trim", round=0.05)
        pen.rect(-0.8, -0.27, 0.86, -0.22, "body+", round=0.02)
        # window band and stripe
        for k in range(6):
            left = -0.73 + 0.268 * k
            pen.rect(left, -0.15, left + 0.22, 0.2, "glass", round=0.05)
            pen.poly([(left + 0.04, 0.2), (left + 0.12, -0.15), (left + 0.18, -0.15), (left + 0.1, 0.2)], "glass+")
        pen.rect(-0.95, 0.34, 0.95, 0.46, "trim")
        pen.rect(-0.95, 0.72, 0.95, 0.83, "body-", round=0.05)
        # windscreen, door, lamps
        _soft(pen, [(-0.95, 0.2), (-0.88, -0.15), (-0.8, -0.15), (-0.8, 0.2)], "glass", r=0.04)
        pen.rect(-0.35, 0.22, -0.03, 0.83, "ink", round=0.05)
        for left in (-0.32, -0.175):
            pen.rect(left, 0.25, left + 0.115, 0.78, "glass-", round=0.04)
        pen.rect(-0.98, 0.7, -0.82, 0.83, "metal", round=0.05)
        _lamps(pen, -0.9, 0.92, 0.58, 0.07)
        for x in (-0.6, 0.54):
            _arch(pen, x, 0.78, 0.26)
    for x in (-0.6, 0.54):
        _wheel(pen, x, 0.2)


@thing(
    "tractor",
    "vehicle",
    colours=("green", "red", "blue", "orange"),
    places=("farm", "meadow", "desert", "forest"),
    size=0.6,
)
def tractor(pen: Pen, kind: str) -> None:
    shake = 2.5 * pen.sway
    with _turned(pen, 0.3, 0.5, shake):
        _puffs(pen, -0.5, -0.62, 0.12, "metal")
        pen.rect(-0.56, -0.52, -0.45, 0.1, "ink", round=0.04)
        # cab with roof
        _soft(pen, [(-0.12, 0.2), (-0.02, -0.62), (0.62, -0.62), (0.74, 0.3), (0.1, 0.4)], "body", r=0.06)
        _soft(pen, [(-0.01, 0.14), (0.07, -0.5), (0.26, -0.5), (0.26, 0.14)], "glass", r=0.05)
        _soft(pen, [(0.34, 0.14), (0.34, -0.5), (0.54, -0.5), (0.6, 0.14)], "glass", r=0.05)
        pen.rect(-0.12, -0.72, 0.72, -0.58, "trim", round=0.06)
        # bonnet with grille
        _soft(pen, [(-0.88, 0.6), (-0.9, 0.1), (-0.8, 0.0), (0.1, -0.04), (0.3, 0.62)], "body", r=0.08)
        _soft(pen, [(-0.8, 0.05), (-0.02, 0.0), (-0.02, 0.07), (-0.8, 0.12)], "body+", r=0.03)
        pen.rect(-0.7, 0.46, 0.2, 0.62, "body-", round=0.05)
        for x in (-0.58, -0.44, -0.3):
            pen.rect(x, 0.18, x + 0.07, 0.4, "ink", round=0.03)
        pen.rect(-0.92, 0.12, -0.8, 0.54, "trim", round=0.05)
        pen.circle(-0.86, 0.22, 0.06, "gold")
        _ring(pen, 0.46, 0.46, 0.56, 0.42, "body", 180, 350)
    _tractor_wheel(pen, 0.46, 0.49)
    _tractor_wheel(pen, -0.6, 0.26)


def _tractor_wheel(pen: Pen, x: float, r: float) -> None:
    """A lugged tyre."""
    y = ROAD - r
    pen.star(x, y, r, r * 0.9, 18, "ink", angle=-90 - 10 * pen.sway)
    pen.circle(x, y, r * 0.82, "ink+")
    pen.circle(x, y, r * 0.76, "ink")
    pen.circle(x, y, r * 0.56, "trim")
    pen.star(x, y, r * 0.5, r * 0.24, 5, "body", angle=-90 - 36 * pen.sway)
    pen.circle(x, y, r * 0.15, "paper")


@thing(
    "bicycle",
    "vehicle",
    colours=("red", "turquoise", "blue", "pink"),
    places=("street", "meadow", "forest", "beach"),
    size=0.58,
)
def bicycle(pen: Pen, kind: str) -> None:
    r, tube = 0.42, 0.105
    front, back, pedals = (-0.53, ROAD - r), (0.53, ROAD - r), (0.03, 0.56)
    head, seat = (-0.34, -0.06), (0.17, -0.08)
    for x, y in (front, back):
        _ring(pen, x, y, r, r - 0.075, "ink")
        _ring(pen, x, y, r - 0.07, r - 0.125, "body")
        for k in range(4):
            a = math.radians(45 * k + 22 * pen.sway)
            dx, dy = 0.31 * math.cos(a), 0.31 * math.sin(a)
            _rod(pen, (x - dx, y - dy), (x + dx, y + dy), 0.022, "metal")
        pen.circle(x, y, 0.075, "trim")
    _ring(pen, *front, r + 0.09, r + 0.015, "body", 205, 330)
    _ring(pen, *back, r + 0.09, r + 0.015, "body", 205, 345)
    # far pedal, frame, near pedal
    a = math.radians(60 - 75 * pen.sway)
    dx, dy = 0.2 * math.cos(a), 0.2 * math.sin(a)
    _rod(pen, pedals, (pedals[0] - dx, pedals[1] - dy), 0.06, "metal-")
    for end in (seat, pedals):
        _rod(pen, back, end, tube * 0.8, "body-")
    for start, end in ((head, seat), (head, pedals), (seat, pedals), ((-0.31, -0.24), front)):
        _rod(pen, start, end, tube, "body")
    _rod(pen, (-0.3, -0.075), (0.12, -0.092), 0.03, "body+")
    pen.circle(*pedals, 0.125, "trim")
    pen.circle(*pedals, 0.06, "trim-")
    _rod(pen, pedals, (pedals[0] + dx, pedals[1] + dy), 0.06, "metal")
    _rod(pen, (pedals[0] + dx - 0.08, pedals[1] + dy), (pedals[0] + dx + 0.08, pedals[1] + dy), 0.08, "ink")
    # saddle, handlebar, basket
    _rod(pen, seat, (0.2, -0.22), 0.06, "metal")
    pen.curve([(-0.02, -0.26), (0.14, -0.31), (0.36, -0.36), (0.4, -0.26), (0.26, -0.17), (0.1, -0.21)], "cocoa")
    _rod(pen, (-0.31, -0.24), (-0.28, -0.44), 0.06, "metal")
    _rod(pen, (-0.3, -0.44), (-0.12, -0.47), 0.06, "metal")
    _rod(pen, (-0.16, -0.46), (-0.02, -0.43), 0.09, "ink")
    _soft(pen, [(-0.84, -0.4), (-0.38, -0.4), (-0.44, -0.08), (-0.76, -0.08)], "wood", r=0.05)
    pen.rect(-0.87, -0.45, -0.35, -0.37, "wood-", round=0.04)
    pen.rect(-0.78, -0.28, -0.42, -0.23, "wood+")


@thing(
    "train",
    "vehicle",
    colours=("green", "red", "black", "blue"),
    places=("mountain", "meadow", "desert", "snow"),
    size=0.7,
)
def train(pen: Pen, kind: str) -> None:
    _puffs(pen, -0.52, -0.63, 0.14)
    # chimney, dome, boiler
    _soft(pen, [(-0.68, -0.56), (-0.36, -0.56), (-0.44, 0.06), (-0.6, 0.06)], "trim", r=0.05)
    pen.rect(-0.7, -0.6, -0.34, -0.48, "trim-", round=0.05)
    pen.rect(-0.17, -0.2, 0.11, 0.1, "gold", round=0.13)
    pen.rect(-0.82, -0.06, 0.5, 0.52, "body", round=0.12)
    pen.rect(-0.76, 0.0, 0.3, 0.09, "body+", round=0.04)
    pen.rect(-0.8, 0.36, 0.5, 0.52, "body-", round=0.08)
    for x in (-0.66, -0.24, 0.16):
        pen.rect(x - 0.035, -0.06, x + 0.035, 0.52, "trim")
    pen.rect(-0.92, 0.02, -0.76, 0.3, "gold", round=0.06)
    pen.rect(-0.92, 0.06, -0.86, 0.26, "gold+", round=0.03)
    # cab
    pen.rect(0.3, -0.46, 0.9, 0.66, "body", round=0.05)
    pen.rect(0.42, -0.28, 0.8, 0.08, "glass", round=0.06)
    pen.poly([(0.5, 0.08), (0.6, -0.28), (0.68, -0.28), (0.58, 0.08)], "glass+")
    pen.rect(0.22, -0.58, 0.97, -0.43, "trim", round=0.07)
    pen.rect(0.38, 0.2, 0.82, 0.26, "trim", round=0.03)
    # running board, cowcatcher, wheels, coupling rod
    pen.rect(-0.86, 0.52, 0.95, 0.66, "trim-", round=0.04)
    _soft(pen, [(-0.74, 0.56), (-0.98, 0.93), (-0.7, 0.93), (-0.6, 0.62)], "metal", r=0.03)
    _rod(pen, (-0.78, 0.68), (-0.9, 0.88), 0.04, "metal-")
    _wheel(pen, -0.52, 0.14, "trim")
    for x in (-0.15, 0.27, 0.69):
        _wheel(pen, x, 0.21, "trim")
    a = math.radians(90 + 80 * pen.sway)
    dx, dy = 0.1 * math.cos(a), 0.1 * math.sin(a)
    _rod(pen, (-0.15 + dx, 0.74 + dy), (0.69 + dx, 0.74 + dy), 0.075, "metal")


# -- on the water ---------------------------------------------------------------------------------------------------
@thing(
    "sailboat",
    "vehicle",
    kinds=("sloop", "catboat", "ketch"),
    colours=("white", "red", "blue", "orange"),
    places=("pond", "beach"),
    stance="float",
    size=0.66,
)
def sailboat(pen: Pen, kind: str) -> None:
    belly = 0.07 * pen.sway  # how full the sails are
    with _turned(pen, 0.0, 0.7, 6 * pen.sway):
        if kind == "sloop":
            _mast(pen, -0.14, -0.9)
            _jib(pen, -0.2, -0.86, belly)
            _sail(pen, -0.08, 0.4, -0.86, 0.86, belly)
        elif kind == "catboat":
            _mast(pen, -0.56, -0.56)
            # a gaff sail: four corners
            edge = 0.76 + belly
            leech = [(0.44, -0.86), (edge - 0.14, -0.2), (edge + 0.08, 0.42)]
            _soft(pen, [(-0.5, 0.42), (-0.5, -0.36), *leech], "body", r=0.06)
            _soft(pen, [(0.36, -0.8), *leech, (0.56, 0.42)], "body-", r=0.05)
            for y in (-0.1, 0.2):
                _rod(pen, (-0.47, y), (0.64 + belly, y - 0.06), 0.04, "trim")
            _rod(pen, (-0.54, -0.36), (0.5, -0.9), 0.065, "wood")
            _rod(pen, (-0.56, 0.46), (0.88, 0.46), 0.065, "wood")
        else:
            _mast(pen, -0.26, -0.9)
            _mast(pen, 0.5, -0.46)
            _jib(pen, -0.32, -0.92, belly)
            _sail(pen, -0.2, 0.4, -0.86, 0.42, belly)
            _sail(pen, 0.56, 0.4, -0.42, 0.98, belly * 0.7)
        _hull(pen)


def _mast(pen: Pen, x: float, top: float) -> None:
    """A mast with a pennant that flies to the right."""
    flutter = 0.06 * pen.sway
    pen.poly([(x, top - 0.04), (x + 0.26, top + 0.02 - flutter), (x, top + 0.1)], "crimson")
    _rod(pen, (x, top), (x, 0.62), 0.06, "wood")


def _sail(pen: Pen, x: float, foot: float, top: float, right: float, belly: float) -> None:
    """A three-cornered mainsail behind the mast at ``x``."""
    wide, high = right - x, foot - top

    def edge(shares: tuple[float, float, float], bulge: float) -> list[Point]:
        return [
            (x + wide * share + bulge * (k > 0), foot - high * up)
            for k, (share, up) in enumerate(zip(shares, (0.0, 0.38, 0.75), strict=True))
        ]

    outer = edge((1.0, 0.72, 0.3), belly)
    pen.poly([(x, foot), *outer, (x, top)], "body")
    pen.poly([*edge((0.66, 0.5, 0.2), belly * 0.5), (x, top), *reversed(outer)], "body-")
    pen.rect(x, foot - high * 0.34, x + wide * 0.62, foot - high * 0.27, "trim")
    _rod(pen, (x, foot + 0.04), (right, foot + 0.04), 0.06, "wood")


def _jib(pen: Pen, x: float, bow: float, belly: float) -> None:
    """The small three-cornered sail before the mast at ``x``."""
    fore = (x + bow) / 2
    pen.curve([(x, -0.78), (fore + 0.06 - belly, -0.22), (bow, 0.4), (fore, 0.44 + belly), (x - 0.04, 0.38)], "trim")
    pen.curve([(x, -0.7), (x - 0.14, -0.1), (x - 0.18, 0.41), (x - 0.04, 0.38)], "trim-")


def _hull(pen: Pen) -> None:
    """A small sailing hull, bow to the left."""
    _soft(pen, [(-0.97, 0.54), (0.92, 0.54), (0.8, 0.9), (-0.6, 0.92)], "body", r=0.1)
    _soft(pen, [(-0.77, 0.76), (0.85, 0.76), (0.8, 0.9), (-0.6, 0.92)], "body-", r=0.08)
    _soft(pen, [(-0.98, 0.53), (0.94, 0.53), (0.92, 0.65), (-0.9, 0.65)], "trim", r=0.04)


@thing(
    "ship",
    "vehicle",
    kinds=("steamer", "freighter"),
    colours=("red", "black", "blue", "white"),
    places=("beach", "pond"),
    stance="float",
    size=0.72,
)
def ship(pen: Pen, kind: str) -> None:
    with _turned(pen, 0.0, 0.6, 4 * pen.sway):
        if kind == "steamer":
            _steamer_decks(pen)
        else:
            _freighter_load(pen)
        # hull with a high bow, waterline, portholes
        _soft(pen, [(-0.98, 0.18), (-0.6, 0.32), (0.96, 0.28), (0.84, 0.84), (-0.68, 0.84)], "body", r=0.09)
        _soft(pen, [(-0.76, 0.68), (0.88, 0.68), (0.84, 0.84), (-0.68, 0.84)], "crimson-", r=0.05)
        pen.poly([(-0.78, 0.63), (0.89, 0.63), (0.88, 0.69), (-0.76, 0.69)], "paper")
        _soft(pen, [(-0.92, 0.23), (-0.6, 0.35), (0.93, 0.31), (0.92, 0.37), (-0.6, 0.41)], "body+", r=0.02)
        for x in (-0.4, -0.1, 0.2, 0.5) if kind == "steamer" else ():
            pen.circle(x, 0.52, 0.065, "paper")
            pen.circle(x, 0.52, 0.04, "ink")
        _rod(pen, (-0.74, 0.38), (-0.74, 0.52), 0.045, "metal")  # the anchor
        _ring(pen, -0.74, 0.46, 0.1, 0.06, "metal", 0, 180)


def _steamer_decks(pen: Pen) -> None:
    _puffs(pen, -0.24, -0.72, 0.11, "metal")
    _rod(pen, (-0.72, -0.5), (-0.72, 0.3), 0.04, "wood")
    pen.poly([(-0.72, -0.5), (-0.5, -0.42 - 0.06 * pen.sway), (-0.72, -0.32)], "crimson")
    for x in (-0.28, 0.06, 0.4):
        _soft(pen, [(x - 0.1, -0.1), (x - 0.07, -0.62), (x + 0.14, -0.62), (x + 0.11, -0.1)], "body", r=0.02)
        pen.poly([(x - 0.08, -0.5), (x + 0.135, -0.5), (x + 0.13, -0.36), (x - 0.085, -0.36)], "trim")
        pen.rect(x - 0.085, -0.66, x + 0.155, -0.57, "ink", round=0.03)
    pen.rect(-0.46, -0.18, 0.6, 0.1, "paper", round=0.05)
    pen.rect(-0.6, 0.06, 0.76, 0.36, "cream", round=0.05)
    pen.rect(-0.64, 0.05, 0.8, 0.11, "trim", round=0.02)
    for k in range(5):
        pen.rect(-0.38 + 0.19 * k, -0.09, -0.27 + 0.19 * k, 0.01, "ink", round=0.03)
    for k in range(6):
        pen.rect(-0.5 + 0.2 * k, 0.15, -0.39 + 0.2 * k, 0.25, "ink", round=0.03)


def _freighter_load(pen: Pen) -> None:
    _puffs(pen, 0.62, -0.6, 0.065, "metal")
    # crane, containers in two layers, bridge at the stern
    _rod(pen, (-0.7, -0.3), (-0.7, 0.32), 0.06, "ink")
    _rod(pen, (-0.7, -0.26), (-0.34 - 0.12 * pen.sway, -0.5), 0.05, "amber")
    boxes = (("amber", "body", "leaf"), ("body", "water", "amber"))
    for row, inks in enumerate(boxes):
        for k, box in enumerate(inks):
            left, top = -0.56 + 0.31 * k, 0.06 - 0.24 * row
            pen.rect(left, top, left + 0.29, top + 0.26, box, round=0.02)
            pen.rect(left + 0.08, top + 0.05, left + 0.11, top + 0.19, f"{box}-")
            pen.rect(left + 0.18, top + 0.05, left + 0.21, top + 0.19, f"{box}-")
    pen.rect(0.56, -0.56, 0.76, 0.0, "body", round=0.03)
    pen.rect(0.55, -0.56, 0.77, -0.46, "ink", round=0.03)
    pen.rect(0.42, -0.3, 0.8, 0.36, "trim", round=0.04)
    pen.rect(0.36, -0.36, 0.84, -0.1, "trim+", round=0.04)
    for x in (0.42, 0.54, 0.66):
        pen.rect(x, -0.28, x + 0.09, -0.18, "ink", round=0.02)
    for x in (0.48, 0.63):
        pen.circle(x + 0.04, 0.08, 0.045, "ink")


# -- in the air -----------------------------------------------------------------------------------------------------
@thing(
    "airplane",
    "vehicle",
    kinds=("jet", "biplane", "seaplane"),
    colours=("white", "red", "yellow", "blue"),
    places=("sky", "mountain", "desert"),
    stance="fly",
    size=0.66,
)
def airplane(pen: Pen, kind: str) -> None:
    with pen.at(angle=7 * pen.sway):
        {"jet": _jet, "biplane": _biplane, "seaplane": _seaplane}[kind](pen)


def _jet(pen: Pen) -> None:
    # far wing and tailplane, fin
    _soft(pen, [(-0.14, -0.1), (0.3, -0.52), (0.44, -0.52), (0.26, -0.1)], "trim-", r=0.05)
    _soft(pen, [(0.52, -0.14), (0.72, -0.66), (0.95, -0.66), (0.9, -0.06)], "trim", r=0.06)
    _soft(pen, [(0.56, -0.1), (0.66, -0.36), (0.93, -0.36), (0.9, -0.06)], "trim-", r=0.04)
    hull = [(-0.96, 0.06), (-0.84, -0.13), (-0.55, -0.24), (0.1, -0.25), (0.55, -0.2), (0.96, -0.12)]
    pen.curve([*hull, (0.9, 0.02), (0.4, 0.2), (-0.1, 0.26), (-0.65, 0.25), (-0.88, 0.18)], "body")
    pen.curve([(-0.92, 0.14), (-0.5, 0.16), (0.1, 0.14), (0.7, 0.04), (0.4, 0.2), (-0.1, 0.26), (-0.65, 0.25)], "body-")
    pen.curve([(-0.66, -0.19), (-0.2, -0.22), (0.3, -0.2), (-0.1, -0.17)], "body+")
    # cockpit, windows, door
    _soft(pen, [(-0.9, 0.0), (-0.81, -0.13), (-0.66, -0.15), (-0.68, 0.0)], "ink", r=0.05)
    for k in range(6):
        pen.circle(-0.42 + 0.15 * k, -0.05, 0.045, "ink")
    # near wing, engine, tailplane
    _soft(pen, [(-0.3, 0.1), (0.14, 0.08), (0.6, 0.66), (0.4, 0.68)], "trim", r=0.06)
    _soft(pen, [(-0.05, 0.09), (0.14, 0.08), (0.6, 0.66), (0.5, 0.67)], "trim-", r=0.03)
    pen.rect(-0.26, 0.3, 0.12, 0.5, "metal", round=0.09)
    pen.ellipse(-0.22, 0.4, 0.055, 0.1, "ink")
    _soft(pen, [(0.58, -0.02), (0.82, -0.06), (0.99, 0.18), (0.86, 0.19)], "trim", r=0.04)


def _propeller(pen: Pen, x: float, y: float, long: float) -> None:
    """A two-bladed propeller seen a little from the side, with its cone."""
    reach = long * (0.72 + 0.28 * pen.sway)
    lean = 0.07 * pen.sway
    pen.ellipse(x, y, long * 0.14, long, "metal+")
    _rod(pen, (x - lean, y - reach), (x + lean, y + reach), 0.085, "cocoa")
    pen.ellipse(x, y, 0.09, 0.09, "gold")


def _biplane(pen: Pen) -> None:
    # wheels below, tail, struts
    for x in (-0.46, -0.26):
        _rod(pen, (-0.36, 0.3), (x, 0.64), 0.045, "ink")
    _wheel(pen, -0.36, 0.17, y=0.66)
    _soft(pen, [(0.56, 0.0), (0.74, -0.4), (0.96, -0.4), (0.95, 0.08)], "trim", r=0.09)
    for x in (-0.5, -0.08):
        _rod(pen, (x, -0.5), (x + 0.06, 0.3), 0.055, "wood")
    # fuselage with cockpit and pilot's cap
    pen.circle(0.18, -0.24, 0.13, "cocoa")
    pen.ellipse(0.1, -0.22, 0.07, 0.05, "glass")
    hull = [(-0.84, -0.16), (-0.5, -0.24), (-0.1, -0.22), (0.3, -0.18), (0.94, -0.06), (0.95, 0.08)]
    pen.curve([*hull, (0.4, 0.22), (-0.1, 0.3), (-0.6, 0.28), (-0.84, 0.18)], "body")
    pen.curve([(-0.8, 0.16), (-0.2, 0.14), (0.7, 0.06), (0.4, 0.22), (-0.1, 0.3), (-0.6, 0.28)], "body-")
    pen.rect(-0.86, -0.2, -0.66, 0.24, "metal", round=0.08)
    _soft(pen, [(-0.16, -0.2), (-0.04, -0.36), (0.0, -0.2)], "glass", r=0.03)
    pen.rect(0.42, -0.12, 0.54, 0.16, "trim")
    # the two wings, seen a little from below and above
    for top in (-0.66, 0.2):
        _soft(pen, [(-0.8, top), (0.26, top), (0.42, top + 0.19), (-0.68, top + 0.19)], "body", r=0.09)
        _soft(pen, [(-0.7, top + 0.03), (0.22, top + 0.03), (0.25, top + 0.07), (-0.68, top + 0.07)], "body+", r=0.02)
        for x in (-0.56, 0.06):
            pen.poly([(x, top), (x + 0.15, top), (x + 0.26, top + 0.19), (x + 0.11, top + 0.19)], "trim")
    _soft(pen, [(0.62, 0.0), (0.96, 0.0), (0.98, 0.1), (0.7, 0.1)], "trim-", r=0.04)
    _propeller(pen, -0.9, 0.02, 0.42)


def _seaplane(pen: Pen) -> None:
    # float on legs
    for x in (-0.46, 0.06):
        _rod(pen, (x + 0.06, 0.16), (x, 0.58), 0.055, "ink")
    _soft(pen, [(-0.86, 0.5), (0.44, 0.5), (0.6, 0.56), (0.1, 0.72), (-0.7, 0.72)], "trim", r=0.08)
    _soft(pen, [(-0.76, 0.62), (0.34, 0.62), (0.1, 0.72), (-0.7, 0.72)], "trim-", r=0.04)
    _soft(pen, [(0.5, -0.06), (0.72, -0.56), (0.95, -0.56), (0.96, 0.04)], "trim", r=0.08)
    # fuselage with a cabin under the wing
    hull = [(-0.88, -0.02), (-0.56, -0.1), (-0.42, -0.32), (0.08, -0.32), (0.34, -0.12), (0.95, -0.08), (0.95, 0.04)]
    _soft(pen, [*hull, (0.2, 0.26), (-0.7, 0.26), (-0.88, 0.18)], "body", r=0.1)
    _soft(pen, [(-0.86, 0.14), (0.6, 0.14), (0.2, 0.26), (-0.7, 0.26)], "body-", r=0.06)
    _soft(pen, [(-0.48, -0.08), (-0.36, -0.28), (-0.22, -0.28), (-0.22, -0.05)], "glass", r=0.04)
    pen.rect(-0.16, -0.28, 0.06, -0.05, "glass", round=0.04)
    # long high wing on a strut, lighter than the cabin below it, tailplane
    _rod(pen, (-0.18, 0.14), (0.02, -0.34), 0.05, "ink")
    _soft(pen, [(-0.74, -0.54), (0.36, -0.54), (0.58, -0.28), (-0.56, -0.28)], "body", r=0.1)
    _soft(pen, [(-0.66, -0.51), (0.32, -0.51), (0.36, -0.46), (-0.64, -0.46)], "body+", r=0.03)
    _soft(pen, [(-0.62, -0.34), (0.54, -0.34), (0.58, -0.28), (-0.56, -0.28)], "body-", r=0.03)
    for x in (-0.5, 0.1):
        pen.poly([(x, -0.54), (x + 0.16, -0.54), (x + 0.32, -0.28), (x + 0.16, -0.28)], "trim")
    _soft(pen, [(0.6, -0.06), (0.94, -0.06), (0.99, 0.05), (0.7, 0.05)], "trim-", r=0.04)
    _propeller(pen, -0.9, 0.07, 0.36)


@thing(
    "rocket",
    "vehicle",
    colours=("white", "red", "blue", "orange"),
    places=("sky", "desert", "mountain"),
    stance="fly",
    size=0.68,
)
def rocket(pen: Pen, kind: str) -> None:
    burn, wag = 0.84 + 0.15 * pen.sway, 0.07 * pen.sway
    with pen.at(angle=5 * pen.sway):
        # fire
        for wide, share, ink in ((0.27, 1.0, "amber"), (0.18, 0.76, "gold"), (0.09, 0.52, "paper")):
            tip = 0.44 + (burn - 0.44) * share
            pen.curve([(-wide, 0.44), (-wide * 0.9, 0.6), (wag * share, tip), (wide * 0.9, 0.6), (wide, 0.44)], ink)
        # side fins, nozzle, body
        for side in (-1, 1):
            fin = [(0.28, 0.0), (0.58, 0.26), (0.64, 0.64), (0.44, 0.5), (0.2, 0.46)]
            pen.curve([(side * x, y) for x, y in fin], "trim" if side < 0 else "trim-")
        _soft(pen, [(-0.2, 0.36), (0.2, 0.36), (0.26, 0.52), (-0.26, 0.52)], "metal-", r=0.04)
        half = [(0.14, -0.84), (0.32, -0.54), (0.42, -0.14), (0.39, 0.2), (0.26, 0.44)]
        outline = [(0.0, -0.97), *half, *((-x, y) for x, y in reversed(half))]
        pen.curve(outline, "body")
        pen.curve([(0.06, -0.9), *half, (0.08, 0.45), (0.2, 0.1), (0.22, -0.3)], "body-")
        pen.curve([(-0.24, -0.5), (-0.33, -0.2), (-0.33, 0.08), (-0.27, 0.08), (-0.25, -0.2)], "body+")
        # nose, window, bands, middle fin
        pen.curve([(0.0, -0.98), (0.13, -0.84), (0.22, -0.68), (0.0, -0.63), (-0.22, -0.68), (-0.13, -0.84)], "trim")
        pen.circle(0.0, -0.24, 0.19, "metal")
        pen.circle(0.0, -0.24, 0.135, "glass")
        pen.ellipse(-0.05, -0.28, 0.04, 0.055, "paper", angle=30)
        _soft(pen, [(-0.4, 0.13), (0.4, 0.13), (0.38, 0.21), (-0.38, 0.21)], "trim", r=0.02)
        _soft(pen, [(-0.055, 0.16), (0.055, 0.16), (0.05, 0.5), (0.0, 0.56), (-0.05, 0.5)], "trim", r=0.05)

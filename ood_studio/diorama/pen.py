"""A pen that records drawings as filled polygons, in a coordinate system of their own.

Objects and elements are drawn in the square [-1, 1] x [-1, 1], places in [0, 1] x [0, 1]; x runs to the right,
y runs *down*. Everything becomes polygons, so that a finished `Drawing` can be placed, turned, mirrored, stretched
and rasterised at any size by one affine map.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ood_studio.diorama.palette import ink as ink_number

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Polygons in painting order: ``points`` (n, 2) float64, ``ends`` (polygons,) ends in it, ``inks`` (polygons,)."""

    points: np.ndarray
    ends: tuple[int, ...]
    inks: tuple[int, ...]

    def bounds(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of all polygons."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


class Pen:
    """Records shapes. ``sway`` in [-1, 1] is the pose: use it to swing legs, tails, leaves and wings a little."""

    def __init__(self, sway: float = 0.0) -> None:
        self.sway = sway
        self._polygons: list[np.ndarray] = []
        self._inks: list[int] = []
        self._matrix = np.eye(3)

    # -- shapes -----------------------------------------------------------------------------------------------------
    def poly(self, points: Sequence[Point] | np.ndarray, ink: str) -> None:
        """A filled polygon with straight sides."""
        array = np.asarray(points, dtype=np.float64)
        self._polygons.append(array @ self._matrix[:2, :2].T + self._matrix[:2, 2])
        self._inks.append(ink_number(ink))

    def curve(self, points: Sequence[Point], ink: str) -> None:
        """A filled closed shape, smooth through all its points (Catmull-Rom): the tool for organic outlines."""
        self.poly(_smooth(points, closed=True), ink)

    def ellipse(self, x: float, y: float, rx: float, ry: float, ink: str, angle: float = 0.0) -> None:
        """A filled ellipse about (x, y), turned clockwise by ``angle`` degrees."""
        t = np.linspace(0, 2 * math.pi, 40, endpoint=False)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        u, v = rx * np.cos(t), ry * np.sin(t)
        self.poly(np.stack([x + u * c - v * s, y + u * s + v * c], axis=1), ink)

    def circle(self, x: float, y: float, r: float, ink: str) -> None:
        """A filled circle about (x, y)."""
        self.ellipse(x, y, r, r, ink)

    def pie(self, x: float, y: float, rx: float, ry: float, start: float, end: float, ink: str) -> None:
        """A filled sector; angles in degrees, 0 = right, 90 = down. 180 to 360 is the upper half disc."""
        t = np.radians(np.linspace(start, end, 32))
        self.poly([(x, y), *zip(x + rx * np.cos(t), y + ry * np.sin(t), strict=True)], ink)

    def rect(self, left: float, top: float, right: float, bottom: float, ink: str, round: float = 0.0) -> None:
        """A filled rectangle; ``round`` is the radius of its corners."""
        if round <= 0:
            self.poly([(left, top), (right, top), (right, bottom), (left, bottom)], ink)
            return
        r = min(round, (right - left) / 2, (bottom - top) / 2)
        points: list[Point] = []
        for x, y, start in (
            (right - r, bottom - r, 0),
            (left + r, bottom - r, 90),
            (left + r, top + r, 180),
            (right - r, top + r, 270),
        ):
            for degrees in np.radians(np.linspace(start, start + 90, 8)):
                points.append((x + r * math.cos(degrees), y + r * math.sin(degrees)))
        self.poly(points, ink)

    def line(self, points: Sequence[Point], width: float, ink: str, smooth: bool = False, taper: float = 1.0) -> None:
        """A stroke with round ends, ``width`` wide at its start and ``width * taper`` at its end."""
        path = np.asarray(_smooth(points, closed=False) if smooth else points, dtype=np.float64)
        radii = np.linspace(width / 2, width * taper / 2, len(path))
        for (x, y), r in zip(path, radii, strict=True):
            t = np.linspace(0, 2 * math.pi, 12, endpoint=False)
            self.poly(np.stack([x + r * np.cos(t), y + r * np.sin(t)], axis=1), ink)
        for i in range(len(path) - 1):
            step = path[i + 1] - path[i]
            length = float(np.hypot(*step))
            if length > 0:
                across = np.array([-step[1], step[0]]) / length
                self.poly(
                    [
                        tuple(path[i] + across * radii[i]),
                        tuple(path[i + 1] + across * radii[i + 1]),
                        tuple(path[i + 1] - across * radii[i + 1]),
                        tuple(path[i] - across * radii[i]),
                    ],
                    ink,
                )

    def ribbon(self, path: Sequence[Point], width: float | Sequence[float], ink: str, taper: float = 1.0) -> None:
        """A smooth stroke along ``path`` as one single shape: tails, stems, arms, strings.

        Args:
            path: the points that it passes, two or more.
            width: its width; or its widths at the first and the last point; or its width at each point of the path.
            ink: its ink.
            taper: with a single width, the share of it that is left at the end.
        """
        points = np.asarray(path, dtype=np.float64)
        if isinstance(width, Sequence):
            widths = np.linspace(width[0], width[1], len(points)) if len(width) == 2 else np.array(width)
        else:
            widths = np.linspace(width, width * taper, len(points))
        along = np.gradient(points, axis=0)
        along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) * widths[:, None] / 2
        self.curve([(float(x), float(y)) for x, y in (*(points + across), *(points - across)[::-1])], ink)

    def stripe(self, start: Point, bend: Point, end: Point, widths: tuple[float, float, float], ink: str) -> None:
        """A bow from ``start`` to ``end``, drawn towards ``bend``; widths at its start, middle and end."""
        a, b, c = (np.asarray(p, dtype=np.float64) for p in (start, bend, end))
        t = np.linspace(0, 1, 18)[:, None]
        path = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
        step = 2 * (1 - t) * (b - a) + 2 * t * (c - b)
        across = step[:, ::-1] * (-1, 1) / np.hypot(step[:, :1], step[:, 1:])
        first, middle, last = widths
        half = (first * (1 - t) * (1 - 2 * t) + middle * 4 * t * (1 - t) + last * t * (2 * t - 1)) / 2
        self.poly(np.concatenate([path + across * half, (path - across * half)[::-1]]), ink)

    def band(
        self, x: float, y: float, outer: Point, inner: Point, ink: str, start: float = 0.0, end: float = 360.0
    ) -> None:
        """What lies between two ellipses about (x, y), (rx, ry) each, or a sector of it; angles as for `pie`."""
        t = np.radians(np.linspace(start, end, 40))
        rim = np.stack([x + outer[0] * np.cos(t), y + outer[1] * np.sin(t)], axis=1)
        hole = np.stack([x + inner[0] * np.cos(t[::-1]), y + inner[1] * np.sin(t[::-1])], axis=1)
        self.poly(np.concatenate([rim, hole]), ink)

    def star(self, x: float, y: float, outer: float, inner: float, points: int, ink: str, angle: float = -90) -> None:
        """A star with ``points`` tips; ``inner`` close to ``outer`` gives a blossom-like gear."""
        t = np.radians(angle + np.arange(2 * points) * 180 / points)
        r = np.where(np.arange(2 * points) % 2 == 0, outer, inner)
        self.poly(np.stack([x + r * np.cos(t), y + r * np.sin(t)], axis=1), ink)

    def eye(self, x: float, y: float, r: float, white: bool = True) -> None:
        """A friendly eye: white (optional), pupil, glint."""
        if white:
            self.circle(x, y, r, "paper")
        self.circle(x, y, r * (0.66 if white else 1.0), "ink")
        self.circle(x - r * 0.22, y - r * 0.26, r * 0.26, "paper")

    # -- placing ----------------------------------------------------------------------------------------------------
    @contextmanager
    def at(
        self, x: float = 0.0, y: float = 0.0, scale: float | tuple[float, float] = 1.0, angle: float = 0.0
    ) -> Iterator[Pen]:
        """Draw in a moved, scaled (a negative x scale mirrors) and clockwise turned (degrees) coordinate system."""
        sx, sy = scale if isinstance(scale, tuple) else (scale, scale)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        before = self._matrix
        self._matrix = before @ np.array([[c * sx, -s * sy, x], [s * sx, c * sy, y], [0, 0, 1]])
        try:
            yield self
        finally:
            self._matrix = before

    def finish(self) -> Drawing:
        """Everything drawn so far."""
        ends = np.cumsum([len(p) for p in self._polygons])
        points = np.concatenate(self._polygons) if self._polygons else np.zeros((0, 2))
        return Drawing(points, tuple(int(e) for e in ends), tuple(self._inks))


def _smooth(points: Sequence[Point], closed: bool, steps: int = 7) -> list[Point]:
    """Points on the Catmull-Rom spline through ``points``."""
    p = np.asarray(points, dtype=np.float64)
    if len(p) < 3:
        return [tuple(x) for x in p]
    padded = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(len(padded) - 3):
        a, b, c, d = padded[i : i + 4]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    if not closed:
        pieces.append(p[-1:])
    return [tuple(x) for x in np.concatenate(pieces)]

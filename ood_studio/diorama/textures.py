"""Full-picture textures: height fields in [0, 1], to be coloured later between two or three colours.

All random numbers are drawn in unit coordinates, so a seed gives the same picture at every size; edges are one pixel
soft. A texture is a function ``(rng, size) -> (size, size) float32``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Texture = Callable[[np.random.Generator, int], np.ndarray]
Field = np.ndarray

TEXTURES: dict[str, Texture] = {}
TAU = 2 * math.pi


def texture(name: str, seed: int, size: int) -> np.ndarray:
    """The texture ``name`` for one seed as a (size, size) float32 array in [0, 1].

    Raises:
        ValueError: if there is no such texture or the size is not positive.
    """
    if name not in TEXTURES:
        raise ValueError(f"no texture named {name!r}; there are {', '.join(TEXTURES)}")
    if size < 1:
        raise ValueError(f"a texture needs a positive size, not {size}")
    return TEXTURES[name](np.random.default_rng(seed), size)


def _family(name: str) -> Callable[[Texture], Texture]:
    """Registers a texture; whatever it returns is cut to [0, 1] and float32."""

    def register(make: Texture) -> Texture:
        def finished(rng: np.random.Generator, size: int) -> np.ndarray:
            return np.clip(make(rng, size), 0.0, 1.0).astype(np.float32)

        TEXTURES[name] = finished
        return make

    return register


# -- tools ------------------------------------------------------------------------------------------------------------
def _axis(size: int) -> Field:
    """Pixel centres in unit coordinates."""
    return (np.arange(size, dtype=np.float32) + 0.5) / size


def _plane(rng: np.random.Generator, size: int, turn: float = 180.0) -> tuple[Field, Field]:
    """Coordinates (u, v) about the middle of the picture, turned by up to ``turn`` degrees and shifted at random."""
    angle = math.radians(rng.uniform(-turn, turn))
    du, dv = _spot(rng, 0.0, 1.0)
    x = _axis(size)[None, :] - 0.5
    y = _axis(size)[:, None] - 0.5
    c, s = math.cos(angle), math.sin(angle)
    return x * c + y * s + du, y * c - x * s + dv


def _step(distance: Field, size: int) -> Field:
    """0 where ``distance`` (in unit coordinates) is negative, 1 where positive, with an edge one pixel soft."""
    return np.clip(distance * size + 0.5, 0.0, 1.0)


def _spot(rng: np.random.Generator, low: float, high: float) -> tuple[float, float]:
    """A random point with both coordinates between ``low`` and ``high``."""
    return float(rng.uniform(low, high)), float(rng.uniform(low, high))


def _fold(x: Field) -> Field:
    """A triangle wave of period 1 between 0 and 1, 0 at whole numbers."""
    wave: Field = 1.0 - np.abs(1.0 - 2.0 * (x - np.floor(x)))
    return wave


def _noise(rng: np.random.Generator, size: int, cells: int) -> Field:
    """Smooth value noise on a ``cells`` x ``cells`` lattice."""
    lattice = rng.random((cells + 1, cells + 1), dtype=np.float32)
    at = _axis(size) * cells
    low = np.minimum(at.astype(np.int64), cells - 1)
    t = at - low
    t = t * t * (3 - 2 * t)
    weights = np.zeros((size, cells + 1), np.float32)
    rows = np.arange(size)
    weights[rows, low] = 1 - t
    weights[rows, low + 1] = t
    return weights @ lattice @ weights.T


def _clouds(rng: np.random.Generator, size: int, cells: int, octaves: int = 3, fade: float = 0.5) -> Field:
    """A sum of noises, each twice as fine and ``fade`` as strong as the one before, about 0 to 1."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        total += fade**octave * (_noise(rng, size, cells * 2**octave) - 0.5)
    return 0.5 + total / (1 + fade) * 1.3


def _cells(rng: np.random.Generator, size: int, cells: int) -> tuple[Field, Field, Field]:
    """Random cells: distances to the nearest and the second nearest point, and the number of the nearest.

    The points are a jittered ``cells`` x ``cells`` grid with a border of one, so that nine candidates are enough;
    their numbers are below ``(cells + 2) ** 2``.
    """
    wide = cells + 2
    px, py = (rng.uniform(0.13, 0.87, (2, wide, wide))).astype(np.float32)
    at = _axis(size) * cells
    low = np.minimum(at.astype(np.int64), cells - 1)
    part = at - low
    first = np.full((size, size), 99.0, np.float32)
    second = first.copy()
    which = np.zeros((size, size), np.int64)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            key = (low + 1 + dy)[:, None] * wide + (low + 1 + dx)[None, :]
            x = px.ravel()[key] + (dx - part)[None, :]
            y = py.ravel()[key] + (dy - part)[:, None]
            d = x * x + y * y
            which = np.where(d < first, key, which)
            second = np.minimum(second, np.maximum(d, first))
            first = np.minimum(first, d)
    return np.sqrt(first) / cells, np.sqrt(second) / cells, which


# -- families of straight and curved bands ----------------------------------------------------------------------------
@_family("stripe")
def _stripe(rng: np.random.Generator, size: int) -> Field:
    u, _ = _plane(rng, size)
    count, share = rng.uniform(4, 9), rng.uniform(0.35, 0.65)
    thin = rng.random() < 0.4  # a fine line beside every stripe
    wide = _step((_fold(u * count) - (1 - share)) / (2 * count), size)
    return np.maximum(wide, 0.5 * _step((0.1 - _fold(u * count)) / (2 * count), size)) if thin else wide


@_family("tartan")
def _tartan(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size, turn=50)
    count, share = rng.uniform(3, 5), rng.uniform(0.35, 0.55)
    total: Field = np.zeros((size, size), np.float32)
    for w in (u, v):
        fold = _fold(w * count)
        total = total + 0.4 * _step((fold - (1 - share)) / (2 * count), size)
        total = total + 0.2 * _step((0.12 - fold) / (2 * count), size)
    return total * 1.2


@_family("wave")
def _wave(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, bends, height = rng.uniform(4, 7), rng.uniform(1.5, 3.5), rng.uniform(0.03, 0.07)
    return _step((_fold((u + height * np.sin(TAU * bends * v)) * count) - 0.5) / (2 * count), size)


@_family("zigzag")
def _zigzag(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, teeth, height = rng.uniform(4, 7), rng.uniform(3, 6), rng.uniform(0.1, 0.2)
    return _step(
        (_fold((u + height * _fold(v * teeth)) * count) - 0.5) / (2 * count * math.hypot(1.0, 2 * height * teeth)), size
    )


@_family("ripple")
def _ripple(rng: np.random.Generator, size: int) -> Field:
    x, y = _axis(size)[None, :], _axis(size)[:, None]
    total = np.zeros((size, size), np.float32)
    for cx, cy in (_spot(rng, 0.05, 0.95), _spot(rng, 0.05, 0.95)):
        total += np.sin(TAU * rng.uniform(6, 9) * np.hypot(x - cx, y - cy) + rng.uniform(0, TAU))
    return 0.5 + 0.3 * total


@_family("target")
def _target(rng: np.random.Generator, size: int) -> Field:
    cx, cy = _spot(rng, 0.2, 0.8)
    count = rng.uniform(5, 9)
    radius = np.hypot(_axis(size)[None, :] - cx, _axis(size)[:, None] - cy)
    return _step((_fold(radius * count + rng.random()) - 0.5) / (2 * count), size)


@_family("spiral")
def _spiral(rng: np.random.Generator, size: int) -> Field:
    cx, cy = _spot(rng, 0.3, 0.7)
    x, y = _axis(size)[None, :] - cx, _axis(size)[:, None] - cy
    arms, count = int(rng.integers(1, 5)) * (1 if rng.random() < 0.5 else -1), rng.uniform(3.5, 6.5)
    turns = np.hypot(x, y) * count + arms * np.arctan2(y, x) / TAU + rng.random()
    return _step((_fold(turns) - 0.5) / (2 * count), size)


@_family("ray")
def _ray(rng: np.random.Generator, size: int) -> Field:
    cx, cy = _spot(rng, 0.25, 0.75)
    x, y = _axis(size)[None, :] - cx, _axis(size)[:, None] - cy
    count = int(rng.integers(7, 13))
    radius = np.hypot(x, y)
    fold = _fold(np.arctan2(y, x) / TAU * count + rng.random())
    return _step((fold - 0.5) * radius * (math.pi / count), size)


@_family("swirl")
def _swirl(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    a, b, c, d = (float(x) for x in rng.uniform(0, TAU, 4))
    for k, shift in ((1.3, a), (2.2, b)):  # stirred twice
        u, v = u + 0.16 * np.sin(TAU * k * v + shift), v + 0.16 * np.sin(TAU * k * u + shift + c)
    return 0.5 + 0.5 * np.sin(TAU * rng.uniform(2.5, 4) * u + d)


@_family("marble")
def _marble(rng: np.random.Generator, size: int) -> Field:
    u, _ = _plane(rng, size)
    bent = u * rng.uniform(2, 3.5) + 2.2 * _clouds(rng, size, 3, octaves=3)
    return np.sqrt(np.abs(np.sin(math.pi * bent)) + 0.004)


@_family("timber")
def _timber(rng: np.random.Generator, size: int) -> Field:
    x, y = _axis(size)[None, :], _axis(size)[:, None]
    bent = 0.16 * (_noise(rng, size, 3) - 0.5) + y
    rings = np.zeros((size, size), np.float32)
    for cx, cy in (_spot(rng, 0.1, 0.9), _spot(rng, 0.1, 0.9)):  # the grain flows round two knots
        rings += 0.12 * np.exp(-(((x - cx) * 4) ** 2) - ((y - cy) * 9) ** 2)
    grain: Field = 0.5 + 0.5 * np.sin(TAU * rng.uniform(7, 10) * (bent + rings * (1 if rng.random() < 0.5 else -1)))
    return grain


# -- families of grids ------------------------------------------------------------------------------------------------
@_family("check")
def _check(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count = rng.uniform(2.5, 5)
    a = 2 * _step((_fold(u * count) - 0.5) / (2 * count), size) - 1
    b = 2 * _step((_fold(v * count) - 0.5) / (2 * count), size) - 1
    checks: Field = 0.5 + 0.5 * a * b
    return checks


@_family("diamond")
def _diamond(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size, turn=15)
    count, slim = rng.uniform(3.5, 6), rng.uniform(0.5, 0.75)
    depth = (_fold(u * count) + _fold(v * count * slim) - 1.0) / (2 * count * math.hypot(1.0, slim))
    middle, width = 0.5 / (2 * count * math.hypot(1.0, slim)), 0.14 / (2 * count)
    line = _step(width - np.abs(depth - middle), size)  # a line inside every diamond
    return _step(depth, size) - 0.5 * line


@_family("dot")
def _dot(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, radius = rng.uniform(4, 7), rng.uniform(0.26, 0.38)
    u, v = u * count, v * count * 1.1547
    row = np.floor(v)
    u = u + 0.5 * (row % 2)
    distance = np.hypot(u - np.floor(u) - 0.5, (v - row - 0.5) / 1.1547)
    return _step((radius - distance) / count, size)


@_family("ring")
def _ring(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, radius, width = rng.uniform(3, 5), rng.uniform(0.28, 0.34), rng.uniform(0.06, 0.11)
    u, v = u * count, v * count
    u = u + 0.5 * (np.floor(v) % 2)
    distance = np.hypot(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5)
    rings = _step((width - np.abs(distance - radius)) / count, size)
    drawn: Field = np.maximum(rings, 0.5 * _step((0.5 * radius - distance) / count, size))
    return drawn


@_family("brick")
def _brick(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size, turn=20)
    rows, length, joint = rng.uniform(6, 10), rng.uniform(1.8, 2.6), rng.uniform(0.09, 0.15)
    v = v * rows
    row = np.floor(v)
    u = u * rows / length + 0.5 * (row % 2)
    edge = np.minimum(_fold(v) * 0.5, _fold(u) * 0.5 * length) - joint
    shade = rng.random((16, 16), dtype=np.float32)[row.astype(np.int64) % 16, np.floor(u).astype(np.int64) % 16]
    bricks: Field = _step(edge / rows, size) * (0.55 + 0.45 * shade)
    return bricks


@_family("weave")
def _weave(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count = rng.uniform(4, 7)
    u, v = u * count, v * count
    over = (np.floor(u) + np.floor(v)) % 2 > 0.5
    across, along = np.where(over, _fold(u), _fold(v)), np.where(over, _fold(v), _fold(u))
    band = _step((across - 0.24) / (2 * count), size)
    return band * (0.35 + 0.65 * np.sqrt(along)) * np.where(over, 1.0, 0.75)


@_family("scale")
def _scale(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, rows = rng.uniform(3.5, 6), 3.2  # rows of scales for each width of one
    u, v = u * count, v * count * rows
    row = np.floor(v)
    height: Field = np.zeros((size, size), np.float32)
    for up in (-1, 0, 1):  # upper rows overlap lower ones
        shifted = u + 0.5 * ((row - up) % 2)
        radius = np.hypot(shifted - np.floor(shifted) - 0.5, (v - row + up) / rows)
        inside = _step((0.5 - radius) / count, size)
        height += inside * (0.95 - 0.8 * np.minimum(radius * 2, 1) ** 3 - height)
    return height


@_family("honeycomb")
def _honeycomb(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, joint = rng.uniform(4, 6.5), rng.uniform(0.06, 0.1)
    u, v = u * count, v * count
    tall = math.sqrt(3.0)
    shade = rng.random((16, 16), dtype=np.float32)
    edges, keys = [], []
    for half in (0.0, 0.5):  # two interleaved grids of cell centres
        i, j = np.floor(u + half), np.floor(v / tall + half)
        x, y = np.abs(u + half - i - 0.5), np.abs(v + half * tall - (j + 0.5) * tall)
        edges.append(0.5 - np.maximum(x, 0.5 * x + 0.5 * tall * y))
        keys.append(shade[i.astype(np.int64) % 16, (j + 8 * half).astype(np.int64) % 16])
    nearer = edges[0] > edges[1]
    edge = np.where(nearer, edges[0], edges[1])
    return _step((edge - joint) / count, size) * (0.5 + 0.5 * np.where(nearer, *keys))


@_family("spangle")
def _spangle(rng: np.random.Generator, size: int) -> Field:
    u, v = _plane(rng, size)
    count, reach = rng.uniform(3, 5), rng.uniform(0.36, 0.44)
    u, v = u * count, v * count
    u = u + 0.5 * (np.floor(v) % 2)
    x, y = u - np.floor(u) - 0.5, v - np.floor(v) - 0.5
    fold = np.abs((np.arctan2(y, x) / TAU * 5) % 1.0 - 0.5) * 2  # 1 at the five tips
    edge = reach * 0.42 / (0.42 + (1 - fold) * 0.62)
    return _step((edge - np.hypot(x, y)) * 0.8 / count, size)


# -- families of random cells and noise -------------------------------------------------------------------------------
@_family("mosaic")
def _mosaic(rng: np.random.Generator, size: int) -> Field:
    cells = int(rng.integers(5, 8))
    first, second, which = _cells(rng, size, cells)
    shade = rng.random((cells + 2) ** 2, dtype=np.float32)
    stones: Field = _step(second - first - 0.022, size) * (0.3 + 0.7 * shade[which])
    return stones


@_family("crack")
def _crack(rng: np.random.Generator, size: int) -> Field:
    first, second, _ = _cells(rng, size, int(rng.integers(3, 6)))
    gap = second - first + 0.05 * (_clouds(rng, size, 9, octaves=2) - 0.5)
    ground: Field = _step(gap - 0.025, size) * (0.7 + 0.3 * np.clip(gap * 6, 0, 1))
    return ground


@_family("cobble")
def _cobble(rng: np.random.Generator, size: int) -> Field:
    first, second, _ = _cells(rng, size, int(rng.integers(4, 7)))
    stones: Field = np.clip((second - first - 0.02) * 9, 0, 1) ** 0.6
    return stones


@_family("grain")
def _grain(rng: np.random.Generator, size: int) -> Field:
    cells = int(rng.integers(20, 31))
    fine = _noise(rng, size, cells) + 0.5 * _noise(rng, size, cells // 2)
    return 0.5 + (fine - 0.75) * 1.6


@_family("haze")
def _haze(rng: np.random.Generator, size: int) -> Field:
    return 0.5 + (_clouds(rng, size, int(rng.integers(3, 5)), octaves=3) - 0.5) * 1.7


@_family("patch")
def _patch(rng: np.random.Generator, size: int) -> Field:
    field = _clouds(rng, size, int(rng.integers(5, 8)), octaves=2, fade=0.3)
    slope = 1 / 7  # about the steepness of the noise, so that the edge stays near one pixel
    return 0.5 * _step((field - 0.44) * slope, size) + 0.5 * _step((field - 0.58) * slope, size)


@_family("fleck")
def _fleck(rng: np.random.Generator, size: int) -> Field:
    cells = int(rng.integers(6, 9))
    first, _, which = _cells(rng, size, cells)
    radius = rng.uniform(0.12, 0.42, (cells + 2) ** 2).astype(np.float32) / cells
    shade = rng.choice(np.array([0.5, 1.0], np.float32), (cells + 2) ** 2)
    flecks: Field = _step(radius[which] - first, size) * shade[which]
    return flecks

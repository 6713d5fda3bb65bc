"""The seven styles: how an ink image becomes a picture."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from ood_studio.diorama import raster
from ood_studio.diorama.palette import LEVELS, SHADOW, SLOTS, ink, slot_inks

PIXEL_GRID = 32  # cells across a picture in pixel style
NOISE_GRID = 128  # noise grains across a picture
_OBJECT = np.zeros(256, bool)  # inks of objects, whichever their slot
for _slot in range(SLOTS):
    for _ink in slot_inks(_slot)[ink("body") : ink("mark+") + 1]:
        _OBJECT[[_ink, _ink + SHADOW]] = True
_PLACE = np.zeros(256, bool)
for _name in ("sky", "far", "ground", "detail", "detail2", "detail3"):
    for _level in LEVELS:
        _PLACE[[ink(_name + _level), ink(_name + _level) + SHADOW]] = True
_GLOWING = [ink(name + level) for name in ("gold", "amber", "glass") for level in LEVELS]


def tint(table: np.ndarray, style: str, light: float) -> np.ndarray:
    """The colour table ((2, 256, 3) uint8, top and bottom) as a style and a brightness (1 = normal) change it."""
    if style not in ("night", "silhouette") and light == 1.0:
        return table
    colours = table.astype(np.float32)
    if style == "night":
        gray = colours.mean(axis=2, keepdims=True)
        colours = (0.40 * colours + 0.16 * gray) * np.array((0.70, 0.80, 1.12), np.float32) + (6, 10, 36)
        colours[:, _GLOWING] = (255, 222, 130)
    elif style == "silhouette":
        dusk = np.array([[[96, 84, 150]], [[255, 186, 120]]], np.float32)
        gray = colours.mean(axis=2, keepdims=True)
        behind = np.where(_PLACE[:, None], dusk * (0.45 + 0.75 * gray / 255), dusk * 0.42)
        colours = np.where(_OBJECT[:, None], np.array((34, 26, 50), np.float32), behind)
    if light > 1:
        colours = 255 - (255 - colours) / light
    elif light < 1:
        colours = colours * light
    return np.clip(colours, 0, 255).astype(np.uint8)


def finish(canvas: np.ndarray, table: np.ndarray, style: str, size: int, seed: str) -> Image.Image:
    """The picture, ``size`` pixels square, of an ink array under the colour table that `tint` gave."""
    number = zlib.crc32(seed.encode())
    if style == "sketch":
        return _sketch(canvas, table[0], size)
    if style == "painted":
        canvas = canvas.reshape(-1)[_strokes(canvas.shape[0], number % 4)]
    picture = raster.colour(canvas, table, size)
    if style == "painted":
        return ImageChops.overlay(picture, _bristles(size, number % 4))
    if style == "pixel":
        small = picture.resize((PIXEL_GRID, PIXEL_GRID), Image.Resampling.BOX)
        small = ImageOps.posterize(small.filter(ImageFilter.UnsharpMask(1, 90, 0)), 4)
        return small.resize((size, size), Image.Resampling.NEAREST)
    if style == "noisy":
        return _noisy(picture, number)
    return picture


def _sketch(canvas: np.ndarray, table: np.ndarray, size: int) -> Image.Image:
    """Pencil on paper: dark lines where the ink changes, a little tone from the colours' brightness."""
    plain = canvas & (SHADOW - 1)
    material = (plain // len(LEVELS)).astype(np.int16)
    width = max(1, canvas.shape[0] // 150)
    edge = np.zeros(canvas.shape, bool)
    for axis in (0, 1):
        change = np.roll(material, -width, axis) != material
        edge |= change
    edge[-width:] = edge[:, -width:] = False
    tone = (table.astype(np.float32).mean(axis=1) / 255)[canvas]
    paper = 196 + 56 * tone
    rows, columns = np.ogrid[: canvas.shape[0], : canvas.shape[1]]
    hatch = ((rows + columns) * 48 // canvas.shape[0]) % 2 == 0
    paper[hatch & (tone < 0.42)] -= 46
    paper[edge] = 58
    gray = Image.fromarray(paper.astype(np.uint8)).reduce(canvas.shape[0] // size)
    return ImageOps.colorize(gray, (40, 38, 52), (255, 252, 244))


def _noisy(picture: Image.Image, seed: int) -> Image.Image:
    size = picture.size[0]
    rng = np.random.Generator(np.random.PCG64(seed))
    grains = rng.integers(-38, 39, (NOISE_GRID // 2, NOISE_GRID // 2, 3), dtype=np.int16)
    if size != NOISE_GRID // 2:
        cell = np.arange(size) * (NOISE_GRID // 2) // size
        grains = grains[cell][:, cell]
    return Image.fromarray(np.clip(np.asarray(picture).astype(np.int16) + grains, 0, 255).astype(np.uint8))


@lru_cache(maxsize=16)
def _strokes(canvas: int, variant: int) -> np.ndarray:
    """For every pixel, the (flat) pixel whose ink it takes: the middle of the brush stroke that covers it."""
    rng = np.random.Generator(np.random.PCG64(variant))
    image = Image.new("I", (canvas, canvas), 0)
    identity = np.arange(canvas * canvas, dtype=np.int64).reshape(canvas, canvas)
    draw = ImageDraw.Draw(image)
    count = 9000
    x, y = rng.uniform(0, 1, count), rng.uniform(0, 1, count)
    angle = 0.5 + 0.9 * np.sin(3 * x + 2 * y) + rng.normal(0, 0.25, count)
    long, thin = rng.uniform(0.010, 0.018, count), rng.uniform(0.003, 0.006, count)
    for i in range(count):
        cx, cy = int(x[i] * canvas), int(y[i] * canvas)
        a, b = np.cos(angle[i]) * canvas, np.sin(angle[i]) * canvas
        corners = [
            (u * long[i] * a - v * thin[i] * b, u * long[i] * b + v * thin[i] * a)
            for u, v in ((-1, -0.6), (-0.7, -1), (0.8, -1), (1, 0), (0.8, 1), (-0.7, 1), (-1, 0.6))
        ]
        draw.polygon([(cx + u, cy + v) for u, v in corners], fill=cy * canvas + cx + 1)
    taken = np.asarray(image, dtype=np.int64)
    return np.where(taken > 0, taken - 1, identity)


@lru_cache(maxsize=16)
def _bristles(size: int, variant: int) -> Image.Image:
    """A gray picture that lightens and darkens the strokes a little, for `ImageChops.overlay`."""
    strokes = _strokes(size * 2, variant)
    jitter = ((strokes * 2654435761) >> 7) % 41
    gray = Image.fromarray((108 + jitter).astype(np.uint8)).reduce(2)
    return gray.convert("RGB")

"""Paints drawings into images of ink numbers and colours them.

Paper theatre is the look: every cut-out has a shaded lower-right rim, a lit upper-left rim and casts a soft-edged
shadow on what lies behind it. All of it happens on ink numbers, so it costs a few byte operations.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from ood_studio.diorama.palette import LEVELS, SHADOW, slot_inks
from ood_studio.diorama.pen import Drawing

_SLOT_INKS = [slot_inks(slot) for slot in range(3)]


def affine(x: float, y: float, scale: tuple[float, float], angle: float = 0.0, mirrored: bool = False) -> np.ndarray:
    """A (2, 3) matrix: scale (mirrored in x if asked), turn clockwise by ``angle`` degrees, move to (x, y)."""
    c, s = (np.cos(np.radians(angle)), np.sin(np.radians(angle))) if angle else (1.0, 0.0)
    sx, sy = (-scale[0] if mirrored else scale[0]), scale[1]
    return np.array([[c * sx, -s * sy, x], [s * sx, c * sy, y]])


def paint(draw: ImageDraw.ImageDraw, drawing: Drawing, matrix: np.ndarray, slot: int = 0) -> None:
    """Fills the drawing's polygons, mapped to pixels by ``matrix``, into the ink image behind ``draw``."""
    _fill(draw, drawing, drawing.points @ matrix[:, :2].T + (matrix[:, 2] + 0.5), slot)


def _fill(draw: ImageDraw.ImageDraw, drawing: Drawing, pixels: np.ndarray, slot: int) -> None:
    """Fills the drawing's polygons, whose points lie at ``pixels`` (n, 2)."""
    # Pillow cuts corners of polygons to whole pixels. Doing so beforehand makes them exact in the single precision of
    # the buffers that it reads several times faster than lists.
    corners = np.trunc(pixels).astype(np.float32)
    inks = _SLOT_INKS[slot]
    start = 0
    for end, ink in zip(drawing.ends, drawing.inks, strict=True):
        draw.polygon(corners[start:end], fill=inks[ink])
        start = end


def cut_out(drawing: Drawing, matrix: np.ndarray, canvas: int, slot: int = 0) -> tuple[np.ndarray, tuple[int, int]]:
    """The drawing alone as an ink array (0 = nothing) cropped to the canvas, with its (left, top) there.

    An array of shape (0, 0) if nothing of it lies on the canvas.
    """
    unmoved, (dx, dy) = drawing.points @ matrix[:, :2].T, matrix[:, 2].tolist()
    x, y = np.ascontiguousarray(unmoved.T)
    left = max(math.floor(float(x.min()) + dx) - 1, 0)
    top = max(math.floor(float(y.min()) + dy) - 1, 0)
    right = min(math.ceil(float(x.max()) + dx) + 2, canvas)
    bottom = min(math.ceil(float(y.max()) + dy) + 2, canvas)
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8), (0, 0)
    inks = np.zeros((bottom - top, right - left), np.uint8)
    image = Image.frombuffer("L", (right - left, bottom - top), inks, "raw", "L", 0, 1)
    image.readonly = 0  # draw into the array itself
    _fill(ImageDraw.Draw(image), drawing, unmoved + np.array([dx - left + 0.5, dy - top + 0.5]), slot)
    return inks, (left, top)


def bevel(inks: np.ndarray, depth: int) -> None:
    """Shades the lower-right rim and lights the upper-left rim of a cut-out, in place, ``depth`` pixels wide."""
    if min(inks.shape, default=0) <= 2 * depth or depth < 1:
        return
    solid = inks > 0
    lower, upper = np.zeros_like(solid), np.zeros_like(solid)
    lower[:-depth, :-depth] = solid[depth:, depth:]
    upper[depth:, depth:] = solid[:-depth, :-depth]
    # sums of bytes in place of masked assignments, which are several times slower
    rim = solid & (inks - inks // len(LEVELS) * len(LEVELS) == 0)
    inks += (rim & ~lower).view(np.uint8)
    inks += (rim & lower & ~upper).view(np.uint8) * np.uint8(2)


def paste(canvas: np.ndarray, inks: np.ndarray, at: tuple[int, int], shadow: int = 0) -> None:
    """Lays a cut-out on the canvas (both ink arrays); it casts a shadow ``shadow`` pixels to the lower right."""
    if inks.size == 0:
        return
    left, top = at
    height, width = inks.shape
    solid = inks > 0
    if shadow:
        below = canvas[top + shadow : top + shadow + height, left + shadow : left + shadow + width]
        below |= solid[: below.shape[0], : below.shape[1]].view(np.uint8) * np.uint8(SHADOW)
    view = canvas[top : top + height, left : left + width]
    np.copyto(view, inks, where=solid)


def colour(canvas: np.ndarray, table: np.ndarray, size: int) -> Image.Image:
    """The ink array as an RGB picture of ``size`` pixels.

    ``table`` is (2, 256, 3) uint8, the colours at the upper and at the lower edge of the picture; the canvas's side
    must be a multiple of ``size``.
    """
    inks = Image.fromarray(canvas)
    inks.putpalette(table[0].tobytes())
    upper = inks.convert("RGB")
    inks.putpalette(table[1].tobytes())
    lower = inks.convert("RGB")
    return Image.composite(lower, upper, _ramp(canvas.shape[0])).reduce(canvas.shape[0] // size)


@lru_cache(maxsize=8)
def _ramp(size: int) -> Image.Image:
    return Image.linear_gradient("L").resize((size, size), Image.Resampling.BILINEAR)

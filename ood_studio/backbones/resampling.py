"""A backbone's resizing as a differentiable function, so that gradients reach a photograph's own pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ood_studio.backbones.base import Backbone, BackboneError

_LARGEST_ERROR = 0.02  # mean difference to the backbone's own preprocessing, in [0, 1], beyond which it is not like it

_TOPS = tuple(range(254, 190, -8))  # levels that ramps reach
_MOST = 4  # times the input's size, of images that may only be cut

Array = NDArray[np.float64]


def resampling(backbone: Backbone, height: int, width: int) -> Callable[[Tensor], Tensor]:
    """What `Backbone.preprocess` does to images of a size, but for its rounding to 8 bits.

    Args:
        backbone: any model that resizes and crops, or squashes; with or without cropping a margin.
        height, width: of the images.

    Returns:
        A differentiable function (batch, 3, height, width) -> (batch, 3, *backbone.input_shape); exactly the backbone's
        own where it only cuts images of that size, or leaves them as they are.

    Raises:
        BackboneError: if the model prepares images in another way, such as with a border around them.
    """
    cut = cut_of(backbone, height, width)
    if cut is not None:
        rows_kept, columns_kept = cut
        return lambda pixels: pixels[..., rows_kept, columns_kept]
    rows, columns = _matrices(backbone, height, width)

    def resize(pixels: Tensor) -> Tensor:
        return rows.to(pixels) @ pixels @ columns.to(pixels).T

    return resize


def cut_of(backbone: Backbone, height: int, width: int) -> tuple[slice, slice] | None:
    """The rows and columns of images of a size that the backbone takes as they are; None where it changes them."""
    rows, columns = backbone.input_shape
    if not (rows <= height <= _MOST * rows and columns <= width <= _MOST * columns):
        return None  # nobody cuts so much off, and a photograph's worth of noise takes a while
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    given = torch.from_numpy(noise).permute(2, 0, 1)
    seen = (backbone.preprocess([Image.fromarray(noise)])[0] * 255).round().to(torch.uint8)
    for top in _middle(height - rows):
        for left in _middle(width - columns):
            rows_kept, columns_kept = slice(top, top + rows), slice(left, left + columns)
            if torch.equal(given[:, rows_kept, columns_kept], seen):
                return rows_kept, columns_kept
    return None


def _middle(margin: int) -> list[int]:
    """Where a cut from the middle may begin: implementations round half a pixel to either side."""
    return sorted({margin // 2, (margin + 1) // 2})


def shown_part(backbone: Backbone, height: int, width: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """What a backbone shows of images of a size, in pixels of theirs: where it begins and ends, down and across."""
    return _box(backbone, height, width, across=False), _box(backbone, height, width, across=True)


def _matrices(backbone: Backbone, height: int, width: int) -> tuple[Tensor, Tensor]:
    """(input height, height) and (input width, width): output = rows @ image @ columnsᵀ.

    Which part of the image the model looks at is read from what its preprocessing makes of two ramps, which filter
    it uses from noise.
    """
    out_height, out_width = backbone.input_shape
    down, across = shown_part(backbone, height, width)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (max(1, height // 2), max(1, width // 2), 3), dtype=np.uint8)
    probe = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    wanted = backbone.preprocess([probe])[0].double().numpy()
    given = np.asarray(probe, np.float64).transpose(2, 0, 1) / 255
    best: tuple[float, Array, Array] | None = None
    for kernel, support in ((_cubic, 2.0), (_linear, 1.0), (_lanczos, 3.0)):
        vertical = _weights(down, out_height, height, kernel, support)
        sideways = _weights(across, out_width, width, kernel, support)
        error = float(np.abs((vertical @ given @ sideways.T).clip(0, 1) - wanted).mean())
        if best is None or error < best[0]:
            best = error, vertical, sideways
    assert best is not None
    if best[0] > _LARGEST_ERROR:
        raise BackboneError(
            f"{backbone.name} prepares pictures of {width} × {height} pixels in a way that gradients cannot follow; "
            f"give it a picture of {out_width} × {out_height} pixels"
        )
    rows, columns = (torch.from_numpy(each).float().to(backbone.device) for each in best[1:])
    return rows, columns


def _ramps(height: int, width: int, *, across: bool) -> Iterator[tuple[int, Image.Image]]:
    """Images that brighten evenly from 0 along an axis, and the level that each reaches.

    Each is of another steepness and has its own share of a level added: where all pixels of one are rounded alike, by
    the image or by the model's resizing, those of the others are not.
    """
    length = width if across else height
    for part, top in enumerate(_TOPS):
        share = (2 * part + 1) / (2 * len(_TOPS))
        line = np.floor((np.arange(length) + 0.5) / length * top + share).astype(np.uint8)
        plane = np.broadcast_to(line[None, :] if across else line[:, None], (height, width))
        yield top, Image.fromarray(np.repeat(plane[..., None], 3, axis=2))


def _box(backbone: Backbone, height: int, width: int, *, across: bool) -> tuple[float, float]:
    """Begin and end, in pixels of images of a size, of what the output shows of them, from what it makes of ramps."""
    length = width if across else height
    places = []
    for top, ramp in _ramps(height, width, across=across):
        seen = backbone.preprocess([ramp])[0].double().mean(dim=(0, 1) if across else (0, 2)).numpy()
        places.append(seen * 255 / top * length)  # floor takes half a level on average, and the shares add it
    count = len(places[0])
    inner = slice(count // 8, count - count // 8)  # the ends of a ramp are bent by the filter
    step, first = np.polyfit(np.arange(count)[inner] + 0.5, np.mean(places, axis=0)[inner], 1)
    return float(first), float(first + step * count)


def _weights(
    box: tuple[float, float], count: int, length: int, kernel: Callable[[Array], Array], support: float
) -> Array:
    """(count, length) weights of a filter that is widened where it shrinks, as Pillow's are."""
    begin, end = box
    step = (end - begin) / count
    scale = max(step, 1.0)
    centres = begin + (np.arange(count) + 0.5) * step
    distances = (np.arange(length)[None, :] + 0.5 - centres[:, None]) / scale
    weights = np.where(np.abs(distances) < support, kernel(distances), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(np.abs(total) < 1e-9, 1.0, total)


def _cubic(x: Array) -> Array:
    a, x = -0.5, np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _linear(x: Array) -> Array:
    return np.maximum(0.0, 1 - np.abs(x))


def _lanczos(x: Array) -> Array:
    return np.sinc(x) * np.sinc(x / 3)

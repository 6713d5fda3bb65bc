"""Small differentiable changes of images that an attack can learn to withstand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kind = Literal["resize", "crop", "jpeg"]

_SHARES = (0.5, 1.0)  # of the height and width that a resize leaves
_CROPS = (0.8, 1.0)  # of the height and width that a crop leaves
_QUALITIES = (40.0, 95.0)

# The example tables of the JPEG standard (ITU-T T.81, Annex K), which every common encoder scales.
_LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_CHROMA = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 "
    "99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"
)


def draw_transform(kinds: Sequence[Kind], generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """One transformation of a kind drawn at random, with parameters drawn at random; none for no kinds."""
    if not kinds:
        return lambda pixels: pixels
    which, *rest = torch.rand(4, generator=generator, dtype=torch.float64).tolist()
    kind = kinds[min(int(which * len(kinds)), len(kinds) - 1)]
    if kind == "resize":
        return partial(resized, share=_between(_SHARES, rest[0]))
    if kind == "crop":
        return partial(cropped, share=_between(_CROPS, rest[0]), down=rest[1], right=rest[2])
    return partial(jpeg_like, quality=_between(_QUALITIES, rest[0]))


def resized(pixels: Tensor, share: float) -> Tensor:
    """Shrunk to a share of height and width and enlarged again; (batch, 3, height, width) -> the same."""
    height, width = pixels.shape[-2:]
    small = (max(1, round(height * share)), max(1, round(width * share)))
    return _scaled(_scaled(pixels, small), (height, width))


def cropped(pixels: Tensor, share: float, down: float, right: float) -> Tensor:
    """A share of height and width, enlarged again; ``down`` and ``right`` in [0, 1] say from where."""
    height, width = pixels.shape[-2:]
    rows, columns = max(1, round(height * share)), max(1, round(width * share))
    top, left = round(down * (height - rows)), round(right * (width - columns))
    return _scaled(pixels[..., top : top + rows, left : left + columns], (height, width))


def jpeg_like(pixels: Tensor, quality: float) -> Tensor:
    """JPEG at a quality from 1 to 100, without thinned-out colours; the gradient passes through its rounding."""
    height, width = pixels.shape[-2:]
    padded = functional.pad(pixels, (0, -width % 8, 0, -height % 8), mode="replicate")
    luma = torch.tensor([0.299, 0.587, 0.114]).to(padded)
    y = (padded * luma[:, None, None]).sum(dim=1, keepdim=True)
    blue = (padded[:, 2:] - y) / 1.772
    red = (padded[:, :1] - y) / 1.402
    planes = torch.cat([y - 128 / 255, blue, red], dim=1) * 255
    blocks = planes.reshape(*planes.shape[:2], planes.shape[2] // 8, 8, planes.shape[3] // 8, 8).transpose(3, 4)
    cosines = _cosines().to(padded)
    table = _tables(quality).to(padded)[:, None, None]
    coefficients = cosines @ blocks @ cosines.T / table
    kept = coefficients + (coefficients.round() - coefficients).detach()
    back = (cosines.T @ (kept * table) @ cosines).transpose(3, 4).flatten(4, 5).flatten(2, 3) / 255
    y, blue, red = back[:, :1] + 128 / 255, back[:, 1:2], back[:, 2:]
    green = (y - luma[0] * (y + 1.402 * red) - luma[2] * (y + 1.772 * blue)) / luma[1]
    rgb = torch.cat([y + 1.402 * red, green, y + 1.772 * blue], dim=1)
    return rgb[..., :height, :width].clamp(0, 1)


def _between(ends: tuple[float, float], place: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * place


def _scaled(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(pixels.shape[-2:]) == size:
        return pixels
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True, align_corners=False)


@lru_cache(maxsize=1)
def _cosines() -> Tensor:
    """(8, 8), the orthonormal discrete cosine transform."""
    places = torch.arange(8, dtype=torch.float64)
    matrix = torch.cos((2 * places + 1) * places[:, None] * math.pi / 16) / 2
    matrix[0] /= math.sqrt(2)
    return matrix


def _tables(quality: float) -> Tensor:
    """(3, 8, 8) step sizes, as libjpeg scales them."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    tables = [torch.tensor([float(each) for each in text.split()]).view(8, 8) for text in (_LUMA, _CHROMA, _CHROMA)]
    return ((torch.stack(tables) * scale + 50) / 100).floor().clamp(1, 255)

"""Random views of images, which self-supervised models must find alike."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

_GRAY = 0.2  # share of views without colour


def view(pixels: Tensor, smallest: float, rng: np.random.Generator) -> Tensor:
    """A random part of each image, mirrored or not, in other colours.

    Args:
        pixels: (n, 3, size, size) in [0, 1].
        smallest: share of the image's area that a view has at least.
        rng: random numbers.

    Returns:
        (n, 3, size, size) in [0, 1].
    """
    n = len(pixels)
    area = rng.uniform(smallest, 1.0, n)
    ratio = np.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3), n))
    width, height = np.minimum(np.sqrt(area * ratio), 1), np.minimum(np.sqrt(area / ratio), 1)
    x, y = rng.uniform(-1, 1, n) * (1 - width), rng.uniform(-1, 1, n) * (1 - height)
    zero = np.zeros(n)
    theta = np.stack([width * rng.choice((-1, 1), n), zero, x, zero, height, y], axis=1).reshape(n, 2, 3)
    grid = F.affine_grid(torch.from_numpy(theta.astype(np.float32)), list(pixels.shape), align_corners=False)
    found = F.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)

    def each(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (n, channels, 1, 1)).astype(np.float32))

    found = found * each(0.6, 1.4) * each(0.8, 1.2, 3)
    middle = found.mean((1, 2, 3), keepdim=True)
    found = (found - middle) * each(0.6, 1.4) + middle
    gray = torch.from_numpy(rng.random(n) < _GRAY)[:, None, None, None]
    return torch.where(gray, found.mean(1, keepdim=True).expand_as(found), found).clamp(0, 1)

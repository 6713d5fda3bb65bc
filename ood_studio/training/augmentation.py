"""Small random changes to training images, after which they show the same."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def jittered(pixels: Tensor, shift: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Each image moved by up to ``shift`` pixels, half of them mirrored, their brightness changed by up to 10 %.

    Args:
        pixels: (n, 3, size, size) in [0, 1]; the result may lie a little beyond 1.

    Returns:
        the images, and which of them, (n,) bool, are mirrored.
    """
    size = pixels.shape[-1]
    if shift:
        padded = F.pad(pixels, (shift,) * 4, mode="reflect")
        moves = zip(*rng.integers(0, 2 * shift + 1, (2, len(pixels))), strict=True)
        pixels = torch.stack([padded[i, :, y : y + size, x : x + size] for i, (x, y) in enumerate(moves)])
    flip = torch.from_numpy(rng.random(len(pixels)) < 0.5)
    mirrored = torch.where(flip[:, None, None, None], pixels.flip(3), pixels)
    return mirrored * torch.from_numpy(rng.uniform(0.9, 1.1, (len(pixels), 1, 1, 1)).astype(np.float32)), flip

"""Pixels as models and methods change them, and images as files hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError


def to_pixels(images: Sequence[Image.Image]) -> Tensor:
    """(batch, 3, height, width) float32 in [0, 1] of images of one size, which is kept.

    Raises:
        StudioError: for no images, or images of several sizes.
    """
    sizes = {image.size for image in images}
    if len(sizes) != 1:
        raise StudioError(f"images in one batch must be of one size, not {len(sizes)}")
    arrays = np.stack([np.asarray(image.convert("RGB")) for image in images])
    return torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255


def to_images(pixels: Tensor) -> list[Image.Image]:
    """Images of 8 bits a channel, each value rounded to the nearest, from (batch, 3, height, width) in [0, 1]."""
    levels = (pixels.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(each) for each in levels]

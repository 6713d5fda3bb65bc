"""An image and its mask at the size at which they are attacked."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones.base import Backbone
from ood_studio.backbones.framing import framed
from ood_studio.core.errors import StudioError
from ood_studio.data.pixels import to_pixels


def fitted_pixels(image: Image.Image, backbone: Backbone, *, full_size: bool, longest: int) -> Tensor:
    """(1, 3, height, width) in [0, 1]: of `framed`, or at the image's own size.

    Args:
        image: RGB, of any size.
        backbone: whose size it is.
        full_size: keep the image's size.
        longest: where the size is kept, an image whose longer side has more pixels is shrunk to so many.
    """
    if not full_size:
        return framed(backbone, [image])
    if max(image.size) > longest:
        share = longest / max(image.size)
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return to_pixels([image])


def fitted_mask(mask: np.ndarray, image: Image.Image, pixels: Tensor, backbone: Backbone, *, full_size: bool) -> Tensor:
    """(height, width) in [0, 1] over the pixels that are attacked; without ``full_size`` cropped as the image is.

    Args:
        mask: (height, width) in [0, 1] over the whole image, of any size, 0 where nothing may change.
        image: the whole image.
        pixels: of `fitted_pixels`.
        backbone, full_size: as there.

    Raises:
        StudioError: for numbers of another shape or beyond [0, 1], or a mask that lets nothing change.
    """
    levels = np.asarray(mask, np.float32)
    if levels.ndim != 2 or not levels.size or not bool(((levels >= 0) & (levels <= 1)).all()):
        raise StudioError(f"a mask must be (height, width) numbers in [0, 1], not of shape {levels.shape}")
    if not levels.any():
        raise StudioError("the mask lets nothing change; leave some of the picture open")
    drawn = Image.fromarray((levels * 255).round().astype(np.uint8))
    if full_size:
        height, width = pixels.shape[-2:]
        return torch.from_numpy(np.asarray(drawn.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255)
    seen = framed(backbone, [drawn.resize(image.size, Image.Resampling.BILINEAR).convert("RGB")])
    return seen[0].mean(dim=0).clamp(0, 1)

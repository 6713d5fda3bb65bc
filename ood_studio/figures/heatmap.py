"""Where in an image the evidence for the ID labels lies."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ood_studio.figures.colours import ramp

_STOPS = np.array([[249, 115, 22], [250, 204, 120], [186, 210, 250], [37, 99, 235]], np.float64)  # OOD to ID


def overlay(image: Image.Image, heat: np.ndarray, opacity: float = 0.62) -> Image.Image:
    """The image under a smooth map from orange (0, negative labels) to blue (1, ID labels).

    Args:
        image: RGB, shown in gray below the map.
        heat: (rows, columns) in [0, 1], row 0 at the top; it covers the whole image.
        opacity: of the map, 0 to 1.
    """
    smooth = Image.fromarray(np.clip(heat * 255, 0, 255).astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    coloured = Image.fromarray(ramp(_STOPS)[np.asarray(smooth)])
    return Image.blend(image.convert("L").convert("RGB"), coloured, opacity)

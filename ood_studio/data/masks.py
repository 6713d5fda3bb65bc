"""Images as masks: white is where something may change, and where there is transparency, what is drawn."""

from __future__ import annotations

import numpy as np
from PIL import Image

_HALF = 128


def mask_of(image: Image.Image) -> tuple[Image.Image, str]:
    """A mask of 8 bits, white where something may change, and how it was read where that is not plain.

    Without transparency that differs between pixels, lightness is the mask. With it, its content decides: where what is
    drawn has light and dark parts, lightness is the mask and what is transparent stays dark; where all that is drawn is
    of one kind, as of strokes of a brush whatever its colour, opacity is the mask.

    Returns:
        An image of mode ``L``, and a sentence for people; empty where lightness alone is the mask.
    """
    if not image.has_transparency_data:
        return image.convert("L"), ""
    layer = image.convert("RGBA")
    alpha = np.asarray(layer.getchannel("A"))
    light = np.asarray(layer.convert("RGB").convert("L"))
    if alpha.min() == alpha.max():
        return Image.fromarray(light), ""
    drawn = light[alpha >= _HALF]
    if drawn.size and drawn.min() < _HALF <= drawn.max():
        levels = (light.astype(np.uint16) * alpha // 255).astype(np.uint8)
        what = "its light parts may change, its dark and its transparent ones not"
    else:
        levels = alpha
        what = "what is drawn in it may change, what is transparent not"
    share = float((levels >= _HALF).mean())
    return Image.fromarray(levels), f"The mask has transparency: {what} ({share:.0%} of the picture may change)."

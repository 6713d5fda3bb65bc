"""A perturbation as people can see it: amplified around grey, and as a map of its size (PLP, Fig. 1 e and f)."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ood_studio.figures.colours import ramp

_STOPS = np.array(
    [
        [0, 0, 4],
        [40, 11, 84],
        [101, 21, 110],
        [159, 42, 99],
        [212, 72, 66],
        [245, 125, 21],
        [250, 193, 39],
        [252, 255, 164],
    ],
    np.float64,
)
RAMP = ", ".join(f"rgb({red:.0f} {green:.0f} {blue:.0f})" for red, green, blue in _STOPS)
"""The colours of `size_map` from 0 to the largest, as stops of a CSS gradient."""

GAINS = (1, 2, 4, 8, 16, 32, 64, 128)


def gain_of(change: np.ndarray) -> int:
    """By how much a perturbation may be amplified so that 99 % of its values still fit.

    Args:
        change: (height, width, 3) in [-1, 1].
    """
    large = float(np.quantile(np.abs(change), 0.99)) if change.size else 0.0
    return max((gain for gain in GAINS if gain * large <= 0.5), default=1)


def amplified(change: np.ndarray, gain: int) -> Image.Image:
    """The perturbation times ``gain`` around middle grey, which is no change.

    Args:
        change: (height, width, 3) in [-1, 1].
    """
    return Image.fromarray(((0.5 + change * gain).clip(0, 1) * 255).round().astype(np.uint8))


def sizes(change: np.ndarray) -> np.ndarray:
    """(height, width), for each pixel the Euclidean length of the change of its three channels."""
    lengths: np.ndarray = np.sqrt(np.square(change.astype(np.float64)).sum(axis=2))
    return lengths


def size_map(lengths: np.ndarray, top: float) -> Image.Image:
    """`sizes` from dark (0) to bright (``top``)."""
    levels = (lengths / top if top > 0 else np.zeros_like(lengths)).clip(0, 1)
    return Image.fromarray(ramp(_STOPS)[(levels * 255).round().astype(np.uint8)])

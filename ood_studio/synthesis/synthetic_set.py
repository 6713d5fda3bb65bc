"""Synthetic sets: image sets in their own folder of the cache."""

from __future__ import annotations

from ood_studio.data.image_sets import ImageSet, image_sets

SyntheticSet = ImageSet
"""Each entry says how its image was made: method, source, contexts, seed, parameters, scores on the way."""


def synthetic_sets() -> list[SyntheticSet]:
    """Every synthetic set in the cache that has images, the newest first."""
    return image_sets("synthetic")

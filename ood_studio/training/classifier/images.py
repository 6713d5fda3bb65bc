"""What the classifier learns from: scenes, some of them as the autoencoder gives them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ood_studio.training.autoencoder.model import signed
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.recipe import Recipe
from ood_studio.training.scene_cache import load_scenes, scene_anywhere

_AT_ONCE = 100


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """What is learnt.

    Attributes:
        pixels: (n, 64, 64, 3) uint8.
        labels: (n,) int64.
        weights: (n,) of each to be drawn, cumulative; they make every class at every place equally likely.
        key: a digest of the scenes.
    """

    pixels: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    key: str


def labelled_images(recipe: ClassifierRecipe) -> LabelledImages:
    """Scenes of ID classes, at places natural to them and at any."""
    caches = (
        load_scenes(recipe.pictures, recipe.seed),
        load_scenes(recipe.anywhere, recipe.seed, draw=scene_anywhere),
    )
    used = [np.flatnonzero(cache.has_id_class) for cache in caches]
    pixels = np.concatenate([cache.pixels[rows] for cache, rows in zip(caches, used, strict=True)])
    labels = np.concatenate([cache.labels[rows] for cache, rows in zip(caches, used, strict=True)])
    places = [cache.scenes[row].place for cache, rows in zip(caches, used, strict=True) for row in rows]
    kinds = [f"{place}/{label}" for place, label in zip(places, labels, strict=True)]
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return LabelledImages(pixels, labels, (1 / counts[kind]).cumsum(), "/".join(cache.key for cache in caches))


@torch.no_grad()
def reconstructed(autoencoder: Any, pixels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Images, (n, 64, 64, 3) uint8, as the autoencoder gives them back."""
    out = np.empty_like(pixels)
    for start in range(0, len(pixels), _AT_ONCE):
        given = signed(pixels[start : start + _AT_ONCE]).to(autoencoder.device)
        with recipe.autocast(given.device):
            found = autoencoder.decode(autoencoder.encode(given).latent_dist.mode()).sample
        found = ((found.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        out[start : start + _AT_ONCE] = found.permute(0, 2, 3, 1).cpu().numpy()
    return out

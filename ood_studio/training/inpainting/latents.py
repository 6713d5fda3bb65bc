"""Scenes as the latents of the finished autoencoder, and masks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from ood_studio.training.autoencoder.model import signed
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.scene_cache import SceneCache

_AT_ONCE = 64


class Latents:
    """Scenes as latents, worked out once.

    Half of the masks are boxes around the main object, where there is one; the others lie anywhere.

    Attributes:
        scenes: what they are of.
        images: (n, 4, 32, 32) float16, scaled.
        masks: (boxed, 1, 32, 32), 1 inside a box, for the first scenes.
        outside: (boxed, 4, 32, 32) float16, of those images with the box blanked.
        blank: (1, 4, 32, 32) float16, of an image that is blank everywhere.
    """

    def __init__(self, recipe: InpaintingRecipe, scenes: SceneCache, autoencoder: Any) -> None:
        self.scenes = scenes
        boxed = min(recipe.boxes, len(scenes.pixels))
        masks = draw_masks(scenes, boxed, recipe.seed)

        def encode(pixels: Callable[[slice], Tensor], count: int, title: str) -> Tensor:
            return encode_all(autoencoder, pixels, count, title, recipe)

        self.images = encode(lambda rows: signed(scenes.pixels[rows]), len(scenes.pixels), "latents")
        self.masks = F.interpolate(masks[:, None].float(), (32, 32))  # nearest, as the pipeline does
        self.outside = encode(lambda rows: signed(scenes.pixels[rows]) * ~masks[rows, None], boxed, "masked latents")
        self.blank = encode(lambda rows: torch.zeros(1, 3, 64, 64), 1, "blank")


@torch.no_grad()
def encode_all(
    autoencoder: Any, pixels: Callable[[slice], Tensor], count: int, title: str, recipe: InpaintingRecipe
) -> Tensor:
    """(count, 4, 32, 32) float16: scaled latents, the modes of their distributions.

    Args:
        autoencoder: on its device.
        pixels: (rows, 3, 64, 64) in [-1, 1] of a slice of the rows.
        count: rows.
        title: of the bar on the terminal.
        recipe: its precision.
    """
    out = torch.empty(count, 4, 32, 32, dtype=torch.float16)
    for start in tqdm(range(0, count, _AT_ONCE), desc=title, disable=None):
        rows = slice(start, min(start + _AT_ONCE, count))
        given = pixels(rows).to(autoencoder.device)
        with recipe.autocast(given.device):
            latents = autoencoder.encode(given).latent_dist.mode()
        out[rows] = (latents.float() * autoencoder.config.scaling_factor).half().cpu()
    return out


def draw_masks(scenes: SceneCache, count: int, seed: int) -> Tensor:
    """(count, 64, 64) bool: for each of the first scenes a box, half of them around the main object where there is
    one."""
    rng = np.random.default_rng([seed, 7])
    masks = torch.zeros(count, 64, 64, dtype=torch.bool)
    for i in range(count):
        left, top, right, bottom = (int(v) for v in scenes.boxes[i])
        if right > left and rng.random() < 0.5:
            grow = int(rng.integers(1, 8))
            left, top, right, bottom = max(0, left - grow), max(0, top - grow), right + grow, bottom + grow
        else:
            width, height = (int(v) for v in rng.integers(12, 60, 2))
            left, top = int(rng.integers(0, 65 - width)), int(rng.integers(0, 65 - height))
            right, bottom = left + width, top + height
        masks[i, top:bottom, left:right] = True
    return masks

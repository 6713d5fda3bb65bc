"""What the autoencoder learns: to give images back; at last its decoder alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ood_studio.training.autoencoder.model import signed
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.loop import Batch, Task
from ood_studio.training.scene_cache import SceneCache

_AT_ONCE = 100


def squared_errors(found: Tensor, wanted: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squared errors of images in [-1, 1], scaled to [0, 1].

    Args:
        found, wanted: (b, 3, height, width).
        boxes: (b, 4), left, top, right, bottom; empty ones are left out.

    Returns:
        of whole images (b,), and inside the boxes (n,) of those that have one.
    """
    squared = ((found.float() - wanted) / 2).square().mean(dim=1)
    ys = torch.arange(squared.shape[1], device=found.device)[None, :, None]
    xs = torch.arange(squared.shape[2], device=found.device)[None, None, :]
    left, top, right, bottom = (boxes[:, i, None, None] for i in range(4))
    inside = ((xs >= left) & (xs < right) & (ys >= top) & (ys < bottom)).float()
    area = inside.sum(dim=(1, 2))
    boxed = (squared * inside).sum(dim=(1, 2))[area > 0] / area[area > 0]
    return squared.mean(dim=(1, 2)), boxed


class Reconstruction(Task):
    """Encoder and decoder together."""

    def __init__(self, recipe: AutoencoderRecipe, scenes: SceneCache, held_out: SceneCache) -> None:
        self._recipe, self._scenes, self._held_out = recipe, scenes, held_out

    def batch(self, step: int) -> Batch:
        """``pixels`` (b, 3, 64, 64) in [-1, 1] and ``boxes`` (b, 4), half of them mirrored."""
        rng = self._recipe.rng(step)
        rows = rng.integers(0, len(self._scenes.pixels), self._recipe.batch)
        pixels, boxes = signed(self._scenes.pixels[rows]), torch.from_numpy(self._scenes.boxes[rows]).int()
        flip = torch.from_numpy(rng.random(self._recipe.batch) < 0.5)
        mirrored = torch.stack([64 - boxes[:, 2], boxes[:, 1], 64 - boxes[:, 0], boxes[:, 3]], dim=1)
        return {
            "pixels": torch.where(flip[:, None, None, None], pixels.flip(3), pixels),
            "boxes": torch.where(flip[:, None], mirrored, boxes),
        }

    def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """The logarithms of the errors, and the divergence of the latents."""
        with self._recipe.autocast(batch["pixels"].device):
            latents = model.encode(batch["pixels"]).latent_dist
            found = model.decode(latents.sample()).sample
        return self._error(found, batch) | {"kl": self._recipe.kl * latents.kl().float().mean()}

    def measure(self, model: Any) -> Mapping[str, float]:
        """Mean PSNR in dB over whole held-out images and inside the main objects' boxes, rounded to 8 bits."""
        whole: list[Tensor] = []
        boxed: list[Tensor] = []
        for start in range(0, len(self._held_out.pixels), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            wanted = signed(self._held_out.pixels[rows]).to(model.device)
            found = model.decode(model.encode(wanted).latent_dist.mode()).sample.float().clamp(-1, 1)
            found = ((found + 1) * 127.5).round() / 127.5 - 1
            boxes = torch.from_numpy(self._held_out.boxes[rows]).to(model.device)
            for parts, error in zip((whole, boxed), squared_errors(found, wanted, boxes), strict=True):
                parts.append(-10 * error.log10())
        return {"psnr": torch.cat(whole).mean().item(), "psnr_box": torch.cat(boxed).mean().item()}

    def _error(self, found: Tensor, batch: Batch) -> dict[str, Tensor]:
        whole, boxed = squared_errors(found, batch["pixels"], batch["boxes"])
        return {
            "whole": (whole + 1e-5).log().mean(),
            "box": self._recipe.box * (boxed + 1e-5).log().mean() if len(boxed) else whole.new_zeros(()),
        }


class Sharpening(Reconstruction):
    """The decoder alone, from latents with little noise."""

    def batch(self, step: int) -> Batch:
        """Those that would have followed."""
        return super().batch(self._recipe.steps + step)

    def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """The logarithms of the errors."""
        device = batch["pixels"].device
        with torch.no_grad(), self._recipe.autocast(device):
            latents = model.encode(batch["pixels"]).latent_dist
            given = latents.mode() + self._recipe.noise * (latents.sample() - latents.mode())
        with self._recipe.autocast(device):
            found = model.decode(given).sample
        return self._error(found, batch)

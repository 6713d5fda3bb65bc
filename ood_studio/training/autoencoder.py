"""Trains the autoencoder of Diorama-SD: ``python -m ood_studio.training.autoencoder``.

A diffusers ``AutoencoderKL``, 64 x 64 pixels to 32 x 32 latents of 4 channels. The loss is the logarithm of each
image's squared error, over the whole of it and inside the main object's box: minus PSNR up to a factor, so that noisy
images, which cannot be kept, do not drown the others. At last the decoder alone learns on, from latents with less noise
than their distributions have, so that it is sharp on what the encoder gives and still forgives what a network paints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.hub.bundled import bundled
from ood_studio.training.command import command
from ood_studio.training.loop import Batch, Task, TrainingRun
from ood_studio.training.recipe import Average, BatchSize, LearningRate, Recipe, TrainingSteps, WeightDecay
from ood_studio.training.scene_cache import HELD_OUT, SceneCache, load_scenes, to_tensor

FOLDER = bundled("inpainting")["diorama"].folder
_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class AutoencoderRecipe(Recipe):
    """How to train the autoencoder; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 3600
    batch: BatchSize = 16
    lr: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.0
    average: Average = 0.998
    box: Annotated[float, Bounds(0.0, 100.0, help="Weight of the error inside the main object's box")] = 0.5
    kl: Annotated[
        float, Bounds(0.0, 1.0, help="Weight of the latents' divergence from a standard normal distribution")
    ] = 5e-5
    sharpen: Annotated[
        int, Bounds(0, 10_000_000, step=1, help="Steps of the last stage, in which the decoder learns alone")
    ] = 14_000
    noise: Annotated[
        float, Bounds(1e-3, 1.0, help="Noise of the latents there, as a share of their standard deviations")
    ] = 0.3


def build_autoencoder() -> Any:
    """A randomly initialised `diffusers.AutoencoderKL`."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(16, 32),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        mid_block_add_attention=False,
        sample_size=64,
    )


def load_autoencoder(folder: Path) -> Any:
    """The finished autoencoder in the ``vae/`` of a folder, in float32, not to be trained."""
    from diffusers import AutoencoderKL

    loaded: Any = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32)
    return loaded.eval()


def signed(pixels: np.ndarray) -> Tensor:
    """Images (n, 64, 64, 3) uint8 as (n, 3, 64, 64) in [-1, 1], as diffusers takes them."""
    return to_tensor(pixels) * 2 - 1


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


def train(recipe: AutoencoderRecipe) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = recipe.prepare()
    scenes = load_scenes(recipe.pictures, recipe.seed)
    held_out = load_scenes(recipe.fresh, recipe.seed + HELD_OUT)
    torch.manual_seed(recipe.seed)
    model = build_autoencoder().to(device)
    model = TrainingRun(
        recipe, "autoencoder", model, Reconstruction(recipe, scenes, held_out), inputs=scenes.key
    ).finish()
    if recipe.sharpen:
        model.requires_grad_(True).train()
        for part in (model.encoder, model.quant_conv):
            part.requires_grad_(False)
        alone = replace(recipe, steps=recipe.sharpen)
        task = Sharpening(recipe, scenes, held_out)
        model = TrainingRun(alone, "autoencoder-sharpen", model, task, inputs=scenes.key).finish()
        with torch.no_grad():  # its distributions become as narrow as what the decoder has learnt from
            model.quant_conv.bias[model.config.latent_channels :] += 2 * math.log(recipe.noise)
    folder = recipe.out or FOLDER
    save_autoencoder(model, scenes, folder)
    return folder


def save_autoencoder(autoencoder: Any, scenes: SceneCache, folder: Path) -> None:
    """Writes ``vae/`` in half precision, its scaling factor the inverse of the latents' standard deviation."""
    with torch.no_grad():
        latents = autoencoder.encode(signed(scenes.pixels[:1000]).to(autoencoder.device)).latent_dist.mode()
    autoencoder.register_to_config(scaling_factor=round(1 / latents.std().item(), 5))
    autoencoder.to("cpu", torch.float16).save_pretrained(folder / "vae")
    for file in (folder / "vae").glob("*.safetensors"):
        file.chmod(0o644)


if __name__ == "__main__":
    command(AutoencoderRecipe, train, __doc__)

"""Trains the autoencoder of Diorama-SD: ``python -m ood_studio.training.autoencoder``.

A diffusers ``AutoencoderKL``, 64 x 64 pixels to 32 x 32 latents of 4 channels. The loss is the logarithm of each
picture's squared error, over the whole of it and inside the main object's box: minus PSNR up to a factor, so that noisy
pictures, which cannot be kept, do not drown the others. At last the decoder alone learns on, from latents with less
noise than their distributions have, so that it is sharp on what the encoder gives and still forgives what a network
paints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from torch import Tensor, nn

from ood_studio.core.paths import ASSETS
from ood_studio.training.course import Course, follow
from ood_studio.training.stock import HELD_OUT, Stock, load_stock, to_tensor

FOLDER = ASSETS / "diorama-sd"


@dataclass(frozen=True, kw_only=True)
class AutoencoderCourse(Course):
    """How to train the autoencoder; the defaults are the recipe of the bundled weights.

    Attributes:
        box: weight of the error inside the main object's box.
        kl: weight of the divergence of the latents from a standard normal distribution.
        sharpen: steps of the last stage, in which the decoder learns alone.
        noise: of the latents there, as a share of their standard deviations.
    """

    steps: int = 3600
    batch: int = 16
    lr: float = 2e-3
    weight_decay: float = 0.0
    average: float = 0.998
    box: float = 0.5
    kl: float = 5e-5
    sharpen: int = 14_000
    noise: float = 0.3


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


def pixels_of(stock: Stock, rows: np.ndarray, device: torch.device) -> Tensor:
    """(rows, 3, 64, 64) in [-1, 1]."""
    return to_tensor(stock.pixels[rows]).to(device) * 2 - 1


def errors(found: Tensor, wanted: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squared error of pictures in [-1, 1], scaled to [0, 1]: whole pictures (b,), and inside the boxes (n,) of
    those that have one."""
    squared = ((found.float() - wanted) / 2).square().mean(dim=1)
    ys = torch.arange(squared.shape[1], device=found.device)[None, :, None]
    xs = torch.arange(squared.shape[2], device=found.device)[None, None, :]
    left, top, right, bottom = (boxes[:, i, None, None] for i in range(4))
    inside = ((xs >= left) & (xs < right) & (ys >= top) & (ys < bottom)).float()
    area = inside.sum(dim=(1, 2))
    boxed = (squared * inside).sum(dim=(1, 2))[area > 0] / area[area > 0]
    return squared.mean(dim=(1, 2)), boxed


def psnr(autoencoder: Any, stock: Stock, device: torch.device) -> dict[str, float]:
    """Mean PSNR in dB over whole pictures and inside the main objects' boxes, of pictures rounded to 8 bits."""
    whole: list[Tensor] = []
    boxed: list[Tensor] = []
    for start in range(0, len(stock.pixels), 100):
        rows = np.arange(start, min(start + 100, len(stock.pixels)))
        wanted = pixels_of(stock, rows, device)
        found = autoencoder.decode(autoencoder.encode(wanted).latent_dist.mode()).sample.float().clamp(-1, 1)
        found = ((found + 1) * 127.5).round() / 127.5 - 1
        errors_here = errors(found, wanted, torch.from_numpy(stock.boxes[rows]).to(device))
        for parts, error in zip((whole, boxed), errors_here, strict=True):
            parts.append(-10 * error.log10())
    return {"psnr": torch.cat(whole).mean().item(), "psnr_box": torch.cat(boxed).mean().item()}


def train(course: AutoencoderCourse) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = course.where()
    stock, held_out = load_stock(course.pictures, course.seed), load_stock(course.fresh, course.seed + HELD_OUT)
    torch.manual_seed(course.seed)
    autoencoder = build_autoencoder().to(device)

    def draw(step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng([course.seed, step])
        rows = rng.integers(0, len(stock.pixels), course.batch)
        wanted, boxes = pixels_of(stock, rows, device), torch.from_numpy(stock.boxes[rows]).to(device).int()
        flip = torch.from_numpy(rng.random(course.batch) < 0.5).to(device)
        wanted = torch.where(flip[:, None, None, None], wanted.flip(3), wanted)
        mirrored = torch.stack([64 - boxes[:, 2], boxes[:, 1], 64 - boxes[:, 0], boxes[:, 3]], dim=1)
        return wanted, torch.where(flip[:, None], mirrored, boxes)

    def error(found: Tensor, wanted: Tensor, boxes: Tensor) -> dict[str, Tensor]:
        whole, boxed = errors(found, wanted, boxes)
        return {
            "whole": (whole + 1e-5).log().mean(),
            "box": course.box * (boxed + 1e-5).log().mean() if len(boxed) else whole.new_zeros(()),
        }

    def losses(step: int) -> Mapping[str, Tensor]:
        wanted, boxes = draw(step)
        with course.autocast(device):
            latents = autoencoder.encode(wanted).latent_dist
            found = autoencoder.decode(latents.sample()).sample
        return error(found, wanted, boxes) | {"kl": course.kl * latents.kl().float().mean()}

    def sharper(step: int) -> Mapping[str, Tensor]:
        wanted, boxes = draw(course.steps + step)
        with torch.no_grad(), course.autocast(device):
            latents = kept.encode(wanted).latent_dist
            given = latents.mode() + course.noise * (latents.sample() - latents.mode())
        with course.autocast(device):
            found = kept.decode(given).sample
        return error(found, wanted, boxes)

    def measure(kept: nn.Module) -> Mapping[str, float]:
        return psnr(kept, held_out, device)

    kept: Any = follow(course, "autoencoder", autoencoder, losses, measure)
    if course.sharpen:
        kept.requires_grad_(True).train()
        for part in (kept.encoder, kept.quant_conv):
            part.requires_grad_(False)
        kept = follow(replace(course, steps=course.sharpen), "autoencoder-sharpen", kept, sharper, measure)
        with torch.no_grad():  # its distributions become as narrow as what the decoder has learnt from
            kept.quant_conv.bias[kept.config.latent_channels :] += 2 * math.log(course.noise)
    folder = course.out or FOLDER
    save_autoencoder(kept, stock, device, folder)
    return folder


def save_autoencoder(autoencoder: Any, stock: Stock, device: torch.device, folder: Path) -> None:
    """Writes ``vae/`` in half precision, its scaling factor the inverse of the latents' standard deviation."""
    with torch.no_grad():
        rows = np.arange(min(1000, len(stock.pixels)))
        latents = autoencoder.encode(pixels_of(stock, rows, device)).latent_dist.mode()
    autoencoder.register_to_config(scaling_factor=round(1 / latents.std().item(), 5))
    autoencoder.to("cpu", torch.float16).save_pretrained(folder / "vae")
    for file in (folder / "vae").glob("*.safetensors"):
        file.chmod(0o644)


if __name__ == "__main__":
    print(f"the autoencoder is in {train(tyro.cli(AutoencoderCourse, description=__doc__))}")

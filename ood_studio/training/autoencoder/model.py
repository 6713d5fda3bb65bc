"""The autoencoder itself: a diffusers ``AutoencoderKL``, and its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ood_studio.hub.bundled import bundled
from ood_studio.training.scene_cache import SceneCache, to_tensor

FOLDER = bundled("inpainting")["diorama"].folder


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


def save_autoencoder(autoencoder: Any, scenes: SceneCache, folder: Path) -> None:
    """Writes ``vae/`` in half precision, its scaling factor the inverse of the latents' standard deviation."""
    with torch.no_grad():
        latents = autoencoder.encode(signed(scenes.pixels[:1000]).to(autoencoder.device)).latent_dist.mode()
    autoencoder.register_to_config(scaling_factor=round(1 / latents.std().item(), 5))
    autoencoder.to("cpu", torch.float16).save_pretrained(folder / "vae")
    for file in (folder / "vae").glob("*.safetensors"):
        file.chmod(0o644)

"""The training of the inpainting network."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from ood_studio.training.autoencoder.model import FOLDER, load_autoencoder
from ood_studio.training.inpainting.latents import Latents
from ood_studio.training.inpainting.model import build_unet, save_pipeline
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.inpainting.task import Denoising
from ood_studio.training.loop import TrainingRun, fingerprint
from ood_studio.training.scene_cache import HELD_OUT, load_scenes


def train(recipe: InpaintingRecipe) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished pipeline."""
    device = recipe.prepare()
    autoencoder = load_autoencoder(recipe.start).to(device)
    scenes = load_scenes(recipe.pictures, recipe.seed)
    held_out = load_scenes(recipe.fresh, recipe.seed + HELD_OUT)
    latents, fresh = (Latents(recipe, each, autoencoder) for each in (scenes, held_out))
    task = Denoising(recipe, latents, fresh, device)
    torch.manual_seed(recipe.seed)
    unet = build_unet()
    if recipe.weights is not None:
        weights = load_file(recipe.weights / "unet/diffusion_pytorch_model.safetensors")
        unet.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    unet.to(device)
    inputs = f"{scenes.key}/{fingerprint(autoencoder, task.encoder)}"
    trained = TrainingRun(recipe, "inpainting", unet, task, inputs=inputs).finish()
    folder = recipe.out or FOLDER
    save_pipeline(autoencoder, trained, folder)
    return folder

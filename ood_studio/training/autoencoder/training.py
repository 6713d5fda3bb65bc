"""The training of the autoencoder."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch

from ood_studio.training.autoencoder.model import FOLDER, build_autoencoder, save_autoencoder
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.autoencoder.task import Reconstruction, Sharpening
from ood_studio.training.loop import TrainingRun
from ood_studio.training.scene_cache import HELD_OUT, load_scenes


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

"""The training of the classifier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import load_split
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.training.autoencoder.model import load_autoencoder
from ood_studio.training.classifier.images import labelled_images, reconstructed
from ood_studio.training.classifier.model import ARCHITECTURE, FOLDER, MODEL_ARGS, build_classifier
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.classifier.task import Recognition
from ood_studio.training.loop import TrainingRun, fingerprint
from ood_studio.training.saving import save_timm
from ood_studio.training.scene_cache import HELD_OUT


def train(recipe: ClassifierRecipe) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = recipe.prepare()
    autoencoder = load_autoencoder(recipe.start).to(device)
    images = labelled_images(recipe)
    images.pixels[:: recipe.coded] = reconstructed(autoencoder, images.pixels[:: recipe.coded], recipe)
    fresh = load_split("id-test", recipe.seed + HELD_OUT, recipe.fresh)
    held_out = {
        "real": fresh.pixels,
        "coded": reconstructed(autoencoder, fresh.pixels, recipe),
        "without": np.stack([np.asarray(render(replace(scene, main=None, others=()))) for scene in fresh.scenes]),
    }
    torch.manual_seed(recipe.seed)
    classifier = build_classifier().to(device)
    task = Recognition(recipe, images, (fresh.labels, held_out))
    inputs = f"{images.key}/{fingerprint(autoencoder)}"
    trained = TrainingRun(recipe, "classifier", classifier, task, inputs=inputs).finish()
    folder = recipe.out or FOLDER
    save_timm(trained, ARCHITECTURE, MODEL_ARGS, ID_CLASSES, folder)
    return folder

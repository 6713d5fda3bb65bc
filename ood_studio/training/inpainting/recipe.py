"""How the inpainting network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help
from ood_studio.training.autoencoder.model import FOLDER
from ood_studio.training.autoencoder.recipe import AutoencoderFolder
from ood_studio.training.recipe import Average, BatchSize, LearningRate, Recipe, Share, TrainingSteps


@dataclass(frozen=True, kw_only=True)
class InpaintingRecipe(Recipe):
    """How to train the inpainting network; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 9000
    batch: BatchSize = 32
    lr: LearningRate = 6e-4
    average: Average = 0.999
    masked: Annotated[Share, Help("Share of images with a box for a mask; all others have one that is all ones")] = 0.15
    boxes: Annotated[
        int, Bounds(1, 100_000_000, log=True, step=1, help="How many of the training scenes have such a box")
    ] = 12_000
    object_weight: Annotated[
        float, Bounds(0.0, 1000.0, help="How much more the box of the main object counts: it is what is hard to paint")
    ] = 3.0
    id_weight: Annotated[
        float, Bounds(0.0, 1000.0, help="How much more often a scene with an ID class is drawn than one without")
    ] = 3.0
    unprompted: Annotated[
        Share, Help("Share of empty prompts, for guidance without a classifier (Ho and Salimans 2022)")
    ] = 0.1
    start: AutoencoderFolder = FOLDER
    weights: Annotated[Path | None, Help("Folder with a unet/ to begin with, such as one to improve")] = None

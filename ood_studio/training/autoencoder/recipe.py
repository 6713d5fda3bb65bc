"""How the autoencoder is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help
from ood_studio.training.recipe import Average, BatchSize, LearningRate, Recipe, TrainingSteps, WeightDecay

AutoencoderFolder = Annotated[Path, Help("Folder of the autoencoder")]


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

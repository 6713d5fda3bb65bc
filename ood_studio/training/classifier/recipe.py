"""How the classifier is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help
from ood_studio.training.autoencoder.model import FOLDER as AUTOENCODER
from ood_studio.training.autoencoder.recipe import AutoencoderFolder
from ood_studio.training.recipe import (
    Average,
    BatchSize,
    HeldOut,
    Images,
    LearningRate,
    Recipe,
    Shift,
    TrainingSteps,
    WeightDecay,
)


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe(Recipe):
    """How to train the classifier; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 15_000
    batch: BatchSize = 64
    lr: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.05
    average: Average = 0.998
    fresh: HeldOut = 1000
    anywhere: Annotated[Images, Help("Scenes of ID classes at any place, besides those at places natural to them")] = (
        40_000
    )
    coded: Annotated[
        int, Bounds(1, 1_000_000, step=1, help="One in how many images is replaced by its reconstruction")
    ] = 3
    shift: Shift = 3
    start: AutoencoderFolder = AUTOENCODER

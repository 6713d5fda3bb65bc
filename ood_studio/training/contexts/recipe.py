"""How Diorama-LLaVA is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help
from ood_studio.training.recipe import (
    Average,
    BatchSize,
    HeldOut,
    LearningRate,
    MeasureEvery,
    Recipe,
    Share,
    TrainingSteps,
    WeightDecay,
)


@dataclass(frozen=True, kw_only=True)
class ContextsRecipe(Recipe):
    """How to train the model of contexts; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 12_000
    batch: BatchSize = 32
    lr: LearningRate = 7e-4
    weight_decay: WeightDecay = 0.02
    average: Average = 0.998
    measure_every: MeasureEvery = 500
    fresh: HeldOut = 300
    helping: Annotated[float, Bounds(0.0, 100.0, help="Weight of the losses of the two heads")] = 1.0
    words_from: Annotated[Share, Help("Share of the steps after which the language model learns too")] = 0.2
    blur: Annotated[
        Share, Help("How often a word of the question is made unknown, so that other questions are understood too")
    ] = 0.05
    scratch: Annotated[bool, Help("Begin with random weights in the vision tower too")] = False
    weights: Annotated[
        Path | None, Help("Folder with a model to begin with, such as one to improve, instead of with CLIP's weights")
    ] = None

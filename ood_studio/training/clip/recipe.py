"""How Diorama-CLIP is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from ood_studio.core.parameters import Bounds, Help
from ood_studio.training.recipe import (
    BatchSize,
    HeldOut,
    Images,
    LearningRate,
    MeasureEvery,
    Recipe,
    Share,
    TrainingSteps,
    WeightDecay,
)

Tower = Literal["vit", "conv"]
Captions = Annotated[int, Bounds(0, 65_536, step=1, help="Images a step that come with a caption")]
Distractors = Annotated[int, Bounds(1, 65_536, step=1, help="Prompts a step of English words outside the world")]
PromptCount = Annotated[int, Bounds(2, 65_536, step=1, help="Prompts a step of a single concept each")]
FadeFrom = Annotated[Share, Help("From when the helping heads fade out")]
FadeUntil = Annotated[Share, Help("Until when the helping heads fade out")]
EasyUntil = Annotated[Share, Help("Until when only scenes with at most one hard visual factor are drawn")]


@dataclass(frozen=True, kw_only=True)
class ContrastiveRecipe(Recipe):
    """What the two stages of the training have in common."""

    model: Annotated[Tower, Help("Image tower: a vision transformer or a small ResNet")] = "vit"
    batch: BatchSize = 64
    weight_decay: WeightDecay = 0.05
    pictures: Images = 200_000
    fresh: HeldOut = 3000
    bare: Annotated[Share, Help("Share of images without an object: empty places and textures")] = 0.2
    main_noun: Annotated[
        float, Bounds(0.0, 1000.0, help="Weight of the main object's name among what is true of an image")
    ] = 6.0
    captions: Captions = 32
    distractors: Distractors = 16


@dataclass(frozen=True, kw_only=True)
class ClipRecipe(ContrastiveRecipe):
    """How to train Diorama-CLIP; the defaults are the recipe of the vision transformer (`RECIPES` has both).

    Shares of the training are of its steps.
    """

    steps: TrainingSteps = 7800
    lr: LearningRate = 6e-4
    measure_every: MeasureEvery = 500
    prompts: PromptCount = 64
    patch_dropout: Annotated[
        Share, Help("Share of the vision transformer's patches left out of each image (as in FLIP), for speed")
    ] = 0.5
    align_from: Annotated[
        Share, Help("From when images meet texts; before that the helping heads and the teacher teach alone")
    ] = 0.55
    fade_from: FadeFrom = 0.6
    fade_until: FadeUntil = 0.95
    whole_from: Annotated[Share, Help("From when the vision transformer sees all patches of every image")] = 0.9
    easy_until: EasyUntil = 0.2
    shift: Annotated[
        int, Bounds(0, 16, step=1, help="Pixels by which images are moved; 0 where patches must match their masks")
    ] = 0
    teacher: Annotated[
        str, Help("The finished convolutional model that it learns from, by its folder under assets/; empty for none")
    ] = "diorama-conv"
    start: Annotated[
        Path | None, Help("Folder of weights of the same image tower to begin with, such as those to improve")
    ] = None
    align: Annotated[bool, Help("Run the last stage too, see ood_studio.training.alignment")] = True

    def help_share(self, progress: float) -> float:
        """Weight of the helping heads at a share of the training: 1, and from `fade_from` on down to 0."""
        if self.fade_until <= self.fade_from:
            return float(progress < self.fade_from)
        return min(1.0, max(0.0, (self.fade_until - progress) / (self.fade_until - self.fade_from)))


RECIPES: dict[Tower, ClipRecipe] = {
    "vit": ClipRecipe(),
    "conv": ClipRecipe(
        model="conv",
        steps=10_000,
        lr=1.2e-3,
        align_from=0.0,
        fade_from=0.55,
        fade_until=0.85,
        whole_from=0.0,
        easy_until=0.0,
        shift=4,
        teacher="",
    ),
}
"""The recipes of the bundled weights."""

"""Self-supervised models of the zoo: what they have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn

from ood_studio.core.parameters import Bounds
from ood_studio.evaluation.neighbours import neighbour_accuracy
from ood_studio.hub.bundled import bundled
from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.captioned_scenes import CaptionedScenes
from ood_studio.training.clip.model import normalised
from ood_studio.training.loop import Task, TrainingRun
from ood_studio.training.recipe import (
    BatchSize,
    HeldOut,
    Images,
    LearningRate,
    MeasureEvery,
    Recipe,
    Share,
    WeightDecay,
)
from ood_studio.training.saving import save_timm
from ood_studio.training.scene_cache import to_tensor
from ood_studio.training.zoo.cards import write_card
from ood_studio.training.zoo.material import held_out, pictures, rows_of
from ood_studio.training.zoo.recipe import Member, Used, check_member
from ood_studio.training.zoo.towers import build, timm_config

_AT_ONCE = 250
_NEIGHBOURS = 3000  # training images of known class that are looked among


@dataclass(frozen=True, kw_only=True)
class UnlabelledRecipe(Recipe):
    """How to train a self-supervised model of the zoo; the defaults are the recipe of the bundled weights."""

    member: Member = "zoo-simclr"
    batch: BatchSize = 64
    lr: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.05
    pictures: Images = 32_000
    used: Used = 32_000
    fresh: HeldOut = 1500
    measure_every: MeasureEvery = 1000
    smallest: Annotated[Share, Bounds(0.01, 1.0, help="Share of an image's area that a view has at least")] = 0.3
    temperature: Annotated[float, Bounds(0.001, 10.0, log=True, help="Of the cosines of views (SimCLR)")] = 0.2
    masked: Annotated[Share, Bounds(0.0, 0.99, help="Share of the patches that are hidden (MAE)")] = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        check_member(self.member, "simclr", "mae")


class Unlabelled(nn.Module):
    """A timm model without a classifier while it learns.

    Attributes:
        trunk: what is kept.
    """

    def __init__(self, trunk: Any) -> None:
        super().__init__()
        self.trunk = trunk


class UnlabelledTask(Task):
    """What all of them are measured by: the classes of nearest neighbours."""

    def __init__(self, recipe: UnlabelledRecipe, scenes: CaptionedScenes, fresh: CaptionedScenes) -> None:
        self.recipe, self._scenes, self._fresh = recipe, scenes, fresh

    @abstractmethod
    def learner(self, trunk: Any) -> Unlabelled:
        """The trunk with what it needs to learn."""

    def images(self, rng: np.random.Generator) -> Tensor:
        """(b, 3, 64, 64) in [0, 1], any of them."""
        return to_tensor(self._scenes.pixels[rng.integers(0, len(self._scenes.pixels), self.recipe.batch)])

    def measure(self, model: Unlabelled) -> Mapping[str, float]:
        """Accuracy of 20 nearest neighbours over the ID classes, on held-out scenes."""
        known = rows_of(self._scenes.labels, "id")[:_NEIGHBOURS]
        asked = rows_of(self._fresh.labels, "id")
        device = next(model.parameters()).device
        near, features = (
            torch.cat(
                [
                    model.trunk(normalised(to_tensor(scenes.pixels[rows[start : start + _AT_ONCE]])).to(device)).cpu()
                    for start in range(0, len(rows), _AT_ONCE)
                ]
            )
            for scenes, rows in ((self._scenes, known), (self._fresh, asked))
        )
        share = neighbour_accuracy(near, self._scenes.labels[known], features, self._fresh.labels[asked])
        return {"neighbours": share}


MakeTask = Callable[[UnlabelledRecipe, CaptionedScenes, CaptionedScenes], UnlabelledTask]


def train_by(kind: MakeTask, recipe: UnlabelledRecipe) -> Path:
    """Runs (or goes on with) the training and returns the folder of the finished model."""
    device = recipe.prepare()
    member = ZOO[recipe.member]
    scenes = pictures(member.source, recipe.pictures, recipe.used, recipe.seed)
    task = kind(recipe, scenes, held_out(recipe.fresh, recipe.seed))
    torch.manual_seed(recipe.seed)
    config = timm_config(member.tower, member.size)
    learner = task.learner(build(*config, 0)).to(device)
    if member.tower == "conv":
        learner.to(memory_format=torch.channels_last)
    trained = TrainingRun(recipe, member.name, learner, task, inputs=scenes.key).finish()
    folder = recipe.out or bundled("zoo")[member.name].folder
    save_timm(trained.trunk, *config, (), folder)
    with torch.no_grad():
        write_card(member, recipe, folder, task.measure(trained))
    return folder

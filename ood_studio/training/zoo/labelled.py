"""A classifier of the zoo, from nothing or from the image tower of one of its CLIPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.hub.bundled import bundled
from ood_studio.hub.zoo_models import ZOO, ZooRecipe
from ood_studio.training.augmentation import jittered
from ood_studio.training.captioned_scenes import CaptionedScenes
from ood_studio.training.clip.model import load_visual, normalised
from ood_studio.training.loop import Batch, Task, TrainingRun
from ood_studio.training.recipe import (
    BatchSize,
    HeldOut,
    Images,
    LearningRate,
    MeasureEvery,
    Recipe,
    Shift,
    WeightDecay,
)
from ood_studio.training.saving import save_timm
from ood_studio.training.scene_cache import to_tensor
from ood_studio.training.zoo.cards import write_card
from ood_studio.training.zoo.material import held_out, pictures, rows_of
from ood_studio.training.zoo.recipe import Member, Used, check_member
from ood_studio.training.zoo.towers import build, clip_trunk_config, timm_config, trunk_weights

Classes = Literal["id", "all"]
_AT_ONCE = 250
_CLASSES = {"id": ID_CLASSES, "all": TRAINED_CLASSES}


@dataclass(frozen=True, kw_only=True)
class LabelledRecipe(Recipe):
    """How to train a classifier of the zoo; the defaults are the recipe of the bundled weights."""

    member: Member = "zoo-conv-s-id"
    classes: Annotated[Classes, Help("The 20 ID classes, or every trained class")] = "id"
    batch: BatchSize = 64
    lr: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.05
    pictures: Images = 32_000
    used: Used = 32_000
    fresh: HeldOut = 1500
    measure_every: MeasureEvery = 1000
    shift: Shift = 4
    smoothing: Annotated[float, Bounds(0.0, 0.99, help="Label smoothing")] = 0.05
    start: Annotated[Path | None, Help("Folder of the CLIP that a tuned one begins as; none = the bundled one")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_member(self.member, "classifier", "tuned")
        if self.start is not None and ZOO[self.member].training != "tuned":
            raise StudioError(f"{self.member} begins with random weights, not with those in {self.start}")


class Labels(Task):
    """The class of the main object."""

    def __init__(self, recipe: LabelledRecipe, scenes: CaptionedScenes, fresh: CaptionedScenes) -> None:
        self._recipe, self._scenes, self._fresh = recipe, scenes, fresh
        self._rows = rows_of(scenes.labels, recipe.classes)

    def batch(self, step: int) -> Batch:
        """``pixels`` (b, 3, 64, 64) near [0, 1] and ``labels`` (b,)."""
        rng = self._recipe.rng(step)
        rows = self._rows[rng.integers(0, len(self._rows), self._recipe.batch)]
        pixels, _ = jittered(to_tensor(self._scenes.pixels[rows]), self._recipe.shift, rng)
        return {"pixels": pixels, "labels": torch.from_numpy(self._scenes.labels[rows])}

    def losses(self, model: nn.Module, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross-entropy."""
        with self._recipe.autocast(batch["pixels"].device):
            logits = model(normalised(batch["pixels"]))
        return {"class": F.cross_entropy(logits.float(), batch["labels"], label_smoothing=self._recipe.smoothing)}

    def measure(self, model: nn.Module) -> Mapping[str, float]:
        """Accuracies on held-out scenes: among the ID classes, and among all where it knows them."""
        device = next(model.parameters()).device
        pixels, labels = self._fresh.pixels, self._fresh.labels
        parts = [
            model(normalised(to_tensor(pixels[start : start + _AT_ONCE])).to(device)).cpu()
            for start in range(0, len(pixels), _AT_ONCE)
        ]
        logits, known = torch.cat(parts).numpy(), len(ID_CLASSES)
        inside = rows_of(labels, "id")
        found = {"id_accuracy": float((logits[inside, :known].argmax(1) == labels[inside]).mean())}
        if self._recipe.classes == "all":
            rows = rows_of(labels, "all")
            found["all_accuracy"] = float((logits[rows].argmax(1) == labels[rows]).mean())
        return found


def train(recipe: LabelledRecipe) -> Path:
    """Runs (or goes on with) the training and returns the folder of the finished model.

    One that is tuned by way of all classes learns those first, then the ID classes, in as many steps each.
    """
    device = recipe.prepare()
    member = ZOO[recipe.member]
    scenes = pictures(member.source, recipe.pictures, recipe.used, recipe.seed)
    fresh = held_out(recipe.fresh, recipe.seed)
    torch.manual_seed(recipe.seed)
    config = clip_trunk_config(member.size) if member.training == "tuned" else timm_config(member.tower, member.size)
    stages: tuple[Classes, ...] = ("all", "id") if member.classes == "all, then id" else (recipe.classes,)
    model = build(*config, len(_CLASSES[stages[0]]))
    if member.training == "tuned":
        start = recipe.start or bundled("zoo")[member.start].folder
        model.load_state_dict(trunk_weights(load_visual(start)), strict=False)
    for stage in stages:
        staged = replace(recipe, classes=stage)
        if model.num_classes != len(_CLASSES[stage]):
            torch.manual_seed(recipe.seed)
            model.reset_classifier(len(_CLASSES[stage]))
        model = _stage(staged, member, model.to(device).requires_grad_(True), Labels(staged, scenes, fresh), scenes.key)
    folder = recipe.out or bundled("zoo")[member.name].folder
    save_timm(model, *config, _CLASSES[stages[-1]], folder)
    with torch.no_grad():
        write_card(member, recipe, folder, Labels(staged, scenes, fresh).measure(model))
    return folder


def _stage(recipe: LabelledRecipe, member: ZooRecipe, model: Any, task: Labels, key: str) -> Any:
    if member.tower == "conv":
        model.to(memory_format=torch.channels_last)
    return TrainingRun(recipe, f"{member.name}-{recipe.classes}", model, task, inputs=key).finish()

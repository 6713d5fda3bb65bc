"""A CLIP of the zoo: the losses of `ood_studio.training.clip`, on the pictures and captions of one source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.hub.bundled import bundled
from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.clip.batches import ClipBatches
from ood_studio.training.clip.learner import Learner
from ood_studio.training.clip.model import build_clip, save_clip
from ood_studio.training.clip.recipe import (
    Captions,
    ClipRecipe,
    Distractors,
    EasyUntil,
    FadeFrom,
    FadeUntil,
    PromptCount,
    Tower,
)
from ood_studio.training.clip.task import ClipTask
from ood_studio.training.clip.texts import Prompts
from ood_studio.training.loop import TrainingRun
from ood_studio.training.recipe import BatchSize, HeldOut, Images, LearningRate, MeasureEvery, Share, Shift
from ood_studio.training.zoo.cards import write_card
from ood_studio.training.zoo.material import english, held_out, pictures, tokenizer
from ood_studio.training.zoo.recipe import Member, Used, check_member
from ood_studio.training.zoo.towers import clip_config


@dataclass(frozen=True, kw_only=True)
class ZooClipRecipe(ClipRecipe):
    """How to train a CLIP of the zoo; the defaults are the recipe of the bundled weights."""

    member: Member = "zoo-books-s"
    model: Annotated[Tower, Help("Image tower")] = "conv"
    batch: BatchSize = 48
    lr: LearningRate = 2e-3
    pictures: Images = 32_000
    used: Used = 32_000
    fresh: HeldOut = 1500
    captions: Captions = 48
    prompts: PromptCount = 32
    distractors: Distractors = 8
    measure_every: MeasureEvery = 1000
    align_from: Annotated[Share, Help("From when images meet texts")] = 0.0
    fade_from: FadeFrom = 0.5
    fade_until: FadeUntil = 0.8
    easy_until: EasyUntil = 0.6
    shift: Shift = 4
    teacher: Annotated[str, Help("None teaches these models")] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_member(self.member, "clip")
        for name in ("model", "teacher", "start", "align", "patch_dropout", "whole_from"):
            if getattr(self, name) != getattr(type(self), name):
                raise StudioError(f"{name} cannot be chosen for the CLIPs of the zoo")


def train(recipe: ZooClipRecipe) -> Path:
    """Runs (or goes on with) the training and returns the folder of the finished model."""
    device = recipe.prepare()
    member = ZOO[recipe.member]
    words = tokenizer()
    scenes = pictures(member.source, recipe.pictures, recipe.used, recipe.seed)
    fresh = held_out(recipe.fresh, recipe.seed)
    torch.manual_seed(recipe.seed)
    config = clip_config(member.size, words.get_vocab_size())
    learner = Learner(build_clip(config)).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    task = ClipTask(recipe, ClipBatches(scenes, Prompts(words, [*english()], recipe.seed), recipe), words, fresh, None)
    trained = TrainingRun(recipe, member.name, learner, task, inputs=scenes.key).finish()
    folder = recipe.out or bundled("zoo")[member.name].folder
    save_clip(trained.clip, config, words, folder)
    with torch.no_grad():
        write_card(member, recipe, folder, task.measure(trained))
    return folder

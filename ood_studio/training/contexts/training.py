"""The training of Diorama-LLaVA."""

from __future__ import annotations

from pathlib import Path

import torch

from ood_studio.training.clip.model import FOLDERS
from ood_studio.training.contexts.learner import Learner
from ood_studio.training.contexts.model import FOLDER, build_llava, save_llava, start_with, start_with_clip
from ood_studio.training.contexts.processor import build_processor
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.contexts.task import Describing
from ood_studio.training.contexts.truths import truths_of
from ood_studio.training.loop import TrainingRun
from ood_studio.training.scene_cache import HELD_OUT, load_scenes


def train(recipe: ContextsRecipe) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = recipe.prepare()
    scenes = load_scenes(recipe.pictures, recipe.seed)
    held_out = load_scenes(recipe.fresh, recipe.seed + HELD_OUT)
    torch.manual_seed(recipe.seed)
    processor = build_processor()
    learner = Learner(build_llava(len(processor.tokenizer)))
    if recipe.weights is not None:
        start_with(learner.llava, recipe.weights)
    elif not recipe.scratch:
        start_with_clip(learner.llava.model.vision_tower, FOLDERS["vit"])
    learner.to(device)
    task = Describing(recipe, processor, scenes, truths_of(scenes), (held_out, truths_of(held_out)))
    trained = TrainingRun(recipe, "contexts", learner, task, inputs=scenes.key).finish()
    folder = recipe.out or FOLDER
    save_llava(trained.llava, processor, folder)
    return folder

"""The main training of Diorama-CLIP."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from ood_studio.core.paths import ASSETS
from ood_studio.training.captioned_scenes import CaptionedScenes, load_captioned
from ood_studio.training.clip.batches import ClipBatches
from ood_studio.training.clip.learner import Learner
from ood_studio.training.clip.model import FOLDERS, build_clip, load_visual, model_config, save_clip
from ood_studio.training.clip.recipe import ClipRecipe, ContrastiveRecipe
from ood_studio.training.clip.task import ClipTask
from ood_studio.training.clip.teacher import LOCAL, Teacher
from ood_studio.training.clip.texts import Prompts, distractor_words
from ood_studio.training.loop import TrainingRun, fingerprint
from ood_studio.training.scene_cache import HELD_OUT
from ood_studio.training.tokenizer import train_tokenizer


class Material(NamedTuple):
    """What is learnt from: the tokenizer and prompts of the world's words and others, scenes, and those held out."""

    tokenizer: Tokenizer
    prompts: Prompts
    scenes: CaptionedScenes
    held_out: CaptionedScenes


def material(recipe: ContrastiveRecipe) -> Material:
    """The tokenizer, and the scenes of a recipe, rendered unless cached."""
    english = distractor_words()
    tokenizer = train_tokenizer(english)
    scenes = load_captioned(recipe.pictures, recipe.seed, tokenizer)
    held_out = load_captioned(recipe.fresh, recipe.seed + HELD_OUT, tokenizer)
    return Material(tokenizer, Prompts(tokenizer, english, recipe.seed), scenes, held_out)


def train(recipe: ClipRecipe) -> Path:
    """Runs (or goes on with) the main training and returns the folder of the finished model."""
    device = recipe.prepare()
    tokenizer, prompts, scenes, held_out = material(recipe)
    torch.manual_seed(recipe.seed)
    teacher = Teacher(ASSETS / recipe.teacher, device) if recipe.teacher else None
    config = model_config(recipe.model, tokenizer.get_vocab_size())
    learner = Learner(build_clip(config), LOCAL if teacher else 0)
    learner.leave_out_patches()
    if teacher is not None:
        teacher.share_texts(learner.clip)
    if recipe.start is not None:
        learner.clip.visual.load_state_dict(load_visual(recipe.start))
    learner.to(device)
    if recipe.model == "conv":
        learner.to(memory_format=torch.channels_last)
    task = ClipTask(recipe, ClipBatches(scenes, prompts, recipe), tokenizer, held_out, teacher)
    inputs = f"{scenes.key}/{fingerprint(teacher.clip) if teacher else ''}"
    trained = TrainingRun(recipe, f"clip-{recipe.model}", learner, task, inputs=inputs).finish()
    folder = recipe.out or FOLDERS[recipe.model]
    save_clip(trained.clip, config, tokenizer, folder)
    return folder

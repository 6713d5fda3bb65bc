"""The last stage of Diorama-CLIP's training: ``python -m ood_studio.training.alignment --model vit`` (or ``conv``).

Goes on with a finished model at a low learning rate. Every step a batch of whole images, more of them without an object
than in the main training, meets the names of all classes and as many of the world's other words: a softmax over nearly
the whole vocabulary, as the scores that read negative labels see it. The main object's name counts most of what is true
of an image, so that what stands around it takes little of its share; in an empty place or a texture every object's name
is one of the wrong ones. No helping heads, no teacher, and all trained classes are treated alike. The main training
runs it at its end; run by itself, it begins with the weights that it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch

from ood_studio.core.parameters import Bounds, Help
from ood_studio.diorama.textures import TEXTURES
from ood_studio.training.captioned_scenes import CaptionedScenes, all_concepts
from ood_studio.training.clip.batches import ContrastiveBatches
from ood_studio.training.clip.learner import Learner
from ood_studio.training.clip.model import FOLDERS, load_clip, load_config, save_clip
from ood_studio.training.clip.recipe import Captions, ContrastiveRecipe
from ood_studio.training.clip.task import ContrastiveTask
from ood_studio.training.clip.texts import Prompts
from ood_studio.training.clip.training import material
from ood_studio.training.command import command
from ood_studio.training.loop import TrainingRun
from ood_studio.training.recipe import LearningRate, MeasureEvery, Share, TrainingSteps

_SHIFT = 4  # pixels by which images are moved at most


@dataclass(frozen=True, kw_only=True)
class AlignmentRecipe(ContrastiveRecipe):
    """How to align; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 600
    lr: LearningRate = 2e-4
    measure_every: MeasureEvery = 200
    bare: Annotated[Share, Help("Share of images without an object, half of them empty places, half textures")] = 0.25
    captions: Captions = 16
    others: Annotated[
        int, Bounds(0, 100_000, step=1, help="Prompts a step of concepts that are no class, besides all classes")
    ] = 60
    start: Annotated[Path | None, Help("Folder of the weights to begin with; none = the bundled one under assets/")] = (
        None
    )


class AlignmentBatches(ContrastiveBatches):
    """Images of objects, places and textures by their shares; the names of all classes, and other concepts."""

    def __init__(self, scenes: CaptionedScenes, prompts: Prompts, recipe: AlignmentRecipe) -> None:
        super().__init__(scenes, prompts, recipe, _SHIFT)
        self._alignment = recipe
        surfaces = [all_concepts().index(name) for name in TEXTURES]
        textured = np.asarray(scenes.concepts[self._bare][:, surfaces].any(axis=1))
        self._places, self._textures = self._bare[np.logical_not(textured)], self._bare[textured]
        self._others = np.setdiff1d(np.arange(len(all_concepts())), prompts.classes)

    def _rng(self, step: int) -> np.random.Generator:
        return self._alignment.rng(2, step)  # other numbers than the main training's

    def _rows(self, step: int, rng: np.random.Generator) -> np.ndarray:
        count = self._alignment.batch
        bare = round(count * self._alignment.bare)
        places, textures = rng.choice(self._places, bare - bare // 2), rng.choice(self._textures, bare // 2)
        return np.concatenate([places, textures, rng.choice(self._objects, count - bare)])

    def _captioned(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(rows, min(self._alignment.captions, len(rows)), replace=False)

    def _concepts(self, rng: np.random.Generator) -> np.ndarray:
        others = rng.choice(self._others, min(self._alignment.others, len(self._others)), replace=False)
        return np.concatenate([self._prompts.classes, others])


def train(recipe: AlignmentRecipe) -> Path:
    """Runs (or goes on with) the stage and returns the folder of the model."""
    device = recipe.prepare()
    home = FOLDERS[recipe.model]
    start = recipe.start or home
    tokenizer, prompts, scenes, held_out = material(recipe)
    torch.manual_seed(recipe.seed)
    learner = Learner(load_clip(start)).to(device)
    if recipe.model == "conv":
        learner.to(memory_format=torch.channels_last)
    task = ContrastiveTask(recipe, AlignmentBatches(scenes, prompts, recipe), tokenizer, held_out)
    trained = TrainingRun(recipe, f"alignment-{recipe.model}", learner, task, inputs=scenes.key).finish()
    folder = recipe.out or home
    save_clip(trained.clip, load_config(start), tokenizer, folder)
    return folder


if __name__ == "__main__":
    command(AlignmentRecipe, train, __doc__)

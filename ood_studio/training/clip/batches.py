"""Batches of images and texts: functions of the step alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import numpy as np
import torch
from torch import Tensor

from ood_studio.training.augmentation import jittered
from ood_studio.training.captioned_scenes import CaptionedScenes
from ood_studio.training.clip.recipe import ClipRecipe, ContrastiveRecipe
from ood_studio.training.clip.texts import Prompts


class ContrastiveBatches(ABC):
    """Images, captions of some, prompts of concepts and prompts of words that are true of none.

    Args:
        scenes: what is drawn from.
        prompts: of their concepts and of distractors.
        recipe: how many of each.
        shift: by how many pixels images are moved.
    """

    def __init__(self, scenes: CaptionedScenes, prompts: Prompts, recipe: ContrastiveRecipe, shift: int) -> None:
        self._scenes, self._prompts, self._recipe, self._shift = scenes, prompts, recipe, shift
        self._bare, self._objects = np.flatnonzero(scenes.labels < 0), np.flatnonzero(scenes.labels >= 0)
        self._main = np.append(prompts.classes, -1)  # by label; the last for images without a main object, label -1

    @final
    def draw(self, step: int) -> dict[str, Tensor]:
        """The batch of a step.

        Returns:
            ``pixels`` (b, 3, 64, 64) float32 near [0, 1], ``coverage`` (b, 8, 8), ``labels`` (b,), ``concepts``
            (b, concepts) float32, ``tokens`` (texts, context) int64, and ``positive`` (b, texts) float32, how much each
            text counts for each image, 0 where it is not true.
        """
        recipe, scenes = self._recipe, self._scenes
        rng = self._rng(step)
        rows = self._rows(step, rng)
        captioned = self._captioned(rows, rng)
        caption = rng.integers(0, scenes.tokens.shape[1], len(captioned))
        concepts = self._concepts(rng)
        prompts = self._prompts.of_concepts(concepts, rng)
        distractors = self._prompts.of_distractors(recipe.distractors, rng)
        truth = scenes.concepts[rows]
        stated = scenes.stated[captioned, caption]
        caption_true = (truth[:, np.maximum(stated, 0)] | (stated < 0)).all(axis=2)
        is_main = concepts == self._main[scenes.labels[rows]][:, None]
        prompt_true = truth[:, concepts] * np.where(is_main, recipe.main_noun, 1.0)
        nothing_true = np.zeros((recipe.batch, recipe.distractors))
        positive = np.concatenate([caption_true, prompt_true, nothing_true], axis=1, dtype=np.float32)
        captions = torch.from_numpy(scenes.tokens[captioned, caption].astype(np.int64))
        pixels = torch.from_numpy(np.stack([scenes.pixels[row] for row in rows])).permute(0, 3, 1, 2)
        pixels, mirrored = jittered(pixels.float() / 255, self._shift, rng)
        coverage = torch.from_numpy(scenes.coverage[rows])
        return {
            "pixels": pixels,
            "coverage": torch.where(mirrored[:, None, None], coverage.flip(2), coverage),
            "labels": torch.from_numpy(scenes.labels[rows]),
            "concepts": torch.from_numpy(truth.astype(np.float32)),
            "tokens": torch.cat([captions, prompts, distractors]),
            "positive": torch.from_numpy(positive),
        }

    def _rng(self, step: int) -> np.random.Generator:
        return self._recipe.rng(step)

    @abstractmethod
    def _rows(self, step: int, rng: np.random.Generator) -> np.ndarray:
        """(b,) which scenes."""

    @abstractmethod
    def _captioned(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Those of the rows that come with a caption."""

    @abstractmethod
    def _concepts(self, rng: np.random.Generator) -> np.ndarray:
        """The concepts that come as prompts, as indices in `all_concepts`."""


class ClipBatches(ContrastiveBatches):
    """Those of the main training: half of the prompts are names of classes."""

    def __init__(self, scenes: CaptionedScenes, prompts: Prompts, recipe: ClipRecipe) -> None:
        super().__init__(scenes, prompts, recipe, recipe.shift)
        self._clip = recipe
        self._easy = self._objects[scenes.hardness[self._objects] <= 1]

    def _rows(self, step: int, rng: np.random.Generator) -> np.ndarray:
        recipe = self._clip
        pool = self._easy if step < recipe.easy_until * recipe.steps else self._objects
        bare = round(recipe.batch * recipe.bare)
        # Those without an object come first, so that each has a caption and learns that no object's name is true of it.
        return np.concatenate([rng.choice(self._bare, bare), rng.choice(pool, recipe.batch - bare)])

    def _captioned(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rows[: self._clip.captions]

    def _concepts(self, rng: np.random.Generator) -> np.ndarray:
        names = self._clip.prompts // 2
        anything = self._scenes.concepts.shape[1]
        return np.concatenate(
            [rng.choice(self._prompts.classes, names), rng.integers(0, anything, self._clip.prompts - names)]
        )

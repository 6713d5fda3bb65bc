"""What the inpainting network learns: v-prediction (Salimans and Ho 2022) on the autoencoder's latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ood_studio.training.inpainting.latents import Latents
from ood_studio.training.inpainting.model import build_scheduler, load_clip_text, load_tokenizer
from ood_studio.training.inpainting.prompts import prompt_of
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.loop import Batch, Task
from ood_studio.training.scene_cache import draw_rows
from ood_studio.training.tokenizer import CONTEXT_LENGTH

_MEASURED = 256  # held-out scenes
_MEASURED_STEP = 2**31 - 1  # what their prompts are drawn from


class Denoising(Task):
    """The velocity of noisy latents, from the prompt, the mask and what lies outside it.

    Half of the timesteps are drawn evenly, half from a logit-normal distribution (Esser et al. 2024, section 3.1): it
    favours those in the middle, where it is decided what an image shows.

    Attributes:
        encoder: of the prompts, frozen.
    """

    def __init__(self, recipe: InpaintingRecipe, latents: Latents, held_out: Latents, device: torch.device) -> None:
        self._recipe, self._latents, self._held_out = recipe, latents, held_out
        self._tokenizer, self._scheduler = load_tokenizer(), build_scheduler()
        self.encoder = load_clip_text().to(device)
        self._weights = np.where(latents.scenes.has_id_class, recipe.id_weight, 1.0).cumsum()

    def batch(self, step: int) -> Batch:
        """Tensors of `_given`, and the boxes of the main objects (b, 4)."""
        recipe, latents = self._recipe, self._latents
        rng = recipe.rng(step)
        boxed = round(recipe.batch * recipe.masked)
        drawn = draw_rows(self._weights, recipe.batch - boxed, rng)
        rows = np.concatenate([rng.integers(0, len(latents.masks), boxed), drawn])
        given = self._given(latents, rows, boxed, step, rng)
        noise = torch.randn(given["latents"].shape)
        boxes = torch.from_numpy(latents.scenes.boxes[rows].astype(np.int64))
        return {**given, "noise": noise, "times": _timesteps(recipe.batch), "boxes": boxes}

    def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """The mean squared error of the velocity, in which the box of the main object counts more."""
        squared = self._squared(model, batch)
        weights = 1 + (self._recipe.object_weight - 1) * _inside(batch["boxes"]).to(squared)
        return {"velocity": (weights * squared).sum() / weights.sum()}

    def measure(self, model: Any) -> Mapping[str, float]:
        """The error on held-out scenes, with all timesteps evenly, without masks; always the same noise."""
        held_out = self._held_out
        torch.manual_seed(self._recipe.seed)
        rng = self._recipe.rng(_MEASURED_STEP)
        weights = np.where(held_out.scenes.has_id_class, self._recipe.id_weight, 1.0).cumsum()
        rows = draw_rows(weights, min(_MEASURED, len(held_out.images)), rng)
        given = self._given(held_out, rows, 0, _MEASURED_STEP, rng)
        noise, times = torch.randn(given["latents"].shape), torch.linspace(0, 999, len(rows)).long()
        batch = {name: tensor.to(model.device) for name, tensor in {**given, "noise": noise, "times": times}.items()}
        return {"held_out": self._squared(model, batch).mean().item()}

    def _given(
        self, latents: Latents, rows: np.ndarray, boxed: int, step: int, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        """``latents`` (b, 4, 32, 32), ``mask`` (b, 1, 32, 32) and ``outside`` of images of which the first ``boxed``
        have a box, and ``prompts`` (b, context) as tokens."""
        recipe, scenes = self._recipe, latents.scenes.scenes
        prompts = [
            "" if rng.random() < recipe.unprompted else prompt_of(scenes[row], Random(f"{recipe.seed}/{row}/{step}"))
            for row in rows
        ]
        mask, outside = torch.ones(len(rows), 1, 32, 32), latents.blank.float().repeat(len(rows), 1, 1, 1)
        mask[:boxed], outside[:boxed] = latents.masks[rows[:boxed]], latents.outside[rows[:boxed]].float()
        return {
            "latents": latents.images[rows].float(),
            "mask": mask,
            "outside": outside,
            "prompts": self._tokens(prompts),
        }

    def _tokens(self, prompts: Sequence[str]) -> Tensor:
        return self._tokenizer(
            list(prompts), padding="max_length", max_length=CONTEXT_LENGTH, truncation=True, return_tensors="pt"
        ).input_ids

    def _squared(self, model: Any, batch: Batch) -> Tensor:
        """(b, 32, 32): the squared error of the velocity at each latent."""
        latents, noise, times = batch["latents"], batch["noise"], batch["times"]
        noisy = self._scheduler.add_noise(latents, noise, times)
        wanted = self._scheduler.get_velocity(latents, noise, times)
        with torch.no_grad():
            text = self.encoder(batch["prompts"]).last_hidden_state
        with self._recipe.autocast(latents.device):
            given = torch.cat([noisy, batch["mask"], batch["outside"]], dim=1)
            found = model(given, times, text).sample
        return (found.float() - wanted).square().mean(dim=1)


def _timesteps(count: int) -> Tensor:
    """(count,) int64 from 0 to 999."""
    even = torch.arange(count) % 2 == 0
    return (1000 * torch.where(even, torch.rand(count), torch.randn(count).sigmoid())).long()


def _inside(boxes: Tensor) -> Tensor:
    """(n, 32, 32) bool: which latents lie in boxes (n, 4) of 64-pixel pictures."""
    left, top, right, bottom = (boxes // 2).T[..., None, None]
    along = torch.arange(32, device=boxes.device)
    rows, columns = along[:, None], along
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)

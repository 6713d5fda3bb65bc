"""Contrastive learning of two views of each image (Chen et al. 2020, SimCLR)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.training.clip.model import normalised
from ood_studio.training.loop import Batch
from ood_studio.training.zoo.unlabelled import Unlabelled, UnlabelledTask
from ood_studio.training.zoo.views import view

_PROJECTED = 64


class Projected(Unlabelled):
    """A trunk and the two layers whose outputs are compared."""

    def __init__(self, trunk: Any) -> None:
        super().__init__(trunk)
        width = trunk.num_features
        self.projection = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, _PROJECTED))


def normalised_temperature_loss(vectors: Tensor, temperature: float) -> Tensor:
    """NT-Xent (equation 1): cross-entropy of each view against all others, the other view of its image being right.

    Args:
        vectors: (2 n, dim), views of the same images in the same order, one half after the other.
    """
    unit = F.normalize(vectors, dim=1)
    logits = (unit @ unit.T / temperature).fill_diagonal_(float("-inf"))
    half = len(vectors) // 2
    return F.cross_entropy(logits, torch.arange(len(vectors), device=vectors.device).roll(half))


class SimCLR(UnlabelledTask):
    """Finds the other view of an image among those of others."""

    def learner(self, trunk: Any) -> Projected:
        """See `Projected`."""
        return Projected(trunk)

    def batch(self, step: int) -> Batch:
        """``pixels`` (2 b, 3, 64, 64), two views of each image."""
        rng = self.recipe.rng(step)
        images = self.images(rng)
        return {"pixels": torch.cat([view(images, self.recipe.smallest, rng) for _ in range(2)])}

    def losses(self, model: Projected, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """See `normalised_temperature_loss`."""
        with self.recipe.autocast(batch["pixels"].device):
            vectors = model.projection(model.trunk(normalised(batch["pixels"])))
        return {"views": normalised_temperature_loss(vectors.float(), self.recipe.temperature)}

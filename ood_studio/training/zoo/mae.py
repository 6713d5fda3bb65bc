"""A masked autoencoder (He et al. 2022): most patches are hidden, and told from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from ood_studio.training.augmentation import jittered
from ood_studio.training.clip.model import normalised
from ood_studio.training.loop import Batch
from ood_studio.training.zoo.unlabelled import Unlabelled, UnlabelledTask

_WIDTH, _HEADS = 64, 2


def patches_of(pixels: Tensor, size: int) -> Tensor:
    """(b, patches, 3 * size * size), row by row, of images (b, 3, h, w)."""
    return F.unfold(pixels, size, stride=size).transpose(1, 2)


class Masked(Unlabelled):
    """A vision transformer that reads some patches, and one layer that draws the others."""

    def __init__(self, trunk: Any) -> None:
        super().__init__(trunk)
        self.size = int(trunk.patch_embed.patch_size[0])
        self.narrow = nn.Linear(trunk.embed_dim, _WIDTH)
        self.hidden = nn.Parameter(torch.zeros(1, 1, _WIDTH))
        self.where = nn.Parameter(0.02 * torch.randn(1, trunk.patch_embed.num_patches, _WIDTH))
        self.drawing = nn.Sequential(Block(_WIDTH, _HEADS), nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, 3 * self.size**2))

    def forward(self, pixels: Tensor, kept: Tensor) -> Tensor:
        """What every patch may look like, (b, patches, 3 * size * size), from those ``kept`` (b, few)."""
        trunk = self.trunk
        tokens = trunk.patch_embed(pixels) + trunk.pos_embed
        tokens = trunk.blocks(trunk.norm_pre(tokens.gather(1, kept[:, :, None].expand(-1, -1, tokens.shape[2]))))
        seen = self.narrow(trunk.fc_norm(trunk.norm(tokens)))
        all_tokens = self.hidden.expand(len(pixels), self.where.shape[1], -1)
        all_tokens = all_tokens.scatter(1, kept[:, :, None].expand(-1, -1, _WIDTH), seen)
        drawn: Tensor = self.drawing(all_tokens + self.where)
        return drawn


class MaskedAutoencoding(UnlabelledTask):
    """Draws the hidden patches, each with its own mean and spread taken away."""

    def learner(self, trunk: Any) -> Masked:
        """See `Masked`."""
        return Masked(trunk)

    def batch(self, step: int) -> Batch:
        """``pixels`` (b, 3, 64, 64) near [0, 1], and ``order`` (b, patches), each a random order of the patches."""
        rng = self.recipe.rng(step)
        pixels, _ = jittered(self.images(rng), 0, rng)
        return {"pixels": pixels, "order": torch.from_numpy(rng.random((len(pixels), 64)).argsort(axis=1))}

    def losses(self, model: Masked, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Squared error over the hidden patches."""
        pixels, order = normalised(batch["pixels"]), batch["order"]
        shown = max(1, round(order.shape[1] * (1 - self.recipe.masked)))
        truth = patches_of(pixels, model.size)
        truth = (truth - truth.mean(2, keepdim=True)) / (truth.std(2, keepdim=True) + 0.1)
        with self.recipe.autocast(pixels.device):
            drawn = model(pixels, order[:, :shown])
        error = (drawn.float() - truth).square().mean(2)
        return {"patches": error.gather(1, order[:, shown:]).mean()}

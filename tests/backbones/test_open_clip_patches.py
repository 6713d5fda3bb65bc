"""Patches in the joint space of image towers that come from timm, and of CoCa's, against independent computations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from open_clip.timm_model import TimmModel
from torch import nn

from ood_studio.backbones import load_backbone
from ood_studio.backbones.open_clip_towers import tower_of
from tests.backbones.conftest import stir

DIM = 24
TIMM = {  # architecture, pool, projection, input: as open_clip configures
    "token": ("test_vit", "token", "", 160),  # EVA, MobileCLIP-B: the trunk's own classifier projects
    "attention": ("test_vit3", "map", "none", 160),  # SigLIP: nothing projects
    "attention, projected": ("test_vit3", "map", "", 160),  # PE
    "mean": ("test_vit2", "", "linear", 160),  # ViTamin
    "relative positions": ("test_vit_relpos", "", "linear", 160),
    "convolutions": ("test_efficientnet", "avg", "", 64),  # MobileCLIP-S
    "normalised mean": ("test_convnext", "", "mlp", 64),  # ConvNeXt
}


def made(kind: str) -> tuple[Any, torch.Tensor]:
    """A random tower and pixels for it."""
    name, pool, projection, size = TIMM[kind]
    torch.manual_seed(0)
    dim = 96 if projection == "none" else DIM
    tower = TimmModel(name, dim, image_size=size, pool=pool, proj=projection)
    stir(tower)
    return tower.eval(), torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", TIMM)
@torch.no_grad()
def test_patches_of_a_timm_tower(kind: str) -> None:
    tower, pixels = made(kind)
    forward, there = tower_of(tower, pixels[:1])
    joint, _, patches = forward(pixels)
    assert there and patches is not None and patches.shape[-1] == joint.shape[-1]
    torch.testing.assert_close(joint, tower(pixels))
    features = tower.trunk.forward_features(pixels)
    rows, columns = patches.shape[1:3]
    if kind.startswith("attention"):
        pool = tower.trunk.attn_pool
        prefix = tower.trunk.num_prefix_tokens
        for cell in (0, columns + 1, rows * columns - 1):  # pooled with all other cells hidden
            mask = torch.zeros(1, 1, 1, features.shape[1], dtype=torch.bool)
            mask[..., prefix + cell] = True
            alone = tower.head(tower.trunk.head(tower.trunk.fc_norm(pool(features, attn_mask=mask))))
            torch.testing.assert_close(patches.flatten(1, 2)[:, cell], alone, atol=1e-5, rtol=1e-4)
    elif kind == "token":
        expected = tower.trunk.head(tower.trunk.fc_norm(features[:, 1:]))
        torch.testing.assert_close(patches.flatten(1, 2), expected, atol=1e-5, rtol=1e-4)
    elif kind == "convolutions":
        expected = F.conv2d(features, tower.trunk.classifier.weight[:, :, None, None], tower.trunk.classifier.bias)
        torch.testing.assert_close(patches.permute(0, 3, 1, 2), expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(patches.mean(dim=(1, 2)), joint, atol=1e-5, rtol=1e-4)
    elif kind == "normalised mean":
        cells = tower.trunk.head.norm(features).permute(0, 2, 3, 1)
        torch.testing.assert_close(patches, tower.head(cells), atol=1e-5, rtol=1e-4)
    else:
        prefix = tower.trunk.num_prefix_tokens
        cells = tower.trunk.fc_norm(features[:, prefix:])
        torch.testing.assert_close(patches.flatten(1, 2), tower.head(cells), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_head_that_takes_only_all_cells_gives_none() -> None:
    tower = TimmModel("test_resnet", DIM, image_size=160, pool="", proj="linear").eval()
    tower.trunk.reset_classifier(0, global_pool="")
    tower.head = nn.Sequential(nn.Flatten(), nn.Linear(96 * 5 * 5, DIM))
    pixels = torch.rand(1, 3, 160, 160)
    forward, there = tower_of(tower, pixels)
    assert not there and forward(pixels)[2] is None


@torch.no_grad()
def test_patches_of_coca_are_what_attention_makes_of_each_alone(checkpoints: dict[str, Path]) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{checkpoints['coca']}", device="cpu")
    visual = backbone._model.visual  # type: ignore[attr-defined]
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    patches = backbone.encode_image(pixels).patches
    assert backbone.has_patches and patches is not None and patches.shape == (2, 4, 4, 24)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (visual.image_mean, visual.image_std))
    tokens = visual.transformer(visual._embeds((pixels - mean) / std))[:, 1:]
    for cell in (0, 6, 15):
        alone, _ = visual._pool(tokens[:, cell : cell + 1])
        torch.testing.assert_close(
            patches.flatten(1, 2)[:, cell], F.normalize(alone @ visual.proj, dim=1), atol=1e-5, rtol=0
        )

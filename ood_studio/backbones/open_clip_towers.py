"""The forward passes of open_clip's image towers, with the features before the projection and those of the patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.backbones.timm_cells import Grid, cells_of
from ood_studio.hub.errors import CannotLoad

Tower = Callable[[Tensor], tuple[Tensor, Tensor, Tensor | None]]


@torch.no_grad()
def tower_of(visual: nn.Module, example: Tensor) -> tuple[Tower, bool]:
    """The forward pass of an image tower, normalised pixels -> (joint, visual, patches), and whether patches come.

    Args:
        visual: the tower.
        example: (1, 3, height, width) normalised pixels, to learn from what a timm tower makes of them.

    Raises:
        CannotLoad: for a tower of another kind.
    """
    from open_clip.modified_resnet import ModifiedResNet
    from open_clip.timm_model import TimmModel
    from open_clip.transformer import VisionTransformer

    if isinstance(visual, VisionTransformer):
        return lambda pixels: _vision_transformer(visual, pixels), not _pools_twice(visual)
    if isinstance(visual, ModifiedResNet):
        return lambda pixels: _resnet(visual, pixels), True
    if isinstance(visual, TimmModel):
        features = visual.trunk.forward_features(example)
        dim = _timm_head(visual, features).shape[-1]
        grid = cells_of(visual.trunk, lambda cells: _timm_head(visual, cells), features, dim)
        return lambda pixels: _timm(visual, grid, pixels), grid is not None
    raise CannotLoad(f"its image tower {type(visual).__name__} is of an unknown kind")


def _vision_transformer(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    tokens = tower.transformer(tower._embeds(pixels))
    pooled, local = tower._pool(tokens)
    joint = pooled if tower.proj is None else pooled @ tower.proj
    if _pools_twice(tower):
        return joint, pooled, None
    if tower.attn_pool is not None:
        local = tower.ln_post(_values(tower.attn_pool, tokens[:, 1:]))
    elif tower.final_ln_after_pool:  # then the patch tokens have not been through it
        local = tower.ln_post(local)
    patches = local if tower.proj is None else local @ tower.proj
    return joint, pooled, patches.unflatten(1, tower.grid_size)


def _pools_twice(tower: Any) -> bool:
    """Whether what is compared with texts is pooled from pooled tokens, or beside them (CoCa as its paper has it)."""
    return tower.attn_pool is not None and getattr(tower, "attn_pool_contrastive", None) is not None


def _values(pool: Any, tokens: Tensor) -> Tensor:
    """What attention pooling makes of each token alone: its value and output projection, (batch, tokens, width)."""
    attention = pool.attn
    weight, width = attention.v_proj_weight, attention.embed_dim
    if weight is None:  # keys as wide as queries: one matrix for all three
        weight = attention.in_proj_weight[2 * width :]
    values: Tensor = attention.out_proj(F.linear(pool.ln_k(tokens), weight, attention.in_proj_bias[2 * width :]))
    return values


def _resnet(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    maps = tower.layer4(tower.layer3(tower.layer2(tower.layer1(tower.stem(pixels)))))
    # AttentionPool2d projects inside one fused call and drops all queries but the mean's; written out for that one
    # query, what goes into the projection can be read.
    pool = tower.attnpool
    patches = pool.c_proj(pool.v_proj(maps.permute(0, 2, 3, 1)))  # without the positions, as in GL-MCM's code
    cells = maps.flatten(2).transpose(1, 2)  # (batch, cells, width)
    cells = torch.cat([cells.mean(dim=1, keepdim=True), cells], dim=1) + pool.positional_embedding.to(maps.dtype)
    heads = (pool.num_heads, -1)
    query = pool.q_proj(cells[:, :1]).unflatten(2, heads).transpose(1, 2)
    key = pool.k_proj(cells).unflatten(2, heads).transpose(1, 2)
    value = pool.v_proj(cells).unflatten(2, heads).transpose(1, 2)
    visual = F.scaled_dot_product_attention(query, key, value).flatten(1)
    return pool.c_proj(visual), visual, patches


def _timm(tower: Any, grid: Grid | None, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    features = tower.trunk.forward_features(pixels)
    pooled = tower.trunk.forward_head(features)
    joint = tower.head(pooled)
    # With an empty head the trunk's own classifier is the projection, or nothing is.
    visual = pooled if len(tower.head) else tower.trunk.forward_head(features, pre_logits=True)
    patches = None if grid is None else grid.through(lambda cells: _timm_head(tower, cells), features)
    return joint, visual.flatten(2).mean(dim=2) if visual.ndim == 4 else visual, patches


def _timm_head(tower: Any, features: Tensor) -> Tensor:
    """Pooled and projected into the joint space."""
    joint: Tensor = tower.head(tower.trunk.forward_head(features))
    return joint

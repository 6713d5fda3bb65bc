"""The forward passes of open_clip's image towers, with the features before the projection and those of the patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.hub.errors import CannotLoad

Tower = Callable[[Tensor], tuple[Tensor, Tensor, Tensor | None]]


def tower_of(visual: nn.Module) -> tuple[Tower, bool]:
    """The forward pass of an image tower, normalised pixels -> (joint, visual, patches), and whether patches come.

    Raises:
        CannotLoad: for a tower of another kind.
    """
    from open_clip.modified_resnet import ModifiedResNet
    from open_clip.timm_model import TimmModel
    from open_clip.transformer import VisionTransformer

    if isinstance(visual, VisionTransformer):
        return lambda pixels: _vision_transformer(visual, pixels), visual.attn_pool is None
    if isinstance(visual, ModifiedResNet):
        return lambda pixels: _resnet(visual, pixels), True
    if isinstance(visual, TimmModel):
        return lambda pixels: _timm(visual, pixels), False
    raise CannotLoad(f"its image tower {type(visual).__name__} is of an unknown kind")


def _vision_transformer(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    tokens = tower.transformer(tower._embeds(pixels))
    pooled, local = tower._pool(tokens)
    joint = pooled if tower.proj is None else pooled @ tower.proj
    if tower.attn_pool is not None:
        return joint, pooled, None
    if tower.final_ln_after_pool:  # then the patch tokens have not been through it
        local = tower.ln_post(local)
    patches = local if tower.proj is None else local @ tower.proj
    return joint, pooled, patches.unflatten(1, tower.grid_size)


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


def _timm(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    features = tower.trunk.forward_features(pixels)
    pooled = tower.trunk.forward_head(features)
    joint = tower.head(pooled)
    # With an empty head the trunk's own classifier is the projection, or nothing is.
    visual = pooled if len(tower.head) else tower.trunk.forward_head(features, pre_logits=True)
    return joint, visual.flatten(2).mean(dim=2) if visual.ndim == 4 else visual, None

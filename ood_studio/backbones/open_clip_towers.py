"""The forward passes of open_clip's image towers, with the features before the projection and those of the patches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.backbones.timm_cells import Grid, cells_of
from ood_studio.hub.errors import CannotLoad

Patches = Tensor | Callable[[], Tensor] | None
"""Patches, or what makes them where they cost a pass of their own."""

Tower = Callable[[Tensor], tuple[Tensor, Tensor, Patches]]

VALUES = "values of the last layer, as in GL-MCM"
ATTENDED = "tokens of the last layer, with full attention"


@torch.no_grad()
def tower_of(visual: nn.Module, example: Tensor, *, attended: bool = False) -> tuple[Tower, bool]:
    """The forward pass of an image tower, normalised pixels -> (joint, visual, patches), and whether patches come.

    Args:
        visual: the tower.
        example: (1, 3, height, width) normalised pixels, to learn from what a timm tower makes of them.
        attended: whether patches of a vision transformer are `ATTENDED`, not `VALUES`; see `has_values`.

    Raises:
        CannotLoad: for a tower of another kind.
    """
    from open_clip.modified_resnet import ModifiedResNet
    from open_clip.timm_model import TimmModel
    from open_clip.transformer import VisionTransformer

    if isinstance(visual, VisionTransformer):
        return lambda pixels: _vision_transformer(visual, pixels, attended), not _pools_twice(visual)
    if isinstance(visual, ModifiedResNet):
        return lambda pixels: _resnet(visual, pixels), True
    if isinstance(visual, TimmModel):
        features = visual.trunk.forward_features(example)
        dim = _timm_head(visual, features).shape[-1]
        grid = cells_of(visual.trunk, lambda cells: _timm_head(visual, cells), features, dim)
        return lambda pixels: _timm(visual, grid, pixels), grid is not None
    raise CannotLoad(f"its image tower {type(visual).__name__} is of an unknown kind")


def has_values(visual: nn.Module) -> bool:
    """Whether a tower's patches can be either `VALUES` or `ATTENDED`."""
    from open_clip.transformer import Transformer, VisionTransformer

    return (
        isinstance(visual, VisionTransformer) and visual.attn_pool is None and type(visual.transformer) is Transformer
    )


def _vision_transformer(tower: Any, pixels: Tensor, attended: bool) -> tuple[Tensor, Tensor, Patches]:
    values = has_values(tower) and not attended
    entering, tokens = _last_tokens(tower.transformer, tower._embeds(pixels), values)
    pooled, local = tower._pool(tokens)
    joint = pooled if tower.proj is None else pooled @ tower.proj
    if _pools_twice(tower):
        return joint, pooled, None

    def patches() -> Tensor:
        found = local
        if tower.attn_pool is not None:
            found = tower.ln_post(_values(tower.attn_pool, tokens[:, 1:]))
        elif entering is not None:
            found = tower.ln_post(_alone(tower.transformer, entering[:, 1:]))
        elif tower.final_ln_after_pool:  # then the patch tokens have not been through it
            found = tower.ln_post(found)
        projected: Tensor = found if tower.proj is None else found @ tower.proj
        return projected.reshape(projected.shape[0], *tower.grid_size, -1)

    return joint, pooled, patches


def _last_tokens(transformer: Any, tokens: Tensor, stop: bool) -> tuple[Tensor | None, Tensor]:
    """What enters the last layer, where that is wanted, and what leaves it; (batch, tokens, width) both."""
    if not stop:
        return None, transformer(tokens)
    x = _turned(transformer, tokens)
    for layer in transformer.resblocks[:-1]:
        x = layer(x)
    return _turned(transformer, x), _turned(transformer, transformer.resblocks[-1](x))


def _alone(transformer: Any, tokens: Tensor) -> Tensor:
    """The last layer where each token attends to itself alone: attention leaves its value path (Miyai et al., GL-MCM).

    With x a token that enters, v = x + out_proj(W_v ln_1(x) + b_v), and then v + mlp(ln_2(v)).
    """
    own = torch.eye(tokens.shape[1], dtype=torch.bool, device=tokens.device)
    mask = torch.where(own, 0.0, -torch.inf)  # a diagonal that is filled makes no ONNX graph
    return _turned(transformer, transformer.resblocks[-1](_turned(transformer, tokens), attn_mask=mask))


def _turned(transformer: Any, tokens: Tensor) -> Tensor:
    """Tokens as the layers take them, and back."""
    return tokens if transformer.batch_first else tokens.transpose(0, 1)


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

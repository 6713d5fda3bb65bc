"""The cells of a timm model's last features: where they lie, and each through the head as if it were all there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Grid:
    """How the cells of the last features lie.

    Attributes:
        rows, columns: of the image that they cover.
        channels_last: where a map has its channels.
        prefix: how many tokens of a sequence come before its cells, such as the class token.
    """

    rows: int
    columns: int
    channels_last: bool = True
    prefix: int = 0

    def through(self, head: Callable[[Tensor], Tensor], features: Tensor) -> Tensor:
        """Each cell through the head that pools and projects -> (batch, rows, columns, dim).

        A head that pools by a mean gives what it makes of that cell's features; one that pools by attention, which over
        a single cell is that cell's value, gives its value and output projection.

        Args:
            head: features of the shape of ``features`` -> (batch, dim).
            features: (batch, channels, rows, columns), (batch, rows, columns, channels) or (batch, tokens, channels).
        """
        if features.ndim == 3:
            # A head that pools takes class tokens off first, or reads them alone: the cell stands for all of them.
            cells = features[:, self.prefix :].reshape(-1, 1, features.shape[-1]).expand(-1, self.prefix + 1, -1)
        elif self.channels_last:
            cells = features.reshape(-1, 1, 1, features.shape[-1])
        else:
            cells = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1], 1, 1)
        return head(cells).reshape(features.shape[0], self.rows, self.columns, -1)


def grid_of(model: Any, features: Tensor) -> Grid | None:
    """The grid of a timm model's last features; None where its cells are not known to lie as the image's do."""
    from timm.models.beit import Beit
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer
    from timm.models.vision_transformer_relpos import VisionTransformerRelPos

    if features.ndim == 4 and features.shape[1] == model.num_features:
        return Grid(features.shape[2], features.shape[3], channels_last=False)
    if features.ndim == 4 and features.shape[3] == model.num_features:
        return Grid(features.shape[1], features.shape[2])
    # Other architectures may keep their tokens in another order than the image's.
    if features.ndim == 3 and isinstance(model, (VisionTransformer, Eva, Beit, VisionTransformerRelPos)):
        embedding: Any = model.patch_embed
        rows, columns = embedding.grid_size
        if features.shape[1] == model.num_prefix_tokens + rows * columns:
            return Grid(rows, columns, prefix=model.num_prefix_tokens)
    return None


def cells_of(model: Any, head: Callable[[Tensor], Tensor], features: Tensor, dim: int) -> Grid | None:
    """The grid whose cells a head takes one by one to (dim,); None where there is none.

    Args:
        model: of timm.
        head: see `Grid.through`.
        features: of ``forward_features``.
        dim: of what the head makes of all of them.
    """
    grid = grid_of(model, features)
    if grid is None:
        return None
    try:
        return grid if grid.through(head, features).shape[-1] == dim else None
    except Exception:  # heads that expect a map of one size raise anything
        return None

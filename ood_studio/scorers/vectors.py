"""Features as scorers take them: their spaces, checks of their shapes and numbers, unit length."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError

Space = Literal["joint", "visual", "patches", "tokens", "both"]
"""Which image features a scorer reads: after the projection (comparable with text), before it, one per patch, the joint
vector followed by the patches, or the joint vector followed by the visual one."""

_LAYOUTS: dict[Space, tuple[str, ...]] = {
    "joint": ("batch",),
    "visual": ("batch",),
    "patches": ("batch", "rows", "columns"),
    "tokens": ("batch", "1 + rows * columns"),
    "both": ("batch",),
}

_ABSENCE = {
    "joint": "joint features: it has no text tower",
    "visual": "visual features",
    "patches": "patch features: its architecture has none",
}


class HasFeatures(Protocol):
    """The features of images, see `ood_studio.backbones.base.ImageFeatures`."""

    @property
    def joint(self) -> Tensor | None: ...

    @property
    def visual(self) -> Tensor | None: ...

    @property
    def patches(self) -> Tensor | None: ...


def parts_of(space: Space) -> tuple[str, ...]:
    """The features that make a space up."""
    together: dict[Space, tuple[str, ...]] = {"tokens": ("joint", "patches"), "both": ("joint", "visual")}
    return together.get(space, (space,))


def check_features(features: Tensor, space: Space, dim: int, title: str) -> Tensor:
    """Features ready to be scored: checked, at least float32, of unit length unless the space is visual or both.

    Args:
        features: (batch, dim), (batch, rows, columns, dim) for patches, (batch, 1 + rows * columns, dim) for tokens.
        space: the space they live in.
        dim: the width expected.
        title: who asks, for the error.

    Raises:
        StudioError: wrong type or shape, or a row that is zero, NaN or infinite (naming the row).
    """
    what = f"{space} features for {title}"
    check_layout(features, what, (*_LAYOUTS[space], dim))
    if features.dtype not in (torch.float32, torch.float64):
        features = features.float()
    norms = row_norms(features, what)
    return features if space in ("visual", "both") else features / norms


def select_features(space: Space, joint: Tensor | None, visual: Tensor | None, patches: Tensor | None) -> Tensor:
    """The features of a space, picked or assembled from what a backbone gives.

    Args:
        space: the space wanted.
        joint: (batch, dim).
        visual: (batch, width).
        patches: (batch, rows, columns, dim).

    Returns:
        As given; tokens are (batch, 1 + rows * columns, dim), the joint vector first, then the patches row by row, in
        the joint vector's type; both is (batch, dim + width), the joint vector first, in its type.

    Raises:
        StudioError: naming the features that are missing.
    """
    given = {"joint": joint, "visual": visual, "patches": patches}
    for part in parts_of(space):
        if given[part] is None:
            raise StudioError(f"this model gives no {_ABSENCE[part]}")
    if space == "tokens":
        assert joint is not None and patches is not None
        return torch.cat([joint[:, None], patches.flatten(1, 2).to(joint)], dim=1)
    if space == "both":
        assert joint is not None and visual is not None
        return torch.cat([joint, visual.to(joint)], dim=1)
    found = given[space]
    assert found is not None
    return found


def read_features(space: Space, found: HasFeatures) -> Tensor:
    """`select_features` of what a backbone gave; only the parts that make the space up are asked for.

    The others may cost a pass of their own, see `ood_studio.backbones.base.LazyFeatures`.

    Raises:
        StudioError: naming the features that are missing.
    """
    wanted = parts_of(space)
    joint, visual, patches = (getattr(found, part) if part in wanted else None for part in _ABSENCE)
    return select_features(space, joint, visual, patches)


def pieces(rows: Tensor, most: int) -> tuple[Tensor, ...]:
    """Rows in order, at most so many at a time; all at once where a graph for any batch is being made of a score."""
    return (rows,) if torch.compiler.is_exporting() else torch.split(rows, most)


def unit_rows(rows: Tensor, index: Tensor | None = None) -> Tensor:
    """A detached copy of (n, dim), or of its rows at `index` (m,), with rows of unit length; half becomes float32."""
    copy = rows.detach().clone() if index is None else rows.detach()[index]
    if copy.dtype not in (torch.float32, torch.float64):
        copy = copy.float()
    return copy.div_(torch.linalg.vector_norm(copy, dim=-1, keepdim=True))


def shape_of(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def check_layout(tensor: Any, what: str, layout: tuple[str | int | None, ...]) -> None:
    """Checks that a tensor is real floating point and has a shape; an int in the layout is a fixed size."""
    wanted = "(" + ", ".join("dim" if size is None else str(size) for size in layout) + ")"
    if not isinstance(tensor, Tensor):
        raise StudioError(f"{what} must be a tensor of shape {wanted}, not {type(tensor).__name__}")
    fits = tensor.ndim == len(layout) and all(
        not isinstance(size, int) or size == got for size, got in zip(layout, tensor.shape, strict=True)
    )
    if not fits:
        raise StudioError(f"{what} must have shape {wanted}, not {shape_of(tensor)}")
    if not tensor.is_floating_point():
        raise StudioError(f"{what} must be floating point, not {tensor.dtype}")


def row_norms(rows: Tensor, what: str) -> Tensor:
    """(..., 1), the lengths of the last axis; one pass finds zero, NaN and infinite rows, since each shows in them."""
    norms: Tensor = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    good = torch.isfinite(norms) & (norms > 0)
    if not bool(good.all()):
        where = tuple(int(index) for index in torch.nonzero(~good[..., 0])[0])
        row = rows[where].detach()
        if bool(torch.isfinite(row).all()):
            fault = "is zero and has no direction" if float(norms[where]) == 0 else "is too large to be normalised"
        else:
            fault = "contains NaN or infinity"
        place = str(where[0]) if len(where) == 1 else str(where)
        raise StudioError(f"{what}: row {place} {fault}")
    return norms

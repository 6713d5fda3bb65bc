"""Trained linear heads from files, to go with features that were computed elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path

LOGITS = "logits"
"""In place of a file: the features are logits themselves."""


def read_head(where: str, width: int) -> Linear:
    """A frozen linear layer for features of a width.

    Args:
        where: a ``.safetensors`` or ``.npz`` file with a matrix (classes, width) and, where there is one, a vector
            (classes,), the bias; an ``.npy`` file with the matrix alone; or ``logits``: the features are logits.
        width: of the features.

    Raises:
        StudioError: for a file that cannot be read, or holds no such matrix.
    """
    if where.strip() == LOGITS:
        return _layer(torch.eye(width), None)
    path = given_path(where.strip())
    arrays = _arrays(path)
    matrices = {name: each for name, each in arrays.items() if each.ndim == 2 and each.is_floating_point()}
    fitting = [each for each in matrices.values() if each.shape[1] == width]
    if len(fitting) != 1:
        shapes = ", ".join(f"{name} {tuple(each.shape)}" for name, each in arrays.items()) or "nothing"
        raise StudioError(
            f"the head in {path.name} must be one matrix of shape (classes, {width}), as wide as the features; the "
            f"file holds {shapes}"
        )
    (weight,) = fitting
    bias = [each for each in arrays.values() if tuple(each.shape) == (len(weight),) and each.is_floating_point()]
    if not all(torch.isfinite(each).all() for each in (weight, *bias[:1])):
        raise StudioError(f"the head in {path.name} has numbers that are not finite")
    return _layer(weight, bias[0] if bias else None)


def _arrays(path: Path) -> Mapping[str, Tensor]:
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        if path.suffix.lower() in (".npz", ".npy"):
            found = np.load(path, allow_pickle=False)
            arrays = {"": found} if isinstance(found, np.ndarray) else dict(found)
            return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    except Exception as error:  # readers of archives and of headers raise anything
        raise StudioError(f"the head {path} cannot be read ({error})") from error
    raise StudioError(f"a head is a .safetensors, .npz or .npy file, or {LOGITS}, not {path.name!r}")


def _layer(weight: Tensor, bias: Tensor | None) -> Linear:
    layer = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer.requires_grad_(False)

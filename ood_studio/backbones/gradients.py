"""Gradients on images through a model in half precision, and what their way back takes in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from ood_studio.backbones.base import Backbone

_SCALES = (2.0**14, 2.0**7, 1.0)


def image_gradient(loss: Tensor, pixels: Tensor, dtype: torch.dtype) -> Tensor:
    """∂ loss / ∂ pixels, of the shape of ``pixels``.

    In half precision (float16) numbers below 6e-8 are 0, and on their way back through a network many gradients are
    smaller. So the loss is multiplied by a power of two, and the gradient divided by it; a smaller one where the
    gradient then is too large. In other types nothing is scaled.

    Args:
        loss: a number.
        pixels: a leaf that it depends on.
        dtype: in which the model computes.
    """
    if dtype != torch.float16:
        return torch.autograd.grad(loss, pixels)[0]
    gradient = pixels
    for scale in _SCALES:
        gradient = torch.autograd.grad(loss * scale, pixels, retain_graph=scale != _SCALES[-1])[0] / scale
        if bool(torch.isfinite(gradient).all()):
            break
    return gradient


def graph_bytes(backbone: Backbone) -> int:
    """Bytes that one image more takes of what autograd keeps for a gradient: of two images less that of one."""

    return max(1, _kept(backbone, 2) - _kept(backbone, 1))


def _kept(backbone: Backbone, batch: int) -> int:
    """Bytes of all that autograd keeps of a batch, weights too; each piece of memory once."""
    held: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage  # held, so that no other takes its place
        return tensor

    pixels = torch.full((batch, 3, *backbone.input_shape), 0.5, requires_grad=True)
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        backbone.encode_image(pixels)
    return sum(storage.nbytes() for storage in held.values())

"""What a gradient's way back through a model takes in memory."""

from __future__ import annotations

import torch
from torch import Tensor

from ood_studio.backbones.base import Backbone


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

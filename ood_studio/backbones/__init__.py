"""Backbones: pictures and texts become vectors. ``load_backbone("diorama")``, any open_clip or timm checkpoint."""

from __future__ import annotations

import torch

from ood_studio.backbones import openclip, timm_vision
from ood_studio.backbones.base import Backbone, ImageFeatures
from ood_studio.backbones.openclip import OpenClipBackbone
from ood_studio.backbones.timm_vision import TimmBackbone
from ood_studio.core.pool import Pool
from ood_studio.hub.catalogue import BUNDLED, TIMM, available_offline, bundled_names, folder_state
from ood_studio.hub.device import Precision, choose_device, choose_dtype
from ood_studio.hub.errors import BackboneError

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "Backbone",
    "BackboneError",
    "ImageFeatures",
    "OpenClipBackbone",
    "Pool",
    "TimmBackbone",
    "available_offline",
    "bundled_names",
    "choose_device",
    "choose_dtype",
    "load_backbone",
]

DEFAULT = "diorama"
_POOL: Pool[Backbone] = Pool(limit=3)


def load_backbone(
    name: str = DEFAULT,
    device: str = "auto",
    precision: Precision = "auto",
    pool: Pool[Backbone] | None = None,
) -> Backbone:
    """The backbone of that name, loaded on first use and shared from then on.

    Args:
        name: a bundled model (``diorama``, ``diorama-conv``); ``open_clip:ARCHITECTURE/TAG`` for anything that
            ``open_clip.list_pretrained()`` knows, e.g. ``open_clip:ViT-B-16/openai``; ``open_clip:local-dir:PATH``;
            ``open_clip:hf-hub:ORG/REPO``; and vision models without a text tower, ``timm:NAME`` for anything that
            ``timm.list_pretrained()`` knows, e.g. ``timm:resnet50.a1_in1k``; ``timm:local-dir:PATH``;
            ``timm:hf-hub:ORG/REPO``. Files already in the Hugging Face cache are used without asking the hub.
        device: ``auto`` (CUDA, MPS, CPU in that order) or a torch device name.
        precision: ``auto`` is half on CUDA and float32 elsewhere; ask for ``float32`` where small gradients matter.
        pool: where loaded models are kept; the process's own pool of 3 when None.

    Raises:
        BackboneError: one sentence with the name, the reason and what is available offline.
        StudioError: for an impossible device or precision.
    """
    place = choose_device(device)
    dtype = choose_dtype(place, precision)
    # Resolving may download gigabytes, so it happens inside the pool's entry: two users wait for one download.
    # A local folder's files may be replaced (training writes them), hence their state is part of the key.
    key = (name, str(place), dtype, folder_state(name))
    return (pool or _POOL).get(key, lambda: _load(name, place, dtype))


def _load(name: str, device: torch.device, dtype: torch.dtype) -> Backbone:
    if name.startswith(TIMM):
        return TimmBackbone(timm_vision.resolve(name), device, dtype)
    return OpenClipBackbone(openclip.resolve(name), device, dtype)

"""The image towers of the zoo by size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import timm
from torch import Tensor

from ood_studio.training.tokenizer import CONTEXT_LENGTH

IMAGE_SIZE = 64
DIM = 64  # of the space that images and texts share
CLIP_WIDTHS = {"s": 6, "m": 8, "l": 12}
_CHANNELS = {"s": [16, 32, 48, 96], "l": [32, 64, 96, 128]}
_VIT = {"s": (64, 3), "l": (96, 3)}  # width, layers


def clip_config(size: str, vocabulary: int) -> dict[str, Any]:
    """The ``model_cfg`` of open_clip: CLIP's ResNet with one block a stage, and a transformer of one layer."""
    return {
        "embed_dim": DIM,
        "vision_cfg": {
            "image_size": IMAGE_SIZE,
            "layers": [1, 1, 1, 1],
            "width": CLIP_WIDTHS[size],
            "head_width": 32,
        },
        "text_cfg": {
            "context_length": CONTEXT_LENGTH,
            "vocab_size": vocabulary,
            "width": 48,
            "heads": 2,
            "layers": 1,
            "hf_tokenizer_name": "zoo",
        },
    }


def timm_config(tower: str, size: str) -> tuple[str, dict[str, Any]]:
    """timm's architecture of a tower and its ``model_args``."""
    if tower == "vit":
        width, layers = _VIT[size]
        return "vit_tiny_patch16_224", {
            "img_size": IMAGE_SIZE,
            "patch_size": 8,
            "embed_dim": width,
            "depth": layers,
            "num_heads": width // 32,
            "mlp_ratio": 3.0,
            "class_token": False,
            "global_pool": "avg",
        }
    return "resnet18", {
        "layers": [1, 1, 1, 1],
        "channels": _CHANNELS[size],
        "stem_type": "deep",
        "stem_width": _CHANNELS[size][0] // 2,
    }


def clip_trunk_config(size: str) -> tuple[str, dict[str, Any]]:
    """timm's name for the ResNet of `clip_config` up to its pooling by attention, and its ``model_args``."""
    width = CLIP_WIDTHS[size]
    return "resnetaa50d", {
        "layers": [1, 1, 1, 1],
        "channels": [width, 2 * width, 4 * width, 8 * width],
        "stem_width": width // 2,
    }


def trunk_weights(visual: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of open_clip's ``visual`` (a ResNet) by timm's names, without its pooling by attention."""
    stem = {
        "conv1": "conv1.0",
        "bn1": "conv1.1",
        "conv2": "conv1.3",
        "bn2": "conv1.4",
        "conv3": "conv1.6",
        "bn3": "bn1",
    }
    found = {}
    for name, tensor in visual.items():
        first, _, rest = name.partition(".")
        if first in stem:
            found[f"{stem[first]}.{rest}"] = tensor
        elif first.startswith("layer"):
            # What stands before the convolution of a shortcut is a pooling in both: number -1 there, 0 in timm.
            for old, new in (("downsample.0.", "downsample.1."), ("downsample.1.", "downsample.2.")):
                if old in name:
                    name = name.replace(old, new)
                    break
            found[name] = tensor
    return found


def build(architecture: str, model_args: Mapping[str, Any], classes: int) -> Any:
    """A randomly initialised timm model with a classifier of so many classes; none for 0."""
    return timm.create_model(architecture, num_classes=classes, **model_args)

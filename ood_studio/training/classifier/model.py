"""The classifier itself: a small timm residual network, and its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ood_studio.diorama.world import ID_CLASSES
from ood_studio.hub.bundled import bundled

FOLDER = bundled("classifier")["diorama-classifier"].folder
ARCHITECTURE = "resnet18"
MODEL_ARGS: dict[str, Any] = {
    "layers": [1, 2, 2, 1],
    "channels": [32, 64, 128, 192],
    "stem_type": "deep",
    "stem_width": 16,
}
MEAN, STD = (0.5, 0.5, 0.5), (0.3, 0.3, 0.3)


def build_classifier() -> Any:
    """A randomly initialised timm network."""
    import timm

    return timm.create_model(ARCHITECTURE, num_classes=len(ID_CLASSES), **MODEL_ARGS)


def normalised(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1] as the network takes them."""
    mean, std = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (MEAN, STD))
    return (pixels - mean) / std


def save_classifier(classifier: nn.Module, folder: Path) -> None:
    """Writes a folder that timm reads as ``local-dir``: config and half-precision weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": ARCHITECTURE,
        "num_classes": len(ID_CLASSES),
        "model_args": MODEL_ARGS,
        "pretrained_cfg": {
            "input_size": [3, 64, 64],
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "crop_mode": "squash",
            "mean": MEAN,
            "std": STD,
            "num_classes": len(ID_CLASSES),
            "pool_size": [2, 2],
            "first_conv": "conv1.0",
            "classifier": "fc",
            "label_names": ID_CLASSES,
        },
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in classifier.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)

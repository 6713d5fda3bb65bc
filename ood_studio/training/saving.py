"""How finished networks are written down: half-precision weights, and folders that timm reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from ood_studio.core.files import scratch_file, write_text
from ood_studio.diorama.render import MODEL_SIZE

MEAN, STD = (0.5, 0.5, 0.5), (0.3, 0.3, 0.3)
"""By which CLIPs, classifiers and the model of contexts shift and scale pixels in [0, 1]."""


def save_half(module: nn.Module, path: Path) -> None:
    """Writes weights and buffers as safetensors, in half precision; whole numbers stay what they are.

    Raises:
        OSError: if the disk refuses.
    """
    weights = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in module.state_dict().items()
    }
    with scratch_file(path) as scratch:
        save_file(weights, scratch)
        scratch.chmod(0o644)  # written for its owner alone


def save_timm(
    model: nn.Module, architecture: str, model_args: Mapping[str, Any], labels: Sequence[str], folder: Path
) -> None:
    """Writes a folder that timm reads as ``local-dir``: config and half-precision weights.

    Args:
        model: of timm.
        architecture, model_args: what timm makes it with.
        labels: the names of the classes; none for a model without a classifier.
        folder: made where it is missing.

    Raises:
        OSError: if the disk refuses.
    """
    config = {
        "architecture": architecture,
        "num_classes": len(labels),
        "model_args": dict(model_args),
        "pretrained_cfg": {
            "input_size": [3, MODEL_SIZE, MODEL_SIZE],
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "crop_mode": "squash",
            "mean": MEAN,
            "std": STD,
            "num_classes": len(labels),
            **({"label_names": list(labels)} if labels else {}),
        },
    }
    write_text(folder / "config.json", json.dumps(config, indent=1) + "\n")
    save_half(model, folder / "model.safetensors")

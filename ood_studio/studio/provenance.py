"""What a result says of the model that made it."""

from __future__ import annotations

import torch

from ood_studio.backbones import Backbone


def about_model(backbone: Backbone) -> dict[str, str]:
    """A model's fingerprint, where it runs, how precisely, and what its patches are, where it has any."""
    about = {
        "weights": backbone.fingerprint,
        "device": str(backbone.device),
        "dtype": str(backbone.dtype).removeprefix("torch."),
        "precision": torch.get_float32_matmul_precision(),
    }
    return {**about, "patches": backbone.patch_kind} if backbone.has_patches else about

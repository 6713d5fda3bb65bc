"""The classifier itself: a small timm residual network, and its folder."""

from __future__ import annotations

from typing import Any

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


def build_classifier() -> Any:
    """A randomly initialised timm network."""
    import timm

    return timm.create_model(ARCHITECTURE, num_classes=len(ID_CLASSES), **MODEL_ARGS)

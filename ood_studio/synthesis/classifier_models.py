"""What recognition models are called, what they cost, and which of them this machine has."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ood_studio.backbones.timm_vision import listed
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS
from ood_studio.hub.catalogue import (
    HUB,
    LOCAL,
    TIMM,
    TIMM_CONFIG,
    TIMM_WEIGHTS,
    available_offline,
    local_folder,
    short,
    weights_in,
)
from ood_studio.hub.names import ModelInfo

CLASSIFIER = "diorama-classifier"
"""The name of the bundled recognition model."""

FOLDER = ASSETS / CLASSIFIER
NAMES = (CLASSIFIER, f"{TIMM}resnet50.a1_in1k", f"{TIMM}efficientnet_b0.ra_in1k")
"""The models that the interface offers; any timm:NAME, timm:hf-hub:ORG/REPO and timm:local-dir:PATH load as well."""


def describe(name: str) -> ModelInfo:
    """What a model costs; a look at folders and at timm's list only.

    Raises:
        StudioError: for a name that is none.
    """
    download, memory = None, None
    if name == CLASSIFIER:
        title, here = "Diorama-classifier, a miniature trained on the bundled picture-book world alone", _whole(FOLDER)
    elif not name.startswith(TIMM):
        raise StudioError(f"the classifier must be {CLASSIFIER} or {TIMM}NAME, not {short(name, 100)!r}")
    elif (folder := local_folder(name)) is not None:
        title, here = name.removeprefix(TIMM + LOCAL), _whole(folder)
    elif name.startswith(TIMM + HUB):
        title, here = name.removeprefix(TIMM + HUB), name in available_offline()
    else:
        published = listed(name)
        title = published.hf_hub_id.rpartition("/")[2]
        here = TIMM + title in available_offline()
        download, memory = _counted(name.removeprefix(TIMM))
    return ModelInfo(
        name=name,
        title=title,
        here=here,
        bundled=name == CLASSIFIER,
        download=0 if here or local_folder(name) else download,
        memory={"float32": memory} if memory else {},
    )


def _whole(folder: Path) -> bool:
    return (folder / TIMM_CONFIG).is_file() and weights_in(folder, TIMM_WEIGHTS) is not None


@functools.cache
def _counted(model: str) -> tuple[float, float]:
    """GB of a listed model's weights, and GiB of them and of what the gradient of one picture keeps; at 4 bytes.

    Counted on a model without numbers in it (torch's device ``meta``), which takes no memory.
    """
    import timm

    with torch.device("meta"):
        network: Any = timm.create_model(model).eval().requires_grad_(False)
        picture = torch.empty(1, *network.pretrained_cfg["input_size"], requires_grad=True)
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):
            kept[id(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(picture)
    weights = 4 * sum(parameter.numel() for parameter in network.parameters())
    activations = 4 * sum(tensor.numel() for tensor in kept.values())
    return weights / 1e9, round((weights + activations) / 2**30, 1)

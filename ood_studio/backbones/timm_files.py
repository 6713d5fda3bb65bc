"""timm's checkpoints: published ones, folders and hub repositories; where their files are, and what they cost."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ood_studio.backbones.costs import folder_info, hub_info
from ood_studio.backbones.families import Model
from ood_studio.hub.cache import cached_models
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.download import hub_file
from ood_studio.hub.errors import CannotLoad, short
from ood_studio.hub.files import files_in, read_json
from ood_studio.hub.names import HUB, LOCAL, folder_in, repository_in

PREFIX = "timm"
FORMS = (f"{PREFIX}:NAME", f"{PREFIX}:{LOCAL}:PATH", f"{PREFIX}:{HUB}:ORG/REPO")
CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "pytorch_model.pth", "model.pth")
"""By preference: the first two are what a hub repository may have, all are what a folder may have."""


@dataclass(frozen=True)
class Checkpoint:
    """One model's files, all on this machine.

    Attributes:
        name: what was asked for.
        weights: the weights file, safetensors or one that ``torch.load(weights_only=True)`` reads.
        config: its ``config.json``, or of a published checkpoint what timm lists.
        source: what ``timm.create_model`` calls it: ``local-dir:FOLDER`` with the ``config.json``, or a listed name.
    """

    name: str
    weights: Path
    config: dict[str, Any]
    source: str


def resolve(model: Model) -> Checkpoint:
    """Finds (for a hub model: downloads) a model's files and checks its configuration; loads no weights.

    Raises:
        CannotLoad: the reason.
    """
    folder = folder_of(model)
    repository = None if folder else repository_in(model.where, FORMS[2])
    if folder is not None:
        config, weights = files_in(folder, CONFIG, WEIGHTS, model.bundled)
    elif repository is not None:
        config = hub_file(repository, [CONFIG])
        weights = hub_file(repository, WEIGHTS[:2])
    else:
        published = _listed(model.where)
        weights = hub_file(published.hf_hub_id, WEIGHTS[:2])
        return Checkpoint(model.name, weights, published.to_dict(), model.where)
    return Checkpoint(model.name, weights, _checked(read_json(config)), f"{LOCAL}:{config.parent}")


def folder_of(model: Model) -> Path | None:
    """The folder of a bundled or ``local-dir`` model.

    Raises:
        CannotLoad: for ``local-dir:`` without a path.
    """
    return folder_in(model.where, FORMS[1])


def offline() -> list[str]:
    """Published and other repositories in the Hugging Face cache that are whole."""
    held = cached_models()
    if not held:
        return []
    import timm

    names, published = [], set(timm.list_pretrained())
    for model in held:
        if not model.files & set(WEIGHTS[:2]):
            continue
        name = model.repository.rpartition("/")[2]
        if name in published and getattr(timm.get_pretrained_cfg(name), "hf_hub_id", None) == model.repository:
            names.append(f"{PREFIX}:{name}")
        elif CONFIG in model.files and _names_architecture(model.folder / CONFIG):
            names.append(f"{PREFIX}:{HUB}:{model.repository}")
    return names


def describe(model: Model) -> ModelInfo:
    """What a model costs; a look at folders and at timm's list only.

    Raises:
        CannotLoad: for a name that is none.
    """
    folder = folder_of(model)
    if folder is not None:
        return folder_info(model, folder, CONFIG, WEIGHTS)
    repository = repository_in(model.where, FORMS[2])
    if repository is not None:
        return hub_info(model, repository, WEIGHTS[:2])
    published = _listed(model.where)
    download, memory = _counted(model.where)
    return hub_info(
        model,
        published.hf_hub_id,
        WEIGHTS[:2],
        title=published.hf_hub_id.rpartition("/")[2],
        download=download,
        memory={"float32": memory},
        licence=published.license,
    )


def _listed(name: str) -> Any:
    """What timm lists of a published checkpoint: its ``PretrainedCfg``, which names the hub repository.

    Args:
        name: without a tag it stands for the architecture's default weights.

    Raises:
        CannotLoad: for a name that timm does not list, or of weights that are not on the hub.
    """
    import timm

    if not timm.is_model_pretrained(name):
        close = difflib.get_close_matches(name.casefold(), timm.list_pretrained(), n=3, cutoff=0.6)
        meant = "; did you mean " + " or ".join(f"{PREFIX}:{choice}" for choice in close) + "?" if close else ""
        raise CannotLoad(f"timm lists no pretrained model {short(name, 100)!r}{meant}")
    published = timm.get_pretrained_cfg(name)
    if published is None or not published.hf_hub_id:
        raise CannotLoad("its weights are not on the Hugging Face Hub")
    return published


def _checked(config: dict[str, Any]) -> dict[str, Any]:
    import timm

    architecture = config.get("architecture")
    if not isinstance(architecture, str) or not timm.is_model(architecture):
        raise CannotLoad(f"its {CONFIG} names no architecture of timm ({short(str(architecture), 100)})")
    return config


def _names_architecture(config: Path) -> bool:
    """Whether a configuration is timm's; other libraries call theirs config.json too."""
    try:
        return isinstance(read_json(config).get("architecture"), str)
    except CannotLoad:
        return False


@cache
def _counted(model: str) -> tuple[float, float]:
    """GB of a listed model's weights, and GiB of them and of what the gradient of one image keeps; at 4 bytes.

    Counted on a model without numbers in it (torch's device ``meta``), which takes no memory.
    """
    import timm

    with torch.device("meta"):
        network: Any = timm.create_model(model).eval().requires_grad_(False)
        image = torch.empty(1, *network.pretrained_cfg["input_size"], requires_grad=True)
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):
            kept[id(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(image)
    weights = 4 * sum(parameter.numel() for parameter in network.parameters())
    activations = 4 * sum(tensor.numel() for tensor in kept.values())
    return weights / 1e9, round((weights + activations) / 2**30, 1)

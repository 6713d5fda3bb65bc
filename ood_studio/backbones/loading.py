"""Backbones by name: loaded on first use, shared from then on."""

from __future__ import annotations

import torch

from ood_studio.backbones.base import Backbone, BackboneError
from ood_studio.backbones.families import ATTENDED_SUFFIX, FAMILIES, find_model
from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.bundled import BundledModel, bundled
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.device import Precision
from ood_studio.hub.files import State, folder_state
from ood_studio.hub.loading import LoadedModels

DEFAULT = "diorama"


def available_offline() -> list[str]:
    """Names that load without a network: bundled models, then what each family finds in the Hugging Face cache."""
    return bundled_names() + [name for family in FAMILIES.values() for name in family.offline()]


def bundled_names() -> list[str]:
    """The bundled models that compare images with texts and whose files are there."""
    return [name for name in bundled("backbone") if describe_backbone(name).here]


def offered_backbones() -> list[str]:
    """Names that the interface offers, of models with a text tower."""
    return bundled_names() + [name for family in FAMILIES.values() if family.reads_text for name in family.offered]


def describe_backbone(name: str) -> ModelInfo:
    """What a model costs, without loading or downloading anything.

    Raises:
        BackboneError: for a name that is none.
    """
    with LOADED.naming(name):
        family, model = find_model(name)
        return family.describe(model)


def load_backbone(
    name: str = DEFAULT,
    device: str = "auto",
    precision: Precision = "auto",
    pool: KeyedCache[Backbone] | None = None,
    progress: Progress = silent,
) -> Backbone:
    """The backbone of that name, loaded on first use and shared from then on.

    Args:
        name: a bundled model (``diorama``, ``diorama-conv``, ``diorama-classifier``);
            ``open_clip:ARCHITECTURE/TAG`` for anything that ``open_clip.list_pretrained()`` knows, e.g.
            ``open_clip:ViT-B-16/openai``; ``open_clip:local-dir:PATH``; ``open_clip:hf-hub:ORG/REPO``;
            vision models without a text tower, ``timm:NAME`` for anything that ``timm.list_pretrained()`` knows, e.g.
            ``timm:resnet50.a1_in1k``; ``timm:local-dir:PATH``; ``timm:hf-hub:ORG/REPO``; and models of the families
            that plug-ins bring. Files already in the Hugging Face cache are used without asking the hub. With
            ``@attended`` behind a name its patches are those of `Backbone.with_attended_patches`.
        device: ``auto`` (CUDA, MPS, CPU in that order) or a torch device name.
        precision: ``auto`` is half on CUDA and float32 elsewhere; ask for ``float32`` where small gradients matter.
        pool: where loaded models are kept; the process's own pool of 3 when None.
        progress: told while another thread loads it; may raise to end the wait.

    Raises:
        BackboneError: one sentence with the name, the reason and what is available offline.
        StudioError: for an impossible device or precision.
    """

    if name.endswith(ATTENDED_SUFFIX):
        found = load_backbone(name.removesuffix(ATTENDED_SUFFIX), device, precision, pool, progress)
        return found.with_attended_patches()

    def load(place: torch.device, dtype: torch.dtype) -> Backbone:
        family, model = find_model(name)
        found = family.build(family.resolve(model), place, dtype)
        found.reads_text = found.reads_text and family.reads_text
        found.load_again = load_again
        return found

    def state() -> State:
        family, model = find_model(name)
        return folder_state(family.folder(model))

    return LOADED.get(name, device, precision, load, state=state, pool=pool, progress=progress)


def loading_stage(name: str) -> str:
    """What loading a model is called: it says what is to be downloaded, where that is anything.

    Raises:
        BackboneError: for a name that is none.
    """
    if name in BUNDLED:
        return "loading the model"
    found = describe_backbone(name)
    if found.here or found.bundled or found.download == 0:
        return "loading the model"
    size = "files of unknown size" if found.download is None else f"{found.download:.1f} GB"
    return f"downloading {size} of {found.title}, then loading it"


def load_again(name: str, device: str, precision: Precision, fingerprint: str) -> Backbone:
    """The backbone that was sent from another process by its name.

    Raises:
        BackboneError: if it cannot be loaded, or is another model here.
        StudioError: if this machine lacks the device.
    """
    found = load_backbone(name, device, precision)
    if found.fingerprint != fingerprint:
        raise BackboneError(f"{name} is not the same model here as where it was sent from")
    return found


LOADED: LoadedModels[Backbone] = LoadedModels(3, BackboneError, available_offline)
BUNDLED: dict[str, BundledModel] = bundled("backbone")
"""The bundled models that compare images with texts, whether their files are there or not."""

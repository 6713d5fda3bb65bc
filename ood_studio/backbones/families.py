"""Families of backbones by the prefix of their models' names, those of plug-ins (``ood_studio.backbones``) too."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.plugins import Registry
from ood_studio.hub.bundled import BundledModel, bundled
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.errors import CannotLoad
from ood_studio.hub.names import LOCAL


@dataclass(frozen=True)
class Model:
    """Which model of a family is asked for.

    Attributes:
        name: as it was asked for.
        where: what the name says behind the family's prefix, such as ``ViT-B-16/openai`` or ``local-dir:PATH``.
        bundled: the bundled model that it is, if any.
    """

    name: str
    where: str
    bundled: BundledModel | None = None


def nothing_known(model: Model) -> ModelInfo:
    """What a family says of a model's costs that does not know them."""
    return ModelInfo(name=model.name, title=model.where, here=False, bundled=False, download=None)


@dataclass(frozen=True)
class Family:
    """A family of backbones: how models named ``PREFIX:...`` are found, built and described.

    Attributes:
        prefix: small letters, digits, ``-`` and ``_``.
        forms: how its models are named, for messages, such as ``open_clip:ARCHITECTURE/TAG``.
        resolve: finds a model's files, or downloads them, and checks what can be checked without loading weights; gives
            what ``build`` needs. What it raises as `CannotLoad` is told with the name and with what is here instead.
        build: makes the backbone; its `Backbone.name` is the `Model.name`.
        offline: names that load without a network; a look at folders only.
        folder: where a model lies whose files somebody may replace; None for any other. Other files are another model.
        describe: what a model costs, without loading or downloading anything.
        offered: names that the interface offers.
        reads_text: whether its models have a text tower.
        has_classifiers: whether its models may have a trained classifier (`Backbone.head`).
    """

    prefix: str
    forms: tuple[str, ...]
    resolve: Callable[[Model], Any]
    build: Callable[[Any, torch.device, torch.dtype], Backbone]
    offline: Callable[[], list[str]] = list
    folder: Callable[[Model], Path | None] = lambda model: None
    describe: Callable[[Model], ModelInfo] = nothing_known
    offered: tuple[str, ...] = ()
    reads_text: bool = True
    has_classifiers: bool = False


_WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
_FILE = (
    "a file of weights alone does not say which model it is of; put it into a folder beside open_clip_config.json as "
    "open_clip_pytorch_model.bin and name it open_clip:local-dir:FOLDER, or beside timm's config.json as "
    "pytorch_model.bin and name it timm:local-dir:FOLDER"
)


def _check(family: Family) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", family.prefix):
        raise StudioError(f"the prefix of a family has small letters, digits, - and _, not {family.prefix!r}")


ATTENDED_SUFFIX = "@attended"
"""Behind a model's name: its patches are the last layer's tokens with full attention, see `Backbone`."""

FAMILIES: Registry[Family] = Registry(
    "backbones",
    "family of backbones",
    takes=lambda thing: isinstance(thing, Family),
    name=lambda family: family.prefix,
    check=_check,
)
"""Every family by its prefix."""


def find_model(name: str) -> tuple[Family, Model]:
    """The family of a name, and the model in it.

    Raises:
        CannotLoad: for a name of no family.
    """
    name = name.removesuffix(ATTENDED_SUFFIX)
    own = bundled("backbone", "classifier", "zoo")
    if name in own:
        return FAMILIES[own[name].library], Model(name, f"{LOCAL}:{own[name].folder}", own[name])
    prefix, colon, where = name.partition(":")
    if LOCAL not in name and name.lower().endswith(_WEIGHTS):
        raise CannotLoad(_FILE)
    if colon and prefix in FAMILIES:
        return FAMILIES[prefix], Model(name, where)
    shown = list(bundled("backbone"))
    close = difflib.get_close_matches(name, own, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    *forms, last = (form for family in FAMILIES.values() for form in family.forms)
    raise CannotLoad(f"unknown name ({meant}expected {', '.join([*shown, *forms])} or {last})")

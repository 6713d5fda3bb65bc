"""open_clip's checkpoints: the bundled ones, published ones, folders and hub repositories; where their files are."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from ood_studio.backbones.costs import folder_info, hub_info
from ood_studio.backbones.families import Model
from ood_studio.hub.cache import cached_models
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.download import hub_file
from ood_studio.hub.errors import CannotLoad, short
from ood_studio.hub.files import files_in, read_json
from ood_studio.hub.names import HUB, LOCAL, folder_in, repository_in

PREFIX = "open_clip"
FORMS = (f"{PREFIX}:ARCHITECTURE/TAG", f"{PREFIX}:{LOCAL}:PATH", f"{PREFIX}:{HUB}:ORG/REPO")
CONFIG = "open_clip_config.json"
# Weights files by preference: the first two are what a hub repository may have, all are what a folder may have.
WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)


@dataclass(frozen=True)
class Checkpoint:
    """One model's files, all on this machine.

    Attributes:
        name: what was asked for.
        weights: the weights file, safetensors or one that ``torch.load(weights_only=True)`` reads.
        config: open_clip's ``model_cfg``.
        folder: the open_clip directory, of a local model.
        architecture: open_clip's name for the architecture, of a published checkpoint (the others bring their own).
        preprocess: of a published checkpoint, what it sets of open_clip's ``preprocess_cfg``.
        quick_gelu: of a published checkpoint, whether the published weights were trained with the quick GELU.
    """

    name: str
    weights: Path
    config: dict[str, Any]
    folder: Path | None = None
    architecture: str | None = None
    preprocess: dict[str, Any] = field(default_factory=dict)
    quick_gelu: bool = False


@dataclass(frozen=True)
class Listed:
    """What open_clip lists of a published checkpoint: its architecture, settings, and hub repository with a file."""

    architecture: str
    settings: dict[str, Any]
    repository: str
    filename: str


def resolve(model: Model) -> Checkpoint:
    """Finds (for a hub model: downloads) a model's files and checks its configuration; loads no weights.

    Raises:
        CannotLoad: the reason.
    """
    folder = folder_of(model)
    if folder is not None:
        config, weights = files_in(folder, CONFIG, WEIGHTS, model.bundled)
        read = _read_config(config)
        _check_text_model(read)
        return Checkpoint(model.name, weights, read, folder=folder)
    repository = repository_in(model.where, FORMS[2])
    if repository is not None:
        checked = _read_config(hub_file(repository, [CONFIG]))
        _check_text_model(checked)
        return Checkpoint(model.name, hub_file(repository, _candidates("")), checked)
    found = _listed(model.where)
    if not found.repository:
        raise CannotLoad("its weights are not on the Hugging Face Hub")
    import open_clip

    wanted = ("mean", "std", "interpolation", "resize_mode", "fill_color")
    known = _checked(open_clip.get_model_config(found.architecture))
    _check_text_model(known)
    return Checkpoint(
        model.name,
        hub_file(found.repository, _candidates(found.filename)),
        known,
        architecture=found.architecture,
        preprocess={key: found.settings[key] for key in wanted if found.settings.get(key) is not None},
        # create_model only warns when the weights' activation is not the architecture's; the vectors would be wrong.
        quick_gelu=bool(found.settings.get("quick_gelu", False)),
    )


def _check_text_model(config: dict[str, Any]) -> None:
    """Checks that the configuration of another library's text tower is here or can be had, before weights are fetched.

    Raises:
        CannotLoad: naming the text tower.
    """
    name = config["text_cfg"].get("hf_model_name")
    if not name or Path(name).is_dir():
        return
    try:
        hub_file(name, ["config.json"])
    except CannotLoad as error:
        raise CannotLoad(f"its text tower is {name}, whose configuration is not here: {error}") from error


def folder_of(model: Model) -> Path | None:
    """The folder of a bundled or ``local-dir`` model.

    Raises:
        CannotLoad: for ``local-dir:`` without a path.
    """
    return folder_in(model.where, FORMS[1])


def offline() -> list[str]:
    """Published and other repositories in the Hugging Face cache that are whole."""
    held = {model.repository: model for model in cached_models()}
    if not held:
        return []
    import open_clip

    names, published = [], set()
    for architecture, tag in open_clip.list_pretrained():
        found = _listed(f"{architecture}/{tag}")
        published.add(found.repository)
        if found.repository in held and held[found.repository].files & set(_candidates(found.filename)):
            names.append(f"{PREFIX}:{architecture}/{tag}")
    for repository, model in held.items():
        if repository not in published and CONFIG in model.files and model.files & set(WEIGHTS[:2]):
            names.append(f"{PREFIX}:{HUB}:{repository}")
    return names


def describe(model: Model) -> ModelInfo:
    """What a model costs; a look at folders and at open_clip's list only.

    Raises:
        CannotLoad: for a name that is none.
    """
    folder = folder_of(model)
    if folder is not None:
        return folder_info(model, folder, CONFIG, WEIGHTS)
    repository = repository_in(model.where, FORMS[2])
    if repository is not None:
        return hub_info(model, repository, _candidates(""))
    found = _listed(model.where)
    size = _size(found.architecture)
    return hub_info(
        model,
        found.repository,
        _candidates(found.filename),
        title=model.where,
        download=None if size is None else size / 1e9,
        memory={} if size is None else {"float16": round(size / 2**31, 1), "float32": round(size / 2**30, 1)},
    )


def _listed(where: str) -> Listed:
    """What open_clip lists under ARCHITECTURE/TAG.

    Raises:
        CannotLoad: with what may have been meant.
    """
    import open_clip

    known = {f"{architecture}/{tag}" for architecture, tag in open_clip.list_pretrained()}
    if where not in known:
        raise CannotLoad(_unknown(where, known))
    architecture, tag = where.rsplit("/", 1)
    settings = dict(open_clip.get_pretrained_cfg(architecture, tag))
    repository, _, filename = settings.get("hf_hub", "").rpartition("/")
    return Listed(architecture, settings, repository, filename)


def _unknown(where: str, known: set[str]) -> str:
    folded = {entry.casefold(): entry for entry in sorted(known)}
    architecture = where.split("/")[0].casefold()
    tags = sorted(entry for entry in known if entry.split("/")[0].casefold() == architecture)
    close = difflib.get_close_matches(where.casefold(), folded, n=3, cutoff=0.6)
    choices = [folded[entry] for entry in close] or tags[:3]
    meant = "; did you mean " + " or ".join(f"{PREFIX}:{choice}" for choice in choices) + "?" if choices else ""
    return f"open_clip lists no pretrained model {short(where, 100)!r}{meant}"


def _candidates(filename: str) -> list[str]:
    """Weights files to try in a repository, safetensors first; ``filename`` is what open_clip lists."""
    if not filename or filename == WEIGHTS[1]:
        return list(WEIGHTS[:2])
    return list(dict.fromkeys([str(Path(filename).with_suffix(".safetensors")), filename]))


def _read_config(path: Path) -> dict[str, Any]:
    return _checked(read_json(path).get("model_cfg"))


def _checked(config: Any) -> dict[str, Any]:
    parts = ("embed_dim", "vision_cfg", "text_cfg")
    if not isinstance(config, dict) or not all(part in config for part in parts):
        raise CannotLoad(f"its configuration has no model_cfg with {', '.join(parts)}")
    # Tokenizer options of the file reach transformers as they are; this one would run the repository's own code.
    if "trust_remote_code" in json.dumps(config):
        raise CannotLoad("its configuration asks for trust_remote_code, which this app never allows")
    return dict(config)


@cache
def _size(architecture: str) -> int | None:
    """Bytes of an architecture's weights, at 4 a number; None where its text tower is another library's.

    Counted on a model without numbers in it (torch's device ``meta``), which takes no memory.
    """
    import open_clip
    from open_clip.coca_model import CoCa
    from open_clip.model import CLIP, CustomTextCLIP

    config = dict(open_clip.get_model_config(architecture))
    if config["text_cfg"].get("hf_model_name"):
        return None
    custom = config.pop("custom_text", False)
    kind = CoCa if "multimodal_cfg" in config else CustomTextCLIP if custom else CLIP
    with torch.device("meta"):
        return 4 * sum(parameter.numel() for parameter in kind(**config).parameters())

"""What models are called, and which of them this machine has: names, folders and the Hugging Face cache."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ood_studio.core.paths import ASSETS
from ood_studio.hub.errors import BackboneError

OPEN_CLIP, TIMM, LOCAL, HUB = "open_clip:", "timm:", "local-dir:", "hf-hub:"
BUNDLED: dict[str, str] = {
    "diorama": "Diorama-CLIP, a small vision transformer trained on the bundled picture-book world alone",
    "diorama-conv": "Diorama-CLIP, a small convolutional network trained on the bundled picture-book world alone",
}
OPEN_CLIP_CONFIG, TIMM_CONFIG = "open_clip_config.json", "config.json"
# Weights files by preference: the first two are what a hub repository may have, all are what a folder may have.
OPEN_CLIP_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.safetensors",
    "open_clip_pytorch_model.pth",
    "model.safetensors",
    "pytorch_model.bin",
    "pytorch_model.pth",
    "model.pth",
)
TIMM_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "pytorch_model.pth", "model.pth")


def bundled_names() -> list[str]:
    """The bundled models whose files are there."""
    return [
        name
        for name in BUNDLED
        if (ASSETS / name / OPEN_CLIP_CONFIG).is_file() and weights_in(ASSETS / name, OPEN_CLIP_WEIGHTS) is not None
    ]


def available_offline() -> list[str]:
    """Names that load without a network: bundled models, then what lies in the Hugging Face cache."""
    return bundled_names() + _cached_names()


def failure(name: str, why: str) -> BackboneError:
    """The error for a model that could not be had."""
    offline = ", ".join(available_offline()) or "nothing"
    return BackboneError(f"Cannot load {short(name, 200)!r}: {why}; available offline: {offline}.")


def local_folder(name: str) -> Path | None:
    """The folder a bundled or ``local-dir`` name stands for; None for other names."""
    if name in BUNDLED:
        return ASSETS / name
    for library in (OPEN_CLIP, TIMM):
        if name.startswith(library + LOCAL):
            return Path(name.removeprefix(library + LOCAL)).expanduser()
    return None


def folder_state(name: str) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files of a bundled or ``local-dir`` model; nothing for other names."""
    folder = local_folder(name)
    try:
        files = sorted(folder.iterdir()) if folder else []
        return tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    except OSError:  # loading says what is wrong with it
        return ()


def candidates(filename: str) -> list[str]:
    """Weights files to try in an open_clip repository, safetensors first; ``filename`` is what open_clip lists."""
    if not filename or filename == OPEN_CLIP_WEIGHTS[1]:
        return list(OPEN_CLIP_WEIGHTS[:2])
    return list(dict.fromkeys([str(Path(filename).with_suffix(".safetensors")), filename]))


def weights_in(folder: Path, preferred: Sequence[str]) -> Path | None:
    """The weights file that open_clip and timm themselves take from a folder."""
    others = sorted(folder.glob("*.safetensors")) + sorted([*folder.glob("*.bin"), *folder.glob("*.pth")])
    return next((path for path in [*(folder / name for name in preferred), *others] if path.is_file()), None)


def short(text: str, limit: int) -> str:
    """At most ``limit`` characters of a text."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _cached_names() -> list[str]:
    """Hub models whose weights lie in the Hugging Face cache; a look at folders and small configurations only."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    held: dict[str, dict[str, Path]] = {}
    for folder in sorted(cache.glob("models--*")):
        files = {path.name: path for path in folder.glob("snapshots/*/*") if path.exists()}
        held[folder.name.removeprefix("models--").replace("--", "/")] = files
    return _open_clip_names(held) + _timm_names(held) if held else []


def _open_clip_names(held: Mapping[str, Mapping[str, Path]]) -> list[str]:
    import open_clip

    names, published = [], set()
    for architecture, tag in open_clip.list_pretrained():
        repository, _, filename = open_clip.get_pretrained_cfg(architecture, tag).get("hf_hub", "").rpartition("/")
        published.add(repository)
        if held.get(repository, {}).keys() & set(candidates(filename)):
            names.append(f"{OPEN_CLIP}{architecture}/{tag}")
    for repository, files in held.items():
        if repository not in published and OPEN_CLIP_CONFIG in files and files.keys() & set(OPEN_CLIP_WEIGHTS[:2]):
            names.append(f"{OPEN_CLIP}{HUB}{repository}")
    return names


def _timm_names(held: Mapping[str, Mapping[str, Path]]) -> list[str]:
    import timm

    names, published = [], set(timm.list_pretrained())
    for repository, files in held.items():
        if not files.keys() & set(TIMM_WEIGHTS[:2]):
            continue
        model = repository.rpartition("/")[2]
        if model in published and getattr(timm.get_pretrained_cfg(model), "hf_hub_id", None) == repository:
            names.append(TIMM + model)
        elif TIMM_CONFIG in files and _names_architecture(files[TIMM_CONFIG]):
            names.append(f"{TIMM}{HUB}{repository}")
    return names


def _names_architecture(config: Path) -> bool:
    """Whether a configuration is timm's; other libraries call theirs config.json too."""
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and isinstance(content.get("architecture"), str)

"""What inpainting models are called, what they cost, and which of them this machine has."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS
from ood_studio.hub.names import BUNDLED, Known, ModelInfo, Names, model_info

FOLDER = ASSETS / "diorama-sd"
INDEX = "model_index.json"
PIPELINES = ("StableDiffusionInpaintPipeline", "StableDiffusionPipeline")
# What a component's configuration and weights are called, by the library that it is of.
CONFIGS = {"scheduler": "scheduler_config.json", "feature_extractor": "preprocessor_config.json"}
WEIGHTS = {"diffusers": "diffusion_pytorch_model", "transformers": "model", "stable_diffusion": "model"}
WITHOUT_WEIGHTS = ("scheduler", "tokenizer", "feature_extractor")
TOKENIZER = ("tokenizer_config.json", "tokenizer.json", "vocab.json", "merges.txt", "special_tokens_map.json")


class InpaintingError(StudioError):
    """An inpainting model that could not be had or used: one sentence naming it, the reason and what to do."""


@dataclass(frozen=True, kw_only=True)
class InpaintingModel(ModelInfo):
    """What is known of an inpainting model before anything is loaded.

    Attributes:
        size: height and width of its pictures in pixels; None where nobody knows before its files are here.
    """

    size: int | None


@dataclass(frozen=True)
class _Known(Known):
    size: int


# From parameter counts at 2 bytes (the repositories hold half-precision files, which are taken on every device):
# SD 2: U-Net 866 M, text encoder 340 M, autoencoder 84 M. SD 1.5: U-Net 860 M, text encoder 123 M, autoencoder 84 M,
# safety checker 304 M. Memory: the weights at 2 or 4 bytes, and about 4 or 8 GiB for the decoder's gradient at
# 512 pixels (autograd keeps 3 GiB of activations at 2 bytes, counted on this decoder, and its steps need some too).
_KNOWN: dict[str, _Known] = {
    "sd2-community/stable-diffusion-2-inpainting": _Known(
        "Stable Diffusion 2 inpainting", 2.6, {"float16": 7.0, "float32": 13.0}, 512
    ),
    "stable-diffusion-v1-5/stable-diffusion-inpainting": _Known(
        "Stable Diffusion 1.5 inpainting", 2.7, {"float16": 7.0, "float32": 13.0}, 512
    ),
}
_GONE = {
    "stabilityai/stable-diffusion-2-inpainting": "sd2-community/stable-diffusion-2-inpainting",
    "runwayml/stable-diffusion-inpainting": "stable-diffusion-v1-5/stable-diffusion-inpainting",
}
NAMES = (BUNDLED, *_KNOWN)
"""The models that the interface offers; any ORG/REPO of the Hugging Face Hub and local-dir:PATH load as well."""


def describe(name: str) -> InpaintingModel:
    """What a model costs; a look at folders and small files only.

    Raises:
        InpaintingError: for a name that is none.
    """
    folder, here = MODELS.look(name)
    known = _KNOWN.get(name)
    title = "Diorama-SD, a miniature trained on the bundled picture-book world alone"
    info = model_info(name, here, known, title, {} if known else _memory(folder))
    return InpaintingModel(**vars(info), size=known.size if known else _size(folder) if folder is not None else None)


def components(index: Mapping[str, Any]) -> dict[str, str]:
    """The components that a ``model_index.json`` names, and the library each is of."""
    return {
        part: str(entry[0])
        for part, entry in index.items()
        if isinstance(entry, list) and len(entry) == 2 and entry[0] is not None
    }


def weights_in(index: Mapping[str, Any], there: Callable[[str], bool]) -> tuple[str | None, list[str]]:
    """The weights files of a pipeline, relative to its folder: ``fp16`` files where those are there, else plain ones.

    Returns:
        (the variant as diffusers calls it, the files); where neither kind is whole, some of them are not there.
    """
    stems = [
        f"{part}/{WEIGHTS.get(library, 'model')}"
        for part, library in components(index).items()
        if part not in WITHOUT_WEIGHTS
    ]
    halves = [f"{stem}.fp16.safetensors" for stem in stems]
    plain = [f"{stem}.safetensors" for stem in stems]
    if all(map(there, halves)) or (any(map(there, halves)) and not all(map(there, plain))):
        return "fp16", halves
    return None, plain


def missing_from(folder: Path) -> str | None:
    """The first file of a pipeline that a folder lacks; None where it is whole."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return INDEX
    if not isinstance(index, dict):
        return INDEX
    for part in components(index):
        if part == "tokenizer":
            if not any((folder / part / each).is_file() for each in ("tokenizer.json", "vocab.json")):
                return f"{part}/tokenizer.json"
            continue
        config = f"{part}/{CONFIGS.get(part, 'config.json')}"
        if not (folder / config).is_file():
            return config
    _, files = weights_in(index, lambda file: (folder / file).is_file())
    return next((file for file in files if not (folder / file).is_file()), None)


def _size(folder: Path) -> int | None:
    """The picture size that the configurations in a folder say."""
    try:
        unet = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
        vae = json.loads((folder / "vae" / "config.json").read_text(encoding="utf-8"))
        return int(unet["sample_size"]) * 2 ** (len(vae["block_out_channels"]) - 1)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _memory(folder: Path | None) -> dict[str, float]:
    """The weights in a folder at 2 and at 4 bytes, with what a gradient at that size takes on top."""
    size = _size(folder) if folder is not None else None
    if folder is None or size is None:
        return {}
    index = json.loads((folder / INDEX).read_text(encoding="utf-8")) if (folder / INDEX).is_file() else {}
    _, files = weights_in(index if isinstance(index, dict) else {}, lambda file: (folder / file).is_file())
    parameters = sum(_parameters(folder / file) for file in files)
    gradient = 2 * 2**30 * (size / 512) ** 2
    return {
        kind: round((parameters * width + gradient * width) / 2**30, 1)
        for kind, width in (("float16", 2), ("float32", 4))
    }


def _parameters(weights: Path) -> int:
    """How many numbers a safetensors file holds, from its header; 0 where it is damaged."""
    try:
        with open(weights, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError):
        return 0


MODELS = Names(
    NAMES,
    folder=lambda: FOLDER,
    marker=INDEX,
    is_one=lambda index: True,
    missing=missing_from,
    error=InpaintingError,
    gone=_GONE,
)
failure, available_offline = MODELS.failure, MODELS.available_offline

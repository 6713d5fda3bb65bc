"""What models of contexts are called, what they cost, and which of them this machine has."""

from __future__ import annotations

import json
from pathlib import Path

from ood_studio.core.paths import ASSETS
from ood_studio.hub.names import BUNDLED, Known, ModelInfo, Names, model_info
from ood_studio.synthesis.contexts import ContextError

FOLDER = ASSETS / "diorama-llava"
TRAINED_BY = "python -m ood_studio.training.contexts"
CONFIG, WEIGHTS, WEIGHTS_INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"


# From parameter counts (7.06 G and 0.89 G, stored at 2 bytes) at 2, 4 and about 0.6 bytes (4 bits, and the parts that
# stay at 2 bytes), with a tenth on top for activations and the key-value cache of one picture.
_KNOWN: dict[str, Known] = {
    "llava-hf/llava-1.5-7b-hf": Known("LLaVA 1.5, 7 B", 14.1, {"4bit": 5.0, "float16": 15.0, "float32": 29.0}),
    "llava-hf/llava-interleave-qwen-0.5b-hf": Known(
        "LLaVA Interleave Qwen, 0.5 B", 1.8, {"4bit": 1.0, "float16": 2.0, "float32": 4.0}
    ),
}
NAMES = (BUNDLED, *_KNOWN)
"""The models that the interface offers; any ORG/REPO of the Hugging Face Hub and local-dir:PATH load as well."""


def describe(name: str) -> ModelInfo:
    """What a model costs; a look at folders and small files only.

    Raises:
        ContextError: for a name that is none.
    """
    folder, here = MODELS.look(name)
    title = "Diorama-LLaVA, a miniature trained on the bundled picture-book world alone"
    return model_info(name, here, _KNOWN.get(name), title, _memory(folder) if folder and here else {})


def missing_from(folder: Path) -> str | None:
    """The first file of a model that a folder lacks; None where it is whole."""
    if not (folder / CONFIG).is_file():
        return CONFIG
    if not any((folder / file).is_file() for file in ("processor_config.json", "preprocessor_config.json")):
        return "processor_config.json"
    if not any((folder / file).is_file() for file in ("tokenizer.json", "tokenizer.model")):
        return "tokenizer.json"
    if (folder / WEIGHTS).is_file():
        return None
    shards = weights_of(folder)
    return next((file for file in shards if not (folder / file).is_file()), None) if shards else WEIGHTS


def weights_of(folder: Path) -> list[str]:
    """The weights files of a model: one, or the shards that its index names; none where the index cannot be read."""
    if not (folder / WEIGHTS_INDEX).is_file():
        return [WEIGHTS] if (folder / WEIGHTS).is_file() else []
    try:
        shards = json.loads((folder / WEIGHTS_INDEX).read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({str(file) for file in shards})
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []


def _is_llava(config: Path) -> bool:
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("model_type") == "llava"


def _memory(folder: Path) -> dict[str, float]:
    """The weights in a folder, taken to be of 2 bytes, at 2 and at 4, with a tenth on top."""
    stored = sum((folder / file).stat().st_size for file in weights_of(folder)) * 1.1 / 2**30
    return {"float16": round(stored, 2), "float32": round(2 * stored, 2)}


MODELS = Names(NAMES, folder=lambda: FOLDER, marker=CONFIG, is_one=_is_llava, missing=missing_from, error=ContextError)
failure, available_offline = MODELS.failure, MODELS.available_offline

"""Models of contexts by name: the bundled LLaVA, any of the Hugging Face Hub, and folders of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.costs import Published
from ood_studio.hub.device import choose_device
from ood_studio.hub.errors import CannotLoad
from ood_studio.hub.files import read_json
from ood_studio.hub.folder_models import FolderModels, Layout
from ood_studio.synthesis.contexts import ContextError
from ood_studio.synthesis.llava import LlavaContextModel

Quantize = Literal["4bit"]
WEIGHTS, WEIGHTS_INDEX = "model.safetensors", "model.safetensors.index.json"
_WANTED = ("*.json", "*.safetensors", "*.model", "*.jinja", "*.txt", "README.md")


class LlavaLayout(Layout):
    """What transformers' `LlavaForConditionalGeneration` reads, with weights as safetensors."""

    marker = "config.json"

    def check(self, folder: Path, file: Callable[[str], Path]) -> None:
        """Refuses what is no LLaVA."""
        content = read_json(folder / self.marker)
        kinds = content.get("architectures") or [content.get("model_type")]
        if content.get("model_type") != "llava":
            raise CannotLoad(f"it is a {kinds[0] or 'model of another kind'}, not a LlavaForConditionalGeneration")

    def is_one(self, marker: Path) -> bool:
        """Whether a configuration is a LLaVA's."""
        try:
            return read_json(marker).get("model_type") == "llava"
        except CannotLoad:
            return False

    def missing(self, folder: Path) -> str | None:
        """The first file of a model that a folder lacks; None where it is whole."""
        if not (folder / self.marker).is_file():
            return self.marker
        for either in (("processor_config.json", "preprocessor_config.json"), ("tokenizer.json", "tokenizer.model")):
            if not any((folder / file).is_file() for file in either):
                return either[0]
        files = self.weights(folder)
        return next((file for file in files if not (folder / file).is_file()), None) if files else WEIGHTS

    def weights(self, folder: Path) -> list[str]:
        """One file, or the shards that its index names; none where there is neither, or the index cannot be read."""
        if (folder / WEIGHTS).is_file() or not (folder / WEIGHTS_INDEX).is_file():
            return [WEIGHTS] if (folder / WEIGHTS).is_file() else []
        try:
            shards = json.loads((folder / WEIGHTS_INDEX).read_text(encoding="utf-8"))["weight_map"].values()
            return sorted({str(file) for file in shards})
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return []

    def wanted(self, folder: Path, there: Collection[str]) -> list[str]:
        """Weights as safetensors, whatever is text, and the card with the licence."""
        return sorted(file for file in there if any(fnmatch(file, pattern) for pattern in _WANTED))

    def memory(self, folder: Path) -> Mapping[str, float]:
        """The weights, taken to be of 2 bytes, at 2 and at 4, with a tenth on top."""
        stored = sum((folder / file).stat().st_size for file in self.weights(folder)) * 1.1 / 2**30
        return {"float16": round(stored, 2), "float32": round(2 * stored, 2)}


# From parameter counts (7.06 G and 0.89 G, stored at 2 bytes) at 2, 4 and about 0.6 bytes (4 bits, and the parts that
# stay at 2 bytes), with a tenth on top for activations and the key-value cache of one image.
CONTEXTS: FolderModels[LlavaContextModel] = FolderModels(
    "contexts",
    LlavaLayout(),
    published={
        "llava-hf/llava-1.5-7b-hf": Published(
            "LLaVA 1.5, 7 B", 14.1, {"4bit": 5.0, "float16": 15.0, "float32": 29.0}, "Llama 2 Community License"
        ),
        "llava-hf/llava-interleave-qwen-0.5b-hf": Published(
            "LLaVA Interleave Qwen, 0.5 B",
            1.8,
            {"4bit": 1.0, "float16": 2.0, "float32": 4.0},
            "tongyi-qianwen-research",
        ),
    },
    libraries=("transformers",),
    error=ContextError,
)
"""``diorama`` (bundled), any ORG/REPO of the Hugging Face Hub (the interface offers some), ``local-dir:PATH``."""


def load_context_model(
    name: str = "diorama",
    device: str = "auto",
    quantize: Quantize | None = None,
    pool: KeyedCache[LlavaContextModel] | None = None,
    progress: Progress = silent,
) -> LlavaContextModel:
    """The model of contexts of that name, loaded on first use and shared from then on.

    It computes in half precision on CUDA and in float32 elsewhere.

    Args:
        name: one of `CONTEXTS`, such as ``diorama`` or ``llava-hf/llava-1.5-7b-hf``.
        device, pool, progress: see `FolderModels.load`.
        quantize: ``4bit`` for weights of 4 bits; needs CUDA and the bitsandbytes package.

    Raises:
        ContextError: one sentence with the name, the reason and what is available offline.
        StudioError: for an impossible device or quantisation.
    """
    if quantize is not None:
        _check_quantization(quantize, choose_device(device))

    def build(folder: Path, place: torch.device, dtype: torch.dtype) -> LlavaContextModel:
        from transformers import AutoProcessor, BitsAndBytesConfig, LlavaForConditionalGeneration

        processor = AutoProcessor.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        if not hasattr(processor, "image_processor") or not hasattr(processor, "tokenizer"):
            raise CannotLoad("its files make no processor of pictures and text")
        processor.tokenizer.padding_side = "left"  # answers begin where questions end
        options: dict[str, Any] = {"dtype": dtype}
        if quantize == "4bit":
            options["quantization_config"] = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype)
            options["device_map"] = {"": place}
        model, loading = LlavaForConditionalGeneration.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
        if loading["missing_keys"] or loading["mismatched_keys"]:
            raise CannotLoad("its weights file does not fit its configuration")
        _complete(processor, model, folder)
        return LlavaContextModel(name, model if quantize else model.to(place), processor)

    return CONTEXTS.load(name, device, "auto", build, variant=quantize, pool=pool, progress=progress)


def _check_quantization(quantize: str, device: torch.device) -> None:
    if quantize not in get_args(Quantize):
        raise StudioError(f"quantize must be 4bit or nothing, not {quantize!r}")
    if device.type != "cuda":
        raise StudioError(f"4-bit weights need a CUDA device, and this is {device}")
    for package in ("bitsandbytes", "accelerate"):
        if find_spec(package) is None:
            raise StudioError(f"4-bit weights need {package}: pip install bitsandbytes accelerate")


def _complete(processor: Any, model: Any, folder: Path) -> None:
    """Fills in what older processors do not say: how many tokens stand for an image.

    Those of LLaVA 1.5 leave out that a vision tower with a class token gives one more than there are patches.
    """
    config = model.config
    if processor.patch_size is None:
        processor.patch_size = config.vision_config.patch_size
    if processor.vision_feature_select_strategy is None:
        processor.vision_feature_select_strategy = config.vision_feature_select_strategy
    said = folder / "processor_config.json"
    if not said.is_file() or "num_additional_image_tokens" not in read_json(said):
        names = (name.rpartition(".")[2] for name, _ in model.named_parameters())
        processor.num_additional_image_tokens = int(any(name in ("class_embedding", "cls_token") for name in names))

"""Inpainting models by name: the bundled one, any of the Hugging Face Hub, and folders of one's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.costs import Published
from ood_studio.hub.device import Precision
from ood_studio.hub.errors import CannotLoad, short
from ood_studio.hub.files import parameter_count, read_json
from ood_studio.hub.folder_models import FolderModels, Layout
from ood_studio.synthesis.inpainting import CHANNELS, Inpainter, InpaintingError, no_inpainting

PIPELINES = ("StableDiffusionInpaintPipeline", "StableDiffusionPipeline")
# What a component's configuration and weights are called, by the library that it is of.
CONFIGS = {"scheduler": "scheduler_config.json", "feature_extractor": "preprocessor_config.json"}
WEIGHTS = {"diffusers": "diffusion_pytorch_model", "transformers": "model", "stable_diffusion": "model"}
WITHOUT_WEIGHTS = ("scheduler", "tokenizer", "feature_extractor")
TOKENIZER = ("tokenizer_config.json", "tokenizer.json", "vocab.json", "merges.txt", "special_tokens_map.json")


class PipelineLayout(Layout):
    """A folder that diffusers' `StableDiffusionInpaintPipeline.from_pretrained` reads, with weights as safetensors."""

    marker = "model_index.json"

    def check(self, folder: Path, file: Callable[[str], Path]) -> None:
        """Refuses what is no inpainting pipeline."""
        index = read_json(folder / self.marker)
        kind = index.get("_class_name")
        if kind not in PIPELINES:
            raise CannotLoad(f"its {self.marker} names the pipeline {kind}, not {PIPELINES[0]}")
        parts = components(index)
        for part in ("unet", "vae", "text_encoder", "tokenizer", "scheduler"):
            if part not in parts:
                raise CannotLoad(f"its {self.marker} names no {part}")
        for part, library in parts.items():
            if library not in WEIGHTS:  # diffusers would import whatever is named
                raise CannotLoad(f"its {part} is of {short(library, 100)!r}, which this app does not load")
        channels = read_json(file("unet/config.json")).get("in_channels")
        if channels != CHANNELS:
            raise CannotLoad(no_inpainting(channels))

    def is_one(self, marker: Path) -> bool:
        """Any pipeline may be one."""
        return True

    def missing(self, folder: Path) -> str | None:
        """The first file of a pipeline that a folder lacks; None where it is whole."""
        index = self._index(folder)
        if index is None:
            return self.marker
        for part in components(index):
            if part == "tokenizer":
                if not any((folder / part / each).is_file() for each in ("tokenizer.json", "vocab.json")):
                    return f"{part}/tokenizer.json"
            elif not (folder / config_of(part)).is_file():
                return config_of(part)
        return next((file for file in self.weights(folder) if not (folder / file).is_file()), None)

    def weights(self, folder: Path) -> list[str]:
        """One file a network, see `weights_of`."""
        return weights_of(self._index(folder) or {}, lambda file: (folder / file).is_file())[1]

    def wanted(self, folder: Path, there: Collection[str]) -> list[str]:
        """Weights of one kind alone, the small files, and the card with the licence."""
        index = read_json(folder / self.marker)
        weights = weights_of(index, there.__contains__)[1]
        for file in weights:
            if file not in there:
                raise CannotLoad(f"the repository has no {file}")
        small = [
            f"{part}/{file}"
            for part in components(index)
            for file in (TOKENIZER if part == "tokenizer" else [config_of(part).partition("/")[2]])
        ]
        return [each for each in (*weights, *small, "README.md") if each in there]

    def memory(self, folder: Path) -> Mapping[str, float]:
        """The weights at 2 and at 4 bytes, with what a gradient at that size takes on top."""
        size = self.image_size(folder)
        if size is None:
            return {}
        count = sum(parameter_count(folder / file) for file in self.weights(folder))
        gradient = 2 * 2**30 * (size / 512) ** 2
        widths = {"float16": 2, "float32": 4}
        return {kind: round((count * width + gradient * width) / 2**30, 1) for kind, width in widths.items()}

    def image_size(self, folder: Path) -> int | None:
        """The image size that the configurations say."""
        try:
            unet, vae = (read_json(folder / part / "config.json") for part in ("unet", "vae"))
            return int(unet["sample_size"]) * 2 ** (len(vae["block_out_channels"]) - 1)
        except (CannotLoad, KeyError, TypeError, ValueError):
            return None

    def _index(self, folder: Path) -> dict[str, Any] | None:
        try:
            return read_json(folder / self.marker)
        except CannotLoad:
            return None


def components(index: Mapping[str, Any]) -> dict[str, str]:
    """The components that a ``model_index.json`` names, and the library each is of."""
    return {
        part: str(entry[0])
        for part, entry in index.items()
        if isinstance(entry, list) and len(entry) == 2 and entry[0] is not None
    }


def config_of(part: str) -> str:
    """The configuration file of a component, relative to the pipeline's folder."""
    return f"{part}/{CONFIGS.get(part, 'config.json')}"


def weights_of(index: Mapping[str, Any], there: Callable[[str], bool]) -> tuple[str | None, list[str]]:
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


# From parameter counts at 2 bytes (the repositories hold half-precision files, which are taken on every device):
# SD 2: U-Net 866 M, text encoder 340 M, autoencoder 84 M. SD 1.5: U-Net 860 M, text encoder 123 M, autoencoder 84 M,
# safety checker 304 M. Memory: the weights at 2 or 4 bytes, and about 4 or 8 GiB for the decoder's gradient at
# 512 pixels (autograd keeps 3 GiB of activations at 2 bytes, counted on this decoder, and its steps need some too).
_MEMORY = {"float16": 7.0, "float32": 13.0}
INPAINTING: FolderModels[Inpainter] = FolderModels(
    "inpainting",
    PipelineLayout(),
    published={
        "sd2-community/stable-diffusion-2-inpainting": Published(
            "Stable Diffusion 2 inpainting", 2.6, _MEMORY, "CreativeML Open RAIL++-M", 512
        ),
        "stable-diffusion-v1-5/stable-diffusion-inpainting": Published(
            "Stable Diffusion 1.5 inpainting", 2.7, _MEMORY, "CreativeML Open RAIL-M", 512
        ),
    },
    moved={
        "stabilityai/stable-diffusion-2-inpainting": "sd2-community/stable-diffusion-2-inpainting",
        "runwayml/stable-diffusion-inpainting": "stable-diffusion-v1-5/stable-diffusion-inpainting",
    },
    libraries=("transformers", "diffusers"),
    error=InpaintingError,
)
"""``diorama`` (bundled), any ORG/REPO of the Hugging Face Hub (the interface offers some), ``local-dir:PATH``."""


def load_inpainter(
    name: str = "diorama",
    device: str = "auto",
    precision: Precision = "auto",
    pool: KeyedCache[Inpainter] | None = None,
    progress: Progress = silent,
) -> Inpainter:
    """The inpainting model of that name, loaded on first use and shared from then on.

    Args:
        name: one of `INPAINTING`, such as ``diorama`` or ``sd2-community/stable-diffusion-2-inpainting``.
        device, precision, pool, progress: see `FolderModels.load`.

    Raises:
        InpaintingError: one sentence with the name, the reason and what is available offline.
        StudioError: for an impossible device or precision.
    """

    def build(folder: Path, place: torch.device, dtype: torch.dtype) -> Inpainter:
        from diffusers import StableDiffusionInpaintPipeline

        library: Any = StableDiffusionInpaintPipeline  # partly typed
        index = read_json(folder / PipelineLayout.marker)
        # Without a type, text encoders stay in their files' half precision, which the CPU cannot compute in.
        pipeline = library.from_pretrained(
            str(folder),
            dtype=dtype,
            variant=weights_of(index, lambda file: (folder / file).is_file())[0],
            use_safetensors=True,
            local_files_only=True,
            low_cpu_mem_usage=False,
        )
        return Inpainter(name, pipeline.to(place))

    return INPAINTING.load(name, device, precision, build, pool=pool, progress=progress)

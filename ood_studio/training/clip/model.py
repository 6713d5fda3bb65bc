"""Diorama-CLIP itself: an open_clip model in miniature, and its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from ood_studio.hub.bundled import bundled
from ood_studio.training.clip.recipe import Tower
from ood_studio.training.saving import MEAN, STD, save_half
from ood_studio.training.tokenizer import CONTEXT_LENGTH, save_tokenizer

FOLDERS: dict[Tower, Path] = {
    "vit": bundled("backbone")["diorama"].folder,
    "conv": bundled("backbone")["diorama-conv"].folder,
}
_CONFIG, _WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
_VISION: dict[Tower, dict[str, Any]] = {
    "vit": {
        "image_size": 64,
        "layers": 4,
        "width": 192,
        "head_width": 48,
        "patch_size": 8,
        "mlp_ratio": 4.0,
        "pool_type": "avg",
    },
    "conv": {"image_size": 64, "layers": [1, 2, 3, 1], "width": 24, "head_width": 64},
}


def model_config(tower: Tower, vocabulary: int) -> dict[str, Any]:
    """The ``model_cfg`` of open_clip for an image tower and a number of tokens."""
    return {
        "embed_dim": 128,
        "vision_cfg": _VISION[tower],
        "text_cfg": {
            "context_length": CONTEXT_LENGTH,
            "vocab_size": vocabulary,
            "width": 128,
            "heads": 4,
            "layers": 3,
            "hf_tokenizer_name": "diorama",
        },
    }


def build_clip(config: dict[str, Any]) -> Any:
    """A randomly initialised `open_clip.model.CLIP` (it has no types); its logit scale starts at 14 and stays free."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    return CLIP(config["embed_dim"], CLIPVisionCfg(**config["vision_cfg"]), CLIPTextCfg(**config["text_cfg"]))


def load_config(folder: Path) -> dict[str, Any]:
    """The ``model_cfg`` of a folder."""
    return json.loads((folder / _CONFIG).read_text(encoding="utf-8"))["model_cfg"]


def load_weights(folder: Path) -> dict[str, Tensor]:
    """The weights in a folder, in float32."""
    return {name: tensor.float() for name, tensor in load_file(folder / _WEIGHTS).items()}


def load_visual(folder: Path) -> dict[str, Tensor]:
    """The weights of the image tower in a folder, in float32, by their names in it."""
    return {
        name.removeprefix("visual."): tensor
        for name, tensor in load_weights(folder).items()
        if name.startswith("visual.")
    }


def load_clip(folder: Path) -> Any:
    """The model in a folder, in float32."""
    clip = build_clip(load_config(folder))
    clip.load_state_dict(load_weights(folder))
    return clip


def layers_of(weights: Mapping[str, Tensor]) -> int:
    """How many layers one tower of an open_clip transformer has."""
    return 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("transformer.resblocks."))


def normalised(pixels: Tensor) -> Tensor:
    """Pixels (..., 3, height, width) in [0, 1] as the image tower takes them."""
    mean, std = (torch.tensor(each, device=pixels.device).view(3, 1, 1) for each in (MEAN, STD))
    return (pixels - mean) / std


def save_clip(clip: Any, config: dict[str, Any], tokenizer: Tokenizer, folder: Path) -> None:
    """Writes an open_clip folder: config, half-precision weights, tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(tokenizer, folder)
    preprocess = {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "squash"}
    text = json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}, indent=1)
    (folder / _CONFIG).write_text(text + "\n", encoding="utf-8")
    save_half(clip, folder / _WEIGHTS)

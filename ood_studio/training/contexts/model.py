"""Diorama-LLaVA itself: a `LlavaForConditionalGeneration` in miniature, what it begins with, and its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ood_studio.core.errors import StudioError
from ood_studio.hub.bundled import bundled
from ood_studio.training.clip.model import layers_of, load_visual
from ood_studio.training.contexts.processor import SPECIAL

FOLDER = bundled("contexts")["diorama"].folder


def build_llava(vocabulary: int) -> Any:
    """A randomly initialised `transformers.LlavaForConditionalGeneration`."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    vision = CLIPVisionConfig(
        image_size=64,
        patch_size=8,
        hidden_size=192,
        intermediate_size=768,
        num_hidden_layers=6,
        num_attention_heads=4,
        hidden_act="gelu",
        projection_dim=128,
    )
    text = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=256,
        pad_token_id=SPECIAL.index("<pad>"),
        bos_token_id=SPECIAL.index("<s>"),
        eos_token_id=SPECIAL.index("</s>"),
        tie_word_embeddings=False,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=SPECIAL.index("<image>"),
        image_seq_length=64,
        vision_feature_select_strategy="default",
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"  # bfloat16 gradients of the fused attention are slow on CPUs
    return LlavaForConditionalGeneration(config)


def start_with_clip(vision: Any, folder: Path) -> None:
    """Copies the image tower of an open_clip vision transformer into a `CLIPVisionModel` of the same width.

    Layers beyond those that it has change nothing at first.
    """
    found = load_visual(folder)
    wanted: dict[str, Tensor] = {
        "embeddings.class_embedding": found["class_embedding"],
        "embeddings.patch_embedding.weight": found["conv1.weight"],
        "embeddings.position_embedding.weight": found["positional_embedding"],
    }
    names = {"pre_layrnorm": "ln_pre", "post_layernorm": "ln_post"}
    layers = layers_of(found)
    for layer in range(layers):
        here, there = f"encoder.layers.{layer}", f"transformer.resblocks.{layer}"
        parts = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
        names |= {f"{here}.{a}": f"{there}.{b}" for a, b in parts.items()}
        names[f"{here}.self_attn.out_proj"] = f"{there}.attn.out_proj"
        for kind in ("weight", "bias"):
            thirds = found[f"{there}.attn.in_proj_{kind}"].chunk(3)
            wanted |= {
                f"{here}.self_attn.{name}.{kind}": part
                for name, part in zip(("q_proj", "k_proj", "v_proj"), thirds, strict=True)
            }
    for mine, theirs in names.items():
        wanted |= {f"{mine}.{kind}": found[f"{theirs}.{kind}"] for kind in ("weight", "bias")}
    prefix = next(iter(vision.state_dict())).partition("embeddings.")[0]
    _load(vision, {prefix + name: tensor for name, tensor in wanted.items()}, layers, folder)
    pass_through(vision, layers)


def start_with(llava: Any, folder: Path) -> None:
    """Copies a finished model; vision layers beyond those that it has change nothing at first."""
    from transformers import LlavaForConditionalGeneration

    found: Any = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    layers = found.config.vision_config.num_hidden_layers
    _load(llava, found.state_dict(), layers, folder)
    pass_through(llava.model.vision_tower, layers)


def _load(module: nn.Module, weights: Mapping[str, Tensor], layers: int, folder: Path) -> None:
    """Loads weights that may lack vision layers from ``layers`` on.

    Raises:
        StudioError: where others are missing.
    """
    missing = module.load_state_dict(weights, strict=False).missing_keys
    new = re.compile(r"encoder\.layers\.(\d+)\.")
    lost = [name for name in missing if (found := new.search(name)) is None or int(found[1]) < layers]
    if lost:
        raise StudioError(f"the model in {folder} has no weights for {', '.join(lost)}")


def pass_through(vision: Any, first: int) -> None:
    """Lets the layers of a `CLIPVisionModel` from ``first`` on change nothing."""
    for layer in vision.encoder.layers[first:]:
        for last in (layer.self_attn.out_proj, layer.mlp.fc2):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)


def save_llava(llava: Any, processor: Any, folder: Path) -> None:
    """Writes a folder that ``from_pretrained`` reads, in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    llava.to("cpu", torch.float16).save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone

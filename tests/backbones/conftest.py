"""Small randomly initialised checkpoints, saved as open_clip and timm directories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from ood_studio.training.tokenizer import save_tokenizer

TEXT = {"context_length": 12, "width": 32, "heads": 2, "layers": 1, "hf_tokenizer_name": "tiny"}
CLIP_COLOURS = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
TOWERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    # name: vision_cfg, preprocess_cfg, custom_text
    "vit": (
        {"image_size": 32, "layers": 2, "width": 48, "head_width": 24, "patch_size": 8},
        {**CLIP_COLOURS, "interpolation": "bicubic", "resize_mode": "shortest"},
        False,
    ),
    "vit-avg": (
        {
            "image_size": 32,
            "layers": 2,
            "width": 48,
            "head_width": 24,
            "patch_size": 8,
            "pool_type": "avg",
            "final_ln_after_pool": True,
        },
        {"mean": [0.5] * 3, "std": [0.3] * 3, "interpolation": "bicubic", "resize_mode": "squash"},
        False,
    ),
    "resnet": (
        {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None, "head_width": 64},
        {**CLIP_COLOURS, "interpolation": "bilinear", "resize_mode": "longest"},
        False,
    ),
    "timm": (
        {"image_size": 64, "timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear"},
        {**CLIP_COLOURS, "interpolation": "bicubic", "resize_mode": "shortest"},
        True,
    ),
    "coca": (
        {
            "image_size": 32,
            "layers": 2,
            "width": 48,
            "head_width": 24,
            "patch_size": 8,
            "attentional_pool": True,
            "attn_pooler_queries": 4,
            "attn_pooler_heads": 2,
            "output_tokens": True,
        },
        {**CLIP_COLOURS, "interpolation": "bicubic", "resize_mode": "shortest"},
        True,
    ),
}
COCA = {  # what such a model has beside
    "text_cfg": {"embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {"context_length": 12, "vocab_size": 300, "width": 24, "heads": 2, "layers": 1},
}
TIMM_MODELS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # name: architecture, model_args, pretrained_cfg
    "timm-vit": (
        "test_vit",
        {"img_size": 64, "num_classes": 5, "class_token": True, "global_pool": "token"},
        {"input_size": [3, 64, 64], "crop_pct": 0.9, "mean": [0.5, 0.4, 0.3], "std": [0.3, 0.2, 0.25]},
    ),
    "timm-vit-avg": (
        "test_vit2",
        {"img_size": [64, 96], "num_classes": 5, "global_pool": "avg"},
        {"input_size": [3, 64, 96], "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "bilinear"},
    ),
    "timm-resnet": ("test_resnet", {"num_classes": 5}, {"input_size": [3, 64, 64], "crop_pct": 0.95}),
    "timm-mobile": ("test_efficientnet", {"num_classes": 0}, {"input_size": [3, 64, 64], "crop_pct": 1.0}),
}


def tiny_tokenizer() -> Tokenizer:
    """A byte-level BPE that knows a few words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<pad>", "<start>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["a photo of a red fish", "a blue bird"] * 20, trainer)
    tokenizer.add_special_tokens(["<end>"])
    ids = [(token, tokenizer.token_to_id(token)) for token in ("<start>", "<end>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<start> $A <end>", special_tokens=ids)
    return tokenizer


def save_checkpoint(folder: Path, kind: str, seed: int = 0) -> Path:
    """Writes a random model of that kind."""
    from open_clip.coca_model import CoCa
    from open_clip.model import CLIP, CustomTextCLIP

    vision, preprocess, custom = TOWERS[kind]
    tokenizer = tiny_tokenizer()
    text = {**TEXT, "vocab_size": tokenizer.get_vocab_size()}
    config: dict[str, Any] = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}
    torch.manual_seed(seed)
    model: torch.nn.Module
    if kind == "coca":
        config["text_cfg"] |= COCA["text_cfg"]
        config["multimodal_cfg"] = COCA["multimodal_cfg"]
        model = CoCa(**config)
    else:
        model = (CustomTextCLIP if custom else CLIP)(**config)
    stir(model)
    config |= {"custom_text": True} if custom else {}
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    save_tokenizer(tokenizer, folder)
    return folder


def save_timm_checkpoint(folder: Path, kind: str, seed: int = 0) -> Path:
    """Writes a random timm model of that kind, with names for its classes where it has any."""
    import timm
    from timm.models import save_for_hf

    architecture, args, settings = TIMM_MODELS[kind]
    torch.manual_seed(seed)
    model = timm.create_model(architecture, **args)
    stir(model)
    classes = model.num_classes
    names = {
        "num_classes": classes,  # timm drops the names where it does not agree
        "label_names": [f"n{i}" for i in range(classes)],
        "label_descriptions": {"n1": "goldfish"},
    }
    save_for_hf(
        model,
        folder,
        model_config={"model_args": args, "pretrained_cfg": settings | (names if classes else {})},
        safe_serialization=True,
    )
    return folder


def stir(model: torch.nn.Module) -> None:
    """Draws the norms of a model anew: fresh ones would be the identity or zero."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, torch.nn.LayerNorm) and module.elementwise_affine:
            torch.nn.init.normal_(module.weight, 1, 0.2)
            torch.nn.init.normal_(module.bias, 0, 0.2)


@pytest.fixture(scope="session", autouse=True)
def few_threads() -> None:
    """Tiny models are slower with many threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of each tiny checkpoint."""
    base = tmp_path_factory.mktemp("checkpoints")
    return {kind: save_checkpoint(base / kind, kind) for kind in TOWERS} | {
        kind: save_timm_checkpoint(base / kind, kind) for kind in TIMM_MODELS
    }

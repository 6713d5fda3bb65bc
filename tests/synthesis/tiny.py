"""A tiny randomly initialised inpainting checkpoint, saved as diffusers folders are, for any room's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

SIZE = 32
WORDS = ("a", "photo", "of", "the", "grass", "house", "tree", "sky", "old")


def save_inpainting(
    folder: Path,
    *,
    half: bool = False,
    seed: int = 0,
    scheduler: Any = None,
    channels: int = 9,
    prediction: str = "v_prediction",
) -> Path:
    """Writes a random `StableDiffusionInpaintPipeline` of 32-pixel pictures that reads 12 tokens.

    Args:
        folder: where to; it is made.
        half: whether in half precision.
        seed: of the weights.
        scheduler: a scheduler of diffusers; None = DDIM.
        channels: input channels of the U-Net.
        prediction: what the U-Net predicts.
    """
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(seed)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=SIZE,
        mid_block_add_attention=False,
    )
    unet = UNet2DConditionModel(
        sample_size=SIZE // 4,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=16,
        attention_head_dim=4,
    )
    tokenizer = tiny_tokenizer()
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=tokenizer.model_max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    pipeline = StableDiffusionInpaintPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler or DDIMScheduler(prediction_type=prediction, clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    if half:
        pipeline.to(dtype=torch.float16, silence_dtype_warnings=True)
    pipeline.save_pretrained(folder)
    return folder


def tiny_tokenizer() -> Any:
    """A CLIP tokenizer that knows single bytes and a few words."""
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    vocabulary = [*letters, *(letter + "</w>" for letter in letters)]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        pieces = [*word[:-1], word[-1] + "</w>"]
        while len(pieces) > 1:
            pair = (pieces[0], pieces[1])
            if pair not in merges:
                merges.append(pair)
                vocabulary.append("".join(pair))
            pieces[:2] = ["".join(pair)]
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    numbers = {token: i for i, token in enumerate(dict.fromkeys(vocabulary))}
    return CLIPTokenizer(vocab=numbers, merges=merges, model_max_length=12)


def save_classifier(folder: Path, *, classes: int = 5, seed: int = 0) -> Path:
    """Writes a random timm classifier of 32-pixel pictures."""
    import timm
    from timm.models import save_for_hf

    torch.manual_seed(seed)
    model = timm.create_model("test_resnet", num_classes=classes)
    model.get_classifier().weight.data.mul_(20)  # logits apart from each other
    settings = {"input_size": [3, SIZE, SIZE], "crop_pct": 1.0, "num_classes": classes}
    folder.mkdir(parents=True, exist_ok=True)
    save_for_hf(model, folder, model_config={"pretrained_cfg": settings}, safe_serialization=True)
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Changes keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))

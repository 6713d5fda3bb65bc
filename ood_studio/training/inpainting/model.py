"""Diorama-SD itself: a Stable Diffusion inpainting pipeline in miniature, and its folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

from ood_studio.training.clip.model import FOLDERS, layers_of, load_weights

CLIP = FOLDERS["vit"]


def build_unet() -> Any:
    """A randomly initialised `diffusers.UNet2DConditionModel`."""
    import diffusers
    from diffusers.models.attention_processor import AttnProcessor

    unet: Any = diffusers.UNet2DConditionModel(
        sample_size=32,
        in_channels=9,
        out_channels=4,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        block_out_channels=(32, 64, 96, 112),
        layers_per_block=1,
        cross_attention_dim=128,
        attention_head_dim=4,
        norm_num_groups=16,
        use_linear_projection=True,
    )
    unet.set_attn_processor(AttnProcessor())  # the fused kernel's backward pass is slow in bfloat16 on CPUs
    return unet


def build_scheduler() -> Any:
    """A noise schedule of Stable Diffusion's form with v-prediction, as a `diffusers.DDIMScheduler`.

    It ends in more noise (beta_end 0.03 for 0.012): where a latent stands for 2 x 2 pixels and an object is many
    latents wide, their common colour would outlast the usual one, and the object with it (Hoogeboom et al. 2023).
    """
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.03,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="v_prediction",
    )


def load_clip_text(folder: Path = CLIP) -> Any:
    """The text tower of an open_clip folder as a `transformers.CLIPTextModel`, its pooling and projection left out."""
    from transformers import CLIPTextConfig, CLIPTextModel

    found = load_weights(folder)
    layers = layers_of(found)
    vocabulary, width = found["token_embedding.weight"].shape
    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=4 * width,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        max_position_embeddings=len(found["positional_embedding"]),
        hidden_act="gelu",
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=vocabulary - 1,
    )
    state = {
        "embeddings.token_embedding.weight": found["token_embedding.weight"],
        "embeddings.position_embedding.weight": found["positional_embedding"],
        "final_layer_norm.weight": found["ln_final.weight"],
        "final_layer_norm.bias": found["ln_final.bias"],
    }
    for i in range(layers):
        old, new = f"transformer.resblocks.{i}", f"encoder.layers.{i}"
        for part in ("weight", "bias"):
            for name, piece in zip("qkv", found[f"{old}.attn.in_proj_{part}"].chunk(3), strict=True):
                state[f"{new}.self_attn.{name}_proj.{part}"] = piece
            state[f"{new}.self_attn.out_proj.{part}"] = found[f"{old}.attn.out_proj.{part}"]
            for ours, theirs in (("ln_1", "layer_norm1"), ("ln_2", "layer_norm2")):
                state[f"{new}.{theirs}.{part}"] = found[f"{old}.{ours}.{part}"]
            for ours, theirs in (("c_fc", "fc1"), ("c_proj", "fc2")):
                state[f"{new}.mlp.{theirs}.{part}"] = found[f"{old}.mlp.{ours}.{part}"]
    encoder = CLIPTextModel(config)
    encoder.load_state_dict(state)
    return encoder.eval().requires_grad_(False)


def load_tokenizer(folder: Path = CLIP) -> Any:
    """The tokenizer of Diorama-CLIP as transformers reads it."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(folder)


def save_pipeline(autoencoder: Any, unet: Any, folder: Path) -> None:
    """Writes a folder that ``StableDiffusionInpaintPipeline.from_pretrained`` reads, in half precision."""
    import diffusers

    unet.set_default_attn_processor()
    pipeline: Any = diffusers.StableDiffusionInpaintPipeline(
        vae=autoencoder,
        text_encoder=load_clip_text(),
        tokenizer=load_tokenizer(),
        unet=unet,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    for part in (autoencoder, unet, pipeline.text_encoder):
        part.to("cpu", torch.float16)
    pipeline.save_pretrained(folder)
    # transformers 5 writes the name of a class that earlier versions do not have.
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("TokenizersBackend", "PreTrainedTokenizerFast"))
    shutil.copyfile(CLIP / "tokenizer_config.json", folder / "tokenizer" / "tokenizer_config.json")
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)

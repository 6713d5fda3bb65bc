"""Trains the inpainting network of Diorama-SD: ``python -m ood_studio.training.inpainting``.

A diffusers ``UNet2DConditionModel`` with 9 input channels (noisy latents, mask, latents of the picture outside the
mask), as in Stable Diffusion 2 inpainting with v-prediction, on the latents of the finished autoencoder. As in Stable
Diffusion the text encoder is CLIP's own and stays as it is: here the text tower of Diorama-CLIP. Scenes without an
object come with prompts that name the place and what stands there, scenes with one with prompts that name it too, so
that a prompt of context elements alone means that there is no object.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm import tqdm

from ood_studio.core.paths import ASSETS
from ood_studio.diorama.captions import NOUN_TEMPLATES, item_adjectives
from ood_studio.diorama.scene import Scene
from ood_studio.training.autoencoder import FOLDER, pixels_of
from ood_studio.training.clip import layers_of
from ood_studio.training.course import Course, follow
from ood_studio.training.stock import HELD_OUT, Stock, draw_rows, load_stock
from ood_studio.training.tokenizer import CONTEXT_LENGTH

CLIP = ASSETS / "diorama"
_ENCODED_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class InpaintingCourse(Course):
    """How to train the inpainting network; the defaults are the recipe of the bundled weights.

    Attributes:
        masked: share of the pictures that come with a box for a mask; all others with one that is all ones.
        boxes: how many of the training scenes have such a box.
        object_weight: how much more the box of the main object counts: it is what is hard to paint.
        id_weight: how much more often a scene with an ID class is drawn than one without.
        unprompted: share of empty prompts, for guidance without a classifier (Ho and Salimans 2022).
        start: the folder of the autoencoder.
        weights: a folder with a ``unet/`` to begin with, such as one that is to become better.
    """

    steps: int = 9000
    batch: int = 32
    lr: float = 6e-4
    average: float = 0.999
    masked: float = 0.15
    boxes: int = 12_000
    object_weight: float = 3.0
    id_weight: float = 3.0
    unprompted: float = 0.1
    start: Path = FOLDER
    weights: Path | None = None


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


def text_encoder_of(folder: Path) -> Any:
    """The text tower of an open_clip folder as a `transformers.CLIPTextModel`, its pooling and projection left out."""
    from transformers import CLIPTextConfig, CLIPTextModel

    found = {k: v.float() for k, v in load_file(folder / "open_clip_model.safetensors").items()}
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


def prompt_of(scene: Scene, rng: Random) -> str:
    """A prompt for a training scene: its place and some of its elements, and its main object where it has one."""
    words = list(dict.fromkeys(prop.name for prop in scene.props))
    rng.shuffle(words)
    words = words[: rng.randint(0 if scene.main else 1, len(words))] if words else []
    if rng.random() < 0.8 or not words:
        words.insert(0, scene.place)
    if scene.main is None:
        return ", ".join(words)
    adjectives = item_adjectives(scene, scene.main)
    name = scene.main.kind if scene.main.kind and rng.random() < 0.2 else scene.main.name
    if adjectives and rng.random() < 0.3:
        name = f"{rng.choice(adjectives)} {name}"
    said = rng.choice(NOUN_TEMPLATES).format(name)
    return said if rng.random() < 0.4 else ", ".join((said, *words))


@torch.no_grad()
def encode_all(autoencoder: Any, pictures: Tensor | Stock, device: torch.device, name: str, course: Course) -> Tensor:
    """(n, 4, 32, 32) float16: scaled latents, the mode of their distributions."""
    count = len(pictures.pixels) if isinstance(pictures, Stock) else len(pictures)
    out = torch.empty(count, 4, 32, 32, dtype=torch.float16)
    for start in tqdm(range(0, count, _ENCODED_AT_ONCE), desc=name, mininterval=10):
        rows = np.arange(start, min(start + _ENCODED_AT_ONCE, count))
        pixels = pixels_of(pictures, rows, device) if isinstance(pictures, Stock) else pictures[rows].to(device)
        with course.autocast(device):
            latents = autoencoder.encode(pixels).latent_dist.mode()
        out[rows] = (latents.float() * autoencoder.config.scaling_factor).half().cpu()
    return out


def draw_masks(stock: Stock, count: int, seed: int) -> Tensor:
    """(count, 64, 64) bool: for each of the first scenes a box, half of them around the main object where there is
    one."""
    rng = np.random.default_rng([seed, 7])
    masks = torch.zeros(count, 64, 64, dtype=torch.bool)
    for i in range(count):
        left, top, right, bottom = (int(v) for v in stock.boxes[i])
        if right > left and rng.random() < 0.5:
            grow = int(rng.integers(1, 8))
            left, top, right, bottom = max(0, left - grow), max(0, top - grow), right + grow, bottom + grow
        else:
            width, height = (int(v) for v in rng.integers(12, 60, 2))
            left, top = int(rng.integers(0, 65 - width)), int(rng.integers(0, 65 - height))
            right, bottom = left + width, top + height
        masks[i, top:bottom, left:right] = True
    return masks


class Denoising:
    """The losses of the network: v-prediction (Salimans and Ho 2022).

    Half of the timesteps are drawn evenly, half from a logit-normal distribution (Esser et al. 2024, section 3.1): it
    favours those in the middle, where it is decided what a picture shows.
    """

    def __init__(self, course: InpaintingCourse, stock: Stock, autoencoder: Any, device: torch.device) -> None:
        self.course, self.device = course, device
        self.tokenizer = load_tokenizer(CLIP)
        self.encoder = text_encoder_of(CLIP).to(device)
        self.scheduler = build_scheduler()
        self.scenes, self.objects = stock.scenes, torch.from_numpy(stock.boxes.astype(np.int64))
        boxed = min(course.boxes, len(stock.pixels))
        self.latents = encode_all(autoencoder, stock, device, "latents", course)
        masks = draw_masks(stock, boxed, course.seed)
        self.weights = np.where(stock.has_id_class, course.id_weight, 1.0).cumsum()
        self.masks = F.interpolate(masks[:, None].float(), (32, 32))  # nearest, as the pipeline does
        pixels = pixels_of(stock, np.arange(boxed), torch.device("cpu")) * ~masks[:, None]
        self.outside = encode_all(autoencoder, pixels, device, "masked latents", course)
        self.blank = encode_all(autoencoder, torch.zeros(1, 3, 64, 64), device, "blank", course)

    def __call__(self, unet: Any, step: int, held_out: bool = False) -> Tensor:
        """The loss of one batch; ``held_out`` takes all timesteps evenly, and no masks."""
        course = self.course
        rng = np.random.default_rng([course.seed, step])
        count = min(256, len(self.latents)) if held_out else course.batch
        boxed = 0 if held_out else round(count * course.masked)
        drawn = draw_rows(self.weights, count - boxed, rng)
        rows = np.concatenate([rng.integers(0, len(self.masks), boxed), drawn])
        prompts = ["" if rng.random() < course.unprompted else self._prompt(i, step) for i in rows]
        latents = self.latents[rows].float().to(self.device)
        mask, outside = torch.ones(count, 1, 32, 32), self.blank.float().repeat(count, 1, 1, 1)
        mask[:boxed], outside[:boxed] = self.masks[rows[:boxed]], self.outside[rows[:boxed]].float()
        noise = torch.randn(latents.shape).to(self.device)
        times = torch.linspace(0, 999, count).long() if held_out else _timesteps(count)
        times = times.to(self.device)
        noisy = self.scheduler.add_noise(latents, noise, times)
        wanted = self.scheduler.get_velocity(latents, noise, times)
        told = self._embed(prompts)
        with course.autocast(self.device):
            given = torch.cat([noisy, mask.to(self.device), outside.to(self.device)], dim=1)
            found = unet(given, times, told).sample
        squared = (found.float() - wanted).square().mean(dim=1)
        if held_out:
            return squared.mean()
        weights = 1 + (course.object_weight - 1) * _inside(self.objects[rows]).to(squared)
        return (weights * squared).sum() / weights.sum()

    def _prompt(self, row: int, step: int) -> str:
        return prompt_of(self.scenes[row], Random(f"{self.course.seed}/{row}/{step}"))

    @torch.no_grad()
    def _embed(self, prompts: Sequence[str]) -> Tensor:
        given = self.tokenizer(
            list(prompts), padding="max_length", max_length=CONTEXT_LENGTH, truncation=True, return_tensors="pt"
        )
        return self.encoder(given.input_ids.to(self.device)).last_hidden_state


def _timesteps(count: int) -> Tensor:
    """(count,) int64 from 0 to 999."""
    even = torch.arange(count) % 2 == 0
    return (1000 * torch.where(even, torch.rand(count), torch.randn(count).sigmoid())).long()


def _inside(boxes: Tensor) -> Tensor:
    """(n, 32, 32) bool: which latents lie in boxes (n, 4) of 64-pixel pictures."""
    left, top, right, bottom = (boxes // 2).T[..., None, None]
    rows, columns = torch.arange(32)[:, None], torch.arange(32)
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of Diorama-CLIP as transformers reads it."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(folder)


def train(course: InpaintingCourse) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished pipeline."""
    from diffusers import AutoencoderKL

    device = course.where()
    autoencoder: Any = AutoencoderKL.from_pretrained(course.start / "vae", torch_dtype=torch.float32).to(device).eval()
    stock = load_stock(course.pictures, course.seed)
    denoising = Denoising(course, stock, autoencoder, device)
    fresh = Denoising(course, load_stock(course.fresh, course.seed + HELD_OUT), autoencoder, device)
    torch.manual_seed(course.seed)
    unet = build_unet()
    if course.weights is not None:
        unet.load_state_dict(
            {k: v.float() for k, v in load_file(course.weights / "unet/diffusion_pytorch_model.safetensors").items()}
        )
    unet.to(device)

    def losses(step: int) -> Mapping[str, Tensor]:
        return {"velocity": denoising(unet, step)}

    def measure(kept: nn.Module) -> Mapping[str, float]:
        torch.manual_seed(course.seed)
        return {"held_out": fresh(kept, -1 % 2**31, held_out=True).item()}

    kept = follow(course, "inpainting", unet, losses, measure)
    folder = course.out or FOLDER
    save_pipeline(autoencoder, kept, folder)
    return folder


def save_pipeline(autoencoder: Any, unet: Any, folder: Path) -> None:
    """Writes a folder that ``StableDiffusionInpaintPipeline.from_pretrained`` reads, in half precision."""
    import diffusers

    unet.set_default_attn_processor()
    pipeline: Any = diffusers.StableDiffusionInpaintPipeline(
        vae=autoencoder,
        text_encoder=text_encoder_of(CLIP),
        tokenizer=load_tokenizer(CLIP),
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


if __name__ == "__main__":
    print(f"the pipeline is in {train(tyro.cli(InpaintingCourse, description=__doc__))}")

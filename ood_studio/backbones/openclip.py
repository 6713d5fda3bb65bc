"""CLIP models of the open_clip library: the bundled ones, its published checkpoints, folders and hub repositories."""

from __future__ import annotations

import difflib
import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ood_studio.backbones.base import Backbone, ImageFeatures, tamed
from ood_studio.hub.catalogue import (
    BUNDLED,
    HUB,
    LOCAL,
    OPEN_CLIP,
    OPEN_CLIP_CONFIG,
    OPEN_CLIP_WEIGHTS,
    candidates,
    failure,
    local_folder,
    short,
)
from ood_studio.hub.files import (
    building,
    files_in,
    fingerprint,
    first_line,
    hub_file,
    offline_mode,
    read_json,
    repository_of,
    why_no_hub,
)

_TRAINED_BY = {"diorama": "vit", "diorama-conv": "conv"}
_PRECISIONS = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}


@dataclass(frozen=True)
class Checkpoint:
    """One model's files, all on this machine.

    Attributes:
        name: what was asked for.
        weights: the weights file, safetensors or one that ``torch.load(weights_only=True)`` reads.
        config: open_clip's ``model_cfg``.
        folder: the open_clip directory, of a local model.
        architecture: open_clip's name for the architecture, of a published checkpoint (the others bring their own).
        preprocess: of a published checkpoint, what it sets of open_clip's ``preprocess_cfg``.
        quick_gelu: of a published checkpoint, whether the published weights were trained with the quick GELU.
    """

    name: str
    weights: Path
    config: dict[str, Any]
    folder: Path | None = None
    architecture: str | None = None
    preprocess: dict[str, Any] = field(default_factory=dict)
    quick_gelu: bool = False


# --- finding the files -------------------------------------------------------------------------------------------


def resolve(name: str) -> Checkpoint:
    """Finds (for a hub model: downloads) a model's files and checks its configuration; loads no weights.

    Raises:
        BackboneError: naming the model, the reason and what is available offline.
    """
    folder = local_folder(name)
    if folder is not None:
        return _from_folder(name, folder)
    if name.startswith(OPEN_CLIP + HUB):
        return _from_hub(name)
    if name.startswith(OPEN_CLIP):
        return _from_list(name, name.removeprefix(OPEN_CLIP))
    close = difflib.get_close_matches(name, BUNDLED, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    raise failure(
        name,
        f"unknown name ({meant}expected {', '.join(BUNDLED)}, open_clip:ARCHITECTURE/TAG, open_clip:local-dir:PATH, "
        "open_clip:hf-hub:ORG/REPO, timm:NAME, timm:local-dir:PATH or timm:hf-hub:ORG/REPO)",
    )


def _from_folder(name: str, folder: Path) -> Checkpoint:
    shown, hint = str(folder), ""
    if name in BUNDLED:
        shown = f"assets/{name}"
        hint = f" (made by python -m ood_studio.training.clip --model {_TRAINED_BY[name]})"
    config, weights = files_in(name, folder, OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, shown, hint)
    return Checkpoint(name, weights, _read_config(name, config), folder=folder)


def _from_hub(name: str) -> Checkpoint:
    repository = repository_of(name, OPEN_CLIP)
    config = _read_config(name, hub_file(name, repository, [OPEN_CLIP_CONFIG]))
    return Checkpoint(name, hub_file(name, repository, candidates("")), config)


def _from_list(name: str, model: str) -> Checkpoint:
    import open_clip

    known = {f"{architecture}/{tag}" for architecture, tag in open_clip.list_pretrained()}
    if model not in known:
        raise failure(name, _unknown(model, known))
    architecture, tag = model.rsplit("/", 1)
    published = open_clip.get_pretrained_cfg(architecture, tag)
    repository, _, filename = published.get("hf_hub", "").rpartition("/")
    if not repository:
        raise failure(name, "its weights are not on the Hugging Face Hub")
    wanted = ("mean", "std", "interpolation", "resize_mode", "fill_color")
    preprocess = {key: published[key] for key in wanted if published.get(key) is not None}
    return Checkpoint(
        name,
        hub_file(name, repository, candidates(filename)),
        _checked(name, open_clip.get_model_config(architecture)),
        architecture=architecture,
        preprocess=preprocess,
        # create_model only warns when the weights' activation is not the architecture's; the vectors would be wrong.
        quick_gelu=bool(published.get("quick_gelu", False)),
    )


def _unknown(model: str, known: set[str]) -> str:
    folded = {entry.casefold(): entry for entry in sorted(known)}
    architecture = model.split("/")[0].casefold()
    tags = sorted(entry for entry in known if entry.split("/")[0].casefold() == architecture)
    close = difflib.get_close_matches(model.casefold(), folded, n=3, cutoff=0.6)
    choices = [folded[entry] for entry in close] or tags[:3]
    meant = "; did you mean " + " or ".join(OPEN_CLIP + choice for choice in choices) + "?" if choices else ""
    return f"open_clip lists no pretrained model {short(model, 100)!r}{meant}"


def _read_config(name: str, path: Path) -> dict[str, Any]:
    return _checked(name, read_json(name, path).get("model_cfg"))


def _checked(name: str, config: Any) -> dict[str, Any]:
    parts = ("embed_dim", "vision_cfg", "text_cfg")
    if not isinstance(config, dict) or not all(part in config for part in parts):
        raise failure(name, f"its configuration has no model_cfg with {', '.join(parts)}")
    # Tokenizer options of the file reach transformers as they are; this one would run the repository's own code.
    if "trust_remote_code" in json.dumps(config):
        raise failure(name, "its configuration asks for trust_remote_code, which this app never allows")
    return dict(config)


# --- the model ---------------------------------------------------------------------------------------------------


class OpenClipBackbone(Backbone):
    """An open_clip model behind the `Backbone` interface.

    What the two other spaces are depends on the image tower:

    - vision transformer: ``visual`` is the pooled token before ``visual.proj``; ``patches`` are the last layer's patch
      tokens, each through ``ln_post`` and ``proj`` (none where attention pooling leaves no grid).
    - CLIP's ResNet: ``visual`` is what attention pooling gives before its output projection ``c_proj``; ``patches`` are
      the cells that it pools, each through its value and output projection alone (Miyai et al., GL-MCM).
    - timm tower: ``visual`` is the trunk's pooled output before the head that projects; where the trunk itself
      projects, its features before that layer. No patches.

    Parameters are frozen, so gradients flow to the pixels alone.

    Args:
        checkpoint: the model's files.
        device, dtype: where and in which precision to compute; below float32 the weights are kept in ``dtype`` too.

    Raises:
        BackboneError: when the weights are damaged or do not belong to the configuration.
    """

    def __init__(
        self, checkpoint: Checkpoint, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        from open_clip.transform import PreprocessCfg, image_transform_v2
        from torchvision.transforms import Compose  # type: ignore[import-untyped]

        self.name = checkpoint.name
        self.device, self.dtype = torch.device(device), dtype
        self._checkpoint = checkpoint
        self._model = _build(checkpoint, self.device, dtype)
        visual = self._model.visual
        self._tower, self.has_patches = _tower(self.name, visual)
        height, width = _pair(visual.image_size)
        self._input_shape, self.image_size = (height, width), height
        self.dim = int(checkpoint.config["embed_dim"])
        self.logit_scale = math.exp(float(self._model.logit_scale.detach().float().mean()))
        cfg = PreprocessCfg(**visual.preprocess_cfg)
        *steps, normalize = image_transform_v2(cfg, is_train=False).transforms
        self._resize = Compose(steps)
        self._crops = cfg.resize_mode != "squash"
        self._mean = torch.tensor(normalize.mean, device=self.device).view(3, 1, 1)
        self._std = torch.tensor(normalize.std, device=self.device).view(3, 1, 1)
        self.fingerprint = _fingerprint_of(checkpoint, dtype, visual.preprocess_cfg)
        self._tokenizer: Callable[[list[str]], Tensor] | None = None
        self._tokenizer_lock = threading.Lock()

    @property
    def input_shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._input_shape

    def _transform(self, image: Image.Image) -> Tensor:
        pixels: Tensor = self._resize(tamed(image) if self._crops else image)
        return pixels

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype if half else None, enabled=half):
            normalized = ((pixels - self._mean) / self._std).to(self.dtype)
            joint, visual, patches = self._tower(normalized)
        return ImageFeatures(
            joint=F.normalize(joint.float(), dim=-1),
            visual=visual.float(),
            patches=None if patches is None else F.normalize(patches.float(), dim=-1),
        )

    def _encode_text(self, texts: list[str]) -> Tensor:
        with self._tokenizer_lock:  # transformers' fast tokenizers break when two threads use one at a time
            if self._tokenizer is None:
                self._tokenizer = _load_tokenizer(self._checkpoint)
            tokens = self._tokenizer(texts)
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype if half else None, enabled=half):
            vectors: Tensor = self._model.encode_text(tokens.to(self.device))
        return vectors


def _build(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Any:
    import open_clip

    text_model = checkpoint.config["text_cfg"].get("hf_model_name")
    with building(checkpoint.name, checkpoint.weights.name, device):
        if text_model:
            # open_clip would let transformers ask on the terminal whether to run a repository's code; refuse first.
            from transformers import AutoConfig

            AutoConfig.from_pretrained(text_model, trust_remote_code=False, local_files_only=offline_mode())
        model = open_clip.create_model(
            checkpoint.architecture or LOCAL + str(checkpoint.weights.parent),
            pretrained=str(checkpoint.weights) if checkpoint.architecture else None,
            precision=_PRECISIONS[dtype],
            device=device,
            force_quick_gelu=checkpoint.quick_gelu,
            force_preprocess_cfg=checkpoint.preprocess,
            pretrained_text=False,
            require_pretrained=True,
            weights_only=True,
        )
    return model.eval().requires_grad_(False)


def _load_tokenizer(checkpoint: Checkpoint) -> Callable[[list[str]], Tensor]:
    """The checkpoint's own tokenizer: texts -> (texts, context) token numbers."""
    from huggingface_hub import constants, snapshot_download
    from open_clip import tokenizer as library

    text = checkpoint.config["text_cfg"]
    options = {"context_length": text.get("context_length", 77), **(text.get("tokenizer_kwargs") or {})}
    make: Callable[..., Callable[[list[str]], Tensor]] = library.HFTokenizer
    source = text.get("hf_tokenizer_name")
    if not source:
        simple: Callable[[list[str]], Tensor] = library.SimpleTokenizer(**options)
        return simple
    options |= {
        "tokenizer_mode": text.get("tokenizer_mode"),
        "cache_dir": constants.HF_HUB_CACHE,
        "trust_remote_code": False,
    }
    try:
        # The cache first: transformers would ask the hub about every file, with retries.
        folder = checkpoint.folder or snapshot_download(source, local_files_only=True)
        return make(str(folder), **options, local_files_only=True)
    except Exception as error:
        if checkpoint.folder is not None:
            raise failure(checkpoint.name, f"its folder holds no readable tokenizer ({first_line(error)})") from error
        no_hub = why_no_hub()
        if no_hub:
            raise failure(checkpoint.name, f"no network ({no_hub}) for its tokenizer {source}") from error
    try:
        return make(source, **options)
    except Exception as error:
        raise failure(checkpoint.name, f"its tokenizer {source} could not be had ({first_line(error)})") from error


Tower = Callable[[Tensor], tuple[Tensor, Tensor, Tensor | None]]


def _tower(name: str, visual: nn.Module) -> tuple[Tower, bool]:
    """The forward pass of an image tower, normalised pixels -> (joint, visual, patches), and whether patches come."""
    from open_clip.modified_resnet import ModifiedResNet
    from open_clip.timm_model import TimmModel
    from open_clip.transformer import VisionTransformer

    if isinstance(visual, VisionTransformer):
        return lambda pixels: _vision_transformer(visual, pixels), visual.attn_pool is None
    if isinstance(visual, ModifiedResNet):
        return lambda pixels: _resnet(visual, pixels), True
    if isinstance(visual, TimmModel):
        return lambda pixels: _timm(visual, pixels), False
    raise failure(name, f"its image tower {type(visual).__name__} is of an unknown kind")


def _vision_transformer(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    tokens = tower.transformer(tower._embeds(pixels))
    pooled, local = tower._pool(tokens)
    joint = pooled if tower.proj is None else pooled @ tower.proj
    if tower.attn_pool is not None:
        return joint, pooled, None
    if tower.final_ln_after_pool:  # then the patch tokens have not been through it
        local = tower.ln_post(local)
    patches = local if tower.proj is None else local @ tower.proj
    return joint, pooled, patches.unflatten(1, tower.grid_size)


def _resnet(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    maps = tower.layer4(tower.layer3(tower.layer2(tower.layer1(tower.stem(pixels)))))
    # AttentionPool2d projects inside one fused call and drops all queries but the mean's; written out for that one
    # query, what goes into the projection can be read.
    pool = tower.attnpool
    patches = pool.c_proj(pool.v_proj(maps.permute(0, 2, 3, 1)))  # without the positions, as in GL-MCM's code
    cells = maps.flatten(2).transpose(1, 2)  # (batch, cells, width)
    cells = torch.cat([cells.mean(dim=1, keepdim=True), cells], dim=1) + pool.positional_embedding.to(maps.dtype)
    heads = (pool.num_heads, -1)
    query = pool.q_proj(cells[:, :1]).unflatten(2, heads).transpose(1, 2)
    key = pool.k_proj(cells).unflatten(2, heads).transpose(1, 2)
    value = pool.v_proj(cells).unflatten(2, heads).transpose(1, 2)
    visual = F.scaled_dot_product_attention(query, key, value).flatten(1)
    return pool.c_proj(visual), visual, patches


def _timm(tower: Any, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    features = tower.trunk.forward_features(pixels)
    pooled = tower.trunk.forward_head(features)
    joint = tower.head(pooled)
    # With an empty head the trunk's own classifier is the projection, or nothing is.
    visual = pooled if len(tower.head) else tower.trunk.forward_head(features, pre_logits=True)
    return joint, visual.flatten(2).mean(dim=2) if visual.ndim == 4 else visual, None


def _fingerprint_of(checkpoint: Checkpoint, dtype: torch.dtype, preprocess: dict[str, Any]) -> str:
    settings = [checkpoint.config, preprocess, checkpoint.quick_gelu, str(dtype)]
    beside = sorted(checkpoint.folder.glob("*")) if checkpoint.folder is not None else []
    read = [
        file
        for file in beside
        if file.is_file() and file.suffix in {".json", ".txt", ".model"} and file.name != OPEN_CLIP_CONFIG
    ]
    return fingerprint(checkpoint.weights, settings, read)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))

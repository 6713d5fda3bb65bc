"""CLIP models of the open_clip library: the bundled ones, its published checkpoints, folders and hub repositories."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ood_studio.backbones import open_clip_files
from ood_studio.backbones.base import CELLS, Backbone, BackboneError, ImageFeatures, LazyFeatures, limit_aspect
from ood_studio.backbones.families import ATTENDED_SUFFIX, FAMILIES, Family
from ood_studio.backbones.loading import LOADED
from ood_studio.backbones.open_clip_files import Checkpoint
from ood_studio.backbones.open_clip_prompts import CausalPrompts, CausalPseudoWords
from ood_studio.backbones.open_clip_text import CausalText, batches, text_tower_of
from ood_studio.backbones.open_clip_towers import ATTENDED, VALUES, has_values, tower_of
from ood_studio.backbones.prompts import PromptedTexts, PseudoWords
from ood_studio.core.errors import StudioError
from ood_studio.core.threads import is_small
from ood_studio.hub.download import offline_mode, why_no_hub
from ood_studio.hub.errors import CannotLoad, first_line
from ood_studio.hub.files import fingerprint
from ood_studio.hub.loading import building
from ood_studio.hub.names import LOCAL

_PRECISIONS = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}
_POSITIONS = {"cpu": 2048, "cuda": 32768}  # of texts encoded at a time: on a CPU, what takes a second or two


class OpenClipBackbone(Backbone):
    """An open_clip model with the `Backbone` interface.

    What the two other spaces are depends on the image tower:

    - vision transformer: ``visual`` is the pooled token before ``visual.proj``; ``patches`` are the patch tokens that
      enter the last layer, each through that layer's value path alone, ``ln_post`` and ``proj``, as GL-MCM's authors
      take them (`with_attended_patches`: those that leave it after full attention). Where attention pools them (CoCa),
      those that leave it, through its value and output projection alone; none where two poolings stand between.
    - CLIP's ResNet: ``visual`` is what attention pooling gives before its output projection ``c_proj``; ``patches`` are
      the cells that it pools, each through its value and output projection alone (Miyai et al., GL-MCM).
    - timm tower: ``visual`` is the trunk's pooled output before the head that projects; where the trunk itself
      projects, its features before that layer. ``patches`` are the cells of its last features, each through pooling
      and projection as if it were the whole image (of attention pooling, as in SigLIP, that is the cell's value); none
      where the cells do not lie as the image does or the head takes only all of them.

    Parameters are frozen, so gradients flow to the pixels alone.

    Args:
        checkpoint: the model's files.
        device, dtype: where and in which precision to compute; below float32 the weights are kept in ``dtype`` too.

    Raises:
        CannotLoad: when the weights are damaged or do not belong to the configuration.
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
        self.parameters = sum(each.numel() for each in visual.parameters())
        self.small = is_small(visual, self.device)
        self._text = text_tower_of(self._model)
        height, width = _pair(visual.image_size)
        with self._autocast():
            example = torch.zeros(1, 3, height, width, dtype=dtype, device=self.device)
            self._tower, self.has_patches = tower_of(visual, example)
        self._chooses = has_values(visual)
        self.patch_kind = VALUES if self._chooses else CELLS
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
        self._tokenizer: Callable[..., Tensor] | None = None
        self._tokenizer_lock = threading.Lock()

    @property
    def input_shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._input_shape

    def _transform(self, image: Image.Image) -> Tensor:
        pixels: Tensor = self._resize(limit_aspect(image) if self._crops else image)
        return pixels

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        with self._autocast():
            normalized = ((pixels - self._mean) / self._std).to(self.dtype)
            joint, visual, patches = self._tower(normalized)

        def unit_patches() -> Tensor:
            with self._autocast():
                found = patches() if callable(patches) else patches
            assert found is not None
            return F.normalize(found.float(), dim=-1)

        return LazyFeatures(
            F.normalize(joint.float(), dim=-1), visual.float(), None if patches is None else unit_patches
        )

    def with_attended_patches(self) -> OpenClipBackbone:
        """See `Backbone.with_attended_patches`: a vision transformer's; they share everything else."""
        if not self._chooses:
            super().with_attended_patches()
        found = OpenClipBackbone.__new__(OpenClipBackbone)
        vars(found).update(vars(self))
        found.name, found.patch_kind = f"{self.name}{ATTENDED_SUFFIX}", ATTENDED
        found._tower, _ = tower_of(self._model.visual, torch.empty(0), attended=True)
        found.fingerprint = f"{self.fingerprint}-attended"
        return found

    def _encode_text(self, texts: list[str]) -> Tensor:
        return self._encode_texts(texts, lambda done: None)

    def _encode_texts(self, texts: list[str], report: Callable[[int], None]) -> Tensor:
        tokens = self._tokenize(texts)
        lengths = self._text.lengths(tokens)
        found = torch.empty(len(texts), self.dim, dtype=torch.float32, device=self.device)
        done = 0

        def encode(some: Tensor) -> Tensor:
            longest = lengths[some]
            cut = tokens[some, : int(longest.max())]
            with self._autocast():
                return self._text.encode(cut.to(self.device), longest).float()

        for rows in batches(lengths, self._positions):
            report(done)
            found[rows] = self._texts_in_parts(encode, rows)
            done += len(rows)
        return found

    @property
    def _positions(self) -> int:
        return _POSITIONS.get(self.device.type, _POSITIONS["cuda"])

    def too_long(self, texts: Sequence[str]) -> list[str]:
        """Those whose tokens change where there is room for one more: then the last one is not the text's own."""
        rows = list(texts)
        if not rows:
            return []
        tokens = self._tokenize(rows)
        context = tokens.shape[1]
        longer = self._tokenize(rows, context + 1)
        return [
            text for text, cut in zip(rows, (longer[:, :context] != tokens).any(dim=1).tolist(), strict=True) if cut
        ]

    def _word_vectors(self, words: str) -> Tensor:
        tower, tokens = self._causal(), self._tokenize([words])
        own = tokens[:, 1 : int(tower.lengths(tokens)[0]) - 1]
        return tower.embed(own.to(self.device))[0]

    def _prompted(self, texts: list[str], length: int) -> PromptedTexts:
        tower, context = self._causal(), self._tokenize([""]).shape[1]
        room = context - length  # for a text with its start and end
        if room < 3:
            raise StudioError(f"{self.name} reads {context} tokens, so {length} before a text leave no room for it")
        tokens, precision = self._tokenize(texts, room), (self._autocast, self.dtype)
        return CausalPrompts(tower, tokens, length, self.device, self._positions, *precision, small=self.small)

    def _pseudo_words(self, templates: list[str]) -> PseudoWords:
        tower, parts = self._causal(), []
        for template in templates:
            halves = []
            for text in template.split("{}"):
                tokens = self._tokenize([text])
                halves.append(tokens[0, : int(tower.lengths(tokens)[0])])
            before, after = halves[0][:-1], halves[1][1:]
            if len(before) + 1 + len(after) > tokens.shape[1]:
                raise StudioError(
                    f"the template {template!r} leaves no room for a word in the text tower of {self.name}"
                )
            parts.append((before, after))
        return CausalPseudoWords(tower, parts, self.device, self._positions, self._autocast, self.dtype)

    def _causal(self) -> CausalText:
        """The text tower, where vectors can stand in front of a text's own tokens.

        Raises:
            BackboneError: for another one.
        """
        empty = self._tokenize([""])
        if not isinstance(self._text, CausalText) or int(self._text.lengths(empty)[0]) != 2:  # a start and an end
            raise self._no_prompts()
        return self._text

    def _autocast(self) -> torch.autocast:
        """Half precision where it computes in that."""
        half = self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype if half else None, enabled=half)

    def _tokenize(self, texts: list[str], context: int | None = None) -> Tensor:
        """(texts, context) token numbers, on the CPU; as many as the model reads where None is given."""
        with self._tokenizer_lock:  # transformers' fast tokenizers break when two threads use one at a time
            if self._tokenizer is None:
                with LOADED.naming(self.name):
                    self._tokenizer = _load_tokenizer(self._checkpoint)
            tokens = self._tokenizer(texts) if context is None else self._tokenizer(texts, context_length=context)
        known = self._checkpoint.config["text_cfg"].get("vocab_size")
        if known is not None and int(tokens.max()) >= known:
            raise BackboneError(
                f"{self.name} knows {known:,} tokens, and its tokenizer gave number {int(tokens.max()):,}: "
                "the tokenizer does not belong to this model"
            )
        return tokens


def _build(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Any:
    import open_clip

    text_model = checkpoint.config["text_cfg"].get("hf_model_name")
    with building(checkpoint.weights.name, device):
        if text_model:
            # open_clip would let transformers ask on the terminal whether to run a repository's code; refuse first.
            from transformers import AutoConfig

            AutoConfig.from_pretrained(text_model, trust_remote_code=False, local_files_only=offline_mode())
        model = open_clip.create_model(
            checkpoint.architecture or f"{LOCAL}:{checkpoint.weights.parent}",
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


def _load_tokenizer(checkpoint: Checkpoint) -> Callable[..., Tensor]:
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
            raise CannotLoad(f"its folder holds no readable tokenizer ({first_line(error)})") from error
        no_hub = why_no_hub()
        if no_hub:
            raise CannotLoad(f"no network ({no_hub}) for its tokenizer {source}") from error
    try:
        return make(source, **options)
    except Exception as error:
        raise CannotLoad(f"its tokenizer {source} could not be had ({first_line(error)})") from error


def _fingerprint_of(checkpoint: Checkpoint, dtype: torch.dtype, preprocess: dict[str, Any]) -> str:
    settings = [checkpoint.config, preprocess, checkpoint.quick_gelu, str(dtype)]
    others = sorted(checkpoint.folder.glob("*")) if checkpoint.folder is not None else []
    read = [
        file
        for file in others
        if file.is_file() and file.suffix in {".json", ".txt", ".model"} and file.name != open_clip_files.CONFIG
    ]
    return fingerprint(checkpoint.weights, settings, read)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


FAMILIES.register(
    Family(
        open_clip_files.PREFIX,
        open_clip_files.FORMS,
        resolve=open_clip_files.resolve,
        build=OpenClipBackbone,
        offline=open_clip_files.offline,
        folder=open_clip_files.folder_of,
        describe=open_clip_files.describe,
        offered=("open_clip:ViT-B-16/openai", "open_clip:ViT-L-14/openai"),
    )
)

"""Models of contexts behind transformers' `LlavaForConditionalGeneration`: the bundled one, folders and the hub's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from PIL import Image

from ood_studio.backbones.base import tamed
from ood_studio.core.errors import StudioError
from ood_studio.core.pool import Pool
from ood_studio.hub.device import choose_device, choose_dtype
from ood_studio.hub.files import building, downloading, first_line, hub_file, read_json, why_no_hub
from ood_studio.hub.loading import check_headers, import_whole, without_bars
from ood_studio.hub.names import BUNDLED, is_folder
from ood_studio.synthesis.context_models import (
    CONFIG,
    MODELS,
    TRAINED_BY,
    failure,
    missing_from,
    weights_of,
)
from ood_studio.synthesis.contexts import ContextError, ContextModel

Quantize = Literal["4bit"]
MAX_NEW_TOKENS = 96
"""Words and pieces of words that an answer may have; a list needs no more."""
_MODEL = "LlavaForConditionalGeneration"
_FILES = ("*.json", "*.safetensors", "*.model", "*.jinja", "*.txt")
_LONGEST_SIDE = 2048  # pixels; the models look at a few hundred
_PLAIN_CHAT = "USER: <image>\n{question} ASSISTANT:"  # LLaVA 1.5's, for processors without a chat template


class LlavaContextModel(ContextModel):
    """A LLaVA behind the `ContextModel` interface: chat template, greedy decoding, bounded answers.

    Args:
        name: what was asked for.
        model: a `transformers.LlavaForConditionalGeneration`, on its device.
        processor: its `transformers.LlavaProcessor`.
        batch: pictures looked at together.
        max_new_tokens: bound of an answer.
    """

    def __init__(
        self, name: str, model: Any, processor: Any, batch: int = 8, max_new_tokens: int = MAX_NEW_TOKENS
    ) -> None:
        self.name, self.batch, self.max_new_tokens = name, batch, max_new_tokens
        self.device: torch.device = model.device
        self.dtype: torch.dtype = model.dtype
        self._model, self._processor = model.eval().requires_grad_(False), processor
        self._tokenizing = threading.Lock()  # padding and truncation are state of a tokenizer

    def _answer(self, images: list[Image.Image], question: str, told: Callable[[], None]) -> list[str]:
        from transformers import StoppingCriteria, StoppingCriteriaList

        class Told(StoppingCriteria):  # type: ignore[misc]
            def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
                told()  # what it raises ends the generation
                return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

        with self._failing(), torch.no_grad():
            with self._tokenizing:
                inputs = self._processor(
                    images=[_small(image) for image in images],
                    text=[self._prompt(question)] * len(images),
                    padding=True,
                    return_tensors="pt",
                )
            inputs = inputs.to(self.device, self.dtype)
            tokens = self._model.generate(
                **inputs,
                do_sample=False,
                num_beams=1,
                max_new_tokens=self.max_new_tokens,
                stopping_criteria=StoppingCriteriaList([Told()]),
            )
            said = tokens[:, inputs["input_ids"].shape[1] :]
            return [text.strip() for text in self._processor.batch_decode(said, skip_special_tokens=True)]

    def _prompt(self, question: str) -> str:
        if not getattr(self._processor, "chat_template", None):
            return _PLAIN_CHAT.format(question=question)
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        return str(self._processor.apply_chat_template([turn], add_generation_prompt=True))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except StudioError:
            raise
        except torch.OutOfMemoryError as error:
            raise ContextError(
                f"{self.name} has no room on {self.device} to look at {self.batch} pictures at once; free memory, or "
                f"choose a smaller model such as {BUNDLED!r}"
            ) from error
        except Exception as error:
            raise ContextError(f"{self.name} cannot describe these pictures ({first_line(error)})") from error


_POOL: Pool[LlavaContextModel] = Pool(2)


def load_context_model(
    name: str = BUNDLED,
    device: str = "auto",
    quantize: Quantize | None = None,
    pool: Pool[LlavaContextModel] | None = None,
) -> LlavaContextModel:
    """The model of contexts of that name, loaded on first use and shared from then on.

    It computes in half precision on CUDA and in float32 elsewhere.

    Args:
        name: ``diorama`` (bundled); a repository of the Hugging Face Hub, ORG/REPO, e.g. ``llava-hf/llava-1.5-7b-hf``;
            or a folder, ``local-dir:PATH``. All are what transformers' `LlavaForConditionalGeneration` reads, with
            weights as safetensors. Files in the Hugging Face cache are used without asking the hub.
        device: ``auto`` (CUDA, MPS, CPU in that order) or a torch device name.
        quantize: ``4bit`` for weights of 4 bits; needs CUDA and the bitsandbytes package.
        pool: where loaded models are kept; the process's own pool of 2 when None.

    Raises:
        ContextError: one sentence with the name, the reason and what is available offline.
        StudioError: for an impossible device or quantisation.
    """
    MODELS.check(name)
    place = choose_device(device)
    if quantize is not None:
        _check_quantization(quantize, place)
    key = (name, str(place), quantize, MODELS.state(name))
    return (pool or _POOL).get(key, lambda: _load(name, place, quantize))


def _check_quantization(quantize: str, device: torch.device) -> None:
    from importlib.util import find_spec

    if quantize not in get_args(Quantize):
        raise StudioError(f"quantize must be 4bit or nothing, not {quantize!r}")
    if device.type != "cuda":
        raise StudioError(f"4-bit weights need a CUDA device, and this is {device}")
    for package in ("bitsandbytes", "accelerate"):
        if find_spec(package) is None:
            raise StudioError(f"4-bit weights need {package}: pip install bitsandbytes accelerate")


def _load(name: str, device: torch.device, quantize: Quantize | None) -> LlavaContextModel:
    folder = resolve(name)
    import_whole("transformers")
    from transformers import AutoProcessor, BitsAndBytesConfig, LlavaForConditionalGeneration
    from transformers.utils import logging

    dtype = choose_dtype(device)
    check_headers(name, folder, weights_of(folder), failure)
    with building(name, "safetensors", device, failure), without_bars(logging):
        processor = AutoProcessor.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        if not hasattr(processor, "image_processor") or not hasattr(processor, "tokenizer"):
            raise failure(name, "its files make no processor of pictures and text")
        processor.tokenizer.padding_side = "left"  # answers begin where questions end
        options: dict[str, Any] = {"dtype": dtype}
        if quantize == "4bit":
            options["quantization_config"] = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype)
            options["device_map"] = {"": device}
        model, loading = LlavaForConditionalGeneration.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
        if loading["missing_keys"] or loading["mismatched_keys"]:
            raise failure(name, "its weights file does not fit its configuration")
        _complete(processor, model.config)
        return LlavaContextModel(name, model if quantize else model.to(device), processor)


def _complete(processor: Any, config: Any) -> None:
    """Fills in what older processors do not say: how many tokens stand for a picture."""
    if processor.patch_size is None:
        processor.patch_size = config.vision_config.patch_size
    if processor.vision_feature_select_strategy is None:
        processor.vision_feature_select_strategy = config.vision_feature_select_strategy


def resolve(name: str) -> Path:
    """The folder of a model; for a hub model, what the cache lacks is downloaded. Loads no weights.

    Raises:
        ContextError: naming the model, the reason and what is available offline.
    """
    if is_folder(name):
        folder = MODELS.folder_of(name)
        assert folder is not None
        shown, hint = (f"assets/{folder.name}", f" (made by {TRAINED_BY})") if name == BUNDLED else (str(folder), "")
        if not folder.is_dir():
            raise failure(name, f"there is no folder {shown}{hint}")
        if (folder / CONFIG).is_file():
            _check_class(name, folder / CONFIG)
        lacking = missing_from(folder)
        if lacking:
            raise failure(name, f"the folder {shown} has no {lacking}{hint}")
        return folder
    # The small file first: a repository of another kind is refused before gigabytes are fetched.
    config = hub_file(name, name, [CONFIG], failure)
    _check_class(name, config)
    if missing_from(config.parent):
        _download(name, config.parent)
    return config.parent


def _download(name: str, folder: Path) -> None:
    from huggingface_hub import snapshot_download

    no_hub = why_no_hub()
    if no_hub:
        raise failure(name, f"no network ({no_hub}) and {name} is not whole in the local Hugging Face cache")
    with downloading(name, name, "the model", failure):
        # The commit of the cached configuration, so that all files are of one version.
        snapshot_download(name, revision=folder.name, allow_patterns=list(_FILES))
    lacking = missing_from(folder)
    if lacking:
        raise failure(name, f"the repository {name} has no {lacking}")


def _check_class(name: str, config: Path) -> None:
    content = read_json(name, config, failure)
    kinds = content.get("architectures") or [content.get("model_type")]
    if content.get("model_type") != "llava":
        raise failure(name, f"it is a {kinds[0] or 'model of another kind'}, not a {_MODEL}")


def _small(image: Image.Image) -> Image.Image:
    """The picture without the ends of an extremely long one, and not larger than any model looks at."""
    image = tamed(image)
    if max(image.size) > _LONGEST_SIDE:
        image = image.copy()
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image

"""LLaVA as a model of contexts, on transformers' `LlavaForConditionalGeneration`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from PIL import Image

from ood_studio.backbones.base import limit_aspect
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import is_out_of_memory
from ood_studio.hub.bundled import bundled
from ood_studio.hub.errors import first_line
from ood_studio.synthesis.contexts import ContextError, ContextModel

MAX_NEW_TOKENS = 96
"""Words and pieces of words that an answer may have; a list needs no more."""
_LONGEST_SIDE = 2048  # pixels; the models look at a few hundred
_PLAIN_CHAT = "USER: <image>\n{question} ASSISTANT:"  # LLaVA 1.5's, for processors without a chat template


class LlavaContextModel(ContextModel):
    """A LLaVA with the `ContextModel` interface: chat template, greedy decoding, bounded answers.

    Args:
        name: what was asked for.
        model: a `transformers.LlavaForConditionalGeneration`, on its device.
        processor: its `transformers.LlavaProcessor`.
        batch: images looked at together.
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

    def _answer(self, images: list[Image.Image], question: str, report: Callable[[], None]) -> list[str]:
        from transformers import StoppingCriteria, StoppingCriteriaList

        class Report(StoppingCriteria):  # type: ignore[misc]
            def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
                report()  # what it raises ends the generation
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
                stopping_criteria=StoppingCriteriaList([Report()]),
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
        except Exception as error:
            if not is_out_of_memory(error):
                raise ContextError(f"{self.name} cannot describe these pictures ({first_line(error)})") from error
            raise ContextError(
                f"{self.name} has no room on {self.device} to look at {self.batch} pictures at once; free memory, or "
                f"choose a smaller model such as {next(iter(bundled('contexts')))!r}"
            ) from error


def _small(image: Image.Image) -> Image.Image:
    """The image without the ends of an extremely long one, and not larger than any model looks at."""
    image = limit_aspect(image)
    if max(image.size) > _LONGEST_SIDE:
        image = image.copy()
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image

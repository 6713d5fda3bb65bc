"""open_clip's causal text towers read where vectors stand for words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ood_studio.backbones.open_clip_text import CausalText, batches
from ood_studio.backbones.prompts import PromptedTexts, PseudoWords, in_order
from ood_studio.core.progress import pulse


class CausalPrompts(PromptedTexts):
    """Texts of a `CausalText`: start token, vectors, tokens of the text, end token.

    Args:
        tower: the text tower.
        tokens: (texts, context - length) of the texts, a start token first, on the CPU.
        length: how many vectors stand behind the start token.
        device: the tower's.
        positions: of a batch, see `batches`.
        precision: what the tower computes in, and ``dtype`` its name.
        small: whether what gradients need of all batches is kept; else it is made again, batch by batch.
    """

    def __init__(
        self,
        tower: CausalText,
        tokens: Tensor,
        length: int,
        device: torch.device,
        positions: int,
        precision: Callable[[], AbstractContextManager[object]],
        dtype: torch.dtype = torch.float32,
        small: bool = True,
    ) -> None:
        self._tower, self._tokens, self._device, self._precision = tower, tokens, device, precision
        self._lengths, self._small = tower.lengths(tokens), small
        self._batches = [*batches(self._lengths + length, positions)]
        self.length, self.width, self.dtype = length, tower.width, dtype

    def __len__(self) -> int:
        return len(self._tokens)

    def _encode(self, context: Tensor) -> Tensor:
        def some(rows: Tensor, context: Tensor) -> Tensor:
            pulse()
            lengths = self._lengths[rows]
            words = self._tower.embed(self._tokens[rows, : int(lengths.max())].to(self._device))
            vectors = context.to(words).expand(len(rows), -1, -1)
            with self._precision():
                states = torch.cat([words[:, :1], vectors, words[:, 1:]], dim=1)
                return self._tower.read(states, lengths + self.length)

        parts: list[Tensor] = []
        again = not self._small and torch.is_grad_enabled() and context.requires_grad and len(self._batches) > 1
        for rows in self._batches:
            read = checkpoint(some, rows, context, use_reentrant=False, preserve_rng_state=False) if again else None
            parts.append(some(rows, context) if read is None else read)
        return in_order(parts, torch.cat(self._batches))


class CausalPseudoWords(PseudoWords):
    """Templates of a `CausalText`: start token, tokens before the word, its vector, tokens behind it, end token.

    Args:
        tower: the text tower.
        parts: of every template the (tokens,) before the word, with the start token, and those behind it, with the end
            token.
        device: the tower's.
        positions: of texts that may be read together.
        precision: what the tower computes in, and ``dtype`` its name.
    """

    def __init__(
        self,
        tower: CausalText,
        parts: list[tuple[Tensor, Tensor]],
        device: torch.device,
        positions: int,
        precision: Callable[[], AbstractContextManager[object]],
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._tower, self._parts, self._device, self._precision = tower, parts, device, precision
        self.templates, self.width, self.dtype = len(parts), tower.width, dtype
        self.at_once = max(1, positions // max(len(before) + 1 + len(after) for before, after in parts))

    def _encode(self, vectors: Tensor, template: int) -> Tensor:
        pulse()
        before, after = (self._tower.embed(part[None].to(self._device)) for part in self._parts[template])
        count = len(vectors)
        words = [before.expand(count, -1, -1), vectors[:, None].to(before), after.expand(count, -1, -1)]
        with self._precision():
            states = torch.cat(words, dim=1)
            return self._tower.read(states, torch.full((count,), states.shape[1], device=states.device))

"""Texts whose first words are vectors of one's own: what prompt learning changes (CoOp, Zhou et al. 2022)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones.half import through_half
from ood_studio.core.errors import StudioError


class PromptedTexts(ABC):
    """Texts, each to be read behind the same few vectors that stand for words.

    Attributes:
        length: how many vectors stand before each text.
        width: of such a vector.
        dtype: in which the text tower computes.
    """

    length: int
    width: int
    dtype: torch.dtype = torch.float32

    @abstractmethod
    def __len__(self) -> int:
        """How many texts."""

    @final
    def encode(self, context: Tensor) -> Tensor:
        """(texts, dim) float32, of unit length, on the backbone's device; gradients flow to the vectors.

        Args:
            context: (length, width) vectors, as `Backbone.word_vectors` gives those of words.

        Raises:
            StudioError: for another shape.
        """
        if tuple(context.shape) != (self.length, self.width):
            raise StudioError(f"context must have shape {(self.length, self.width)}, not {tuple(context.shape)}")
        found = through_half(lambda given: self._encode(given).float(), context, self.dtype)
        return functional.normalize(found, dim=-1)

    @abstractmethod
    def _encode(self, context: Tensor) -> Tensor:
        """(texts, dim), of any norm."""


class PseudoWords(ABC):
    """Templates in which a vector of one's own stands for the word: textual inversion (Gal et al. 2022).

    Attributes:
        templates: how many.
        width: of such a vector.
        at_once: how many vectors may be read together where gradients flow, which takes much more memory.
        dtype: in which the text tower computes.
    """

    templates: int
    width: int
    at_once: int = 256
    dtype: torch.dtype = torch.float32

    @final
    def encode(self, vectors: Tensor, template: int) -> Tensor:
        """(n, dim) float32, of unit length, on the backbone's device; gradients flow to the vectors.

        Args:
            vectors: (n, width), each of which stands in the template in place of its ``{}``.
            template: number of the template.

        Raises:
            StudioError: for another shape.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.width:
            raise StudioError(f"vectors must have shape {('n', self.width)}, not {tuple(vectors.shape)}")
        found = through_half(lambda given: self._encode(given, template).float(), vectors, self.dtype, apart=True)
        return functional.normalize(found, dim=-1)

    @abstractmethod
    def _encode(self, vectors: Tensor, template: int) -> Tensor:
        """(n, dim), of any norm."""


def in_order(parts: list[Tensor], order: Tensor) -> Tensor:
    """Rows that were computed in the order ``order`` (n,), in their own."""
    whole = torch.cat(parts)
    return whole[order.to(whole.device).argsort()]

"""open_clip's text towers: tokens -> vectors, at no more positions than a text needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class TextTower(Protocol):
    """How tokens of texts become vectors."""

    def lengths(self, tokens: Tensor) -> Tensor:
        """(texts,) how many of its tokens, (texts, context), each text needs."""
        ...

    def encode(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Tokens cut to the longest of ``lengths`` -> (texts, dim), of any norm."""
        ...


class FullText:
    """A tower whose vectors depend on every position, padding too: bidirectional ones, SigLIP, CLIPA, CoCa, HF's.

    Args:
        model: open_clip's.
    """

    def __init__(self, model: Any) -> None:
        self._model = model

    def lengths(self, tokens: Tensor) -> Tensor:
        """See `TextTower`: all of them."""
        return torch.full((len(tokens),), tokens.shape[1])

    def encode(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """See `TextTower`."""
        vectors: Tensor = self._model.encode_text(tokens)
        return vectors


class CausalText:
    """A causal tower that is read at the end of the text, as CLIP's: what stands behind cannot change the vector.

    Position embeddings and mask are cut to the length of the batch; the rest is what the tower does at full length.

    Args:
        text: what holds the tower: `open_clip.model.CLIP` itself, or a `TextTransformer`.
        pool: ``argmax`` (the end is the largest token) or ``eos``.
        eos: the token of the end, for ``eos``.
    """

    def __init__(self, text: Any, pool: str, eos: int | None) -> None:
        self._text, self._eos = text, eos if pool == "eos" else None

    def lengths(self, tokens: Tensor) -> Tensor:
        """See `TextTower`: up to and with the token that is read."""
        ends = tokens if self._eos is None else (tokens == self._eos).int()
        return ends.argmax(dim=1) + 1

    def encode(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """See `TextTower`."""
        return self.read(self.embed(tokens), lengths)

    @property
    def width(self) -> int:
        """Of a word's vector."""
        return int(self._text.token_embedding.weight.shape[1])

    def embed(self, tokens: Tensor) -> Tensor:
        """(texts, positions, width) vectors of tokens, before their positions are added."""
        words: Tensor = self._text.token_embedding(tokens)
        return words.to(self._text.transformer.get_cast_dtype())

    def read(self, words: Tensor, lengths: Tensor) -> Tensor:
        """(texts, dim) of texts given as vectors (texts, positions, width), each read at the last of its length."""
        text, count = self._text, words.shape[1]
        states = words + text.positional_embedding[:count].to(words.dtype)
        states = text.transformer(states, attn_mask=text.attn_mask[:count, :count])
        read = text.ln_final(states[torch.arange(len(words)), lengths - 1])
        projection = text.text_projection
        if projection is None:
            return read
        return projection(read) if isinstance(projection, nn.Module) else read @ projection


def text_tower_of(model: Any) -> TextTower:
    """The text tower of an open_clip model, the short way where that is exact."""
    from open_clip.model import CLIP, CustomTextCLIP
    from open_clip.transformer import TextTransformer

    if isinstance(model, CLIP):
        text, pool, eos = model, model.text_pool_type, model.text_eos_id
    elif isinstance(model, CustomTextCLIP) and isinstance(model.text, TextTransformer):
        text, pool, eos = model.text, model.text.pool_type, model.text.eos_id
        if text.cls_emb is not None or text.use_pad_mask:
            return FullText(model)
    else:
        return FullText(model)
    if pool not in ("argmax", "eos") or not _is_causal(text.attn_mask):
        return FullText(model)
    return CausalText(text, pool, eos)


def batches(lengths: Tensor, positions: int) -> Iterator[Tensor]:
    """Rows of texts of about one length, the shortest first, at most so many positions at a time.

    Args:
        lengths: (texts,) of `TextTower.lengths`.
        positions: of a batch: its texts times its longest length. A single text may have more.
    """
    order = lengths.argsort(stable=True)
    sizes = lengths[order].tolist()
    start = 0
    while start < len(sizes):
        end = start + 1
        while end < len(sizes) and (end + 1 - start) * sizes[end] <= positions:
            end += 1
        yield order[start:end]
        start = end


def _is_causal(mask: Tensor | None) -> bool:
    """Whether a mask that is added to attention hides what comes later, and that alone."""
    if mask is None:
        return False
    later = torch.ones_like(mask, dtype=torch.bool).triu(1)
    return bool(torch.isneginf(mask[later]).all()) and not bool(mask[~later].any())

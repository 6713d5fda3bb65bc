"""Text features, encoded once and kept: in memory for this process, on disk for the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.features.text_store import TextStore, content_key

_BATCH = 1024  # words handed to a model at a time, which sorts them by length
_KEEP_FROM = 100  # fewer words are encoded faster than a file is worth
_KEEP_EVERY = 4096  # words, or
_KEEP_SECONDS = 60.0  # after which those that were encoded are written: what a killed run may lose
_MEMORY: KeyedCache[Tensor] = KeyedCache(None, max_bytes=512 * 2**20, size=lambda features: features.nbytes)


class TextEncoder(Protocol):
    """What is needed of a backbone: a name for messages, the size, a fingerprint of weights and tokenizer, and text."""

    name: str
    dim: int
    fingerprint: str

    def encode_text(self, texts: Sequence[str], report: Callable[[int], None] = ...) -> Tensor:
        """Texts -> (texts, dim), unit norm; ``report`` is told how many are done, and may raise to stop."""
        ...


class TextPart(NamedTuple):
    """Words that share templates, each with exactly one ``{}``; several templates are averaged."""

    templates: tuple[str, ...]
    words: tuple[str, ...]


def text_features(
    encoder: TextEncoder, parts: Iterable[TextPart], progress: Progress = silent, *, key: str = ""
) -> Tensor:
    """Features of words, part after part, each under its own templates.

    Several templates are averaged as in PLP: unit vectors, their mean, made unit again. Threads that ask for the same
    features at the same time encode once: the others wait, can be stopped while they do, and take over where the one
    at work is stopped. A run that was stopped is taken up where it was, one that was killed at most some thousand words
    before. A damaged file is named in a warning and rebuilt; where the disk is full or read-only, the features are kept
    in memory only.

    Args:
        parts: templates and words.
        progress: told the words done; may raise to stop.
        key: stands for all words where it is given, so that asking again costs nothing however many they are.

    Returns:
        (words, dim) float32, unit norm, on the CPU; shared with other callers: do not write to it.

    Raises:
        StudioError: if the features are not finite or of another shape than the encoder says.
        Stopped: as ``progress`` raises it.
    """
    parts = [part for part in parts if part.words]
    total = sum(len(part.words) for part in parts)

    def report(done: int) -> None:
        progress("encoding words", done, total)

    def encode() -> Tensor:
        done, rows = 0, [torch.empty(0, encoder.dim)]
        for part in parts:
            rows.append(_part_features(encoder, part, _later(report, done)))
            done += len(part.words)
        return torch.cat(rows)

    content: object = [(part.templates, key) for part in parts] if key else parts
    found = _MEMORY.get(content_key(encoder.fingerprint, content), encode, lambda: report(0))
    report(total)
    return found


def fill(template: str, words: Iterable[str]) -> list[str]:
    """The template with each word in it; braces inside words stay as they are."""
    head, tail = template.split("{}")
    return [f"{head}{word}{tail}" for word in words]


def forget() -> None:
    """Drops the features kept in memory; those on disk stay."""
    _MEMORY.clear()


def _part_features(encoder: TextEncoder, part: TextPart, report: Callable[[int], None]) -> Tensor:
    """(words, dim) of one part, as far as possible from disk."""
    words = part.words
    if len(words) < _KEEP_FROM:
        return _encode(encoder, part, report)
    store = TextStore(encoder.fingerprint, encoder.dim, part.templates)
    if (kept := store.read(words)) is not None:
        return kept
    stored = store.stored(words)
    missing = tuple(word for word in words if word not in stored.rows)
    fresh = _encode_kept(encoder, part._replace(words=missing), store, _later(report, len(words) - len(missing)))
    row = {word: len(stored.features) + i for i, word in enumerate(missing)} | stored.rows
    features = torch.cat((stored.features, fresh))[torch.tensor([row[word] for word in words])]
    if missing:
        store.write(words, features)
    return features


def _encode_kept(encoder: TextEncoder, part: TextPart, store: TextStore, report: Callable[[int], None]) -> Tensor:
    """(words, dim) of words that take long: now and then, and where they end early, what is done is written."""
    words, features = part.words, torch.empty(len(part.words), encoder.dim)
    done = written = 0
    since, writable = time.monotonic(), True

    def write() -> bool:
        return writable and store.write_some(words[written:done], features[written:done])

    try:
        while done < len(words):
            batch = part._replace(words=words[done : done + _BATCH])
            features[done : done + len(batch.words)] = _encode(encoder, batch, _later(report, done))
            done += len(batch.words)
            if done - written >= _KEEP_EVERY or time.monotonic() - since > _KEEP_SECONDS:
                writable = write()
                written, since = done, time.monotonic()
    finally:
        if done < len(words) and done - written >= _KEEP_FROM:
            write()
    return features


def _encode(encoder: TextEncoder, part: TextPart, report: Callable[[int], None]) -> Tensor:
    """(words, dim) of words handed to the model at once, a template at a time."""
    words, templates = part.words, part.templates
    mean = torch.zeros(len(words), encoder.dim)
    for i, template in enumerate(templates):

        def on_texts(texts: int, before: int = i * len(words)) -> None:
            report((before + texts) // len(templates))

        on_texts(0)
        unit = encoder.encode_text(fill(template, words), on_texts).detach().float().cpu()
        if unit.shape != mean.shape:
            raise StudioError(
                f"{encoder.name} gave text features of shape {tuple(unit.shape)}, not {tuple(mean.shape)}"
            )
        if not torch.isfinite(unit).all():
            raise StudioError(f"{encoder.name} gave text features that are not finite numbers")
        mean += F.normalize(unit, dim=1)
    return F.normalize(mean, dim=1)


def _later(report: Callable[[int], None], start: int) -> Callable[[int], None]:
    return lambda done: report(start + done)

"""Text features, encoded once and kept: in memory for this process, on disk for the next.

A file ``cache/text/GROUP-KEY.safetensors`` holds the features of some words under some templates of one backbone. KEY
is a hash of all three, so a file never needs to be looked up by name; GROUP leaves out the words, so that another
choice of words (a lexname more or less) finds the rows that are there already and encodes only the rest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.core.disk import make_room
from ood_studio.core.errors import StudioError
from ood_studio.core.locks import KeyedLocks
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Stopped
from ood_studio.core.tensor_files import checksum, write_tensors
from ood_studio.labels.corpora import Corpus
from ood_studio.labels.prompts import PromptSet, fill

Progress = Callable[[int, int], None]
"""Called with (words done, words in all); an exception it raises ends the work and nothing half-done is kept."""

_BATCH = 256  # words between two calls of progress
_KEEP_FROM = 100  # fewer words are encoded faster than a file is worth
_MEMORY_BYTES = 512 * 2**20
_DISK_BYTES = 2 * 2**30  # about 14 times 70,000 words in 512 dimensions; the longest unused files go first
_VERSION = 1  # of the file format

_log = logging.getLogger(__name__)


class TextEncoder(Protocol):
    """What is needed of a backbone: a name for messages, the size, a fingerprint of weights and tokenizer, and text."""

    name: str
    dim: int
    fingerprint: str

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Texts -> (texts, dim), unit norm."""
        ...


def class_features(
    backbone: TextEncoder,
    labels: Sequence[str],
    prompts: PromptSet,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Tensor:
    """Features of ID labels under the ID templates.

    Returns:
        (classes, dim) float32, unit norm, on the CPU; shared with other callers: do not write to it.

    Raises:
        StudioError: if the features are not finite or of another shape than the backbone says.
        Stopped: if ``stop()`` became true.
    """
    parts = [(prompts.id, tuple(labels))]
    return _features(backbone, _hash(backbone.fingerprint, parts), parts, progress, stop)


def corpus_features(
    backbone: TextEncoder,
    corpus: Corpus,
    prompts: PromptSet,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Tensor:
    """Features of a corpus's words, nouns then adjectives, each under its part of speech's templates.

    Several templates are averaged as in PLP: unit vectors, their mean, made unit again. Threads that ask for the same
    features at the same time encode once: the others wait, and can be stopped while they do. A damaged file is named
    in a warning and rebuilt; where the disk is full or read-only, the features are kept in memory only.

    Args:
        progress: called with (words done, words in all); may raise to cancel.
        stop: polled between batches.

    Returns:
        (words, dim) float32, unit norm, on the CPU; shared with other callers: do not write to it.

    Raises:
        StudioError: if the features are not finite or of another shape than the backbone says.
        Stopped: if ``stop()`` became true.
    """
    parts = [(prompts.noun, corpus.nouns), (prompts.adjective, corpus.adjectives)]
    # The corpus knows its own hash, so that asking again costs nothing however many words it has.
    key = _hash(backbone.fingerprint, [(prompts.noun, prompts.adjective), ("corpus", corpus.key)])
    return _features(backbone, key, parts, progress, stop)


_Part = tuple[tuple[str, ...], tuple[str, ...]]  # templates, words


def _features(
    backbone: TextEncoder, key: str, parts: list[_Part], progress: Progress | None, stop: Callable[[], bool] | None
) -> Tensor:
    parts = [part for part in parts if part[1]]
    total = sum(len(words) for _, words in parts)

    def report(done: int) -> None:
        if stop is not None and stop():
            raise Stopped("stopped before all texts were encoded")
        if progress is not None:
            progress(done, total)

    with _LOCKS.only_one(key, lambda: report(0)):
        found = _SHARED.get(key)
        if found is None:
            done, rows = 0, []
            for templates, words in parts:
                rows.append(_part_features(backbone, templates, words, partial(_shifted, report, done)))
                done += len(words)
            found = rows[0] if len(rows) == 1 else torch.cat(rows or [torch.empty(0, backbone.dim)])
            _SHARED.put(key, found)
    if progress is not None:
        progress(total, total)
    return found


def _part_features(
    backbone: TextEncoder, templates: tuple[str, ...], words: tuple[str, ...], report: Callable[[int], None]
) -> Tensor:
    """(words, dim) of one part, as far as possible from disk."""
    if len(words) < _KEEP_FROM:
        return _encode(backbone, templates, words, report)
    folder = cache_dir() / "text"
    group = _hash(backbone.fingerprint, [(templates, ())])[:20]
    path = folder / f"{group}-{_hash(backbone.fingerprint, [(templates, words)])[:40]}.safetensors"
    if path.exists() and (stored := _read(path, backbone.dim)) is not None and stored[0] == words:
        _touch(path)
        return stored[1]

    # The stored choice of words that shares most rows with this one; often it holds them all.
    known: dict[str, int] = {}
    best: tuple[Path, Tensor] | None = None
    wanted = set(words)
    for other in sorted(folder.glob(f"{group}-*.safetensors")):
        if other == path or (stored := _read(other, backbone.dim)) is None:
            continue
        index = {word: row for row, word in enumerate(stored[0]) if word in wanted}
        if len(index) > len(known):
            known, best = index, (other, stored[1])
        if len(known) == len(wanted):
            break
    missing = tuple(word for word in words if word not in known)
    if best is None:
        features = _encode(backbone, templates, words, report)
    else:
        fresh = _encode(backbone, templates, missing, partial(_shifted, report, len(words) - len(missing)))
        source, rows = best
        _touch(source)
        row = {word: len(rows) + i for i, word in enumerate(missing)} | known
        features = torch.cat((rows, fresh))[torch.tensor([row[word] for word in words])]
    if missing:
        _write(path, words, features)
    return features


def _encode(
    backbone: TextEncoder, templates: tuple[str, ...], words: tuple[str, ...], report: Callable[[int], None]
) -> Tensor:
    features = torch.empty(len(words), backbone.dim)
    for start in range(0, len(words), _BATCH):
        report(start)
        batch = words[start : start + _BATCH]
        mean = torch.zeros(len(batch), backbone.dim)
        for template in templates:
            unit = backbone.encode_text(fill(template, batch)).detach().float().cpu()
            if unit.shape != mean.shape:
                raise StudioError(
                    f"{backbone.name} gave text features of shape {tuple(unit.shape)}, not {tuple(mean.shape)}"
                )
            if not torch.isfinite(unit).all():
                raise StudioError(f"{backbone.name} gave text features that are not finite numbers")
            mean += F.normalize(unit, dim=1)
        features[start : start + len(batch)] = F.normalize(mean, dim=1)
    return features


def _hash(fingerprint: str, parts: Sequence[tuple[object, object]]) -> str:
    content = json.dumps([_VERSION, fingerprint, parts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _shifted(report: Callable[[int], None], start: int, done: int) -> None:
    report(start + done)


def _read(path: Path, dim: int) -> tuple[tuple[str, ...], Tensor] | None:
    """Words and features of a file; None, and a warning, where it is damaged."""
    try:
        with safe_open(path, "pt") as file:
            features, raw = file.get_tensor("features"), file.get_tensor("words")
            crc = (file.metadata() or {}).get("crc32")
        words = tuple(json.loads(raw.numpy().tobytes()))
        if features.dtype != torch.float32 or tuple(features.shape) != (len(words), dim):
            raise ValueError(f"features of shape {tuple(features.shape)} for {len(words)} words in {dim} dimensions")
        if crc != checksum({"features": features, "words": raw}):
            raise ValueError("checksum")
    except FileNotFoundError:
        return None  # removed since it was listed
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        _log.warning("the kept text features %s are damaged (%s) and are built again", path, error)
        return None
    return words, features


def _write(path: Path, words: tuple[str, ...], features: Tensor) -> None:
    """Keeps features; a disk that refuses costs a warning, not the features."""
    tensors = {
        "features": features.contiguous(),
        "words": torch.frombuffer(bytearray(json.dumps(words).encode()), dtype=torch.uint8),
    }
    try:
        write_tensors(path, tensors, {"crc32": checksum(tensors)})
        make_room(path.parent, _DISK_BYTES, keep=path)
    except OSError as error:
        _log.warning("the text features could not be kept in %s (%s); they will be encoded again", path, error)


def _touch(path: Path) -> None:
    with suppress(OSError):  # a read-only disk
        os.utime(path)


class _Shared:
    """What all users of the process share: recently used features, by content."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._features: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, key: str) -> Tensor | None:
        """The features, now the most recently used ones."""
        with self._lock:
            if key in self._features:
                self._features.move_to_end(key)
            return self._features.get(key)

    def put(self, key: str, features: Tensor) -> None:
        """Keeps the features, and drops the longest unused ones beyond the limit."""
        with self._lock:
            self._features[key] = features
            self._features.move_to_end(key)
            while len(self._features) > 1 and sum(each.nbytes for each in self._features.values()) > self._limit:
                self._features.popitem(last=False)

    def clear(self) -> None:
        """Forgets all features."""
        with self._lock:
            self._features.clear()


_LOCKS = KeyedLocks()
_SHARED = _Shared(_MEMORY_BYTES)


def forget() -> None:
    """Drops the features kept in memory; those on disk stay."""
    _SHARED.clear()

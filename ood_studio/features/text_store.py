"""Text features on disk: a file for each choice of words, found again by any other choice that shares words with it.

A file ``cache/text/GROUP-KEY.safetensors`` holds the features of some words under some templates of one text tower. KEY
is a hash of all three, so a file never needs to be looked up by name; GROUP leaves out the words, so that another
choice of words (a lexname more or less) finds the rows that are there already. Of words that are still being encoded
there are files ``GROUP-KEY.part.safetensors``, which go once all are there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.core.disk import touch
from ood_studio.core.kept import KEPT
from ood_studio.core.tensor_files import checksum, write_tensors

_VERSION = 1  # of the file format
_PART = ".part.safetensors"

_log = logging.getLogger(__name__)


def content_key(fingerprint: str, content: object) -> str:
    """A hash of plain values that were encoded by the text tower of that fingerprint."""
    text = json.dumps([_VERSION, fingerprint, content], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class StoredWords:
    """Rows that are on disk already.

    Attributes:
        rows: word -> its row in ``features``.
        features: (n, dim) float32, of these words and perhaps others.
    """

    rows: dict[str, int]
    features: Tensor


class TextStore:
    """The kept features of one text tower under some templates.

    Args:
        fingerprint: of the text tower.
        dim: of its features.
        templates: with ``{}`` where the word stands.
    """

    def __init__(self, fingerprint: str, dim: int, templates: tuple[str, ...]) -> None:
        self._fingerprint, self._dim, self._templates = fingerprint, dim, templates
        self._folder = KEPT["text"].place
        self._group = content_key(fingerprint, [(templates, ())])[:20]

    def read(self, words: tuple[str, ...]) -> Tensor | None:
        """(words, dim) float32 of exactly these words; None where they are not kept, or damaged."""
        path = self._path(words)
        found = self._read(path) if path.exists() else None
        if found is None or found[0] != words:
            return None
        touch(path)
        return found[1]

    def stored(self, words: tuple[str, ...]) -> StoredWords:
        """Those of these words that are kept, wherever they are."""
        wanted, own = set(words), self._path(words)
        rows: dict[str, int] = {}
        parts = [torch.empty(0, self._dim)]
        for path in self._files():
            if len(rows) == len(wanted):
                break
            if path == own or (found := self._read(path)) is None:
                continue
            at = {word: row for row, word in enumerate(found[0]) if word in wanted and word not in rows}
            if at:
                rows |= {word: len(rows) + i for i, word in enumerate(at)}
                parts.append(found[1][torch.tensor([*at.values()])])
                touch(path)
        return StoredWords(rows, torch.cat(parts))

    def write(self, words: tuple[str, ...], features: Tensor) -> None:
        """Keeps features (words, dim) of a whole choice of words; a disk that refuses costs a warning, nothing else."""
        if not self._write(self._path(words), words, features):
            return
        whole = set(words)
        for path in self._files():
            if path.name.endswith(_PART) and (found := self._read(path)) is not None and whole.issuperset(found[0]):
                with suppress(OSError):
                    path.unlink()

    def write_some(self, words: tuple[str, ...], features: Tensor) -> bool:
        """Keeps features (words, dim) of words of a choice that is not whole yet; False, and a warning, if refused."""
        return self._write(self._path(words).with_suffix(_PART), words, features)

    def _write(self, path: Path, words: tuple[str, ...], features: Tensor) -> bool:
        tensors = {
            "features": features.contiguous(),
            "words": torch.frombuffer(bytearray(json.dumps(words).encode()), dtype=torch.uint8),
        }
        try:
            write_tensors(path, tensors, {"crc32": checksum(tensors)})
            KEPT["text"].make_room(keep=path)
        except OSError as error:
            why = error.strerror or error
            _log.warning("the text features could not be kept in %s (%s); they will be encoded again", path, why)
            return False
        return True

    def _files(self) -> list[Path]:
        """Everything kept of this text tower and these templates, the largest first."""
        sized = []
        for path in self._folder.glob(f"{self._group}-*.safetensors"):
            with suppress(OSError):  # removed since it was listed
                sized.append((-path.stat().st_size, path))
        return [path for _, path in sorted(sized)]

    def _path(self, words: tuple[str, ...]) -> Path:
        key = content_key(self._fingerprint, [(self._templates, words)])[:40]
        return self._folder / f"{self._group}-{key}.safetensors"

    def _read(self, path: Path) -> tuple[tuple[str, ...], Tensor] | None:
        """Words and features of a file; None, and a warning, where it is damaged."""
        try:
            with safe_open(path, "pt") as file:
                features, raw = file.get_tensor("features"), file.get_tensor("words")
                crc = (file.metadata() or {}).get("crc32")
            words = tuple(json.loads(raw.numpy().tobytes()))
            if features.dtype != torch.float32 or tuple(features.shape) != (len(words), self._dim):
                raise ValueError(f"features of shape {tuple(features.shape)}, not {(len(words), self._dim)}")
            if crc != checksum({"features": features, "words": raw}):
                raise ValueError("checksum")
        except FileNotFoundError:
            return None  # removed since it was listed
        except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
            _log.warning("the kept text features %s are damaged (%s) and are built again", path, error)
            return None
        return words, features

"""Crops on disk: written as they come, so that a fit that was stopped or killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.core.disk import touch
from ood_studio.core.kept import KEPT
from ood_studio.core.tensor_files import checksum, write_tensors

_PARTS = ("positive", "negative", "read")
_log = logging.getLogger(__name__)


class CropStore:
    """The crops of some images of one model, image after image.

    A file holds those of a stretch of the images: ``positive`` and ``negative`` of each that could be read, one below
    the other, and ``read`` (images,) uint8, which those are. The file's name is how many images lie before it.

    Args:
        content: all that decides what they are, as plain values.
    """

    def __init__(self, content: object) -> None:
        key = hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()[:40]
        self._folder = KEPT["crops"].place / key
        self._refused = False

    def parts(self) -> list[dict[str, Tensor]]:
        """What lies there from the first image on, stretch after stretch; a damaged one, and those behind it, count as
        missing."""
        found: list[dict[str, Tensor]] = []
        done = 0
        while (part := self._read(self._file(done))) is not None and len(part["read"]):
            found.append(part)
            done += len(part["read"])
        if found:
            touch(self._folder)
        return found

    def keep(self, done: int, positive: list[Tensor], negative: list[Tensor], read: list[bool]) -> None:
        """Keeps what came of a stretch that begins behind ``done`` images; a disk that refuses costs a warning."""
        if self._refused or not read:
            return
        nothing = torch.empty(0, 0)
        tensors = {
            "positive": torch.cat(positive) if positive else nothing,
            "negative": torch.cat(negative) if negative else nothing,
            "read": torch.tensor(read, dtype=torch.uint8),
        }
        try:
            write_tensors(self._file(done), tensors, {"crc32": checksum(tensors)})
            KEPT["crops"].make_room(keep=self._folder)
        except OSError as error:
            self._refused = True
            _log.warning(
                "the crops could not be kept in %s (%s); stopped, they are made again",
                self._folder,
                error.strerror or error,
            )

    def _file(self, done: int) -> Path:
        return self._folder / f"{done}.safetensors"

    def _read(self, path: Path) -> dict[str, Tensor] | None:
        try:
            with safe_open(path, "pt") as file:
                tensors = {name: file.get_tensor(name) for name in _PARTS}
                about = file.metadata() or {}
            if checksum(tensors) != about["crc32"]:
                raise ValueError("checksum")
            return tensors
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            _log.warning("the kept crops %s are damaged (%s) and are made again", path, error)
            return None

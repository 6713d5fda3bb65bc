"""The file of a detector: safetensors with a sealed JSON header. No pickle, no code, and no path in it is followed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.tensor_files import checksum, write_tensors

SUFFIX = ".ood.safetensors"
FORMAT = 2
"""Of the files; other versions are refused by name."""


def write(path: Path, header: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Writes a file, whole or not at all.

    Args:
        path: of the file.
        header: plain values.
        tensors: on any device.

    Raises:
        StudioError: if the disk refuses.
    """
    held = {name: each.detach().cpu().clone().contiguous() for name, each in tensors.items()}
    text = json.dumps({**header, "format": FORMAT}, ensure_ascii=True, sort_keys=True)
    try:
        write_tensors(path, held, {"detector": text, "sha256": _seal(text, held)})
    except OSError as error:
        raise StudioError(f"the detector cannot be saved in {path} ({error.strerror or error})") from error


def read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors of a file that `write` wrote.

    Raises:
        StudioError: one sentence, for a file that is missing, none of these, damaged, edited, or another version's.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
    except FileNotFoundError:
        raise StudioError(f"there is no detector {path}") from None
    except (OSError, SafetensorError) as error:
        raise StudioError(f"{path.name} is no detector, or a damaged one ({error})") from error
    if "detector" not in metadata:
        raise StudioError(f"{path.name} is no detector of this studio")
    header: dict[str, Any] = {}
    if metadata.get("sha256") == _seal(metadata["detector"], tensors):
        header = json.loads(metadata["detector"])
    if not header:
        raise StudioError(f"{path.name} has been edited or damaged since it was saved; make the detector again")
    if header["format"] != FORMAT:
        raise StudioError(
            f"{path.name} was saved by another version of the studio (format {header['format']}, here {FORMAT}); make "
            "the detector again"
        )
    return header, tensors


def _seal(text: str, tensors: Mapping[str, Tensor]) -> str:
    shapes = sorted((name, str(each.dtype), tuple(each.shape)) for name, each in tensors.items())
    return hashlib.sha256(f"{text}{shapes}{checksum(tensors)}".encode()).hexdigest()

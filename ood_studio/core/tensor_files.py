"""Tensors on disk: written whole or not at all, with a checksum of their values."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from ood_studio.core.files import scratch_file


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 of the values of contiguous CPU tensors, in the order of their names."""
    crc = 0
    for _, tensor in sorted(tensors.items()):
        if tensor.numel():
            crc = zlib.crc32(tensor.numpy().data.cast("B"), crc)
    return f"{crc:08x}"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Writes a safetensors file, and its folder where missing.

    Raises:
        OSError: if the disk refuses; then nothing is left behind.
    """
    with scratch_file(path) as scratch:
        try:
            save_file(dict(tensors), scratch, dict(metadata or {}))
        except SafetensorError as error:
            raise _of_the_disk(str(error)) from error


def _of_the_disk(said: str) -> OSError:
    """What safetensors says about the disk, as Python says it; it has the system's number in its text alone."""
    number = re.search(r"\(os error (\d+)\)", said)
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(said)

"""What a file is, by its first bytes: names of files say little."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path
from typing import Literal

Kind = Literal["image", "zip", "list", "features", ""]
"""An image, an archive, an image list, features, or nothing that is known."""

ARRAY = b"\x93NUMPY"
"""What a file of ``numpy.save`` begins with."""

HEAD = 32
"""Bytes of a file that tell an image."""

_BRANDS = re.compile(rb"....ftyp(avi[fs]|he[iv][cxms]|mif1|msf1)", re.DOTALL)
_BITMAP = re.compile(rb"BM.{8}....[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL)  # and the size of its header
_PORTABLE = re.compile(rb"P[1-6][\s#]")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TABLE = b"PAR1"


def is_image_head(head: bytes) -> bool:
    """Whether a file that begins so is an image, of a kind that can be read or of one that is told apart from others.

    Args:
        head: its first `HEAD` bytes.
    """
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return webp or head.startswith(_STARTS) or any(kind.match(head) for kind in (_BRANDS, _BITMAP, _PORTABLE))


def head_of(path: Path) -> bytes:
    """The first `HEAD` bytes of a file; nothing of what is no plain file or cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            return b""
        with open(path, "rb") as file:
            return file.read(HEAD)
    except (OSError, ValueError):
        return b""


def kind_of(path: Path) -> Kind:
    """What a file is. An image list is told by its name alone, and so is a file of safetensors."""
    head, suffix = head_of(path), path.suffix.lower()
    if is_image_head(head):
        return "image"
    if suffix in (".safetensors", ".npy", ".parquet") or head.startswith((ARRAY, _TABLE)):
        return "features"
    if suffix == ".txt":
        return "list"
    return "zip" if suffix == ".zip" or zipfile.is_zipfile(path) else ""

"""Pointers: the few lines of text that Git LFS leaves in place of a large file that was not fetched."""

from __future__ import annotations

from pathlib import Path

POINTER = "is a pointer of Git LFS in place of the file itself; fetch that with: git lfs pull"
"""What a sentence says of one, after its name."""

_START = b"version https://git-lfs.github.com/spec/"


def is_pointer(source: bytes | Path) -> bool:
    """Whether a file, by its content or its path, is a pointer; what cannot be read is none."""
    if isinstance(source, bytes):
        return source.startswith(_START)
    try:
        with open(source, "rb") as file:
            return file.read(len(_START)) == _START
    except (OSError, ValueError):
        return False

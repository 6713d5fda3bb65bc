"""Large arrays of bytes that are made chunk after chunk and kept on disk, or in memory where the disk refuses them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ood_studio.core.disk import make_room, touch
from ood_studio.core.files import scratch_file
from ood_studio.core.kept import KEPT


def kept_rows(path: Path, shape: tuple[int, ...], make: Callable[[], Iterator[np.ndarray]]) -> np.ndarray:
    """An array of uint8 from its file, made and written first where that is missing or damaged.

    It is written as bytes: a full disk is then an error that can be met, while a page of a sparse map that has no room
    behind it ends the process without a word.

    Args:
        path: an ``.npy`` file.
        shape: of the whole.
        make: gives its rows in order, arrays of (any, *shape[1:]); called again where the disk refused half of them.

    Returns:
        The array, memory-mapped where it has a file.
    """
    found = _mapped(path, shape)
    if found is not None:
        touch(path)
        return found
    try:
        with scratch_file(path) as scratch:
            _write(scratch, shape, make)
        make_room(path.parent, KEPT["diorama"].limit(), keep=path)
        return np.load(path, mmap_mode="r")
    except OSError:
        return _in_memory(shape, make)


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """The array of a file; None where it is not there, or is not this one."""
    try:
        found: np.ndarray = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):  # not there, or cut short
        return None
    return found if found.shape == shape and found.dtype == np.uint8 else None


def _write(path: Path, shape: tuple[int, ...], make: Callable[[], Iterator[np.ndarray]]) -> None:
    with open(path, "wb") as file, closing(make()) as chunks:  # type: ignore[type-var]
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.flush()
        if hasattr(os, "posix_fallocate"):  # says at once whether there is room
            os.posix_fallocate(file.fileno(), 0, file.tell() + math.prod(shape))
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk, np.uint8).data)


def _in_memory(shape: tuple[int, ...], make: Callable[[], Iterator[np.ndarray]]) -> np.ndarray:
    rows, done = np.empty(shape, np.uint8), 0
    for chunk in make():
        rows[done : done + len(chunk)] = chunk
        done += len(chunk)
    return rows

"""Files that are there whole or not at all, whatever kills the process that writes them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ood_studio.core.unicode import json_text

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

_SUFFIX = ".tmp"
_STALE = 24 * 3600.0  # seconds without a change after which nobody can be at work on a scratch file any more
_RUN = uuid.uuid4().hex[:8]  # tells this process from one before it that had its number
_OF_PROCESS = re.compile(r"\.([0-9a-f]{8})-(\d+)-([0-9a-f]{8})\.[0-9a-f]{12}\.tmp$")
_DESCRIPTION = "Description"  # PNG's keyword
_PNG_END = b"IEND\xaeB`\x82"
_PNG_LEVEL = 1  # of 9: cached images are read far more often than their disk space matters


@contextmanager
def scratch_file(path: Path) -> Iterator[Path]:
    """A file to write beside ``path``, which takes its place at the end, unless an exception is raised.

    Raises:
        OSError: if the disk refuses; then nothing is left behind.
    """
    scratch = _scratch_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield scratch
        os.replace(scratch, path)
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder in ``parent``, gone at the end unless it was moved to its place (`settle`).

    Raises:
        OSError: if the disk refuses.
    """
    scratch = _scratch_path(parent / "folder")
    try:
        scratch.mkdir(parents=True)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def settle(scratch: Path, path: Path) -> None:
    """Moves a scratch folder to its place beside it; a folder that is there already stays, as the same content.

    It gets the files that it has lost since.

    Raises:
        OSError: if the disk refuses.
    """
    try:
        scratch.rename(path)
    except OSError:
        if not path.is_dir():
            raise
        for file in (each for each in scratch.rglob("*") if each.is_file()):
            if not (place := path / file.relative_to(scratch)).exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                file.replace(place)


def sweep(folder: Path) -> None:
    """Removes the scratch files and folders directly in ``folder`` that killed processes left: at once those of this
    machine's processes that are no more, those of others after a day. Other files are never touched."""
    with suppress(OSError):
        for scratch in folder.glob(f".*{_SUFFIX}"):
            with suppress(OSError):  # gone since, or not to be removed
                if _abandoned(scratch):
                    shutil.rmtree(scratch) if scratch.is_dir() else scratch.unlink()


def sweep_below(folder: Path) -> None:
    """`sweep` for a folder and all below it, such as the cache when the app starts."""
    for place, _, _ in os.walk(folder):
        sweep(Path(place))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file, and its folder where missing.

    Raises:
        OSError: if the disk refuses; then the file is as it was before. So it is for all functions below.
    """
    with scratch_file(path) as scratch:
        scratch.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Writes a text as UTF-8, its line ends as they are."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Writes plain values as indented JSON.

    Raises:
        ValueError: for numbers that are not finite, which JSON does not have.
    """
    write_text(path, json_text(value, indent=1) + "\n")


def write_image(path: Path, image: Image.Image, description: str = "") -> None:
    """Writes an image as PNG, with a text that PNG calls its description where there is one."""
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    if description:
        about.add_itxt(_DESCRIPTION, description)
    with scratch_file(path) as scratch:
        image.save(scratch, "PNG", compress_level=_PNG_LEVEL, pnginfo=about)


def is_whole_png(path: Path) -> bool:
    """Whether a file is a PNG to its end, by a look at that: one that was cut off, or is empty, is to be made anew."""
    try:
        with open(path, "rb") as file:
            file.seek(-len(_PNG_END), os.SEEK_END)
            return file.read() == _PNG_END
    except OSError:  # not there, or shorter
        return False


def image_description(path: Path) -> str:
    """The text that `write_image` was given with an image; empty without one.

    Raises:
        OSError: if the file cannot be read.
    """
    from PIL import Image

    with Image.open(path) as image:
        return str(image.info.get(_DESCRIPTION, ""))


def write_array(path: Path, array: np.ndarray) -> None:
    """Writes an array as ``.npy``."""
    import numpy as np

    with scratch_file(path) as scratch, open(scratch, "wb") as file:
        np.save(file, array, allow_pickle=False)


def _scratch_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{_home()}-{os.getpid()}-{_RUN}.{uuid.uuid4().hex[:12]}{_SUFFIX}")


@cache
def _home() -> str:
    """Stands for where the numbers of processes are this process's own: a machine, or a container on it."""
    numbers = ""
    with suppress(OSError):
        numbers = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()} {numbers}".encode()).hexdigest()[:8]


def _abandoned(scratch: Path) -> bool:
    known = _OF_PROCESS.search(scratch.name)
    if known is None:  # somebody else's: a set may be made in a folder of theirs
        return False
    if known[1] == _home() and sys.platform != "win32":  # where asking for a process ends it
        number = int(known[2])
        if number == os.getpid():
            return known[3] != _RUN
        if not _lives(number):
            return True
    return time.time() - scratch.stat().st_mtime > _STALE


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True

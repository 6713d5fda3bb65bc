"""OpenOOD's image lists: a line ``path label`` for each image."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import decode_image

_FOLDERS = ("", "images_largescale", "images_classic")  # of OpenOOD's data, below its root


class ImageListDataset(Dataset):
    """The images of an image list, in its order.

    Args:
        path: the list. Labels are whole numbers; a negative one, or none, means that the image has no ID label.
        name: for people and rows; the file's own where empty.
        labels: the names that the numbers index; None where they are not known.
        root: the folder that the paths start from. Where the first image is not found there, OpenOOD's folders
            below it are searched, then the folders around the list.

    Raises:
        StudioError: if the list cannot be read, is empty, has a label beyond the last name, or its images are not
            found.
    """

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None, root: str = "") -> None:
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StudioError(f"the image list {path} cannot be read ({error})") from error
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if not lines:
            raise StudioError(f"the image list {path} is empty")
        entries = [_entry(path, number, line) for number, line in lines]
        self._names = [file for file, _ in entries]
        self._root = _find_root(path, self._names[0], root).absolute()
        self._path, self._start = path.absolute(), str(Path(root).absolute()) if root else ""
        self._wanted = labels
        self.name = name or path.stem
        numbers = np.array([label for _, label in entries], np.int64)
        if labels and numbers.max() >= len(labels):
            raise StudioError(
                f"the image list {path} has the label {numbers.max()}, but there are {len(labels)} labels"
            )
        self.labels = np.maximum(numbers, -1) if (numbers >= 0).any() and labels != () else None
        digest = hashlib.sha256(os.fsencode(self._root.resolve()) + text.encode())
        for file in self._names:
            try:
                about = os.stat(self._root / file)
                digest.update(f"{about.st_size} {about.st_mtime_ns}\0".encode())
            except (OSError, ValueError):  # reading it says so
                digest.update(b"missing\0")
        self.key = f"list/{digest.hexdigest()}"

    def __len__(self) -> int:
        return len(self._names)

    def load(self, index: int) -> Image.Image:
        """The image in its file."""
        return decode_image(self._root / self._names[index], name=self.caption(index))

    def caption(self, index: int) -> str:
        """The path as in the list."""
        return self._names[index]

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted, "root": self._start}


def _entry(path: Path, number: int, line: str) -> tuple[str, int]:
    file, *label = line.rsplit(maxsplit=1)
    try:
        return file, int(label[0]) if label else -1
    except ValueError as error:
        raise StudioError(f"line {number} of {path} must be 'path label' with a whole number, not {line!r}") from error


def _find_root(path: Path, first: str, root: str) -> Path:
    starts = [Path(root)] if root else []
    starts += list(path.resolve().parents)[:4]
    for start in starts:
        for folder in _FOLDERS:
            if (start / folder / first).is_file():
                return start / folder
    where = root or path.resolve().parent
    raise StudioError(f"the pictures of the image list {path.name} were not found: there is no {first!r} under {where}")

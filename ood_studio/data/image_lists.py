"""OpenOOD's image lists: a line ``path label`` for each image."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import readable
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import decode_image

_FOLDERS = ("", "images_largescale", "images_classic")  # of OpenOOD's data, below its root
_LOOKED_FOR = 1000  # images of which the first that is found says where they lie
_MOST_DIGITS = 18  # of a label: what 64 bits hold


class ImageListDataset(Dataset):
    """The images of an image list, in its order.

    Args:
        path: the list, a text file. Labels are whole numbers; a negative one, or none, means that the image has no ID
            label. Paths may be of any encoding.
        name: for people and rows; the file's own where empty.
        labels: the names that the numbers index; None where they are not known.
        root: the folder that the paths start from. Where no image is found there, OpenOOD's folders below it are
            searched, then the folders around the list.

    Raises:
        StudioError: if the list cannot be read, is empty, has a label beyond the last name, or its images are not
            found.
    """

    numbered = True

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None, root: str = "") -> None:
        path = Path(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StudioError(f"the image list {path.name} cannot be read ({error.strerror or error})") from error
        if b"\0" in content:
            raise StudioError(f"the image list {path.name} is no text, or not in UTF-8: it holds zero bytes")
        text = content.decode("utf-8-sig", "surrogateescape")
        lines = [(n, line.strip()) for n, line in enumerate(re.split(r"\r\n|\r|\n", text), 1) if line.strip()]
        if not lines:
            raise StudioError(f"the image list {path.name} is empty")
        entries = [_entry(path, number, line) for number, line in lines]
        self._names = [file for file, _ in entries]
        found, self._names = _found(path, self._names, root)
        self._root = found.absolute()
        self._path, self._start = path.absolute(), str(Path(root).absolute()) if root else ""
        self._wanted = labels
        self.name = readable(name or path.stem)
        numbers = np.array([label for _, label in entries], np.int64)
        if labels and numbers.max() >= len(labels):
            raise StudioError(
                f"the image list {path.name} has the label {numbers.max()}, but there are {len(labels)} labels"
            )
        self.labels = np.maximum(numbers, -1) if (numbers >= 0).any() and labels != () else None
        self._captions = _captions([readable(file) for file in self._names], [number for number, _ in lines])
        digest = hashlib.sha256(os.fsencode(self._root.resolve()) + content)
        for file in self._names:
            try:
                about = os.stat(self._root / file)
                digest.update(f"{about.st_size} {about.st_mtime_ns}\0".encode())
            except (OSError, ValueError):  # reading it says so
                digest.update(b"missing\0")
        self.key, self.place = f"list/{digest.hexdigest()}", readable(str(self._path))

    def __len__(self) -> int:
        return len(self._names)

    def load(self, index: int) -> Image.Image:
        """The image in its file."""
        return decode_image(self._root / self._names[index], name=self.caption(index))

    def caption(self, index: int) -> str:
        """The path as in the list, and the line where several lines name it."""
        return self._captions[index]

    def files(self) -> Sequence[tuple[str, Path]]:
        """The list, and every image in it."""
        return [("", self._path), *((name, self._root / name) for name in self._names)]

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted, "root": self._start}


def _captions(names: Sequence[str], lines: Sequence[int]) -> list[str]:
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} (line {line})" for name, line in zip(names, lines, strict=True)]


def _entry(path: Path, number: int, line: str) -> tuple[str, int]:
    file, *label = line.rsplit(maxsplit=1)
    if not label:
        return file, -1
    if not re.fullmatch(r"[+-]?[0-9]+", label[0]):
        raise StudioError(
            f"line {number} of {path.name} must be 'path label' with a whole number, not {readable(line[:200])!r}"
        )
    if len(label[0].lstrip("+-0")) > _MOST_DIGITS:
        raise StudioError(
            f"line {number} of {path.name} has the label {label[0][:40]}, too large for the number of a class"
        )
    return file, int(label[0])


def _found(path: Path, names: list[str], root: str) -> tuple[Path, list[str]]:
    """The folder that the paths start from, and the paths, with forward slashes where the images are found so.

    Raises:
        StudioError: if no image is found.
    """
    forward = [name.replace("\\", "/") for name in names]
    starts = [Path(root)] if root else []
    starts += list(path.resolve().parents)[:4]
    folders = [start / folder for start in starts for folder in _FOLDERS]
    for called in [names] if forward == names else [names, forward]:
        for name in called[:_LOOKED_FOR]:  # the first may be missing
            for folder in folders:
                if _is_file(folder / name):
                    return folder, called
    where = f"under {root}" if root else "beside the list or in the folders around it"
    raise StudioError(
        f"the pictures of the image list {path.name} were not found: there is no {readable(names[0][:200])!r} {where}"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no file can be called so
        return False

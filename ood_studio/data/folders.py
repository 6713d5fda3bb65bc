"""Folders of images."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.classes import class_folders, match_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import IMAGE_SUFFIXES, decode_image


def is_image(name: str) -> bool:
    """Whether a file is taken for an image by its name, ``folder/.../file``; hidden ones are not."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and os.path.splitext(parts[-1])[1].lower() in IMAGE_SUFFIXES


class FolderDataset(Dataset):
    """All images of a folder and the folders in it, sorted by path.

    Args:
        root: the folder. Where it holds folders, their names are the classes of the images in them.
        name: for people and rows; the folder's own where empty.
        labels: what the images' labels index; None for the folder's own class names.

    Raises:
        StudioError: if there is no such folder, or no image in it.
    """

    def __init__(self, root: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        root = Path(root)
        if not root.is_dir():
            raise StudioError(f"there is no folder {root}")
        files = sorted(_walk(root))
        if not files:
            raise StudioError(f"the folder {root} holds no picture ({', '.join(sorted(IMAGE_SUFFIXES))})")
        self.name = name or root.resolve().name or "pictures"
        self.key = _fingerprint(root, files)
        self.classes, self.labels = match_classes(class_folders([file for file, _, _ in files]), labels)
        self._root, self._names, self._wanted = root.absolute(), [file for file, _, _ in files], labels

    def __len__(self) -> int:
        return len(self._names)

    def load(self, index: int) -> Image.Image:
        """The image in its file."""
        return decode_image(self._root / self._names[index], name=self._names[index])

    def caption(self, index: int) -> str:
        """The path below the folder."""
        return self._names[index]

    def _arguments(self) -> dict[str, Any]:
        return {"root": str(self._root), "labels": self._wanted}


def _walk(root: Path) -> Iterator[tuple[str, int, int]]:
    """(path below the root, bytes, time of change) of every image; a link back to a folder ends there."""
    seen: set[tuple[int, int]] = set()
    for folder, below, files in os.walk(root, followlinks=True):
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in seen:
            below.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        prefix = Path(folder).relative_to(root).as_posix()
        for file in files:
            name = file if prefix == "." else f"{prefix}/{file}"
            if is_image(name):
                try:
                    about = os.stat(os.path.join(folder, file))
                    yield name, about.st_size, about.st_mtime_ns
                except OSError:  # a link to nowhere: reading it says so
                    yield name, 0, 0


def _fingerprint(root: Path, files: Sequence[tuple[str, int, int]]) -> str:
    """Folders that were only copied count as different: to read every image for its hash would take too long."""
    digest = hashlib.sha256(os.fsencode(root.resolve()))
    for name, size, changed in files:
        digest.update(f"\0{name}\0{size}\0{changed}".encode(errors="surrogateescape"))
    return f"folder/{digest.hexdigest()}"

"""Folders of images."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed, readable
from ood_studio.data.dataset import Dataset
from ood_studio.data.image_sets import HEADER, MANIFEST
from ood_studio.data.images import IMAGE_SUFFIXES, decode_image
from ood_studio.data.kinds import head_of, is_image_head
from ood_studio.data.metadata import image_classes


@dataclass(frozen=True)
class FoundImages:
    """What a folder holds.

    Attributes:
        files: (path below the folder, bytes, time of change) of every image, sorted.
        others: paths of files that are no images.
        closed: paths of folders that may not be read.
        empty: paths of folders in which, and below which, there is no image; not of folders in them.
    """

    files: tuple[tuple[str, int, int], ...]
    others: tuple[str, ...]
    closed: tuple[str, ...]
    empty: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is left out."""
        closed = f"the folders {listed(self.closed)} may not be read"
        holds = f"the folder {listed(self.empty)} holds" if len(self.empty) == 1 else f"{listed(self.empty)} hold"
        empty = f"{holds} no picture"
        return (*left_out(self.others), *((closed,) if self.closed else ()), *((empty,) if self.empty else ()))


def find_images(root: Path) -> FoundImages:
    """The images in a folder and in the folders in it: by their names' endings, else by their first bytes.

    What is hidden and what Macintoshes leave behind counts for nothing; a link back to a folder ends there.
    """
    seen: set[tuple[int, int]] = set()
    files, others = [], []
    closed: list[str] = []
    ways: list[str] = []

    def refused(error: OSError) -> None:
        closed.append(_below(root, str(error.filename)))

    for folder, below, names in os.walk(root, followlinks=True, onerror=refused):
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in seen:
            below.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        below[:] = [name for name in below if not is_leftover(name)]
        way = "" if Path(folder) == root else f"{_below(root, folder)}/"
        ways.append(way)
        for file in names:
            path = os.path.join(folder, file)
            if is_leftover(file) or file in (HEADER, MANIFEST):
                continue
            if not has_image_name(file) and not is_image_head(head_of(Path(path))):
                others.append(way + file)
                continue
            try:
                about = os.stat(path)
                files.append((way + file, about.st_size, about.st_mtime_ns))
            except OSError:  # a link to nowhere: reading it says so
                files.append((way + file, 0, 0))
    return FoundImages(
        tuple(sorted(files)), tuple(sorted(others)), tuple(sorted(closed)), _empty(ways, [name for name, _, _ in files])
    )


def is_leftover(name: str) -> bool:
    """Whether a file or folder, or one on the way to ``folder/.../file``, is hidden or left behind by a Macintosh."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def has_image_name(name: str) -> bool:
    """Whether a file's name ends like that of an image."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def left_out(others: Sequence[str]) -> tuple[str, ...]:
    """The sentence about files that are no images, where there are some."""
    if not others:
        return ()
    are = "file is no picture and was" if len(others) == 1 else "files are no pictures and were"
    return (f"{len(others):,} {are} left out: {listed(others)}",)


class FolderDataset(Dataset):
    """All images of a folder and the folders in it, sorted by path.

    Args:
        root: the folder. Where it holds folders, their names are the classes of the images in them, unless a
            ``metadata.csv`` tells them, see `image_classes`.
        name: for people and rows; the folder's own where empty.
        labels: what the images' labels index; None for the folder's own class names.

    Raises:
        StudioError: if there is no such folder, or no image in it.
    """

    def __init__(self, root: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        root = Path(root)
        if not root.is_dir():
            raise StudioError(f"there is no folder {root}")
        found = find_images(root)
        if not found.files:
            others = f", but {listed(found.others)}" if found.others else ""
            raise StudioError(f"the folder {root} holds no picture ({', '.join(sorted(IMAGE_SUFFIXES))}){others}")
        self._root, self._names, self._wanted = root.absolute(), [file for file, _, _ in found.files], labels
        self.name = readable(name or root.resolve().name or "pictures")
        classes, self._tables = image_classes(
            self._names, _sizes(root, found.others), lambda file: (root / file).read_bytes(), labels, self.name
        )
        found = replace(found, others=tuple(file for file in found.others if file not in self._tables))
        self.key, self.place = _fingerprint(root, found.files), readable(str(self._root))
        self.classes, self.labels, self.numbered = classes.names, classes.labels, classes.numbered
        self.notes = (*classes.notes, *found.notes)

    def __len__(self) -> int:
        return len(self._names)

    def load(self, index: int) -> Image.Image:
        """The image in its file."""
        return decode_image(self._root / self._names[index], name=self.caption(index))

    def caption(self, index: int) -> str:
        """The path below the folder."""
        return readable(self._names[index])

    def files(self) -> Sequence[tuple[str, Path]]:
        """Every image, and before them the table that tells their classes, where there is one."""
        tables = [("", self._root / name) for name in self._tables] if len(self._tables) == 1 else []
        return [*tables, *((name, self._root / name) for name in self._names)]

    def _arguments(self) -> dict[str, Any]:
        return {"root": str(self._root), "labels": self._wanted}


def _empty(ways: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """The outermost of some folders, each ``folder/.../``, that lead to none of the files."""
    filled = {file[: end + 1] for file in files for end, sign in enumerate(file) if sign == "/"} | {""}
    empty = [way for way in ways if way not in filled]
    outermost = [way for way in empty if f"{way[:-1].rpartition('/')[0]}/".lstrip("/") in filled]
    return tuple(sorted(way[:-1] for way in outermost))


def _sizes(root: Path, files: Sequence[str]) -> dict[str, int]:
    """The bytes of files that are there, by path."""
    found = {}
    for file in files:
        with suppress(OSError):
            found[file] = (root / file).stat().st_size
    return found


def _below(root: Path, path: str) -> str:
    return Path(path).relative_to(root).as_posix()


def _fingerprint(root: Path, files: Sequence[tuple[str, int, int]]) -> str:
    """Folders that were only copied count as different: to read every image for its hash would take too long."""
    digest = hashlib.sha256(os.fsencode(root.resolve()))
    for name, size, changed in files:
        digest.update(f"\0{name}\0{size}\0{changed}".encode(errors="surrogateescape"))
    return f"folder/{digest.hexdigest()}"

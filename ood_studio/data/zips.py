"""Zip archives of images, read in place: nothing in them is ever written to disk."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import readable
from ood_studio.data.dataset import Dataset
from ood_studio.data.folders import has_image_name, is_leftover, left_out
from ood_studio.data.images import MAX_BYTES, ImageError, decode_image
from ood_studio.data.kinds import HEAD, is_image_head
from ood_studio.data.metadata import image_classes

MAX_FILES = 2_000_000
MAX_TOTAL_BYTES = 500 * 2**30  # unpacked
MAX_RATIO = 200  # unpacked to packed; images hardly shrink
_FREE_BYTES = 100 * 2**20  # a small archive may shrink as much as it likes
_UTF8 = 0x800  # flag: the name is UTF-8
_ENCRYPTED = 0x1


class ZipDataset(Dataset):
    """All images of a zip archive, sorted by path; folders in it are classes as in a `FolderDataset`.

    Attributes:
        others: paths of files in it that are no images.

    Raises:
        StudioError: if it is no zip archive, holds no image, or is a danger: absolute paths, paths that lead out of
            it, links, more than `MAX_FILES` files, or a bomb.
    """

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        path = Path(path)
        try:
            self._archive = zipfile.ZipFile(path)
            entries = self._archive.infolist()
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise StudioError(f"{path.name} is not a zip archive that can be read ({error})") from error
        try:
            _check(path, entries)
            self._entries, others = self._images(entries)
            if not self._entries:
                raise StudioError(f"the archive {path.name} holds no picture")
        except StudioError:
            self._archive.close()
            raise
        self._names = [*self._entries]
        self._path, self._wanted = path.absolute(), labels
        self.name = readable(name or path.stem)
        sizes = {called: entry.file_size for called, entry in others.items()}
        classes, tables = image_classes(
            self._names, sizes, lambda called: self._archive.read(others[called]), labels, self.name
        )
        self.others = [called for called in others if called not in tables]
        self.classes, self.labels, self.numbered = classes.names, classes.labels, classes.numbered
        self.notes = (*classes.notes, *left_out(self.others))
        digest = hashlib.sha256()
        for called, entry in self._entries.items():
            digest.update(f"{called}\0{entry.file_size}\0{entry.CRC}\0".encode(errors="surrogateescape"))
        self.key, self.place = f"zip/{digest.hexdigest()}", readable(str(self._path))

    def __len__(self) -> int:
        return len(self._names)

    def load(self, index: int) -> Image.Image:
        """The image in the archive."""
        return decode_image(self.content(index), name=self.caption(index))

    def content(self, index: int) -> bytes:
        """The file of an image in the archive.

        Raises:
            ImageError: if it is too large, encrypted or damaged.
        """
        called = self.caption(index)
        entry = self._entries[self._names[index]]
        if entry.file_size > MAX_BYTES:
            raise ImageError(f"{called} has {entry.file_size / 2**20:,.0f} MB; the limit is {MAX_BYTES // 2**20} MB.")
        if entry.flag_bits & _ENCRYPTED:
            raise ImageError(f"{called} is encrypted in its archive; pack it without a password.")
        try:
            return self._archive.read(entry)
        except Exception as error:  # decompressors raise anything for damaged entries
            raise ImageError(f"{called} is damaged in its archive ({error}).") from error

    def caption(self, index: int) -> str:
        """The path in the archive."""
        return self._names[index]

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted}

    def _images(
        self, entries: Sequence[zipfile.ZipInfo]
    ) -> tuple[dict[str, zipfile.ZipInfo], dict[str, zipfile.ZipInfo]]:
        """The entries of images by their paths, sorted, and those of other files."""
        found: dict[str, zipfile.ZipInfo] = {}
        others: dict[str, zipfile.ZipInfo] = {}
        again: Counter[str] = Counter()
        for entry in entries:
            path = _path(entry)
            if not path or is_leftover(path):
                continue
            if has_image_name(path) or is_image_head(self._head(entry)):
                found[_free(path, found, again)] = entry
            else:
                others[_free(path, others, again)] = entry
        return {path: found[path] for path in sorted(found)}, {path: others[path] for path in sorted(others)}

    def _head(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            with self._archive.open(entry) as file:
                return file.read(HEAD)
        except Exception:  # damaged or encrypted: nothing tells that it is an image
            return b""


def _path(entry: zipfile.ZipInfo) -> str:
    """An entry's path with forward slashes, its name in UTF-8 where that is what it was packed as; "" for a folder."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        with suppress(UnicodeError):  # of another encoding, which nothing tells
            name = name.encode("cp437").decode()
    name = name.replace("\\", "/")
    return "" if name.endswith("/") else readable(str(PurePosixPath(name)))


def _free(path: str, taken: Mapping[str, zipfile.ZipInfo], again: Counter[str]) -> str:
    """A path that is not taken; of one that comes again and again no number is tried twice (``again``)."""
    free = path
    while free in taken:
        again[path] += 1
        stem, dot, suffix = path.rpartition(".")
        number = again[path] + 1
        free = f"{stem} ({number}){dot}{suffix}" if dot else f"{path} ({number})"
    return free


def _check(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuses an archive that is a danger, as a whole and with the reason."""
    if len(entries) > MAX_FILES:
        raise StudioError(f"the archive {path.name} is refused: {len(entries):,} files, and the limit is {MAX_FILES:,}")
    for entry in entries:
        reason = _reason(entry)
        if reason:
            raise StudioError(f"the archive {path.name} is refused: {entry.filename[:80]!r} {reason}")
    total = sum(entry.file_size for entry in entries)
    packed = max(path.stat().st_size, 1)
    if total > MAX_TOTAL_BYTES or (total > _FREE_BYTES and total > packed * MAX_RATIO):
        raise StudioError(
            f"the archive {path.name} is refused: {packed / 1e6:,.1f} MB would unpack to {total / 1e6:,.0f} MB, "
            "as in a zip bomb"
        )


def _reason(entry: zipfile.ZipInfo) -> str:
    windows = PureWindowsPath(entry.orig_filename)  # knows both kinds of separator, drives and shares
    if windows.root or windows.drive:
        return "has an absolute path"
    if ".." in windows.parts:
        return "leads out of the archive"
    return "is a link" if stat.S_ISLNK(entry.external_attr >> 16) else ""

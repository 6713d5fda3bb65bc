"""Zip archives of images, read in place: nothing in them is ever written to disk."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.classes import class_folders, match_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.folders import is_image
from ood_studio.data.images import MAX_BYTES, ImageError, decode_image

MAX_FILES = 2_000_000
MAX_TOTAL_BYTES = 500 * 2**30  # unpacked
MAX_RATIO = 200  # unpacked to packed; images hardly shrink
_FREE_BYTES = 100 * 2**20  # a small archive may shrink as much as it likes


class ZipDataset(Dataset):
    """All images of a zip archive, sorted by path; folders in it are classes as in a `FolderDataset`.

    Raises:
        StudioError: if it is no zip archive, holds no image, or is a danger: absolute paths, paths that lead out of
            it, links, encrypted files, more than `MAX_FILES` files, or a bomb.
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
            found = {entry.filename: entry for entry in entries if is_image(entry.filename) and not entry.is_dir()}
            if not found:
                raise StudioError(f"the archive {path.name} holds no picture")
        except StudioError:
            self._archive.close()
            raise
        self._entries = [found[name] for name in sorted(found)]
        self._path, self._wanted = path.absolute(), labels
        self.name = name or path.stem
        self.classes, self.labels = match_classes(class_folders([e.filename for e in self._entries]), labels)
        digest = hashlib.sha256()
        for entry in self._entries:
            digest.update(f"{entry.filename}\0{entry.file_size}\0{entry.CRC}\0".encode(errors="surrogateescape"))
        self.key = f"zip/{digest.hexdigest()}"

    def __len__(self) -> int:
        return len(self._entries)

    def load(self, index: int) -> Image.Image:
        """The image in the archive."""
        entry = self._entries[index]
        if entry.file_size > MAX_BYTES:
            raise ImageError(
                f"{entry.filename} has {entry.file_size / 2**20:,.0f} MB; the limit is {MAX_BYTES // 2**20} MB."
            )
        try:
            data = self._archive.read(entry)
        except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ImageError(f"{entry.filename} is damaged in its archive ({error}).") from error
        return decode_image(data, name=entry.filename)

    def caption(self, index: int) -> str:
        """The path in the archive."""
        return self._entries[index].filename

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted}


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
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    return "is encrypted" if entry.flag_bits & 1 else ""

"""Decoded images with a key of their content, so that neither decoding nor hashing is done twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ood_studio.core.cache import KeyedCache
from ood_studio.data.deep_images import note_of
from ood_studio.data.images import decode_image

_MAX_BYTES = 512 * 2**20  # of decoded images that one `ImageFiles` holds
_MOST_KNOWN = 20_000  # files whose keys it knows, some 200 bytes each


@dataclass(frozen=True, eq=False)
class KeyedImage:
    """A decoded image that must not change any more.

    Attributes:
        image: of any size and mode.
        key: a hash of mode, size and pixels: equal for equal images, whatever files they come from.
    """

    image: Image.Image
    key: str

    @property
    def note(self) -> str:
        """How its samples are shown, see `note_of`."""
        return note_of(self.image)

    @classmethod
    def of(cls, image: Image.Image | KeyedImage | KeyedFile) -> KeyedImage | KeyedFile:
        """The image with its key, which is computed unless it is known."""
        return image if isinstance(image, KeyedImage | KeyedFile) else cls(image, image_key(image))


@dataclass(frozen=True, eq=False)
class KeyedFile:
    """An image of a file whose pixels are there when they are asked for: held, or else decoded again.

    Attributes:
        files: holds the ones that were opened last.
        path, name: see `ImageFiles.open`.
        key, note: as of the `KeyedImage`.
    """

    files: ImageFiles
    path: Path | str
    name: str | None
    key: str
    note: str

    @property
    def image(self) -> Image.Image:
        """The pixels; an ImageError where the file has gone since."""
        return self.files.open(self.path, name=self.name).image


GivenImage = Image.Image | KeyedImage | KeyedFile
"""An image as those take it who need its content more than once."""


def image_key(image: Image.Image) -> str:
    """A hash of an image's mode, size and pixels."""
    digest = hashlib.sha256(f"{image.mode}{image.size}".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


class ImageFiles:
    """Image files as they were decoded, each decoded and hashed once as long as it does not change.

    For uploads: what was opened last stays within ``max_bytes``, the rest is decoded again where its pixels are asked
    for; its key is known for longer. Safe between threads.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._kept: KeyedCache[KeyedImage] = KeyedCache(None, max_bytes=max_bytes, size=_size)
        self._known: KeyedCache[tuple[str, str]] = KeyedCache(_MOST_KNOWN)  # keys and notes

    def open(self, path: Path | str, *, name: str | None = None) -> KeyedImage:
        """The image of a file.

        Args:
            path: where it lies.
            name: what errors call it; the file's own name if not given.

        Raises:
            ImageError: as `decode_image`; a file that cannot be read is looked at again the next time.
        """
        state = _state(path)
        if state is None:
            return _keyed(path, name)  # which says in a sentence why not
        found = self._kept.get(state, lambda: _keyed(path, name))
        self._known.put(state, (found.key, found.note))
        return found

    def later(self, path: Path | str, *, name: str | None = None) -> KeyedFile:
        """The image of a file that is looked at once; its pixels are held no longer than there is room for them."""
        known = self._known.peek(_state(path))
        if known is None:
            found = self.open(path, name=name)
            known = found.key, found.note
        return KeyedFile(self, path, name, *known)

    def clear(self) -> None:
        """Forgets all of them."""
        self._kept.clear()
        self._known.clear()


def _state(path: Path | str) -> tuple[str, int, int] | None:
    """What tells whether a file is as it was; None where it is not there."""
    try:
        stat = Path(path).stat()
    except (OSError, ValueError):
        return None
    return str(path), stat.st_mtime_ns, stat.st_size


def _keyed(path: Path | str, name: str | None) -> KeyedImage:
    image = decode_image(path, name=name)
    return KeyedImage(image, image_key(image))


def _size(held: KeyedImage) -> int:
    return held.image.width * held.image.height * (4 if len(held.image.getbands()) > 1 else 1)  # as Pillow holds them

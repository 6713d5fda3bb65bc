"""Making image sets: an image is kept as soon as it is finished, and a second start goes on where the first one was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio import __version__
from ood_studio.core.errors import StudioError
from ood_studio.core.files import sweep, write_image, write_json
from ood_studio.core.unicode import json_text
from ood_studio.data.image_sets import HEADER, MANIFEST, ImageSet, digest, in_order, manifest_lines, read_set


@dataclass(frozen=True, eq=False)
class SetImage:
    """An image for a set, and what its line of the manifest says besides the file: plain values for JSON."""

    image: Image.Image
    about: dict[str, Any]


class SetWriter:
    """A set being made, or gone on with.

    Args:
        name: of the set.
        folder: where to; it may hold an unfinished set of the same parameters.
        wanted: how many images it is to have.
        parameters: everything that decides the result, as plain values for JSON.

    Raises:
        StudioError: for a folder with another set or other files, or when the disk refuses, here and in all methods;
            what is finished stays.
    """

    def __init__(self, name: str, folder: Path, wanted: int, parameters: Mapping[str, Any]) -> None:
        self._name, self._folder, self._wanted = name, folder, wanted
        self._parameters: dict[str, Any] = json.loads(json.dumps(parameters))  # as they are read again
        self._entries: dict[int, dict[str, Any]] = {}
        self._left_out = 0
        with self._writing():
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            self._claim()
            entries, good = manifest_lines(folder)
            self._entries = {int(entry["row"]): entry for entry in entries}
            if good < _size(folder / MANIFEST):  # a kill in the middle of a line
                os.truncate(folder / MANIFEST, good)

    def __contains__(self, row: int) -> bool:
        return row in self._entries

    def keep(self, row: int, image: SetImage) -> None:
        """Keeps the image made of a row: the file first, then its line."""
        entry = {"file": f"{row:06d}.png", "row": row, **image.about}
        line = json_text(entry) + "\n"
        with self._writing():
            write_image(self._folder / str(entry["file"]), image.image)
            with open(self._folder / MANIFEST, "a", encoding="utf-8") as file:
                file.write(line)
        self._entries[row] = entry

    def finish(self, left_out: int) -> ImageSet:
        """The whole set; ``left_out`` rows gave no image.

        Raises:
            StudioError: if none gave one.
        """
        if not self._entries:
            raise StudioError(f"none of the {self._wanted:,} pictures for {self._name} can be read")
        if left_out != self._left_out:
            self._left_out = left_out
            self._write_header()
        return self.state()

    def state(self) -> ImageSet:
        """The set as it is."""
        entries = in_order(self._entries.values())
        return ImageSet(self._name, self._folder, self._wanted, self._parameters, entries, self._left_out)

    def _claim(self) -> None:
        """Writes the header, or checks that the one there is of the same set."""
        header = self._folder / HEADER
        if header.exists():
            found = read_set(self._folder)
            if found is None:
                raise StudioError(f"{header} is damaged; remove the folder or give another one")
            if digest(found.parameters) != digest(self._parameters):
                raise StudioError(
                    f"{self._folder} holds a set with other parameters, {found.name}; give another folder"
                )
            self._left_out = found.left_out
            if found.wanted == self._wanted:
                return
        elif any(self._folder.iterdir()):
            raise StudioError(f"{self._folder} holds other files; give a new or empty folder")
        self._left_out = 0
        self._write_header()

    def _write_header(self) -> None:
        about = {"name": self._name, "wanted": self._wanted, "left_out": self._left_out, "version": __version__}
        with self._writing():
            write_json(self._folder / HEADER, about | {"parameters": self._parameters})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kept = f"; the {len(self._entries):,} finished pictures are kept" if self._entries else ""
            why = f"the set cannot be written to {self._folder} ({error.strerror or error}){kept}"
            raise StudioError(why) from error


Make = Callable[[Sequence[int]], Sequence[SetImage | None]]


def build_set(
    name: str, folder: Path, rows: Sequence[int], parameters: Mapping[str, Any], make: Make, batch: int = 8
) -> Iterator[ImageSet]:
    """Makes a set, or goes on where an interrupted run was; each image is kept as soon as it is finished.

    Args:
        name, folder, parameters: see `SetWriter`.
        rows: which of the source's images.
        make: images of some of the rows; None for one that cannot be read, which is left out.
        batch: how many rows at once.

    Yields:
        the set as it is, at first and after every batch; to stop, stop asking.

    Raises:
        StudioError: as `SetWriter`, or if no row gives an image.
    """
    writer = SetWriter(name, folder, len(rows), parameters)
    left_out = 0
    todo = [row for row in rows if row not in writer]
    yield writer.state()
    for start in range(0, len(todo), batch):
        part = todo[start : start + batch]
        for row, image in zip(part, make(part), strict=True):
            if image is None:
                left_out += 1
            else:
                writer.keep(row, image)
        last = start + batch >= len(todo)
        yield writer.finish(left_out) if last else writer.state()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

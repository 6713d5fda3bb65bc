"""Making image sets: an image is kept as soon as it is finished, and a second start goes on where the first one was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio import __version__
from ood_studio.core.errors import StudioError
from ood_studio.core.files import sweep, write_image, write_json
from ood_studio.core.locks import LOCK, sole_writer
from ood_studio.core.paths import cache_dir
from ood_studio.core.unicode import json_text
from ood_studio.data.image_sets import (
    HEADER,
    MANIFEST,
    ImageSet,
    digest,
    in_order,
    manifest_lines,
    read_set,
    reasons,
)


@dataclass(frozen=True, eq=False)
class SetImage:
    """An image for a set, and what its line of the manifest says besides the file: plain values for JSON."""

    image: Image.Image
    about: dict[str, Any]


UNREADABLE = "cannot be read"
"""Why a row gives no image, as it is said after a number; a maker of sets may have other reasons."""


class SetWriter:
    """A set being made, or gone on with, by nobody else until it is closed (``with``).

    Args:
        name: of the set.
        folder: where to; it may hold an unfinished set of the same parameters.
        wanted: how many images it is to have.
        parameters: everything that decides the result, as plain values for JSON.
        origin: the request that it is made by, see `ImageSet`; another one may come to the same.

    Raises:
        StudioError: for a folder with another set or other files, one that somebody is writing to, or when the disk
            refuses, here and in all methods; what is finished stays.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        wanted: int,
        parameters: Mapping[str, Any],
        origin: Mapping[str, str] | None = None,
    ) -> None:
        self._name, self._folder, self._wanted, self._origin = name, folder, wanted, dict(origin or {})
        self._parameters: dict[str, Any] = json.loads(json.dumps(parameters))  # as they are read again
        self._entries: dict[int, dict[str, Any]] = {}
        self._left_out: dict[str, int] = {}
        with self._writing(), ExitStack() as opened:
            folder.mkdir(parents=True, exist_ok=True)
            opened.enter_context(sole_writer(folder))
            sweep(folder)
            self._claim()
            entries, good = manifest_lines(folder)
            self._entries = {int(entry["row"]): entry for entry in entries}
            if good < _size(folder / MANIFEST):  # a kill in the middle of a line
                os.truncate(folder / MANIFEST, good)
            self._open = opened.pop_all()

    def __enter__(self) -> SetWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

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

    def finish(self, left_out: Mapping[str, int]) -> ImageSet:
        """The whole set.

        Args:
            left_out: why rows gave no image, and how many each; reasons such as `UNREADABLE`.

        Raises:
            StudioError: if none gave one.
        """
        if not self._entries:
            raise StudioError(
                f"none of the {self._wanted:,} pictures for {self._name} can be used: {reasons(left_out)}"
            )
        if left_out != self._left_out:
            self._left_out = dict(left_out)
            self._write_header()
        return self.state()

    def state(self) -> ImageSet:
        """The set as it is."""
        entries = in_order(self._entries.values())
        return ImageSet(self._name, self._folder, self._wanted, self._parameters, entries, self._left_out, self._origin)

    def _claim(self) -> None:
        """Writes the header, or checks that the one there is of the same set."""
        header = self._folder / HEADER
        found = read_set(self._folder)
        if found is not None:
            if not _same(found.parameters, self._parameters):
                raise StudioError(
                    f"{self._folder} holds a set with other parameters, {found.name}; give another folder"
                )
            self._left_out = dict(found.left_out)
            if found.wanted == self._wanted:
                return
        elif self._folder.parent.parent == cache_dir():
            pass  # its name says what is in it, whatever became of the header
        elif header.exists():
            raise StudioError(f"{header} is damaged; remove the folder or give another one")
        elif any(path.name != LOCK for path in self._folder.iterdir()):
            raise StudioError(f"{self._folder} holds other files; give a new or empty folder")
        self._left_out = {}
        self._write_header()

    def _write_header(self) -> None:
        about = {"name": self._name, "wanted": self._wanted, "left_out": self._left_out, "version": __version__}
        with self._writing():
            write_json(self._folder / HEADER, about | {"parameters": self._parameters, "origin": self._origin})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kept = f"; the {len(self._entries):,} finished pictures are kept" if self._entries else ""
            why = f"the set cannot be written to {self._folder} ({error.strerror or error}){kept}"
            raise StudioError(why) from error


Make = Callable[[Sequence[int]], Sequence[SetImage | str]]


def build_set(
    name: str,
    folder: Path,
    rows: Sequence[int],
    parameters: Mapping[str, Any],
    make: Make,
    batch: Callable[[], int] = lambda: 8,
    origin: Mapping[str, str] | None = None,
) -> Iterator[ImageSet]:
    """Makes a set, or goes on where an interrupted run was; each batch is kept as soon as it is finished.

    Args:
        name, folder, parameters, origin: see `SetWriter`.
        rows: which of the source's images.
        make: images of some of the rows, or why there is none, in words for after a number such as `UNREADABLE`.
        batch: how many rows at once; asked when there is anything to make.

    Yields:
        the set as it is, at first and after every batch; to stop, close it. Of a whole set nothing but that.

    Raises:
        StudioError: as `SetWriter`, or if no row gives an image.
    """
    found = read_set(folder)
    if found is not None and len(found.entries) == found.wanted == len(rows) and _same(found.parameters, parameters):
        yield replace(found, origin=dict(origin or {}))
        return
    with SetWriter(name, folder, len(rows), parameters, origin) as writer:
        left_out: dict[str, int] = {}
        todo = [row for row in rows if row not in writer]
        yield writer.state()
        size = max(1, batch()) if todo else 1
        for start in range(0, len(todo), size):
            part = todo[start : start + size]
            for row, outcome in zip(part, make(part), strict=True):
                if isinstance(outcome, str):
                    left_out[outcome] = left_out.get(outcome, 0) + 1
                else:
                    writer.keep(row, outcome)
            last = start + size >= len(todo)
            yield writer.finish(left_out) if last else writer.state()


def _same(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return digest(found) == digest(wanted)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

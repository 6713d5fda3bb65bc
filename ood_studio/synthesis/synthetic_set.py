"""Synthetic sets on disk: a folder of lossless pictures and a manifest with a line for each; resumed after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio import __version__
from ood_studio.core.errors import StudioError
from ood_studio.core.html import bold, stacked
from ood_studio.core.paths import cache_dir
from ood_studio.data.galleries import file_gallery

HEADER = "set.json"
MANIFEST = "manifest.jsonl"


@dataclass(frozen=True, eq=False)
class Made:
    """A synthetic picture, and what its line of the manifest says besides the file: plain values for JSON."""

    picture: Image.Image
    about: dict[str, Any]


@dataclass(frozen=True)
class SyntheticSet:
    """A synthetic set; its pictures are the PNG files in ``folder``.

    Attributes:
        name: for people and rows.
        folder: where it lies; ``bench --ood-data NAME=FOLDER`` takes it.
        wanted: how many pictures it is to have.
        parameters: how its pictures are made.
        entries: the manifest's lines, in the order of their sources: ``file``, ``row`` and what `Made` said.
    """

    name: str
    folder: Path
    wanted: int
    parameters: dict[str, Any]
    entries: tuple[dict[str, Any], ...]

    @property
    def complete(self) -> bool:
        """Whether every picture is there."""
        return len(self.entries) >= self.wanted

    def files(self) -> list[Path]:
        """Its pictures."""
        return [self.folder / str(entry["file"]) for entry in self.entries]

    def _repr_html_(self) -> str:
        count = f"{len(self.entries):,} of {self.wanted:,} images in {self.folder}"
        return stacked(bold(self.name), count, file_gallery(self.files()))


Make = Callable[[Sequence[int]], Sequence[Made | None]]


def set_folder(name: str, parameters: dict[str, Any]) -> Path:
    """Where a set of these parameters lies in the cache."""
    return cache_dir() / "synthetic" / f"{_slug(name)}-{_digest(parameters)}"


def build_set(
    name: str,
    folder: Path,
    rows: Sequence[int],
    parameters: dict[str, Any],
    make: Make,
    batch: int = 8,
) -> Iterator[SyntheticSet]:
    """Makes a set, or goes on where an interrupted run was; each picture is kept as soon as it is finished.

    Args:
        name: of the set.
        folder: where to; it may hold an unfinished set of the same parameters.
        rows: which of the source's pictures.
        parameters: everything that decides the result, as plain values for JSON.
        make: pictures of some of the rows; None for one that cannot be read, which is left out.
        batch: how many rows at once.

    Yields:
        the set as it is, at first and after every batch; to stop, stop asking.

    Raises:
        StudioError: for a folder with another set or other files, or when the disk refuses; what is finished stays.
    """
    entries: dict[int, dict[str, Any]] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(name, folder, len(rows), parameters)
        entries |= {int(entry["row"]): entry for entry in _lines(folder)}
        left_out = 0
        todo = [row for row in rows if row not in entries]
        yield _as_set(name, folder, len(rows), parameters, entries)
        for start in range(0, len(todo), batch):
            part = todo[start : start + batch]
            for row, made in zip(part, make(part), strict=True):
                if made is None:
                    left_out += 1
                else:
                    entries[row] = _keep(folder, row, made)
            yield _as_set(name, folder, len(rows) - left_out, parameters, entries)
    except OSError as error:
        kept = f"; the {len(entries):,} finished pictures are kept" if entries else ""
        raise StudioError(f"the set cannot be written to {folder} ({error.strerror or error}){kept}") from error
    if not entries:
        raise StudioError(f"none of the {len(rows):,} pictures for {name} can be read")


def read_set(folder: Path) -> SyntheticSet | None:
    """The set in a folder, finished or not; None where there is none."""
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        entries = {int(entry["row"]): entry for entry in _lines(folder)}
        return _as_set(str(header["name"]), folder, int(header["wanted"]), dict(header["parameters"]), entries)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def synthetic_sets() -> list[SyntheticSet]:
    """Every set in the cache that has pictures, the newest first."""
    folders = [path.parent for path in (cache_dir() / "synthetic").glob(f"*/{HEADER}")]
    folders.sort(key=lambda folder: folder.stat().st_mtime_ns, reverse=True)
    return [found for folder in folders if (found := read_set(folder)) is not None and found.entries]


def _as_set(
    name: str, folder: Path, wanted: int, parameters: dict[str, Any], entries: dict[int, dict[str, Any]]
) -> SyntheticSet:
    return SyntheticSet(name, folder, wanted, parameters, tuple(entries[row] for row in sorted(entries)))


def _claim(name: str, folder: Path, wanted: int, parameters: dict[str, Any]) -> None:
    """Writes the header, or checks that the one there is of the same set."""
    header = folder / HEADER
    if header.exists():
        found = read_set(folder)
        if found is None:
            raise StudioError(f"{header} is damaged; remove the folder or give another one")
        if _digest(found.parameters) != _digest(parameters):
            raise StudioError(f"{folder} holds a set with other parameters, {found.name}; give another folder")
        if found.wanted == wanted:
            return
    elif any(folder.iterdir()):
        raise StudioError(f"{folder} holds other files; give a new or empty folder")
    about = {"name": name, "wanted": wanted, "version": __version__, "parameters": parameters}
    _write(header, (json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def _lines(folder: Path) -> list[dict[str, Any]]:
    """The manifest's entries whose pictures are there; a last line that a kill cut short is taken away."""
    path = folder / MANIFEST
    if not path.exists():
        return []
    entries, good = [], 0
    raw = path.read_bytes()
    for line in raw.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        good += len(line)
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and (folder / str(entry.get("file"))).is_file():
                entries.append(entry)
    if good < len(raw):
        os.truncate(path, good)
    return entries


def _keep(folder: Path, row: int, made: Made) -> dict[str, Any]:
    """The picture first, then its line: a line without its picture can never be."""
    entry = {"file": f"{row:06d}.png", "row": row, **made.about}
    line = json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"
    partial = folder / f".{row:06d}.partial"
    try:
        made.picture.save(partial, "PNG")
        os.replace(partial, folder / entry["file"])
    finally:
        partial.unlink(missing_ok=True)
    with open(folder / MANIFEST, "a", encoding="utf-8") as file:
        file.write(line)
    return entry


def _write(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _digest(parameters: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:12]


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-").lower() or "set"

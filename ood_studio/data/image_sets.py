"""Sets of images that were made: a folder of lossless files, a header, and a manifest with a line for each image.

The header says what decides the result, so that a folder never holds images made in two ways. A line
``{"file": "000007.png", "row": 7, ...}`` says which image of the source an image was made of, and how.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from ood_studio.core.files import is_whole_png
from ood_studio.core.html import bold, stacked
from ood_studio.core.kept import KEPT
from ood_studio.data.galleries import file_gallery

HEADER = "set.json"
MANIFEST = "manifest.jsonl"
Kind = Literal["attacks", "synthetic"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_READ = 1800.0  # seconds after which nobody reads a set that was not touched


@dataclass(frozen=True)
class ImageSet:
    """A set, finished or not; its images are the PNG files in ``folder``.

    Attributes:
        name: for people and rows.
        folder: where it lies; ``bench --ood-data NAME=FOLDER`` takes it.
        wanted: how many images it is to have.
        parameters: how its images are made.
        entries: the manifest's lines, in the order of their sources: ``file``, ``row`` and how each was made.
        left_out: why images could not be made, and how many each; known at the end.
        origin: the request that it was made by, as `core.parameters.texts` gives it; empty where that is not known.
    """

    name: str
    folder: Path
    wanted: int
    parameters: dict[str, Any]
    entries: tuple[dict[str, Any], ...]
    left_out: dict[str, int] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every image is there that can be made."""
        return len(self.entries) + sum(self.left_out.values()) >= self.wanted

    @property
    def note(self) -> str:
        """What was left out and why, in one sentence; empty where nothing was."""
        count = sum(self.left_out.values())
        return f"{count:,} more were left out: {reasons(self.left_out)}" if count else ""

    def files(self) -> list[Path]:
        """Its images."""
        return [self.folder / str(entry["file"]) for entry in self.entries]

    def _repr_html_(self) -> str:
        count = f"{len(self.entries):,} of {self.wanted:,} images in {self.folder}"
        return stacked(bold(self.name), count, self.note, file_gallery(self.files()))


def set_folder(kind: Kind, name: str, content: object) -> Path:
    """Where a set lies in the cache whose content is decided by plain values for JSON."""
    plain = name.lower().replace("λ", "lambda").replace("∞", "inf").replace("/", " of ")
    slug = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-") or "set"
    return KEPT[kind].place / f"{slug}-{digest(content)}"


def read_set(folder: Path) -> ImageSet | None:
    """The set in a folder, finished or not; None where there is none, or a damaged one."""
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        entries, _ = manifest_lines(folder)
        return ImageSet(
            str(header["name"]),
            folder,
            int(header["wanted"]),
            dict(header["parameters"]),
            in_order(entries),
            _left_out(header.get("left_out")),
            {str(name): str(text) for name, text in dict(header.get("origin", {})).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def image_sets(kind: Kind) -> list[ImageSet]:
    """Every set of a kind in the cache that has images, the newest first."""
    folders: list[tuple[int, Path]] = []
    for path in KEPT[kind].place.glob(f"[!.]*/{HEADER}"):
        with suppress(OSError):  # removed since it was listed
            folders.append((path.parent.stat().st_mtime_ns, path.parent))
    found = [read_set(folder) for _, folder in sorted(folders, reverse=True)]
    return [each for each in found if each is not None and each.entries]


def reasons(left_out: Mapping[str, int]) -> str:
    """Why images were left out, in a part of a sentence."""
    return ", ".join(f"{count:,} {why}" for why, count in left_out.items())


def bound_sets(kind: Kind, keep: Path, most: float = math.inf) -> None:
    """Lets the sets of a kind that are longest untouched go, beyond the cache's limit or ``most`` bytes.

    Args:
        keep: a set that stays, as do those that were touched lately: somebody may be reading them.

    Raises:
        StudioError: for a limit that is no number.
    """
    with suppress(OSError):  # there are none, or the disk refuses
        KEPT[kind].make_room(keep, _READ, most)


def in_order(entries: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Entries by row; of two with the same row the later one."""
    by_row = {int(entry["row"]): entry for entry in entries}
    return tuple(by_row[row] for row in sorted(by_row))


def manifest_lines(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """The manifest's entries whose images are there and whole, and how many of its bytes are whole lines."""
    path = folder / MANIFEST
    entries: list[dict[str, Any]] = []
    good = 0
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            good += len(line)
            with suppress(ValueError):
                entry = json.loads(line)
                known = isinstance(entry, dict) and isinstance(entry.get("row"), int)
                if known and is_whole_png(folder / str(entry.get("file"))):
                    entries.append(entry)
    return entries, good


def _left_out(said: Any) -> dict[str, int]:
    """What a header says; older ones count what cannot be read, alone."""
    if isinstance(said, int):
        return {"cannot be read": said} if said else {}
    return {str(why): int(count) for why, count in (said or {}).items()}


def digest(content: object) -> str:
    """A short hash of plain values for JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

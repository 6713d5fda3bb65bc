"""Pictures that people upload to compare on: files or zips into what a suite of own folders takes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gradio.utils import get_upload_folder

from ood_studio.core.errors import StudioError
from ood_studio.data.images import IMAGE_SUFFIXES
from ood_studio.studio import BenchRequest

_FOLDER = "ood-studio-uploads"


def own_sets(
    id_files: Sequence[str] | None, ood_files: Sequence[str] | None, id_data: str, ood_data: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """The ID set and the OOD sets of someone's own pictures, uploads before folders.

    Loose pictures make one set; every other file (a zip, a list, features) is a set by itself.

    Raises:
        StudioError: if one of the two sides is missing, or there are several ID sets.
    """
    inside, outside = _sets(id_files or ()), _sets(ood_files or ())
    if len(inside) > 1:
        raise StudioError(f"ID pictures are one set, not {len(inside)}; upload pictures, or a single zip")
    id_data = next(iter(inside.values()), id_data)
    ood_data = (*(f"{name}={path}" for name, path in outside.items()), *ood_data)
    if not id_data or not ood_data:
        raise StudioError(f"there are no {'OOD' if id_data else 'ID'} pictures; upload some, or name their folder")
    return id_data, ood_data


def is_upload(path: str) -> bool:
    """Whether a path is where the server keeps uploads, which says nothing to the person who uploaded."""
    where = Path(path.rpartition("=")[2])
    roots = (Path(get_upload_folder()), Path(tempfile.gettempdir()) / _FOLDER)
    return where != Path() and any(where.is_relative_to(root) for root in roots)


def without_uploads(request: BenchRequest) -> BenchRequest:
    """The request for a link: uploads belong to one session."""
    return replace(
        request,
        id_data="" if is_upload(request.id_data) else request.id_data,
        ood_data=tuple(each for each in request.ood_data if not is_upload(each)),
    )


def with_names(request: BenchRequest) -> BenchRequest:
    """The request for a person to repeat: uploads by their names, not by where the server keeps them."""

    def shown(path: str) -> str:
        head, sign, tail = path.rpartition("=")
        return f"{head}{sign}{Path(tail).name}" if is_upload(path) else path

    return replace(request, id_data=shown(request.id_data), ood_data=tuple(map(shown, request.ood_data)))


def _sets(files: Sequence[str]) -> dict[str, str]:
    paths = [Path(file) for file in files]
    pictures = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
    found = {path.stem.replace("=", "-"): str(path) for path in paths if path not in pictures}
    return ({"uploaded": str(_together(pictures))} if pictures else {}) | found


def _together(pictures: Sequence[Path]) -> Path:
    """A folder of these pictures: uploads lie each in a folder of its own, named after its content."""
    key = hashlib.sha256("\n".join(sorted(map(str, pictures))).encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / _FOLDER / key / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for i, path in enumerate(sorted(pictures)):
        name = f"{i} {path.name}" if path.name in taken else path.name
        taken.add(name)
        if not (folder / name).exists():
            shutil.copyfile(path, folder / name)
    return folder

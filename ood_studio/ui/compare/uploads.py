"""Pictures that people upload to compare on: files or zips into what a suite of own folders takes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_file, scratch_folder, settle
from ood_studio.data.folders import has_image_name, left_out
from ood_studio.data.kinds import kind_of
from ood_studio.data.zips import ZipDataset
from ood_studio.studio import BenchRequest
from ood_studio.ui import temporary
from ood_studio.ui.compare.uploaded_lists import with_its_pictures

_MOST_UNPACKED = 2 * 2**30  # bytes of zips that are put together with other pictures


@dataclass(frozen=True)
class OwnSets:
    """Someone's own pictures.

    Attributes:
        id_data, ood_data: as a `BenchRequest` takes them.
        problems: files that were left out, by name, and why.
    """

    id_data: str
    ood_data: tuple[str, ...]
    problems: dict[str, str]


def own_sets(
    id_files: Sequence[str] | None, ood_files: Sequence[str] | None, id_data: str, ood_data: Sequence[str]
) -> OwnSets:
    """The ID set and the OOD sets of someone's own pictures, uploads before folders.

    Of ID files all pictures, loose and in zips, make the one set. Of OOD files loose pictures make one set, and every
    other file (a zip, features) is a set by itself. An image list takes the pictures that it names. A file that is
    neither costs no other.

    Raises:
        StudioError: if one of the two sides is missing, or there are several ID sets.
    """
    problems: dict[str, str] = {}
    inside, outside = _sorted(id_files or (), problems, alone=True), _sorted(ood_files or (), problems, alone=False)
    found = _one_set(inside, problems)
    id_data = id_data if found is None else str(found)
    sets = [("uploaded", _together(outside.pictures))] if outside.pictures else []
    sets += [(path.stem.replace("=", "-"), path) for path in (*outside.zips, *outside.others)]
    ood_data = (*(f"{name}={path}" for name, path in sets), *ood_data)
    if not id_data or not ood_data:
        first = f" ({next(iter(problems.values())).rstrip('.')})" if problems else ""
        side = "OOD" if id_data else "ID"
        raise StudioError(f"there are no {side} pictures{first}; upload some, or name their folder")
    return OwnSets(id_data, ood_data, problems)


def is_upload(path: str) -> bool:
    """Whether a path is where the server keeps uploads, which says nothing to the person who uploaded."""
    where = Path(path.rpartition("=")[2])
    roots = (temporary.folder(temporary.UPLOADS), temporary.folder(temporary.SETS))
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


@dataclass(frozen=True)
class _Sorted:
    """Files by what they are: ``others`` are lists and features."""

    pictures: list[Path]
    zips: list[Path]
    others: list[Path]


def _sorted(files: Sequence[str], problems: dict[str, str], *, alone: bool) -> _Sorted:
    """Files by what they are.

    Args:
        files: uploaded.
        problems: takes those that are left out, by name, and why.
        alone: whether a list that cannot be used is refused: the pictures without it would be another set.
    """
    found = _Sorted([], [], [])
    for path in map(Path, files):
        kind = kind_of(path)
        if kind == "image" or (not kind and has_image_name(path.name)):
            found.pictures.append(path)
        elif kind == "zip":
            found.zips.append(path)
        elif kind:
            found.others.append(path)
        else:
            problems[_free(path.name, problems)] = f"{path.name} is no picture, zip, image list or file of features."
    named = set[Path]()
    others = []
    for path in found.others:
        if kind_of(path) != "list":
            others.append(path)
            continue
        try:
            settled, used = with_its_pictures(path, found.pictures)
        except StudioError as error:
            if alone:
                raise
            problems[_free(path.name, problems)] = str(error)
            continue
        others.append(settled)
        named |= used
    return _Sorted([path for path in found.pictures if path not in named], found.zips, others)


def _one_set(found: _Sorted, problems: dict[str, str]) -> Path | None:
    """What holds all ID pictures; None where there is no file."""
    alone = [*found.zips, *found.others]
    if len(alone) == 1 and not found.pictures:
        return alone[0]
    if found.others:
        raise StudioError(
            "ID pictures are one set: upload pictures and zips of them, or a single image list or file of features"
        )
    if found.zips:
        return _unpacked(found, problems)
    return _together(found.pictures) if found.pictures else None


def _together(pictures: Sequence[Path]) -> Path:
    """A folder of these pictures: uploads lie each in a folder of its own, named after its content."""
    key = hashlib.sha256("\n".join(sorted(map(str, pictures))).encode()).hexdigest()[:24]
    folder = temporary.folder(temporary.SETS) / key / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for path in sorted(pictures):
        name = _free(_visible(path), taken)
        taken.add(name)
        if not (folder / name).exists():
            with scratch_file(folder / name) as scratch:
                shutil.copyfile(path, scratch)
    return folder


def _unpacked(found: _Sorted, problems: dict[str, str]) -> Path:
    """A folder of loose pictures and of those in zips, these in the folders of their classes."""
    files = sorted(map(str, (*found.pictures, *found.zips)))
    around = temporary.folder(temporary.SETS)
    place = around / hashlib.sha256("\n".join(["unpacked", *files]).encode()).hexdigest()[:24]
    taken: set[str] = set()
    size = 0
    with scratch_folder(around) as scratch:
        for path in found.pictures:
            (target := _target(scratch, _visible(path), taken)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for path in found.zips:
            try:
                archive = ZipDataset(path)
            except StudioError as error:
                problems[_free(path.name, problems)] = str(error)
                continue
            for note in left_out(archive.others):
                problems[_free(f"{path.name}, other files", problems)] = f"{path.name}: {note}."
            for index in range(len(archive)):
                called = archive.caption(index)
                kind = -1 if archive.labels is None else int(archive.labels[index])
                try:
                    content = archive.content(index)
                except StudioError as error:
                    problems[_free(f"{path.name}/{called}", problems)] = str(error)
                    continue
                size += len(content)
                if size > _MOST_UNPACKED:
                    most = f"{_MOST_UNPACKED / 1e9:.1f} GB"
                    raise StudioError(f"zips beside other ID pictures may hold {most} in all; upload a single zip")
                within = f"{archive.classes[kind]}/" if kind >= 0 else ""
                target = _target(scratch, f"{within}{called.rpartition('/')[2]}", taken)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        if not taken:
            raise StudioError(f"there are no ID pictures ({next(iter(problems.values())).rstrip('.')}); upload some")
        place.mkdir(parents=True, exist_ok=True)
        settle(scratch / "pictures", place / "pictures")
    return place / "pictures"


def _target(scratch: Path, name: str, taken: set[str]) -> Path:
    free = _free(name, taken)
    taken.add(free)
    return scratch / "pictures" / free


def _visible(path: Path) -> str:
    """A file's name in a folder of pictures, where hidden ones would count for nothing."""
    return path.name.lstrip(".") or "picture"


def _free(name: str, taken: set[str] | dict[str, str]) -> str:
    """The name, or where it is taken another one with the same ending."""
    free, number = name, 1
    while free in taken:
        number += 1
        path = Path(name)
        free = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    return free

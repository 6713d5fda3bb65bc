"""Images that people bring, kept together in a folder: the same images, the same folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ood_studio.core.disk import touch
from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_folder, settle
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Progress, silent
from ood_studio.data.folders import left_out
from ood_studio.data.images import IMAGE_SUFFIXES, decode_image
from ood_studio.data.kinds import kind_of
from ood_studio.data.zips import ZipDataset

MOST_KEPT = 2000  # images of one upload
_FOLDER = "yours"  # the images' own folder, whose name people read


def keep_images(files: Iterable[Path], progress: Progress = silent) -> tuple[Path, dict[str, str]]:
    """Puts the images among files, and those in zip archives, into ``cache/uploads/KEY/yours``.

    KEY is a hash of their contents: equal images count once, and neither order nor names matter. Files are copied as
    they are, images of an archive as they are shown. At most `MOST_KEPT` images are kept.

    Returns:
        The folder, and by file name why a file was left out.

    Raises:
        StudioError: if none of the files is an image that can be read, or the disk refuses.
    """
    uploads = KEPT["uploads"].place
    kept: set[str] = set()
    problems: dict[str, str] = {}

    def leave_out(name: str, why: str) -> None:
        called, number = name, 1
        while called in problems:
            number += 1
            called = f"{name} ({number})"
        problems[called] = why

    try:
        with scratch_folder(uploads) as scratch:
            (scratch / _FOLDER).mkdir()
            for path, place in _places(files, leave_out, progress):
                called = path.name if place is None else f"{path.name}/{place[0].caption(place[1])}"
                try:
                    if len(kept) == MOST_KEPT:
                        leave_out(
                            called, f"Only {MOST_KEPT:,} pictures are kept, so {called} and all after it are not."
                        )
                        break
                    kept.add(_keep(path, place, scratch / _FOLDER))
                except StudioError as error:
                    leave_out(called, str(error))
            if not kept:
                first = next(iter(problems.values()), "there was no file.")
                raise StudioError(f"none of these files is a picture that can be read: {first}")
            folder = uploads / hashlib.sha256("".join(sorted(kept)).encode()).hexdigest()[:32]
            settle(scratch, folder)
        touch(folder)
        KEPT["uploads"].make_room(keep=folder)
    except OSError as error:
        raise StudioError(f"the pictures could not be kept in {uploads} ({error.strerror or error})") from error
    return folder / _FOLDER, problems


def _places(
    files: Iterable[Path], leave_out: Callable[[str, str], None], progress: Progress
) -> Iterator[tuple[Path, tuple[ZipDataset, int] | None]]:
    """Each image's file and, where that is an archive, its place there; archives that are refused are problems."""
    given = list(files)
    for done, path in enumerate(given):
        progress("reading your pictures", done, len(given))
        if kind_of(path) != "zip" and path.suffix.lower() != ".zip":
            yield path, None
            continue
        try:
            archive = ZipDataset(path)
        except StudioError as error:
            leave_out(path.name, str(error))
            continue
        for note in left_out(archive.others):
            leave_out(f"{path.name}, other files", f"{path.name}: {note}.")
        for index in range(len(archive)):
            progress("reading your pictures", index, len(archive))
            yield path, (archive, index)


def _keep(path: Path, place: tuple[ZipDataset, int] | None, folder: Path) -> str:
    """Writes one image under a name that is a hash of its content."""
    if place is None:
        decode_image(path)
        suffix = path.suffix.lower()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        name = digest + (suffix if suffix in IMAGE_SUFFIXES else ".png")
        shutil.copyfile(path, folder / name)
        return name
    archive, index = place
    image = archive.load(index)
    digest = hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()[:32]
    image.save(folder / f"{digest}.png", compress_level=1)
    return f"{digest}.png"

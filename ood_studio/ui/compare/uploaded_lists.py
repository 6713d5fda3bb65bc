"""Image lists that people upload: they name pictures uploaded with them, and nothing else of this machine."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_folder, settle
from ood_studio.core.unicode import readable
from ood_studio.ui import temporary

_MOST_BYTES = 20 * 2**20


def lists_folder() -> Path:
    """Where lists lie whose every line names a picture beside them."""
    return temporary.folder(temporary.SETS) / "lists"


def with_its_pictures(path: Path, pictures: Sequence[Path]) -> tuple[Path, set[Path]]:
    """An uploaded image list, put into a folder together with the pictures that it names.

    A browser tells of a picture no more than its name: of a path in the list its last part counts, whether it is
    absolute, leads upward or names a folder. So no list reads what was not uploaded.

    Args:
        path: the list: lines ``path label`` or ``path``.
        pictures: uploaded with it.

    Returns:
        The list to open, with the pictures' names in place of their paths, and the pictures that it names.

    Raises:
        StudioError: for a picture that was not uploaded, or a name that several of them have.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise StudioError(f"the image list {path.name} is larger than {_MOST_BYTES // 2**20} MB")
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    known: dict[str, set[Path]] = {}
    for picture in pictures:
        known.setdefault(_plain(picture.name), set()).add(picture)
    used: dict[str, Path] = {}
    missing: list[str] = []
    kept = []
    for line in lines:
        place, *label = line.rsplit(maxsplit=1)
        called = re.split(r"[/\\]", place)[-1]
        found = known.get(_plain(called), set())
        if len(found) > 1:
            raise StudioError(
                f"{len(found)} of the pictures are called {readable(called)}, and {path.name} does not say which it "
                "means; give them different names"
            )
        if not found:
            missing.append(readable(called))
            continue
        picture = next(iter(found))
        used[picture.name] = picture
        kept.append(" ".join((picture.name, *label)))
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise StudioError(
            f"{path.name} names {missing[0][:80]!r}{more}, which {'was' if not more else 'were'} not uploaded with it; "
            "upload the list together with its pictures"
        )
    return _settled(path, "\n".join(kept), used), set(used.values())


def _plain(name: str) -> str:
    """What gradio leaves of the name of an upload, and of one that it would have changed."""
    return "".join(letter for letter in name if letter.isalnum() or letter == ".")[-100:]


def _settled(path: Path, text: str, used: dict[str, Path]) -> Path:
    content = text.encode(errors="surrogateescape")
    named = "\n".join((path.name, *sorted(map(str, used.values()))))  # the same list may come by another name
    key = hashlib.sha256(content + named.encode(errors="surrogateescape")).hexdigest()[:24]
    with scratch_folder(lists_folder()) as scratch:
        for name, picture in used.items():
            shutil.copyfile(picture, scratch / name)
        (scratch / path.name).write_bytes(content)
        settle(scratch, lists_folder() / key)
    return lists_folder() / key / path.name

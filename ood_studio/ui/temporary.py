"""Where the interface keeps what people upload and take away: folders of this account, bounded in bytes and count.

Gradio's own copies are among them. It clears them after a day and at its end; here they never become too many.
"""

from __future__ import annotations

import os
import stat
import tempfile
from functools import cache
from pathlib import Path

from ood_studio.core.disk import thin_out

ENVIRONMENT = "GRADIO_TEMP_DIR"
"""Where gradio keeps what is uploaded, and copies of what it shows."""

UPLOADS, DOWNLOADS, SETS = "uploads", "downloads", "sets"
"""Gradio's folder; files to take away, of which it takes a copy; uploads that were put together for a comparison."""

MOST = {UPLOADS: (4 * 2**30, 20_000), DOWNLOADS: (2**29, 1_000), SETS: (2 * 2**30, 20_000)}
"""Bytes and files of each."""
_SPARED = {UPLOADS: 900.0, DOWNLOADS: 60.0, SETS: 900.0}  # seconds that somebody may still need a file


def folder(name: str) -> Path:
    """One of the folders, made where it is missing; `UPLOADS` is where `own_uploads` put it, else gradio's."""
    path = place(name)
    path.mkdir(parents=True, exist_ok=True)
    return path


def place(name: str) -> Path:
    """Where one of the folders lies, if it does."""
    chosen = os.environ.get(ENVIRONMENT)
    return Path(chosen) if name == UPLOADS and chosen else _root() / name


def own_uploads() -> None:
    """Gives gradio a folder of this app's own, within the one that the person may have chosen for it.

    Gradio's usual one is shared by all its apps on a machine, whose files are nobody's to sweep here.
    """
    chosen = os.environ.get(ENVIRONMENT)
    if chosen is None:
        os.environ[ENVIRONMENT] = str(_root() / UPLOADS)
    elif Path(chosen).parent.name != "ood-studio" and Path(chosen) != _root() / UPLOADS:
        os.environ[ENVIRONMENT] = str(Path(chosen).absolute() / "ood-studio" / UPLOADS)


def bound(name: str) -> bool:
    """Clears what is longest unused of one of the folders; whether there is room in it then."""
    most_bytes, most_files = MOST[name]
    return thin_out(folder(name), most_bytes, most_files, _SPARED[name]) <= most_bytes


@cache
def _root() -> Path:
    """A folder that nobody else writes to: one that another account made under this name is left alone."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    path = Path(tempfile.gettempdir()).resolve() / f"ood-studio-{user}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        about = path.lstat()
        if stat.S_ISDIR(about.st_mode) and (not hasattr(os, "getuid") or about.st_uid == user):
            return path
    except OSError:  # a file of that name, or a folder that is not for us
        pass
    return Path(tempfile.mkdtemp(prefix="ood-studio-")).resolve()

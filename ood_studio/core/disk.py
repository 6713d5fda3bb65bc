"""Folders of the cache that are bounded in bytes: what was longest untouched goes first; and bytes in words."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from ood_studio.core.files import sweep
from ood_studio.core.locks import has_writer


def touch(path: Path) -> None:
    """Marks a file or folder as used now; a disk that is read-only costs only the mark."""
    with suppress(OSError):
        os.utime(path)


def make_room(folder: Path, limit: float, keep: Path, spared: float = 0.0) -> None:
    """Removes the files and folders in ``folder`` that were longest untouched, until at most ``limit`` bytes are left.

    Scratch files that killed processes left go as well. Whoever uses an entry says so (`touch`). ``keep`` is spared,
    and so are what was touched in the last ``spared`` seconds, what somebody is writing now, and what the system does
    not let go.
    """
    sweep(folder)
    entries = []
    for path in folder.iterdir():
        with suppress(OSError):  # removed since it was listed
            touched = path.stat().st_mtime_ns
            parts = path.rglob("*") if path.is_dir() else (path,)
            entries.append((touched, sum(part.stat().st_size for part in parts), path))
    total, young = sum(size for _, size, _ in entries), (time.time() - spared) * 1e9
    for touched, size, path in sorted(entries):
        if total <= limit or (spared and touched > young):
            return
        if path == keep or (path.is_dir() and has_writer(path)):
            continue
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            total -= size


def thin_out(folder: Path, most_bytes: float, most_files: int, spared: float = 0.0) -> int:
    """Removes the files below ``folder`` that are longest unchanged, and folders that are empty then.

    Args:
        folder: may be missing.
        most_bytes, most_files: what may be left, together.
        spared: seconds; what changed since then stays, and so does what the system does not let go.

    Returns:
        The bytes that are left.
    """
    files = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with suppress(OSError):  # removed since it was listed
                about = os.lstat(path)
                files.append((about.st_mtime, about.st_size, path))
    files.sort()
    total, count, young = sum(size for _, size, _ in files), len(files), time.time() - spared
    for changed, size, path in files:
        if (total <= most_bytes and count <= most_files) or changed > young:
            break
        with suppress(OSError):
            os.unlink(path)
            total, count = total - size, count - 1
            with suppress(OSError):  # others are in it
                os.rmdir(os.path.dirname(path))
    return total


def byte_text(count: float) -> str:
    """A number of bytes for people, such as ``1.5 kB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}" if count < 100 * unit else f"{count / unit:,.0f} {name}"
    return f"{count:.0f} B"

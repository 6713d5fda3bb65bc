"""Where things lie: bundled assets, and the cache for everything that is made on demand."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ASSETS = ROOT / "assets"


def cache_dir() -> Path:
    """The cache folder: ``OOD_STUDIO_CACHE`` where set, else ``cache/`` beside the package."""
    return Path(os.environ.get("OOD_STUDIO_CACHE") or ROOT / "cache")


def make_room(folder: Path, limit: int, keep: Path) -> None:
    """Removes the files and folders in ``folder`` that were longest untouched, until at most ``limit`` bytes are left.

    Whoever uses an entry touches it (``os.utime``). ``keep`` is spared, and so is what the system does not let go.
    """
    entries = []
    for path in folder.iterdir():
        with suppress(OSError):  # removed since it was listed
            touched = path.stat().st_mtime_ns
            parts = path.rglob("*") if path.is_dir() else (path,)
            entries.append((touched, sum(part.stat().st_size for part in parts), path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= limit:
            return
        if path == keep:
            continue
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            total -= size

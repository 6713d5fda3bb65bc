"""Where things lie: bundled assets, and the cache for everything that is made on demand."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = (_PACKAGE / "assets").is_dir()  # in a checkout assets/ lies beside the package, not in it
ROOT = _PACKAGE.parent
ASSETS = (_PACKAGE if _INSTALLED else ROOT) / "assets"


def cache_dir() -> Path:
    """The cache folder: ``OOD_STUDIO_CACHE`` where set; ``cache/`` of a checkout; of a package installed elsewhere
    ``ood-studio`` where the system has the caches of a person."""
    chosen = os.environ.get("OOD_STUDIO_CACHE")
    if chosen:
        return Path(chosen)
    return _user_caches() / "ood-studio" if _INSTALLED else ROOT / "cache"


def given_path(text: str) -> Path:
    """The path that a person means: as it is written where there is such a thing, else from a home folder (``~``).

    A name such as ``~root.zip`` that is of no home folder is a name like any other.
    """
    path = Path(text)
    if not text.startswith("~") or is_there(text):
        return path
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):  # nobody is called so
        return path


def is_there(path: Path | str) -> bool:
    """Whether there is such a file or folder; not where a text is none that could name one."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long, a zero byte
        return False


def _user_caches() -> Path:
    """``XDG_CACHE_HOME`` where set (an absolute path, as its specification wants), else as the system is used to."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if Path(chosen).is_absolute():
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"

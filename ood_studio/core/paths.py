"""Where things lie: bundled assets, and the cache for everything that is made on demand."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ASSETS = ROOT / "assets"


def cache_dir() -> Path:
    """The cache folder: ``OOD_STUDIO_CACHE`` where set, else ``cache/`` beside the package."""
    return Path(os.environ.get("OOD_STUDIO_CACHE") or ROOT / "cache")

"""Where files lie that a person takes away."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_FOLDER = "ood-studio-downloads"
_KEPT = 3600  # seconds; gradio takes a copy at once


def download_folder() -> Path:
    """A new folder under the system's temporary one; those of an hour ago are removed."""
    everything = Path(tempfile.gettempdir()) / _FOLDER
    everything.mkdir(parents=True, exist_ok=True)
    for old in everything.iterdir():
        with suppress(OSError):  # somebody else's, or gone since
            if time.time() - old.stat().st_mtime > _KEPT:
                shutil.rmtree(old)
    return Path(tempfile.mkdtemp(dir=everything))


def text_file(name: str, text: str) -> Path:
    """A text as a file of that name."""
    path = download_folder() / name
    path.write_text(text, encoding="utf-8", newline="")
    return path

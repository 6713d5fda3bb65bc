"""What loading any of the large libraries' models needs."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.hub.files import first_line


def import_whole(*libraries: str) -> None:
    """Imports libraries whose modules replace themselves while they are imported: another thread would get half of one.

    Importing such a module waits for a thread that is at it, but only the import after that sees the whole one.
    """
    for name in libraries:
        importlib.import_module(name)


def check_headers(name: str, folder: Path, files: Sequence[str], failure: Callable[[str, str], StudioError]) -> None:
    """Reads the headers of a model's safetensors files, so that a damaged one is named.

    Raises:
        StudioError: what ``failure`` makes of the model's name and the reason.
    """
    from safetensors import SafetensorError, safe_open

    for file in files:
        try:
            with safe_open(folder / file, "pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise failure(name, f"its weights file {file} is damaged ({first_line(error)})") from error


@contextmanager
def without_bars(*loggings: Any) -> Iterator[None]:
    """Without the libraries' own progress bars: a miniature loads in no time, a download has a bar of its own.

    Args:
        loggings: ``utils.logging`` of diffusers or transformers.
    """
    shown = [each for each in loggings if each.is_progress_bar_enabled()]
    for each in shown:
        each.disable_progress_bar()
    try:
        yield
    finally:
        for each in shown:
            each.enable_progress_bar()

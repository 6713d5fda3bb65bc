"""Files that a person takes away: where they lie, how they are called, pictures inside a text."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from gradio.processing_utils import save_file_to_cache
from PIL import Image

from ood_studio.data.image_sets import HEADER, MANIFEST
from ood_studio.ui import temporary


def download_folder() -> Path:
    """A new folder for a file that gradio takes a copy of at once; of earlier ones only so many are kept."""
    temporary.bound(temporary.DOWNLOADS)
    return Path(tempfile.mkdtemp(dir=temporary.folder(temporary.DOWNLOADS)))


def shown_file(path: Path) -> str:
    """A picture of the cache as galleries may show it: the copy that gradio makes of what it shows.

    Gradio itself takes files only from the working directory, the temporary folder and what is served to everybody;
    the cache need not lie in the first two, and holds what is nobody else's business.
    """
    return save_file_to_cache(path, cache_dir=str(temporary.folder(temporary.UPLOADS)))


def text_file(name: str, text: str) -> Path:
    """A text as a file of that name."""
    path = download_folder() / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def zipped(folder: Path, pictures: Iterable[Path]) -> Path:
    """A set's pictures, manifest and header as a zip archive; PNG files are not packed again."""
    path = download_folder() / f"{folder.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in (*pictures, folder / MANIFEST, folder / HEADER):
            if file.is_file():
                archive.write(file, f"{folder.name}/{file.name}")
    return path


def file_stem(name: str) -> str:
    """A name for people as the beginning of a file's name."""
    stem = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")[:60]
    return stem or "picture"


def jpeg_text(picture: Image.Image) -> str:
    """A small picture for the page as JPEG in base64."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return base64.b64encode(file.getvalue()).decode()


def png_text(picture: Image.Image) -> str:
    """A picture as PNG in base64, for JSON."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()

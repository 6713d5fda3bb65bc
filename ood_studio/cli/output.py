"""How results are written."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from ood_studio.core import files
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.paths import is_there
from ood_studio.core.unicode import json_text

if typing.TYPE_CHECKING:
    import plotly.graph_objects as go
    from PIL import Image


Format = Annotated[Literal["table", "markdown", "latex", "csv"], Help("Format of the table that is printed")]


def to_json(value: Any) -> str:
    """Plain values as JSON text."""
    return json_text(value, indent=1)


def tables() -> dict[str, Callable[..., str]]:
    """What writes rows as a table, by format."""
    from ood_studio.evaluation.export import to_latex, to_markdown, to_text

    return {"table": to_text, "markdown": to_markdown, "latex": to_latex}


def check_folder(path: str) -> None:
    """Tells before the work that a file could not be written after it.

    Raises:
        StudioError: if the file's folder does not exist.
    """
    if path and not Path(path).absolute().parent.is_dir():
        raise StudioError(f"the folder of {path} does not exist")


def write_text(text: str, path: str) -> None:
    """A text as a file, which is there as a whole or, where the work is ended meanwhile, as it was.

    Raises:
        StudioError: if it cannot be written.
    """
    try:
        if is_there(path) and not Path(path).is_file():  # such as a pipe
            Path(path).write_text(text, encoding="utf-8", newline="\n")
        else:
            files.write_text(Path(path).resolve(), text)
    except OSError as error:
        raise StudioError(f"cannot write {path}: {error.strerror or error}") from error


def write_image(image: Image.Image, path: str) -> None:
    """An image as a file without loss; said on standard error.

    Raises:
        StudioError: if it is no PNG's name, or cannot be written.
    """
    if Path(path).suffix.lower() != ".png":
        raise StudioError(f"the picture is kept without loss, as a PNG; {path} must end in .png")
    try:
        image.save(path)
    except OSError as error:
        raise StudioError(f"cannot write {path}: {error.strerror or error}") from error
    print(f"the picture is in {path}", file=sys.stderr)


def write_figure(figure: go.Figure, path: str) -> None:
    """A figure as an HTML file that needs no network; said on standard error.

    Raises:
        StudioError: if it cannot be written.
    """
    write_text(figure.to_html(include_plotlyjs=True), path)
    print(f"the figure is in {path}", file=sys.stderr)

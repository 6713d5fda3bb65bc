"""ID reference pictures of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.uploads import keep_images


@dataclass(frozen=True)
class ReferenceBox:
    """The components with which people give ID reference pictures of their own, and what these do, in a line."""

    files: Any
    folder: Any
    about: Any


def own_reference(
    paths: Sequence[str] | None, folder: str | None, progress: Progress = silent
) -> tuple[str, dict[str, str]]:
    """The folder of someone's own ID reference pictures, empty where they gave none, and why files were left out.

    Args:
        paths: files that were uploaded; where there are any, the folder does not count.
        folder: a folder of this machine.

    Raises:
        StudioError: if there is no picture that can be read, or no such folder, or a Space is asked for one.
    """
    if paths:
        kept, problems = keep_images([Path(path) for path in paths], progress)
        return str(kept), problems
    if not (folder or "").strip():
        return "", {}
    if os.environ.get("SPACE_ID"):
        raise StudioError("a Space reads no reference pictures from its own folders; upload them")
    chosen = Path(str(folder).strip()).expanduser()
    if not chosen.is_dir():
        raise StudioError(f"the folder of ID reference pictures {str(chosen)!r} does not exist")
    return str(chosen.resolve()), {}


def build_reference() -> ReferenceBox:
    """Draws the components."""
    with gr.Row():
        files = gr.File(
            label="Your own ID reference pictures, or a zip of them",
            file_count="multiple",
            type="filepath",
            height=170,
            elem_id="reference-files",
        )
        with gr.Column():
            about = gr.HTML(reference_about("", False), elem_id="reference-about")
            folder = gr.Textbox(
                label="Or a folder of this machine",
                info="With all folders in it; counts while no files are uploaded.",
                visible=not os.environ.get("SPACE_ID"),
                elem_id="reference-folder",
            )
    return ReferenceBox(files, folder, about)


def reference_about(folder: str, uploaded: bool) -> str:
    """Which pictures set the thresholds, as HTML."""
    if folder:
        whose = "your uploaded pictures" if uploaded else f"the pictures in {escape(folder)}"
        said = f"The thresholds keep 95&nbsp;% of <b>{whose}</b>."
    else:
        said = (
            "Pictures of your own ID classes set the thresholds here: 95&nbsp;% of them are kept as ID. Without any, "
            "Diorama’s ID pictures set them for Diorama’s labels, and other labels have no threshold."
        )
    return f'<p class="studio-about" role="status">{said}</p>'

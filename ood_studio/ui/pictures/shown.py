"""Pictures as a page shows them."""

from __future__ import annotations

import base64
import io

import gradio as gr
from PIL import Image

_SHOWN = 384  # pixels


def before_after(label: str, name: str) -> gr.ImageSlider:
    """Draws two pictures with a line between them that can be moved."""
    return gr.ImageSlider(
        label=label,
        type="filepath",
        format="png",
        interactive=False,
        elem_id=name,
        height=520,
        buttons=["fullscreen"],
    )


def data_uri(picture: Image.Image, longest: int = _SHOWN) -> str:
    """A picture for a page: large ones shrunk, the pixels of small ones kept square."""
    scale = longest / max(picture.size)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    elif scale >= 2:
        picture = picture.resize((picture.width * int(scale), picture.height * int(scale)), Image.Resampling.NEAREST)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

"""A box for a picture of one's own, and a gallery of pictures that are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.wiring import once_changed


@dataclass(frozen=True)
class PictureBox:
    """A picture of one's own or from a gallery.

    Attributes:
        split: name of the gallery of examples.
        image: the picture chosen, a path.
        gallery, more: pictures to choose from, and the button for others.
    """

    split: str
    image: Any
    gallery: Any
    more: Any

    def changed(self) -> Any:
        """The event that it is another picture."""
        return once_changed(self.image.change, self.image, "(picture) => (picture ? picture.path : '')")


def picture_box(split: str, label: str, name: str, more: str) -> PictureBox:
    """A box for a picture with a gallery of examples under it."""
    image = gr.Image(
        label=label,
        type="filepath",
        image_mode=None,  # the file as it came: `decode_image` reads it
        sources=["upload", "webcam", "clipboard"],
        height=248,
        elem_id=name,
        elem_classes="studio-picture-box",
        buttons=[],
    )
    gallery = gr.Gallery(
        label=f"{more}: click one",
        show_label=False,
        elem_id=f"{name}-gallery",
        elem_classes="studio-gallery studio-few-pictures",
        interactive=False,
        columns=5,
        object_fit="cover",
        allow_preview=False,
        buttons=[],
    )
    return PictureBox(split, image, gallery, gr.Button(more, size="sm", elem_id=f"{name}-more"))

"""Painting over a picture to say where something may change."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from ood_studio.ui.wiring import at_once

_CANVAS = "(picture) => [picture ? { background: picture, layers: [], composite: null } : null]"


def mask_editor(hint: str, name: str) -> gr.ImageEditor:
    """Draws an editor in which one brush marks a region, under a line that says what for."""
    gr.HTML(f'<p class="studio-about">{hint}</p>')
    return gr.ImageEditor(
        label="Mask",
        type="pil",
        sources=[],
        transforms=[],
        layers=False,
        eraser=gr.Eraser(),
        brush=gr.Brush(colors=["#f97316"], color_mode="fixed", default_size=40),
        height=420,
        buttons=[],
        elem_id=name,
    )


def wire_mask(changed: Any, picture: Any, editor: gr.ImageEditor) -> None:
    """Another picture is what is painted on, with nothing painted yet; ``changed`` is the event that it is another."""
    at_once(changed, editor, _CANVAS, picture)


def read_mask(drawn: Any) -> np.ndarray | None:
    """(height, width) in [0, 1] from an editor's layers, 1 where something was painted; None for nothing painted."""
    if not isinstance(drawn, dict):
        return None
    painted = [np.asarray(layer.convert("RGBA"), np.float32)[..., 3] / 255 for layer in drawn.get("layers") or ()]
    if not painted or not any(layer.any() for layer in painted):
        return None
    most: np.ndarray = np.maximum.reduce(painted)
    return most

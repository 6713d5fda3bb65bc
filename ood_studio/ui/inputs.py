"""Boxes that several tabs have, and reading what people put into them."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from ood_studio.backbones import offered_backbones
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.hub.names import names_folder


def backbone_box(backbone: str, name: str) -> gr.Dropdown:
    """Which model; any name may be typed."""
    names = dict.fromkeys((backbone, *offered_backbones()))
    return gr.Dropdown(
        list(names),
        value=backbone,
        allow_custom_value=True,
        label="Backbone",
        info="diorama and diorama-conv come with the app; open_clip:NAME/TAG loads a real checkpoint.",
        elem_id=name,
    )


def backbone_name(text: Any) -> str:
    """The model's name as typed.

    Raises:
        StudioError: for one that a public server does not load.
    """
    name = str(text or "").strip()
    if os.environ.get("SPACE_ID") and names_folder(name):
        raise StudioError("a Space loads no model from its own folders; give open_clip:NAME/TAG or open_clip:hf-hub:ID")
    return name


def number_box(label: str, value: float | None, bounds: Bounds, name: str) -> gr.Number:
    """A number with its bounds said under it."""
    # Without gradio's own minimum and maximum, whose message does not say which number is meant; the request's does.
    low, high = (f"{limit:,.0f}" if limit == int(limit) else f"{limit:g}" for limit in (bounds.low, bounds.high))
    about = f"{bounds.help}, {low} to {high}."
    return gr.Number(value, label=label, step=bounds.step or 1, info=about, elem_id=name)


def given(value: Any, default: float) -> float:
    """A number from a number box; an empty one is the default."""
    return default if value is None else float(value)


def whole(value: Any, name: str, default: int) -> int:
    """A whole number from a number box; an empty one is the default.

    Raises:
        StudioError: for a fraction.
    """
    if value is None:
        return default
    if float(value) != int(value):
        raise StudioError(f"{name} must be a whole number, not {value!r}")
    return int(value)

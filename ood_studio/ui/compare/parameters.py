"""A scorer with parameters of one's own: a box for every field of its dataclass."""

from __future__ import annotations

import typing
from dataclasses import fields
from typing import Any, Literal, cast, get_args, get_origin

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.evaluation.choose import parse_scorer, scorer_text
from ood_studio.ui.compare.names import known_scorers
from ood_studio.ui.inputs import number_box


def parameter_boxes(key: str) -> dict[str, gr.Component]:
    """A component for every parameter of a scorer, drawn where this is called; an empty one is the default."""
    scorer = known_scorers()[key]
    hints = typing.get_type_hints(type(scorer))
    bounds = bounds_of(type(scorer))
    boxes: dict[str, gr.Component] = {}
    for field in fields(cast(Any, scorer)):
        value, hint, name = getattr(scorer, field.name), hints[field.name], f"parameter-{field.name}"
        label = field.name.replace("_", " ")
        if value is None:
            about = bounds[field.name].help if field.name in bounds else None
            boxes[field.name] = gr.Textbox("", label=label, info=about, placeholder="none", elem_id=name)
        elif field.name in bounds:
            boxes[field.name] = number_box(label, value, bounds[field.name], name)
        elif get_origin(hint) is Literal:
            boxes[field.name] = gr.Dropdown(list(get_args(hint)), value=value, label=label, elem_id=name)
        elif hint is bool:
            boxes[field.name] = gr.Checkbox(bool(value), label=label, elem_id=name)
        else:
            boxes[field.name] = gr.Textbox(str(value), label=label, elem_id=name)
    return boxes


def scorer_from(key: str, values: dict[str, Any]) -> str:
    """What names a scorer with these parameters (``knn:k=5``); the key alone where all are the defaults.

    Raises:
        StudioError: for a value that a parameter cannot have.
    """
    known = known_scorers()
    if key not in known:
        raise StudioError(f"unknown scorer {key!r}; expected one of {', '.join(known)}")
    settings = [f"{name}={_text(value)}" for name, value in values.items() if value is not None and value != ""]
    return scorer_text(key, parse_scorer(":".join([key, *settings]), known), known)


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)

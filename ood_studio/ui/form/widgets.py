"""The components of one parameter: drawn, given a value, and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Parameter, about
from ood_studio.ui.form.boxes import Box, Choices
from ood_studio.ui.form.convert import title, value_of
from ood_studio.ui.log_slider import log_slider

OWN = "own"
"""What a dropdown holds while something of one's own takes the place of its choices."""

Visible = bool | Literal["hidden"]


def draw(parameter: Parameter, box: Box, value: Any, elem_id: str, visible: Visible = True) -> list[Any]:
    """Draws a parameter's components inside the current `gr.Blocks`: one, or a dropdown and what may replace it."""
    shown = shown_values(parameter, box, value)
    said: dict[str, Any] = {"label": box.title or title(parameter), "info": about(parameter) or None}
    more: dict[str, Any] = {"elem_id": elem_id, "visible": visible, **box.more}
    main = _main(parameter, box, shown[0], value, said, more)
    if box.own is None:
        return [main]
    own: dict[str, Any] = {
        "label": box.own.title,
        "elem_id": f"{elem_id}-own",
        "visible": visible if visible is not True else (shown[0] == OWN or "hidden"),
    }
    if box.own.lines:
        return [main, gr.Textbox(shown[1], lines=box.own.lines, placeholder=box.own.hint or None, **own)]
    return [main, gr.File(label=own.pop("label"), type="filepath", file_types=list(box.own.files), height=110, **own)]


def _main(parameter: Parameter, box: Box, shown: Any, value: Any, said: dict[str, Any], more: dict[str, Any]) -> Any:
    widget = widget_of(parameter, box)
    if widget == "number":
        assert parameter.bounds is not None
        # Without gradio's own limits, whose message does not say which number is meant; the request's does.
        step = parameter.bounds.step or (1 if parameter.kind is int else 0.001)
        return gr.Number(shown, placeholder=parameter.text(value), step=step, **said, **more)
    if widget == "slider":
        assert parameter.bounds is not None
        low, high = scale(parameter.bounds, box)
        return gr.Slider(low, high, shown, step=parameter.bounds.step, buttons=[], **said, **more)
    if widget == "log":
        assert parameter.bounds is not None
        label, info = said["label"], said["info"]
        return log_slider(
            label, value, parameter.bounds, info=info, low=box.low, high=box.high, notes=box.notes, **more
        )
    if widget == "checkbox":
        return gr.Checkbox(shown, **said, **more)
    if widget == "radio":
        return gr.Radio(list(choices_of(parameter, box)), value=shown, **said, **more)
    if widget == "checks":
        return gr.CheckboxGroup(list(choices_of(parameter, box)), value=shown, **said, **more)
    if widget == "dropdown":
        choices = list(choices_of(parameter, box))
        return gr.Dropdown(
            choices, value=shown, multiselect=parameter.many, allow_custom_value=box.free, **said, **more
        )
    hint = "none" if parameter.optional else parameter.text(value)
    return gr.Textbox(shown, placeholder=hint or None, lines=3 if widget == "lines" else 1, **said, **more)


def widget_of(parameter: Parameter, box: Box) -> str:
    """The kind of box."""
    if box.widget:
        return box.widget
    if parameter.many:
        return "checks" if parameter.choices else "dropdown" if box.choices else "text"
    if parameter.choices or box.choices:
        return "dropdown"
    if parameter.kind is bool:
        return "checkbox"
    # An empty number box begins with 0, so that none is only to be had in a text.
    return "number" if parameter.bounds is not None and not parameter.optional else "text"


def choices_of(parameter: Parameter, box: Box) -> Choices:
    """Titles and values to choose from."""
    offered = list(box.choices()) if box.choices else []
    if parameter.choices:
        titles = {value: name for name, value in offered}
        offered = [(titles.get(value, str(value)), value) for value in parameter.choices]
        if parameter.optional and not parameter.many:
            offered = [(titles.get(None, "none"), "none"), *offered]
    return [*offered, *([(box.own.choice, OWN)] if box.own else [])]


def scale(bounds: Bounds, box: Box) -> tuple[float, float]:
    """Where a slider begins and ends."""
    return (bounds.low if box.low is None else box.low), (bounds.high if box.high is None else box.high)


def shown_values(parameter: Parameter, box: Box, value: Any) -> list[Any]:
    """What a parameter's components hold for a value."""
    widget = widget_of(parameter, box)
    if parameter.many:
        shown: Any = list(value) if widget in ("checks", "dropdown") else ", ".join(map(str, value))
    elif widget == "log":
        shown = f"{value:g}"
    elif widget in ("dropdown", "radio") and value is None:
        shown = "none"
    elif widget in ("text", "lines"):
        shown = "" if value is None else value if parameter.kind is str else parameter.text(value)
    else:
        shown = value
    if box.own is None:
        return [shown]
    offered = box.free or value in [each for _, each in choices_of(parameter, box)]
    return [shown if offered else OWN, (None if not box.own.lines else "") if offered else value]


def read(parameter: Parameter, box: Box, held: Sequence[Any], default: Any) -> Any:
    """The value that components' values stand for; bounds are checked by the request.

    Raises:
        StudioError: for a text that is no such value, or something of one's own that is missing or refused.
    """
    given = held[0]
    if box.own is not None and given == OWN:
        given = held[1]
        if not str(given or "").strip():
            raise StudioError(box.own.missing)
        return str(given) if box.own.lines else str(Path(given))
    value = value_of(parameter, given, default)
    return box.guard(value) if box.guard else value


def unfinished(box: Box, held: Sequence[Any]) -> bool:
    """Whether something of one's own was chosen and is still to come, so that nothing is to be computed yet."""
    return box.own is not None and held[0] == OWN and not str(held[1] or "").strip()

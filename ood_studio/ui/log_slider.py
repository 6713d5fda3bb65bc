"""A slider on a logarithmic scale, which may begin with 0: `gr.Slider` knows only even steps."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.ui.scripts import script

_TEMPLATE = """<div class="studio-log">
<div class="studio-log-head"><label for="${name}-range">${label}</label>
<input type="number" id="${name}-number" min="${bottom}" max="${top}" step="any"
  aria-label="${label}, as a number"></div>
<p class="studio-log-info" id="${name}-info">${info}</p>
<input type="range" id="${name}-range" min="0" max="200" step="1" aria-describedby="${name}-info">
<div class="studio-log-ends" aria-hidden="true"><span>${first}</span><span>${last}</span></div>
<p class="studio-log-said"></p></div>"""


def log_slider(
    label: str,
    value: float,
    bounds: Bounds,
    *,
    elem_id: str,
    info: str = "",
    low: float | None = None,
    high: float | None = None,
    notes: Sequence[tuple[str, float]] = (),
    **more: Any,
) -> gr.HTML:
    """A component whose value is a number as text, read by `slider_number`; events are ``input`` and ``release``.

    What is typed beyond the bounds is brought within them.

    Args:
        label, info: for people.
        value: at the start.
        bounds: of the number; a lower bound of 0 has a place of its own at the left end.
        elem_id: the element's id.
        low: the least number above 0, where the bounds begin with 0.
        high: the end of the scale, where it should be below that of the bounds; more may be typed.
        notes: shown under the slider: texts with ``{}`` for the number times the factor beside them.
        more: further arguments of `gr.HTML`, such as ``visible``.
    """
    zero = bounds.low <= 0
    least = low if low is not None else bounds.low
    end = bounds.high if high is None else high
    return gr.HTML(
        f"{value:g}",
        label=escape(label),
        elem_id=elem_id,
        html_template=_TEMPLATE,
        js_on_load=script("slider"),
        apply_default_css=False,
        name=elem_id,
        info=escape(info),
        low=least,
        high=end,
        bottom=max(0.0, bounds.low),
        top=bounds.high,
        zero=zero,
        whole=bounds.step == 1,
        first="0" if zero else f"{least:g}",
        last=f"{end:,.15g}",
        notes=[list(note) for note in notes],
        **more,
    )


def slider_number(value: Any, name: str) -> float:
    """The number of a slider.

    Raises:
        StudioError: if it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError):
        raise StudioError(f"{name} must be a number, not {value!r}") from None

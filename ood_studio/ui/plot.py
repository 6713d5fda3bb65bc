"""A plotly figure that can be clicked: `gr.Plot` tells nobody where a click went.

>>> plot = click_plot("ROC curves", elem_id="roc")  # doctest: +SKIP
>>> plot.click(handler, None, output)  # handler(event: gr.EventData) calls read_click(event) # doctest: +SKIP
>>> button.click(lambda: plot_value(figure), None, plot)  # doctest: +SKIP
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
import plotly
import plotly.graph_objects as go

from ood_studio.core.errors import StudioError
from ood_studio.ui.scripts import script

_ = go.Figure  # plotly loads it when first asked; two threads that ask at once would lock each other out

_TEMPLATE = """<figure class="studio-plot" role="group" aria-label="figure">
<div class="studio-plot-area" tabindex="0" role="application"
  aria-label="Arrow keys walk along the points, Enter opens one"></div>
<div class="studio-plot-picture" aria-hidden="true" hidden></div>
<p class="studio-plot-note" role="status"></p><figcaption aria-live="polite"></figcaption></figure>"""

_STYLE = """
.studio-plot { margin: 0; position: relative; min-height: ${height}px; }
.studio-plot-area { width: 100%; min-width: 0; overflow: hidden; border-radius: 8px; }
.studio-plot-note {
  position: absolute; inset: 0; margin: 0; display: grid; place-items: center; text-align: center; padding: 1rem;
  color: var(--body-text-color-subdued); pointer-events: none;
}
.studio-plot-note[hidden], .studio-plot-picture[hidden] { display: none; }
.studio-plot-picture {
  position: absolute; width: 9rem; height: 9rem; border-radius: 10px; pointer-events: none; image-rendering: pixelated;
  border: 3px solid var(--background-fill-primary); box-shadow: 0 2px 12px rgb(0 0 0 / 45%); z-index: 5;
}
.studio-plot figcaption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""


@dataclass(frozen=True)
class PlotClick:
    """A point that was clicked.

    Attributes:
        curve: which trace of the figure.
        point: which point of the trace.
        x, y: where it lies; None where not finite.
        customdata: the point's own, None in place of numbers that are not finite.
        meta: the trace's ``meta``: which set or scorer it draws.
        column: where bars share a place on the x axis, all of them, this one too; else this point alone.
    """

    curve: int
    point: int
    x: float | str | None
    y: float | str | None
    customdata: Any
    meta: str | None
    column: tuple[PlotClick, ...] = ()


def click_plot(
    label: str,
    value: go.Figure | None = None,
    *,
    elem_id: str | None = None,
    height: int = 420,
    empty: str = "",
    **more: Any,
) -> gr.HTML:
    """A component whose value is `plot_value` of a figure and whose events are ``click`` and ``drag``.

    It takes the page's colours in light and dark, its container's width, keeps the zoom where the figure's
    ``uirevision`` stays, and saves PNG and SVG. A figure's ``layout.meta["summary"]`` is read to the blind, and of a
    ``layout.meta["sprite"]`` (see `feature_map_figure`) the picture of the point pointed at is shown. ``click`` is read
    by `read_click`; ``drag`` comes when an editable line was moved and is read by `read_drag`.

    Args:
        label: the figure's name for screen readers and saved files.
        value: the figure at the start.
        elem_id: the element's id.
        height: in pixels, of figures without a height and of the empty place.
        empty: what stands there before there is a figure; its name, and that there is nothing yet, where empty.
        more: further arguments of `gr.HTML`, such as ``visible`` or ``scale``.
    """
    return gr.HTML(
        plot_value(value),
        label=label,
        elem_id=elem_id,
        html_template=_TEMPLATE,
        css_template=_STYLE,
        js_on_load=script("plot"),
        apply_default_css=False,
        script=_script(),
        height=height,
        empty=empty or f"{label}: nothing yet",
        file="".join(letter if letter.isalnum() else "-" for letter in label.lower()),
        **more,
    )


def plot_value(figure: go.Figure | None) -> str:
    """A figure as the value of `click_plot`; "" for none."""
    return "" if figure is None else str(figure.to_json())


def figure_update(plot: gr.HTML, figure: go.Figure | None) -> Any:
    """An update of a clickable figure that may come before its tab was ever opened."""
    # With the component's own properties: gradio forgets them until then.
    return gr.update(value=plot_value(figure), **plot.props)


def read_click(event: gr.EventData) -> PlotClick:
    """What a ``click`` handler was told.

    Raises:
        StudioError: if the browser sent something else.
    """
    data = event._data
    point = _point(data)
    column = data.get("column", ())
    if not isinstance(column, list | tuple):
        raise StudioError(_UNREADABLE)
    return PlotClick(**{**vars(point), "column": tuple(map(_point, column))})


def read_drag(event: gr.EventData) -> tuple[str, float]:
    """Which line a ``drag`` handler was told of, by its shape's name, and its new x.

    Raises:
        StudioError: if the browser sent something else.
    """
    data = event._data
    if not isinstance(data, dict) or not isinstance(data.get("shape"), str) or not _finite(data.get("x")):
        raise StudioError(_UNREADABLE)
    return data["shape"], float(data["x"])


_UNREADABLE = "the figure's message could not be read; reload the page"


def _point(data: Any) -> PlotClick:
    if not isinstance(data, dict) or not all(
        type(data.get(key)) is int and data[key] >= 0 for key in ("curve", "point")
    ):
        raise StudioError(_UNREADABLE)
    x, y, meta = data.get("x"), data.get("y"), data.get("meta")
    if not all(place is None or isinstance(place, str) or _finite(place) for place in (x, y)):
        raise StudioError(_UNREADABLE)
    return PlotClick(
        data["curve"], data["point"], x, y, data.get("customdata"), meta if isinstance(meta, str) else None
    )


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@cache
def _script() -> str:
    """Where the page finds the plotly package's own plotly.js; relative, so that a proxy may prefix it."""
    path = Path(str(files(plotly) / "package_data" / "plotly.min.js"))
    gr.set_static_paths([path])
    return f"gradio_api/file={quote(path.as_posix())}?v={plotly.__version__}"

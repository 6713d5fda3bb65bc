"""What all figures share: type, axes, names from users, thinned curves. Page colours are set where they are shown."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.colours import FONT, NEUTRAL

GRID = "rgba(138,143,152,0.28)"
CLEAR = "rgba(0,0,0,0)"
ABOVE = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"}
"""A legend in a line above the plot."""


def plain(text: str, longest: int = 36) -> str:
    """A name from outside as plotly text that shows it literally: no markup, no templates, one line, not too long."""
    line = " ".join(str(text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return escape(line, quote=False).replace("%{", "&#37;{").replace("$", "&#36;")


def blank(summary: str, height: int = 480, view: str | None = None) -> go.Figure:
    """A figure without traces.

    Args:
        summary: what it shows in a sentence or two, for screen readers; kept in the layout's ``meta``.
        height: in pixels.
        view: an update with the same view keeps the zoom (plotly's ``uirevision``).
    """
    return go.Figure(
        layout={
            "template": "none",
            "meta": {"summary": summary},
            "height": height,
            "uirevision": view,
            "margin": {"l": 20, "r": 20, "t": 28, "b": 20},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"family": FONT, "size": 18, "color": NEUTRAL},
            "hoverlabel": {"font": {"family": FONT, "size": 17}, "align": "left", "namelength": -1},
            "legend": {
                "bgcolor": CLEAR,
                "itemsizing": "constant",
                "itemwidth": 54,
                "tracegroupgap": 2,
                "font": {"size": 18},
            },
            "hovermode": "closest",
            "dragmode": "zoom",
        }
    )


def without_units(figure: go.Figure) -> go.Figure:
    """The figure as a map, whose axes have no numbers and one scale, with the legend above it."""
    hidden = {"showticklabels": False, "ticks": ""}
    return figure.update_layout(
        showlegend=True,
        xaxis=axis("", **hidden),
        yaxis=axis("", scaleanchor="x", **hidden),
        legend=ABOVE,
    )


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis as a dictionary for plotly."""
    return {
        "title": {"text": title, "standoff": 12},
        "gridcolor": GRID,
        "zeroline": False,
        "showline": False,
        "automargin": True,
        "ticks": "",
        **more,
    }


def rate_axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis of shares from 0 to 1 in percent, with a little room for lines that run along its ends."""
    return axis(title, **{"range": [-0.012, 1.012], "tickformat": ".0%", "dtick": 0.2, **more})


def thin(x: np.ndarray, y: np.ndarray, most: int = 400, error: float = 2e-4, keep: Iterable[int] = ()) -> np.ndarray:
    """Which points of a polyline to keep, so that the line through them stays where it was (Douglas-Peucker).

    The point farthest from the line so far is taken next, until none is farther than `error` or `most` are kept.

    Args:
        x, y: (n,), in the units of the plot's width and height.
        most: points to keep at most; ends and `keep` always stay.
        error: distance that no one can see.
        keep: indices that must stay.

    Returns:
        (m,) rising indices.
    """
    fixed = sorted({0, len(x) - 1, *(int(index) for index in keep)})
    waiting: list[tuple[float, int, int, int]] = []

    def consider(first: int, last: int) -> None:
        if last - first > 1:
            distance = _distances(x[first : last + 1], y[first : last + 1])
            worst = int(distance.argmax())
            if distance[worst] > error:
                heapq.heappush(waiting, (-float(distance[worst]), first, first + worst, last))

    kept = set(fixed)
    for first, last in pairwise(fixed):
        consider(first, last)
    while waiting and len(kept) < most:
        _, first, middle, last = heapq.heappop(waiting)
        kept.add(middle)
        consider(first, middle)
        consider(middle, last)
    return np.array(sorted(kept))


def _distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """From each point to the segment between the first and the last."""
    dx, dy = x - x[0], y - y[0]
    across, up = dx[-1], dy[-1]
    length = across * across + up * up
    along = np.clip((dx * across + dy * up) / length, 0, 1) if length else np.zeros_like(dx)
    return np.hypot(dx - along * across, dy - along * up)

"""The wealth of a drift alarm over a stream of images, with the line at which the alarm goes."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import axis, blank
from ood_studio.figures.colours import ID, NEUTRAL, OOD

_HEIGHT = 300


def wealth_figure(logs: np.ndarray, line: float, flagged: np.ndarray) -> go.Figure:
    """Wealth on a logarithmic axis against the number of the image.

    Args:
        logs: (n,) natural logarithms of the wealth after each image; it begins at 1.
        line: natural logarithm of the wealth at which the alarm goes.
        flagged: (n,) whether each image was flagged; these are marked.
    """
    wealth = np.concatenate(([0.0], logs)) / math.log(10)
    limit = line / math.log(10)
    rang = np.flatnonzero(wealth >= limit)
    said = f"The alarm goes at picture {rang[0]:,}." if rang.size else "The alarm does not go."
    figure = blank(f"Wealth of the drift alarm over {len(logs):,} pictures. {said}", _HEIGHT, "wealth")
    count = np.arange(len(wealth))
    figure.add_scatter(
        x=count,
        y=wealth,
        mode="lines",
        name="wealth",
        line={"color": ID, "width": 4, "shape": "hv"},
        hovertemplate="after %{x:,} pictures: 10^%{y:.2f}<extra></extra>",
    )
    hits = np.flatnonzero(flagged) + 1
    figure.add_scatter(
        x=hits,
        y=wealth[hits],
        mode="markers",
        name="flagged",
        marker={"color": OOD, "size": 9, "symbol": "triangle-up"},
        hovertemplate="picture %{x:,} is flagged<extra></extra>",
    )
    figure.add_hline(y=limit, line={"color": OOD, "width": 3, "dash": "dash"})
    text = f"<b>alarm at picture {rang[0]:,}</b>" if rang.size else "alarm line"
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=limit, yanchor="bottom", text=text, showarrow=False, font={"color": OOD}
    )
    if rang.size:
        figure.add_vline(x=int(rang[0]), line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    low, high = min(-0.5, float(wealth.min())), max(limit, float(wealth.max()))
    figure.update_layout(
        xaxis=axis("picture", range=[0, max(1, len(logs))], tickformat=",d"),
        yaxis=axis("wealth, powers of 10", range=[low - 0.2, high + 0.12 * (high - low) + 0.3], nticks=6),
        showlegend=False,
    )
    return figure

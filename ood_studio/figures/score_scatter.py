"""One scorer's scores against another's, image by image."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import ABOVE, axis, blank, plain
from ood_studio.figures.colours import ID, NEUTRAL, OOD_COLOURS, Style, styles

WEBGL_ABOVE = 2000


def score_scatter(
    across: str,
    up: str,
    id_name: str,
    points: Mapping[str, tuple[np.ndarray, np.ndarray]],
    rows: Mapping[str, np.ndarray] | None = None,
    thresholds: tuple[float | None, float | None] = (None, None),
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """A point an image: where two scorers disagree, it lies in the upper left or the lower right quarter.

    A trace's ``meta`` is its set, ``customdata`` the images' rows. More than 2,000 points are drawn by WebGL. Points
    with an infinite score are not drawn.

    Args:
        across, up: the two scorers' names.
        id_name: which of the sets is ID.
        points: for each set its scores (n,) by both scorers, image by image.
        rows: for each set which image each score belongs to; 0, 1, ... where None.
        thresholds: of the two scorers, each a line where not None.
        looks: styles by OOD set; by place where None.
    """
    ood = [name for name in points if name != id_name]
    looks = looks or styles(ood, OOD_COLOURS)
    total = sum(len(x) for x, _ in points.values())
    trace = go.Scattergl if total > WEBGL_ABOVE else go.Scatter
    size = 11 if total <= 300 else 8 if total <= WEBGL_ABOVE else 6
    figure = blank(
        f"{up} scores against {across} scores of {total:,} pictures: {id_name} and {', '.join(ood) or 'no OOD set'}.",
        height=600,
        view=f"scatter {across} {up}",
    )
    for name in (*ood, *(name for name in points if name == id_name)):
        x, y = points[name]
        row = np.arange(len(x)) if rows is None else np.asarray(rows[name])
        drawn = np.isfinite(x) & np.isfinite(y)
        inside = name == id_name
        figure.add_trace(
            trace(
                x=x[drawn],
                y=y[drawn],
                customdata=row[drawn].astype(np.int32),
                mode="markers",
                name=plain(name),
                meta=name,
                legendrank=1 if inside else 1000,
                marker={
                    "color": ID if inside else looks[name].colour,
                    "symbol": "circle" if inside else _solid(looks[name].symbol),
                    "size": size,
                    "opacity": 0.6,
                },
                hovertemplate=f"<b>{plain(name)}</b> picture %{{customdata}}<br>{plain(across)} %{{x:.4g}}<br>"
                f"{plain(up)} %{{y:.4g}}<extra></extra>",
            )
        )
    line = {"color": NEUTRAL, "width": 3, "dash": "dash"}
    if thresholds[0] is not None:
        figure.add_vline(x=thresholds[0], line=line)
    if thresholds[1] is not None:
        figure.add_hline(y=thresholds[1], line=line)
    if thresholds[0] is not None and thresholds[1] is not None:
        for column, height, text in ((0, 1, f"only {plain(up)} says ID"), (1, 0, f"only {plain(across)} says ID")):
            figure.add_annotation(
                x=column,
                y=height,
                xref="paper",
                yref="paper",
                xanchor=("left", "right")[column],
                yanchor=("bottom", "top")[height],
                text=f"<i>{text}</i>",
                showarrow=False,
            )
    figure.update_layout(
        showlegend=True,
        xaxis=axis(f"{plain(across)} score"),
        yaxis=axis(f"{plain(up)} score"),
        legend=ABOVE,
    )
    return figure


def _solid(symbol: str) -> str:
    """Circles are for ID alone."""
    return "triangle-down" if symbol == "circle" else symbol

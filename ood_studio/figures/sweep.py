"""A metric against a parameter, one line an OOD set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import axis, blank, plain
from ood_studio.figures.colours import NEUTRAL, OOD_COLOURS, Style, styles


def sweep_figure(
    parameter: str,
    values: Sequence[float | str],
    curves: Mapping[str, Sequence[float | None]],
    metric: str = "AUROC",
    intervals: Mapping[str, Sequence[tuple[float | None, float | None]]] | None = None,
    log: bool = False,
    usual: float | str | None = None,
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """Lines through a metric at each value of a parameter, with the published default marked.

    A trace's ``meta`` is its OOD set; x is the value, or its place 0, 1, ... where values are words, and
    ``customdata`` the value as text.

    Args:
        parameter: its name, for the axis.
        values: all numbers or all words, in their order.
        curves: by OOD set a fraction for each value, None where there is none; may be empty.
        metric: its name, for the axis.
        intervals: by OOD set the ends of each point's interval; None where there is none.
        log: values on a logarithmic axis; ignored for words and where a value is not positive.
        usual: the published default.
        looks: styles by OOD set; by place where None.
    """
    looks = looks or styles(curves, OOD_COLOURS)
    words = any(isinstance(value, str) for value in values)
    log = log and not words and all(float(value) > 0 for value in values)
    place = list(range(len(values))) if words else [float(value) for value in values]
    default = "" if usual is None else f" The published default is {usual}."
    figure = blank(
        f"{metric} against {parameter} at {len(values)} values, for {', '.join(curves) or 'no OOD set'}.{default}",
        height=500,
        view=f"sweep {parameter} {metric} {log}",
    )
    for name, points in curves.items():
        value = np.array(points, np.float64)  # None is NaN
        pairs = (intervals or {}).get(name) or [(None, None)] * len(values)
        ends = np.array(pairs, np.float64).reshape(-1, 2)
        known = np.isfinite(ends).all(axis=1)
        errors = {
            "type": "data",
            "array": np.where(known, ends[:, 1] - value, 0).clip(0),
            "arrayminus": np.where(known, value - ends[:, 0], 0).clip(0),
            "thickness": 2,
            "width": 4,
        }
        figure.add_scatter(
            x=place,
            y=value,
            customdata=[plain(str(item), 60) for item in values],
            mode="lines+markers",
            name=plain(name),
            meta=name,
            connectgaps=False,
            line={"color": looks[name].colour, "width": 3.5, "dash": looks[name].dash},
            marker={"size": 11, "symbol": looks[name].symbol},
            error_y=errors if known.any() else None,
            hovertemplate=f"<b>{plain(name)}</b><br>{plain(parameter)} %{{customdata}}<br>"
            f"{plain(metric)} %{{y:.1%}}<extra></extra>",
        )
    if usual is not None and (usual in values if words else not isinstance(usual, str)):
        spot = float(values.index(usual) if words else usual)
        if words or not log or spot > 0:
            figure.add_shape(
                type="line", x0=spot, x1=spot, y0=0, y1=1, xref="x", yref="paper", layer="below",
                line={"color": NEUTRAL, "width": 3, "dash": "dot"},
            )  # fmt: skip
            figure.add_annotation(
                x=float(np.log10(spot)) if log else spot,
                y=1,
                yref="paper",
                yanchor="bottom",
                text="published default",
                showarrow=False,
            )
    words_axis = {"tickvals": place, "ticktext": [plain(str(item), 26) for item in values]} if words else {}
    log_axis = {"type": "log", "dtick": 1, "exponentformat": "none"} if log else {}
    figure.update_layout(
        showlegend=True,
        hovermode="closest",
        xaxis=axis(plain(parameter), **words_axis, **log_axis),
        yaxis=axis(plain(metric), tickformat=".1~%"),
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "top", "yref": "container"},
        margin={"t": 72},
    )
    return figure

"""Reliability diagrams of models before and after temperature scaling, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ood_studio.evaluation.calibration import FEW
from ood_studio.figures.base import axis, blank, plain, rate_axis
from ood_studio.figures.colours import NEUTRAL, styles

if TYPE_CHECKING:
    from ood_studio.evaluation.zoo import Diagram


def reliability_figure(sides: Mapping[str, Mapping[str, Diagram]], said: Sequence[str] = ()) -> go.Figure:
    """One diagram a side, a line a model: accuracy over confidence in each bin, beside the diagonal of perfect fit.

    Bins of fewer than `FEW` images are drawn hollow.

    A trace's ``meta`` is its model; ``customdata`` the images in each bin.

    Args:
        sides: diagrams by model, by the title of the side, such as ``before`` and ``after scaling``.
        said: sentences for screen readers, such as the calibration errors.
    """
    models = list(dict.fromkeys(model for diagrams in sides.values() for model in diagrams))
    looks = styles(models)
    figure = blank(" ".join(["Accuracy over confidence, by bins.", *said]), 430, "reliability")
    count = max(1, len(sides))
    for place, (title, diagrams) in enumerate(sides.items()):
        tail = "" if not place else str(place + 1)
        start, end = place / count + (0.05 if place else 0), (place + 1) / count - (0 if place == count - 1 else 0.05)
        figure.update_layout(
            {
                f"xaxis{tail}": rate_axis("confidence", domain=[start, end], anchor=f"y{tail}"),
                f"yaxis{tail}": rate_axis("accuracy" if not place else "", anchor=f"x{tail}"),
            }
        )
        figure.add_annotation(
            x=(start + end) / 2,
            y=1.0,
            xref="paper",
            yref="paper",
            yanchor="bottom",
            yshift=8,
            text=plain(title),
            showarrow=False,
        )
        axes = {"xaxis": f"x{tail}", "yaxis": f"y{tail}"}
        figure.add_scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": NEUTRAL, "width": 2, "dash": "dash"},
            hoverinfo="skip",
            showlegend=False,
            **axes,
        )
        for model, diagram in diagrams.items():
            there = [i for i, n in enumerate(diagram.counts) if n]
            figure.add_scatter(
                x=[diagram.confidence[i] for i in there],
                y=[diagram.accuracy[i] for i in there],
                customdata=[diagram.counts[i] for i in there],
                mode="lines+markers",
                name=plain(model, 48),
                meta=model,
                showlegend=not place,
                line={"color": looks[model].colour, "width": 3, "dash": looks[model].dash},
                marker={
                    "size": 11,
                    "symbol": [looks[model].symbol + ("-open" if diagram.counts[i] < FEW else "") for i in there],
                },
                hovertemplate=f"<b>{plain(model, 48)}</b><br>%{{customdata}} pictures: %{{x:.0%}} sure, "
                "%{y:.0%} right<extra></extra>",
                **axes,
            )
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.25, "yanchor": "top"}
    )
    return figure if sides else figure.update_layout(xaxis=axis(""), yaxis=axis(""))

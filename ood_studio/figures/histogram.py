"""Where a picture's score falls among the scores of the reference pictures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.colours import FONT, ID, NEUTRAL, OOD

_BINS = 40


def score_histogram(
    title: str, id_scores: np.ndarray, ood_scores: np.ndarray, threshold: float, value: float | None = None
) -> go.Figure:
    """Histograms of ID and OOD reference scores with the threshold and one picture's score.

    Args:
        title: the score's name, for the axis.
        id_scores: (n,), higher = more in-distribution.
        ood_scores: (m,), may be empty.
        threshold: the decision's.
        value: the picture's score; None draws none.
    """
    everything = np.concatenate([id_scores, ood_scores, [threshold, threshold if value is None else value]])
    low, high = float(everything.min()), float(everything.max())
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    figure = go.Figure()
    for name, scores, colour in (("ID reference", id_scores, ID), ("OOD reference", ood_scores, OOD)):
        if len(scores):
            share = np.histogram(scores, edges)[0] / len(scores)
            figure.add_bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=share,
                width=np.diff(edges),
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                opacity=0.62,
                hovertemplate=f"{name}<br>score %{{x:.3g}}<br>%{{y:.1%}} of pictures<extra></extra>",
            )
    figure.add_vline(x=threshold, line={"color": NEUTRAL, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=threshold, y=1.0, yref="paper", yanchor="bottom", text="threshold", showarrow=False, font={"color": NEUTRAL}
    )
    if value is not None:
        colour = ID if value >= threshold else OOD
        figure.add_vline(x=value, line={"color": colour, "width": 4})
        figure.add_annotation(
            x=value,
            y=1.09,
            yref="paper",
            yanchor="bottom",
            text="<b>this picture</b>",
            showarrow=False,
            font={"color": colour, "size": 15},
        )
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        height=300,
        margin={"l": 52, "r": 16, "t": 56, "b": 44},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 14, "color": NEUTRAL},
        legend={"x": 1, "xanchor": "right", "y": 1, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)"},
    )
    axis = {"gridcolor": "rgba(138,143,152,0.22)", "zeroline": False}
    figure.update_xaxes(title=f"{title} score →  more in-distribution", range=[low, high], **axis)
    figure.update_yaxes(title="share of pictures", tickformat=".0%", **axis)
    return figure

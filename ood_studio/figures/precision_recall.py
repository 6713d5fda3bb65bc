"""Precision against recall, with ID or with OOD as the positive class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from ood_studio.evaluation.metrics import Roc
from ood_studio.figures.base import blank, plain, rate_axis, thin
from ood_studio.figures.colours import NEUTRAL, Style, styles

Positive = Literal["id", "ood"]


def precision_recall(curve: Roc, n_id: int, n_ood: int, positive: Positive = "id") -> tuple[np.ndarray, np.ndarray]:
    """Recall (rising) and precision at the curve's thresholds, (points − 1,) each; none where nothing is accepted.

    With OOD positive, an image is called OOD when its score is below a threshold of the curve, or at any score.
    """
    if positive == "id":
        right, wrong = curve.tpr[1:] * n_id, curve.fpr[1:] * n_ood
        return curve.tpr[1:], right / (right + wrong)
    right, wrong = (1 - curve.fpr[-2::-1]) * n_ood, (1 - curve.tpr[-2::-1]) * n_id
    return 1 - curve.fpr[-2::-1], right / (right + wrong)


def precision_recall_figure(
    curves: Mapping[str, Roc],
    n_id: int,
    n_ood: int,
    positive: Positive = "id",
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """Precision–recall curves as steps, the area below which is the average precision of `aupr_in` or `aupr_out`.

    A trace's ``meta`` is its scorer; ``customdata`` is (threshold, recall, precision).

    Args:
        curves: by scorer, from `roc_curve`; may be empty.
        n_id, n_ood: images in the two sets.
        positive: the class to be found.
        looks: styles by scorer; by place where None.
    """
    looks = looks or styles(curves)
    side = positive.upper()
    chance = (n_id if positive == "id" else n_ood) / max(1, n_id + n_ood)
    figure = blank(
        f"Precision against recall with {side} as the positive class, of {', '.join(curves) or 'no scorer'}. "
        f"Chance is a precision of {chance:.0%}.",
        height=540,
        view=f"precision {positive}",
    )
    for name, curve in curves.items():
        recall, precision = precision_recall(curve, n_id, n_ood, positive)
        thresholds = curve.thresholds[1:] if positive == "id" else curve.thresholds[-2::-1]
        # Steps of the average precision: each precision holds back to the recall before it.
        x = np.column_stack([np.append(0.0, recall[:-1]), recall]).ravel()
        y = np.repeat(precision, 2)
        kept = thin(x, y)
        figure.add_scatter(
            x=x[kept],
            y=y[kept],
            customdata=np.column_stack([np.repeat(thresholds, 2), np.repeat(recall, 2), y])[kept],
            mode="lines",
            name=plain(name),
            meta=name,
            line={"color": looks[name].colour, "width": 3.5, "dash": looks[name].dash},
            hovertemplate=f"<b>{plain(name)}</b><br>threshold %{{customdata[0]:.4g}}<br>"
            "recall %{customdata[1]:.1%}<br>precision %{customdata[2]:.1%}<extra></extra>",
        )
    figure.add_hline(y=chance, layer="below", line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        xaxis=rate_axis(f"recall: {side} found"),
        yaxis=rate_axis(f"precision: {side} among what is called {side}"),
        showlegend=True,
        legend={"x": 0.01, "xanchor": "left", "y": 0.03, "yanchor": "bottom"},
    )
    return figure

"""ROC curves: how much OOD is let in for how much ID is kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ood_studio.evaluation.metrics import Roc
from ood_studio.figures.base import axis, blank, plain, rate_axis, thin
from ood_studio.figures.colours import NEUTRAL, Style, styles

_HOVER = "threshold %{customdata[0]:.4g}<br>TPR %{customdata[2]:.1%}<br>FPR %{customdata[1]:.2%}"


def point_at_tpr(curve: Roc, tpr: float) -> int:
    """The first point of the curve that keeps at least `tpr` of ID: the point of `fpr_at_tpr`'s exact definition."""
    return min(int(np.searchsorted(curve.tpr, tpr)), len(curve.tpr) - 1)


def point_at_threshold(curve: Roc, threshold: float) -> int:
    """The point that accepts exactly the scores ≥ threshold."""
    return int(np.searchsorted(-curve.thresholds, -threshold, "right")) - 1


def roc_figure(
    curves: Mapping[str, Roc],
    level: float = 0.95,
    log: bool = False,
    thresholds: Mapping[str, float] | None = None,
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """ROC curves with the point of each at a true positive rate and, where given, at a threshold.

    A trace's ``meta`` is its scorer; ``customdata`` is (threshold, FPR, TPR), the first threshold infinite.

    Args:
        curves: by scorer, from `roc_curve`; may be empty.
        level: the true positive rate whose points are marked.
        log: FPR on a logarithmic axis; points without false positives then lie on its left end.
        thresholds: by scorer; each moves a ring along its curve.
        looks: styles by scorer; by place where None.
    """
    looks = looks or styles(curves)
    left = 0.5 * min((float(curve.fpr[curve.fpr > 0].min()) for curve in curves.values()), default=1e-3)
    decades = -np.log10(left)
    marks = {name: point_at_tpr(curve, level) for name, curve in curves.items()}
    rates = "; ".join(f"{name}: FPR {curves[name].fpr[marks[name]]:.1%}" for name in curves)
    figure = blank(
        f"ROC curves. At a true positive rate of {level:.0%}: {rates}." if curves else "ROC curves: none yet.",
        height=540,
        view=f"roc {log}",
    )
    chance = np.geomspace(left, 1, 60) if log else np.array([0.0, 1.0])
    figure.add_scatter(
        x=chance, y=chance, mode="lines", line={"color": NEUTRAL, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    for name, curve in curves.items():
        look, text, mark = looks[name], plain(name), marks[name]
        ring = point_at_threshold(curve, thresholds[name]) if thresholds and name in thresholds else None
        across = np.maximum(curve.fpr, left) if log else curve.fpr
        place = 1 + np.log10(across) / decades if log else across
        kept = thin(place, curve.tpr, keep=[mark] if ring is None else [mark, ring])
        data = np.column_stack([curve.thresholds, curve.fpr, curve.tpr])
        figure.add_scatter(
            x=across[kept],
            y=curve.tpr[kept],
            customdata=data[kept],
            mode="lines",
            name=f"{text} <b>{curve.fpr[mark]:.1%}</b>",
            meta=name,
            legendgroup=name,
            line={"color": look.colour, "width": 3.5, "dash": look.dash},
            hovertemplate=f"<b>{text}</b><br>{_HOVER}<extra></extra>",
        )
        figure.add_scatter(
            x=across[[mark]],
            y=curve.tpr[[mark]],
            customdata=data[[mark]],
            mode="markers",
            meta=name,
            legendgroup=name,
            showlegend=False,
            marker={"color": look.colour, "size": 14, "symbol": look.symbol},
            hovertemplate=f"<b>{text}</b> at {level:.0%} TPR<br>{_HOVER}<extra></extra>",
        )
        if ring is not None:
            figure.add_scatter(
                x=across[[ring]],
                y=curve.tpr[[ring]],
                customdata=data[[ring]],
                mode="markers",
                meta=name,
                legendgroup=name,
                showlegend=False,
                marker={"color": look.colour, "size": 20, "symbol": "circle-open", "line": {"width": 4}},
                hovertemplate=f"<b>{text}</b>, chosen threshold<br>{_HOVER}<extra></extra>",
            )
    figure.add_hline(y=level, layer="below", line={"color": NEUTRAL, "width": 2, "dash": "dash"})
    title = "false positive rate: OOD taken for ID"
    ends = [np.log10(left), 0.02]
    figure.update_layout(
        xaxis=axis(title, type="log", range=ends, dtick=1, tickformat="~%") if log else rate_axis(title),
        yaxis=rate_axis("true positive rate: ID kept"),
        legend={
            "title": {"text": f"FPR at {level:.0%} TPR"},
            "x": 0.99,
            "xanchor": "right",
            "y": 0.03,
            "yanchor": "bottom",
        },
    )
    return figure

"""Two models on each visual factor, beside their accuracy on all pictures."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from ood_studio.figures.base import ABOVE, axis, blank, plain
from ood_studio.figures.colours import NEUTRAL, styles

Shares = Mapping[str, tuple[float, float | None, float | None]]
"""A share with its interval, by factor."""


def factor_bars(models: Mapping[str, Shares], overall: Mapping[str, float], kind: str = "factor") -> go.Figure:
    """What each factor costs: accuracy on it less accuracy on all ID pictures, in points.

    A trace's ``meta`` is its model.

    Args:
        models: accuracy on each factor, by model; a model may lack some.
        overall: accuracy on all ID pictures, by model.
        kind: what the names are.
    """
    names = list(dict.fromkeys(name for shares in models.values() for name in shares))
    if models:
        first = next(iter(models))
        names.sort(key=lambda name: models[first].get(name, (0.0, None, None))[0])
    worst = "; ".join(
        f"{model} is worst on {min(shares, key=lambda name: shares[name][0])}"
        for model, shares in models.items()
        if shares
    )
    said = f"Accuracy on each {kind} against accuracy on all ID pictures. {worst}."
    figure = blank(said, max(380, 30 * len(names) + 130))
    looks = styles(models)
    for place, (model, shares) in enumerate(models.items()):
        there = [name for name in names if name in shares]
        values = [100 * (shares[name][0] - overall[model]) for name in there]
        ends = [[_gap(shares[name], side) for name in there] for side in (2, 1)]
        figure.add_bar(
            y=[names.index(name) for name in there],
            x=values,
            orientation="h",
            name=plain(model, 48),
            meta=model,
            marker={
                "color": looks[model].colour,
                "pattern": {"shape": ("", "/")[place % 2], "fgcolor": "rgba(255,255,255,0.6)", "fillmode": "overlay"},
            },
            error_x={
                "type": "data",
                "array": ends[0],
                "arrayminus": ends[1],
                "thickness": 1.6,
                "width": 3,
                "color": NEUTRAL,
            },
            customdata=[f"{plain(name)}: {shares[name][0]:.1%}" for name in there],
            hovertemplate=f"<b>{plain(model, 48)}</b><br>%{{customdata}}, %{{x:+.1f}} points<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 2})
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        showlegend=True,
        xaxis=axis("points of accuracy more or less than on all ID pictures"),
        yaxis=axis(
            "",
            tickvals=list(range(len(names))),
            ticktext=[plain(name, 20) for name in names],
            showgrid=False,
            autorange="reversed",
        ),
        legend=ABOVE,
    )
    return figure


def _gap(share: tuple[float, float | None, float | None], side: int) -> float:
    """Points from a share to one end of its interval; 0 where there is none."""
    end = share[side]
    return 0.0 if end is None else abs(100 * (end - share[0]))

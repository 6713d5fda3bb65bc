"""An attack as it goes: the similarity to its target, and every score beside its threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ood_studio.figures.base import axis, blank, plain
from ood_studio.figures.colours import ID, NEUTRAL, OOD, Style, styles

_LINE = {"width": 3.5}
_LOWEST = -2.5  # of the axis of margins: a score far below its threshold would squash the others


def similarity_figure(steps: Sequence[int], values: Sequence[float], total: int, title: str) -> go.Figure:
    """What an attack maximises, step by step.

    Args:
        steps, values: as far as it has come.
        total: how many steps there will be.
        title: of the values.
    """
    said = f"It went from {values[0]:.3g} to {values[-1]:.3g} in {steps[-1]} steps." if steps else ""
    figure = blank(f"{title} against steps. {said}", height=330, view="similarity")
    figure.add_scatter(
        x=list(steps),
        y=list(values),
        mode="lines",
        name=plain(title),
        showlegend=False,
        line={"color": ID, **_LINE},
        hovertemplate=f"step %{{x}}<br>{plain(title)} %{{y:.3f}}<extra></extra>",
    )
    ends = [min(-0.1, *values), max(1.0, *values)] if values else [0.0, 1.0]
    room = 0.04 * (ends[1] - ends[0])
    figure.update_layout(
        xaxis=axis("step", range=[0, total]),
        yaxis=axis(plain(title), range=[ends[0] - room, ends[1] + room], nticks=6),
        hovermode="x",
    )
    return figure


def margin_figure(
    steps: Sequence[int],
    scores: Mapping[str, Sequence[float]],
    thresholds: Mapping[str, float],
    typical: Mapping[str, float],
    total: int,
    looks: Mapping[str, Style] | None = None,
    legend: bool = True,
) -> go.Figure:
    """Scores of one image, step by step, each on a scale where 0 is its threshold and 1 a typical ID image.

    A trace's ``meta`` is its scorer; ``customdata`` is (score, threshold). Scores without a threshold are shown against
    their value at the start.

    Args:
        steps: as far as it has come.
        scores: by scorer, a value for each step.
        thresholds: by scorer; an image at or above it counts as ID.
        typical: by scorer, the median of ID images.
        total: how many steps there will be.
        looks: styles by scorer; by place where None.
    """
    looks = looks or styles(scores)
    inside = [
        name for name, values in scores.items() if name in thresholds and values and values[-1] >= thresholds[name]
    ]
    said = f"After step {steps[-1]}, {len(inside)} of {len(thresholds)} scores take it for ID." if steps else ""
    figure = blank(f"Every score against its threshold. {said}", height=330, view="margins")
    lowest, highest = -0.2, 1.1
    for name, values in scores.items():
        base = thresholds.get(name, values[0] if values else 0.0)
        unit = abs(typical[name] - base) if name in typical else abs(base)
        margins = [(value - base) / (unit or 1.0) for value in values]
        lowest, highest = min([lowest, *margins]), max([highest, *margins])
        figure.add_scatter(
            x=list(steps),
            y=margins,
            customdata=[[value, base] for value in values],
            mode="lines",
            name=plain(name),
            meta=name,
            line={"color": looks[name].colour, "dash": looks[name].dash, **_LINE},
            hovertemplate=f"<b>{plain(name)}</b><br>step %{{x}}<br>score %{{customdata[0]:.4g}}, "
            "threshold %{customdata[1]:.4g}<extra></extra>",
        )
    lowest = max(lowest, _LOWEST)
    room = 0.06 * (highest - lowest)
    ends = [lowest - room, highest + room]
    if thresholds:
        figure.add_hrect(y0=0, y1=ends[1], fillcolor=ID, opacity=0.09, line_width=0, layer="below")
        figure.add_hrect(y0=ends[0], y1=0, fillcolor=OOD, opacity=0.07, line_width=0, layer="below")
        figure.add_hline(y=0, layer="below", line={"color": NEUTRAL, "width": 3, "dash": "dash"})
    ticks = {"tickvals": [0, 1], "ticktext": ["threshold", "typical ID"]} if thresholds else {}
    figure.update_layout(
        xaxis=axis("step", range=[0, total]),
        yaxis=axis("" if thresholds else "change since the start", range=ends, **ticks),
        showlegend=legend,
        legend={"x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"},
    )
    return figure

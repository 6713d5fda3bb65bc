"""A training as it goes: its losses, and what it does to held-out images, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ood_studio.figures.base import axis, blank, plain, rate_axis
from ood_studio.figures.colours import Style, styles

_HEIGHT = 320
_LINE = {"width": 3.5}


def loss_figure(epochs: Sequence[int], losses: Mapping[str, Sequence[float]], total: int) -> go.Figure:
    """Losses against epochs, the one that is minimised first.

    Args:
        epochs: as far as it has come; 0 is before any step.
        losses: by name, a value for each epoch.
        total: how many epochs there will be.
    """
    first = next(iter(losses.values()), ())
    said = f" It went from {first[0]:.3g} to {first[-1]:.3g} in {epochs[-1]} epochs." if first else ""
    figure = blank(f"The loss by epoch.{said}", height=_HEIGHT, view="loss")
    _curves(figure, epochs, losses, "%{y:.4g}", legend=len(losses) > 1)
    figure.update_layout(xaxis=axis("epoch", range=[0, max(1, total)]), yaxis=axis("loss", nticks=6), hovermode="x")
    return figure


def rate_figure(
    epochs: Sequence[int],
    rates: Mapping[str, Sequence[float]],
    auroc: Mapping[str, Sequence[float]],
    fpr95: Mapping[str, Sequence[float]],
    total: int,
) -> go.Figure:
    """Rates on held-out images against epochs: what should be high above, FPR95 below, a colour for each set.

    Args:
        epochs: at which they were measured.
        rates: further rates for the upper part, such as accuracy, by name, in [0, 1].
        auroc, fpr95: in [0, 1], by set.
        total: how many epochs there will be.
    """
    above = {**rates, **auroc}
    ends = [f"{name} {values[-1]:.1%}" for name, values in rates.items() if values]
    ends += [f"AUROC {name} {values[-1]:.1%}" for name, values in auroc.items() if values]
    ends += [f"FPR95 {name} {values[-1]:.1%}" for name, values in fpr95.items() if values]
    figure = blank(f"What the training does to held-out pictures. {', '.join(ends)}", height=_HEIGHT, view="rates")
    looks = styles(above)
    _curves(figure, epochs, above, "%{y:.2%}", looks=looks)
    _curves(figure, epochs, fpr95, "FPR95 %{y:.2%}", legend=False, looks=looks, yaxis="y2")
    lowest = min((value for values in above.values() for value in values), default=0.0)
    highest = max((value for values in fpr95.values() for value in values), default=0.0)
    low, high = max(0.0, lowest - 0.05), min(1.01, highest + 0.05)
    figure.update_layout(
        xaxis=axis("epoch", range=[0, max(1, total)], anchor="y2"),
        yaxis=rate_axis("AUROC", range=[low, 1.01], dtick=None, nticks=5, domain=[0.46, 1]),
        yaxis2=rate_axis("FPR95", range=[-0.01 * high, high], dtick=None, nticks=4, domain=[0, 0.38]),
        hovermode="x",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    return figure


def _curves(
    figure: go.Figure,
    epochs: Sequence[int],
    values: Mapping[str, Sequence[float]],
    shown: str,
    legend: bool | None = None,
    looks: Mapping[str, Style] | None = None,
    yaxis: str = "y",
) -> None:
    """A line for each name; ``shown`` is how a value is written where it is pointed at."""
    looks = styles(values) if looks is None else looks
    for name, line in values.items():
        figure.add_scatter(
            x=list(epochs),
            y=list(line),
            mode="lines+markers" if len(line) < 20 else "lines",
            name=plain(name),
            showlegend=legend,
            yaxis=yaxis,
            line={"color": looks[name].colour, "dash": looks[name].dash, **_LINE},
            hovertemplate=f"<b>{plain(name)}</b><br>epoch %{{x}}<br>{shown}<extra></extra>",
        )

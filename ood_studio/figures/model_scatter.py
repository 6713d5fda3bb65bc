"""Models along two axes, by group, with a robust line and its band for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import ABOVE, axis, blank, plain
from ood_studio.figures.colours import NEUTRAL, Style, styles

_SMALLEST, _LARGEST = 11.0, 30.0  # of markers, in pixels


@dataclass(frozen=True)
class ModelGroup:
    """Models that are drawn alike.

    Attributes:
        name: of the group.
        models: (n,) names.
        x, y: (n,) figures.
        parameters: (n,) of each model; 0 where not known.
        cards: (n,) what is said of each where it is pointed at, as plotly text.
        line: (points,) each, x and y of the group's line with the low and high end of its band; None where there is
            none.
    """

    name: str
    models: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    parameters: tuple[float, ...]
    cards: tuple[str, ...]
    line: tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float]] | None = None


@dataclass(frozen=True)
class Axis:
    """An axis: its title, and whether it is a share, shown in percent."""

    title: str
    share: bool = True


def model_scatter(
    groups: Sequence[ModelGroup],
    across: Axis,
    up: Axis,
    overall: ModelGroup | None = None,
    chosen: Sequence[str] = (),
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """A point a model: colour and shape are its group, the area grows with the parameters.

    A trace's ``meta`` is its group, ``customdata`` the models' names; lines and bands answer no pointer.

    Args:
        groups: of the models.
        across, up: the axes.
        overall: all models, for the line over them, which is grey.
        chosen: models that are ringed.
        looks: styles by group; by place where None.
    """
    looks = looks or styles(group.name for group in groups)
    said = "; ".join(
        f"{group.name}: {model} at {_said(x, across)} and {_said(y, up)}"
        for group in groups
        for model, x, y in zip(group.models, group.x, group.y, strict=True)
    )
    figure = blank(f"{up.title} over {across.title} of models. {said}.", 520, f"models {across.title} {up.title}")
    largest = max((count for group in groups for count in group.parameters), default=0.0)
    if overall is not None:
        _trend(figure, overall, Style(NEUTRAL, "dash", "circle"))
    for group in groups:
        _trend(figure, group, looks[group.name])
    for group in groups:
        ringed = [model in chosen for model in group.models]
        figure.add_scatter(
            x=group.x,
            y=group.y,
            mode="markers",
            name=plain(group.name),
            meta=group.name,
            customdata=list(group.models),
            text=list(group.cards),
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": looks[group.name].colour,
                "symbol": looks[group.name].symbol,
                "size": [_size(count, largest) for count in group.parameters],
                "opacity": 0.88,
                "line": {"color": NEUTRAL, "width": [5 if ring else 1 for ring in ringed]},
            },
        )
    figure.update_layout(
        showlegend=True,
        xaxis=_axis(across, 70, [x for group in groups for x in group.x]),
        yaxis=_axis(up, 60, [y for group in groups for y in group.y]),
        legend=ABOVE,
    )
    return figure


def _axis(of: Axis, longest: int, values: Sequence[float]) -> dict[str, Any]:
    """An axis that shows all models, and of bands what lies beside them: those of few models reach anywhere."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = 0.12 * (high - low) or 0.1 * abs(high) or 0.1
    return axis(plain(of.title, longest), tickformat=".2~%" if of.share else None, range=[low - room, high + room])


def _trend(figure: go.Figure, group: ModelGroup, look: Style) -> None:
    if group.line is None:
        return
    x, y, low, high = (np.asarray(part) for part in group.line)
    silent = {"hoverinfo": "skip", "showlegend": False, "meta": group.name}
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        fill="toself",
        mode="lines",
        line={"width": 0, "color": look.colour},
        fillcolor=look.colour,
        opacity=0.13,
        **silent,
    )
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": look.colour, "width": 3, "dash": look.dash}, **silent)


def _size(count: float, largest: float) -> float:
    """A diameter whose square grows with the parameters."""
    share = count / largest if largest else 0.0
    return float(np.sqrt(_SMALLEST**2 + share * (_LARGEST**2 - _SMALLEST**2)))


def _said(value: float, of: Axis) -> str:
    return f"{value:.1%}" if of.share else f"{value:,.4g}"

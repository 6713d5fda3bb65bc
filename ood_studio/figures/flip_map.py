"""How often each factor alone flips each detector, as a heat map a set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ood_studio.figures.base import axis, blank, plain
from ood_studio.figures.colours import OOD

_LINE = 30  # pixels a factor
_NONE, _TEXT = "#f4f4f2", "#26282c"  # a cell without flips, and numbers that are read on it and on full orange


class Rate(Protocol):
    """A share of verdicts that flip."""

    @property
    def n(self) -> int:
        """Pictures."""

    @property
    def rate(self) -> float:
        """In [0, 1]."""

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %."""


def flip_map(rates: Mapping[str, Mapping[str, Mapping[str, Rate]]], model: str) -> go.Figure:
    """Detectors across, factors down, those that flip most first; one map a set.

    Args:
        rates: by set, factor and detector.
        model: its name, for the summary.
    """
    sets = [*rates]
    first = rates[sets[0]]
    order = sorted(first, key=lambda factor: _mean(first[factor]))
    height = 160 + _LINE * len(order)
    figure = make_subplots(
        1, len(sets), subplot_titles=[plain(name) for name in sets], shared_yaxes=True, horizontal_spacing=0.03
    )
    said = f"How often changing one thing alone flips the verdict of each detector, {plain(model)}."
    top = max(
        (each.rate for found in rates.values() for row in found.values() for each in row.values() if each.n), default=1
    )
    for column, name in enumerate(sets, start=1):
        found = rates[name]
        factors = [factor for factor in order if factor in found]
        detectors = [*next(iter(found.values()))]
        cells = [[found[factor][each] for each in detectors] for factor in factors]
        hovers = [[_hover(cell) for cell in row] for row in cells]
        figure.add_trace(
            go.Heatmap(
                z=[[cell.rate if cell.n else None for cell in row] for row in cells],
                x=[plain(each) for each in detectors],
                y=[plain(factor) for factor in factors],
                text=[[f"{100 * cell.rate:.0f}" if cell.n else "–" for cell in row] for row in cells],
                texttemplate="%{text}",
                customdata=hovers,
                hovertemplate="%{y}, %{x}: %{customdata}<extra></extra>",
                textfont={"color": _TEXT},
                colorscale=[[0, _NONE], [1, OOD]],
                zmin=0,
                zmax=top or 1,
                showscale=column == len(sets),
                colorbar={"tickformat": ".0%", "thickness": 12, "outlinewidth": 0},
                xgap=2,
                ygap=2,
            ),
            row=1,
            col=column,
        )
    figure.update_layout(blank(said, height).layout)
    figure.update_layout(margin={"l": 20, "r": 20, "t": 60, "b": 20}, font={"size": 14})
    figure.update_xaxes(axis("", tickangle=-35, showgrid=False))
    figure.update_yaxes(axis("", showgrid=False))
    return figure


def _mean(rates: Mapping[str, Rate]) -> float:
    known = [each.rate for each in rates.values() if each.n]
    return sum(known) / len(known) if known else -1.0


def _hover(rate: Rate) -> str:
    if not rate.n:
        return "no picture can have it added"
    low, high = rate.interval
    return f"{rate.rate:.1%} ({low:.1%} to {high:.1%}) of {rate.n:,} pictures"

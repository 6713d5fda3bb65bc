"""Features before and after, each pair joined by a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import blank, plain, without_units
from ood_studio.figures.colours import ID, NEUTRAL, OOD, OOD_COLOURS

_HEIGHT = 520
_LABELLED = 30  # texts whose words are written beside them


class MovedGroup(Protocol):
    """Features of one kind: ``id``, ``ood`` or ``text``; (n, 2) places before and after."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def before(self) -> np.ndarray: ...
    @property
    def after(self) -> np.ndarray: ...
    @property
    def captions(self) -> Sequence[str]: ...
    @property
    def turned(self) -> float: ...


def movement_figure(groups: Sequence[MovedGroup]) -> go.Figure:
    """A map on which every feature is a line from where it was to where it is now, which ends in a mark."""
    turns = ", ".join(f"{each.name} turned by {each.turned:.3f}" for each in groups)
    figure = blank(f"Where features moved, as 1 − cosine on average: {turns}.", _HEIGHT, "movement")
    others = iter((OOD, OOD_COLOURS[4], OOD_COLOURS[2], *OOD_COLOURS))
    for group in groups:
        colour = {"id": ID, "text": NEUTRAL}.get(group.kind) or next(others)
        text = group.kind == "text"
        gaps = np.full((len(group.before), 2), np.nan)
        joined = np.stack([group.before, group.after, gaps], axis=1).reshape(-1, 2)
        figure.add_scatter(
            x=joined[:, 0],
            y=joined[:, 1],
            mode="lines",
            line={"color": colour, "width": 2.5 if text else 1.2},
            opacity=0.9 if text else 0.45,
            hoverinfo="skip",
            showlegend=False,
        )
        words = [plain(each, 24) for each in group.captions]
        figure.add_scatter(
            x=group.after[:, 0],
            y=group.after[:, 1],
            mode="markers+text" if text and len(words) <= _LABELLED else "markers",
            text=words if text else None,
            textposition="top center",
            textfont={"size": 15},
            customdata=words,
            name=f"{plain(group.name)}: {group.turned:.3f}",
            meta=group.name,
            marker={
                "color": colour,
                "size": 13 if text else 9,
                "symbol": {"id": "circle", "text": "diamond"}.get(group.kind, "triangle-up"),
                "opacity": 1 if text else 0.75,
            },
            hovertemplate=f"<b>{plain(group.name)}</b><br>%{{customdata}}<extra></extra>",
        )
    return without_units(figure)

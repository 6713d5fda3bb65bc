"""How the scores of ID and OOD sets are distributed, one panel an OOD set, with the threshold across all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import axis, blank, plain
from ood_studio.figures.colours import ID, NEUTRAL, OOD, OOD_COLOURS, Style, styles

BINS = 48
_FENCE = 0.6  # how far beyond the middle 99 % of a set bins go, as a share of its width


def bin_edges(sets: list[np.ndarray], *marks: float | None, bins: int = BINS) -> np.ndarray:
    """Equal bins over the scores of all sets and the marks, such as a threshold, (bins + 1,) rising.

    Far outliers and infinite scores do not stretch them; they belong to the first and the last bin, which are open.
    """
    lows, highs = [], []
    for scores in (np.asarray(scores, np.float64) for scores in sets):
        finite = scores[np.isfinite(scores)]
        if finite.size:
            low, high = np.quantile(finite, (0.005, 0.995))
            reach = _FENCE * (high - low)
            lows.append(max(float(finite.min()), float(low - reach)))
            highs.append(min(float(finite.max()), float(high + reach)))
    for mark in marks:
        if mark is not None and np.isfinite(mark):
            lows.append(mark)
            highs.append(mark)
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    if not high > low:
        room = max(0.5, 1e-6 * abs(low))
        low, high = low - room, high + room
    return np.linspace(low, high, bins + 1)


def bin_counts(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many scores lie in each bin [low, high), the first and the last bin open outward; (bins,) int64."""
    place = np.searchsorted(edges[1:-1], scores, "right")
    return np.bincount(place, minlength=len(edges) - 1)


def score_histograms(
    title: str,
    id_name: str,
    id_scores: np.ndarray,
    ood: Mapping[str, np.ndarray],
    threshold: float | None = None,
    log: bool = False,
    looks: Mapping[str, Style] | None = None,
    picture: float | None = None,
) -> go.Figure:
    """Histograms of ID scores against each OOD set, as shares of the set, with a threshold that can be dragged.

    A trace's ``meta`` is its set; ``customdata`` is (low, high, count) of each bin, infinite where the bin is open. A
    score belongs to a bin when low ≤ score < high. The threshold is the shape named ``threshold``.

    Args:
        title: the score's name, for the axis.
        id_name: the ID set's name.
        id_scores: (n,), higher = more in-distribution; may be empty.
        ood: (m,) scores by OOD set; may be empty.
        threshold: None draws none.
        log: shares on a logarithmic axis, so that single images are seen.
        looks: styles by OOD set; by place where None.
        picture: one image's score, marked; the threshold then stays where it is.
    """
    looks = looks or styles(ood, OOD_COLOURS)
    edges = bin_edges([id_scores, *ood.values()], threshold, picture)
    panels = max(1, len(ood))
    height = 420 if panels == 1 else 120 + 190 * panels
    summary = "" if threshold is None else f" The threshold is {threshold:.3g}."
    summary += "" if picture is None else f" This picture scores {picture:.3g}."
    figure = blank(
        f"Histograms of {title} scores of {id_name} against {', '.join(ood) or 'no OOD set'}.{summary}",
        height=height,
        view=f"histograms {title} {log} {list(ood)}",
    )
    least = 0.4 / max([1, len(id_scores), *(len(scores) for scores in ood.values())])
    top = 0.0
    for panel, name in enumerate(ood or ("",), 1):
        drawn = [(id_name, id_scores, ID, "")]
        if name:
            drawn.append((name, ood[name], looks[name].colour, "/"))
        for label, scores, colour, pattern in drawn:
            if len(scores) == 0:
                continue
            share, counts = _shares(scores, edges)
            top = max(top, float(share.max()))
            figure.add_bar(
                x=(edges[:-1] + edges[1:]) / 2,
                y=share,
                width=np.diff(edges),
                customdata=_open_bins(edges, counts),
                name=plain(label),
                meta=label,
                marker={
                    "color": colour,
                    "line": {"width": 0},
                    "pattern": {"shape": pattern, "fillmode": "replace", "size": 7, "solidity": 0.62},
                },
                opacity=0.68,
                xaxis="x",
                yaxis=f"y{panel if panel > 1 else ''}",
                hovertemplate=f"<b>{plain(label)}</b> %{{customdata[2]:,}} pictures, %{{y:.2~%}}<extra></extra>",
            )
    if threshold is not None:
        figure.add_shape(
            name="threshold",
            type="line",
            x0=threshold,
            x1=threshold,
            y0=0,
            y1=1,
            xref="x",
            yref="paper",
            editable=picture is None,
            line={"color": NEUTRAL, "width": 4, "dash": "dash"},
        )
        figure.add_annotation(
            x=threshold,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=26,
            text="threshold",
            showarrow=False,
            name="threshold",
        )
    if picture is not None:
        side = ID if threshold is None or picture >= threshold else OOD
        figure.add_vline(x=picture, line={"color": side, "width": 5})
        along = (picture - float(edges[0])) / float(edges[-1] - edges[0])
        figure.add_annotation(
            x=picture,
            xanchor="left" if along < 0.2 else "right" if along > 0.8 else "center",  # within the figure
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=48,
            text="<b>this picture</b>",
            showarrow=False,
            font={"color": side},
        )
    gap = 36 / (height - 120) if panels > 1 else 0.0
    tall = (1 - gap * (panels - 1)) / panels
    for panel, name in enumerate(ood or ("",), 1):
        start = 1 - panel * tall - (panel - 1) * gap
        words = [f'<span style="color:{ID}">■</span> {plain(id_name)}'] if len(id_scores) else []
        if name:
            words.append(f'<span style="color:{looks[name].colour}">▨</span> {plain(name)}')
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=start + tall,
            yref="paper",
            yanchor="bottom",
            text="   ".join(words),
            showarrow=False,
        )
        figure.layout[f"yaxis{panel if panel > 1 else ''}"] = axis(
            "share of set" if panels == 1 else "",
            domain=[max(0.0, start), start + tall],
            anchor="x",
            tickformat="~%",
            nticks=5 if panels == 1 else 3,
            type="log" if log else "linear",
            range=[np.log10(least), np.log10(max(2 * least, 1.3 * top))] if log else [0, 1.06 * top or 1],
            fixedrange=True,
        )
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        hovermode="x unified",
        xaxis=axis(
            f"{plain(title)} score →  more in-distribution",
            range=[float(edges[0]), float(edges[-1])],
            anchor=f"y{panels if panels > 1 else ''}",
            hoverformat=".4~g",
        ),
        showlegend=False,
        margin={"t": 64 if picture is None else 88},
    )
    return figure


def _shares(scores: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counts = bin_counts(scores, edges)
    return counts / len(scores), counts


def _open_bins(edges: np.ndarray, counts: np.ndarray) -> np.ndarray:
    low, high = edges[:-1].copy(), edges[1:].copy()
    low[0], high[-1] = -np.inf, np.inf
    return np.column_stack([low, high, counts])

"""AUROC (or FPR95) of every scorer on every OOD set, as grouped bars with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import plotly.graph_objects as go

from ood_studio.figures.base import ABOVE, axis, blank, plain
from ood_studio.figures.colours import NEUTRAL, Style, styles

if TYPE_CHECKING:
    from ood_studio.evaluation.rows import Row

_PATTERNS = ("", "/", "\\", "x", ".", "-", "|", "+")


def auroc_bars(
    rows: Sequence[Row],
    metric: Literal["auroc", "fpr95"] = "auroc",
    titles: Mapping[str, str] | None = None,
    looks: Mapping[str, Style] | None = None,
) -> go.Figure:
    """Bars grouped by OOD set, one colour and hatching a scorer; AUROC grows from chance, 50 %.

    A trace's ``meta`` is its scorer, ``customdata`` its OOD set.

    Args:
        rows: of one ID set and backbone, in the order to show; a scorer may lack sets; may be empty.
        metric: AUROC, or FPR95 where lower is better.
        titles: names of scorers for people; the keys where None.
        looks: styles by scorer; by place where None.
    """
    scorers = list(dict.fromkeys(row.scorer for row in rows))
    sets = list(dict.fromkeys(row.ood for row in rows))
    looks = looks or styles(scorers)
    name = "AUROC" if metric == "auroc" else "FPR95"
    base = 0.5 if metric == "auroc" else 0.0
    best = {
        ood: (max if metric == "auroc" else min)(
            (row for row in rows if row.ood == ood), key=lambda r: getattr(r, metric)
        )
        for ood in sets
    }
    said = "; ".join(f"{ood}: {row.scorer} {getattr(row, metric):.1%}" for ood, row in best.items())
    figure = blank(
        f"{name} by OOD set and scorer. Best: {said}." if rows else f"{name}: no rows yet.", 500, f"bars {metric}"
    )
    for place, scorer in enumerate(scorers):
        mine = [row for row in rows if row.scorer == scorer]
        value = np.array([getattr(row, metric) for row in mine], np.float64)
        ends = [np.array([getattr(row, f"{metric}_{end}") for row in mine], np.float64) for end in ("low", "high")]
        text = plain((titles or {}).get(scorer, scorer))
        known = np.isfinite(ends[0]) & np.isfinite(ends[1])
        interval = [
            "<br>95 %: {:.1%} to {:.1%}".format(*pair) if ok else "" for *pair, ok in zip(*ends, known, strict=True)
        ]
        figure.add_bar(
            x=[sets.index(row.ood) for row in mine],
            y=value - base,
            base=base,
            customdata=[row.ood for row in mine],
            text=[f"{value:.1%}{more}" for value, more in zip(value, interval, strict=True)],
            textposition="none",
            name=text,
            meta=scorer,
            marker={
                "color": looks[scorer].colour,
                "pattern": {
                    "shape": _PATTERNS[place % len(_PATTERNS)],
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255,255,255,0.6)",
                    "solidity": 0.25,
                    "size": 9,
                },
            },
            error_y={
                "type": "data",
                "array": np.where(known, ends[1] - value, 0).clip(0),
                "arrayminus": np.where(known, value - ends[0], 0).clip(0),
                "visible": bool(known.any()),
                "thickness": 2,
                "width": 4,
                "color": NEUTRAL,
            },
            hovertemplate=f"<b>{text}</b> on %{{x}}<br>{name} %{{text}}<extra></extra>",
        )
    if metric == "auroc":
        figure.add_hline(y=0.5, line={"color": NEUTRAL, "width": 1.5})
    lowest = min((getattr(row, metric) for row in rows), default=base)
    figure.update_layout(
        barmode="group",
        bargap=0.22,
        bargroupgap=0.06,
        showlegend=True,
        xaxis=axis(
            "",
            tickvals=list(range(len(sets))),
            ticktext=[plain(ood, 24) for ood in sets],
            showgrid=False,
            range=[-0.5, max(1, len(sets)) - 0.5],
        ),
        yaxis=axis(
            name + (" (higher is better)" if metric == "auroc" else " (lower is better)"),
            tickformat=".0%",
            range=[min(0.49, lowest - 0.04) if metric == "auroc" else 0.0, 1.005],
        ),
        legend=ABOVE,
    )
    return figure

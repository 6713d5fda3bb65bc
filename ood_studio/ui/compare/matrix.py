"""The table of scorers by OOD sets as HTML; what comes from outside is escaped."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from ood_studio.evaluation.passport import MARKS, kind_of, legend
from ood_studio.evaluation.rows import Row
from ood_studio.scorers.base import Protocol
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.session import AVERAGE
from ood_studio.ui.compare.view import METRICS, Metric


def averages(rows: Sequence[Row], metric: str) -> dict[str, float]:
    """Each scorer's mean of a metric over its OOD sets."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row.scorer, []).append(getattr(row, metric))
    return {scorer: float(np.mean(values)) for scorer, values in found.items()}


@dataclass(frozen=True)
class Matrix:
    """A table: scorers in lines, OOD sets in columns, best first.

    Attributes:
        rows: what is shown, at least one.
        metric: of them.
        order: the column by which it is sorted: a set's name, ``average`` or ``scorer``; best first unless ``reverse``.
        chosen: the scorer and the set that are marked.
        picks: whether headings and cells are buttons, which tell ``["order", column]`` and ``["cell", scorer, set]``.
        against: rows of another result; cells then say by how much they are above its.
    """

    rows: Sequence[Row]
    metric: Metric
    order: str = AVERAGE
    reverse: bool = False
    chosen: tuple[str, str] = ("", "")
    picks: bool = True
    against: Sequence[Row] = ()
    _at: dict[tuple[str, str], Row] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_at", {(row.scorer, row.ood): row for row in self.rows})

    def columns(self) -> list[str]:
        """The average where there are several sets, and the sets."""
        sets = list(dict.fromkeys(row.ood for row in self.rows))
        return [*([AVERAGE] if len(sets) > 1 else []), *sets]

    def value(self, scorer: str, column: str) -> float:
        """What a cell shows, a fraction; NaN where it is not there yet."""
        if column == AVERAGE:
            return averages(self.rows, self.metric)[scorer]
        row = self._at.get((scorer, column))
        return math.nan if row is None else float(getattr(row, self.metric))

    def html(self) -> str:
        """The table."""
        title, high = METRICS[self.metric]
        columns = self.columns()
        order = self.order if self.order in (*columns, "scorer") else columns[0]
        scorers = self._sorted(order, high)
        kinds = self._kinds()
        ranked = [each for each in scorers if kinds[each] == "inductive" or len(set(kinds.values())) == 1]
        best = {
            column: (max if high else min)(
                (v for v in (self.value(scorer, column) for scorer in ranked) if not math.isnan(v)), default=math.nan
            )
            for column in columns
        }
        head = "".join(self._heading(name, order, high) for name in ("scorer", *columns))
        body = "".join(self._line(scorer, columns, best, high) for scorer in scorers)
        arrow = "higher is better" if high else "lower is better"
        caption = f"{title} in percent, {arrow}{self._intervals()}."
        if self.picks:
            caption += " Click a heading to sort, a cell to look inside."
        if self.against:
            caption += " Small: how far today’s result is above it."
        caption += f" {said}" if (said := escape(legend(self.rows))) else ""
        return (
            f'<div class="studio-scroll"><table class="studio-matrix"><caption>{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def _kinds(self) -> dict[str, Protocol]:
        return {row.scorer: kind_of(row) for row in self.rows}

    def _intervals(self) -> str:
        there = self.metric in ("auroc", "fpr95") and any(row.auroc_low is not None for row in self.rows)
        return ", 95&nbsp;% intervals beneath" if there and not self.against else ""

    def _sorted(self, order: str, high: bool) -> list[str]:
        scorers = list(dict.fromkeys(row.scorer for row in self.rows))
        if order == "scorer":
            return sorted(scorers, key=lambda each: scorer_title(each).lower(), reverse=self.reverse)
        values = {scorer: self.value(scorer, order) for scorer in scorers}
        worst = -math.inf if high else math.inf
        return sorted(
            scorers,
            key=lambda each: worst if math.isnan(values[each]) else values[each],
            reverse=high != self.reverse,
        )

    def _heading(self, name: str, order: str, high: bool) -> str:
        upward = self.reverse if high and name != "scorer" else not self.reverse
        shown = escape({AVERAGE: "Average", "scorer": "Scorer"}.get(name, name))
        if not self.picks:
            return f'<th scope="col">{shown}</th>'
        sort, arrow = ("none", "") if name != order else ("ascending", " ▲") if upward else ("descending", " ▼")
        return (
            f'<th scope="col" aria-sort="{sort}"><button type="button" data-pick="{_pick("order", name)}">'
            f'{shown}<span aria-hidden="true">{arrow}</span></button></th>'
        )

    def _line(self, scorer: str, columns: Sequence[str], best: dict[str, float], high: bool) -> str:
        kinds = self._kinds()
        alone = kinds[scorer] != "inductive" and len(set(kinds.values())) > 1
        cells = "".join(self._cell(scorer, column, math.nan if alone else best[column], high) for column in columns)
        mark = ' class="chosen"' if scorer == self.chosen[0] else ""
        return f'<tr{mark}><th scope="row">{escape(scorer_title(scorer))}{MARKS[kinds[scorer]]}</th>{cells}</tr>'

    def _cell(self, scorer: str, column: str, best: float, high: bool) -> str:
        value = self.value(scorer, column)
        if math.isnan(value):
            return "<td>…</td>"
        number = f"{100 * value:.1f}"
        shown = f"<b>{number}</b>" if number == f"{100 * best:.1f}" else f"<span>{number}</span>"
        tint = round(45 * max(0.0, (2 * value - 1) if self.metric == "auroc" else value if high else 1 - value))
        style = f' style="--tint:{tint}%"'
        shown += self._small(scorer, column, value)
        if column == AVERAGE or not self.picks:
            return f'<td class="{"mean" if column == AVERAGE else "plain"}"{style}>{shown}</td>'
        label = f"{scorer_title(scorer)} on {column}: {number} percent"
        return (
            f'<td{style}><button type="button" data-pick="{_pick("cell", scorer, column)}" '
            f'aria-label="{escape(label)}" aria-pressed="{str((scorer, column) == self.chosen).lower()}">'
            f"{shown}</button></td>"
        )

    def _small(self, scorer: str, column: str, value: float) -> str:
        """The interval, or the difference to the other result."""
        if self.against:
            there = [row for row in self.against if row.scorer == scorer and column in (row.ood, AVERAGE)]
            sets = {row.ood for row in self.rows if column in (row.ood, AVERAGE)}
            if not there or {row.ood for row in there} != sets:
                return "<small>&nbsp;</small>"
            return f"<small>{100 * (averages(there, self.metric)[scorer] - value):+.1f}</small>"
        row = self._at.get((scorer, column))
        low, top = (getattr(row, f"{self.metric}_{end}", None) for end in ("low", "high"))
        return "" if low is None or top is None else f"<small>{100 * low:.1f}–{100 * top:.1f}</small>"


def _pick(*parts: Any) -> str:
    return escape(json.dumps(parts))

"""The table of a paper: a line a scorer, AUROC and FPR95 for each OOD set and on average, the best of each column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.passport import MARKS, kind_of, legend
from ood_studio.evaluation.rows import Row

AVERAGE = "average"


class Cell(NamedTuple):
    """One number of the table.

    Attributes:
        value: a fraction; NaN where there is no row.
        low, high: the ends of its interval; NaN where there is none.
        digits: after the point, of the percentage.
        place: 1 for the best of its column as it is shown, 2 for the second; 0 for any other, and in a column of one.
            Lines of different protocols are not ranked with each other: only the inductive ones are, where there are
            both.
    """

    value: float
    low: float
    high: float
    digits: int
    place: Literal[0, 1, 2] = 0

    def percent(self) -> str:
        """Such as ``97.5``; a dash for no number."""
        return "–" if math.isnan(self.value) else f"{100 * self.value:.{self.digits}f}"

    def interval(self) -> str:
        """Such as ``[97.1, 97.9]``; empty where there is none."""
        if math.isnan(self.low):
            return ""
        return f"[{100 * self.low:.{self.digits}f}, {100 * self.high:.{self.digits}f}]"


@dataclass(frozen=True)
class ScoreTable:
    """Rows laid out.

    Attributes:
        suite, id, fpr_definition: what all rows share.
        sets: the OOD sets, and last their average where there are several.
        lines: the name of each line and, for each set, AUROC and FPR95; names are marked where a row is not inductive.
        legend: what the marks mean; empty without any.
    """

    suite: str
    id: str
    fpr_definition: str
    sets: tuple[str, ...]
    lines: tuple[tuple[str, tuple[tuple[Cell, Cell], ...]], ...]
    legend: str = ""


def score_table(rows: Sequence[Row], digits: int = 1) -> ScoreTable:
    """Lays rows out, scorers and sets in the order they come; of rows for the same place the last one counts.

    A line is named by its scorer, and by its backbone too where rows have several. A line that lacks a set has no
    average.

    Raises:
        StudioError: for no rows, or rows of several suites, ID sets or definitions of FPR95: they are not comparable.
    """
    if not rows:
        raise StudioError("a table needs at least one row")
    for name, what in (("suite", "suite"), ("id", "ID set"), ("fpr_definition", "definition of FPR95")):
        found = list(dict.fromkeys(getattr(row, name) for row in rows))
        if len(found) > 1:
            raise StudioError(f"the rows of a table must share one {what}, not {', '.join(found)}")
    at = {(row.backbone, row.scorer, row.ood): row for row in rows}
    sets = tuple(dict.fromkeys(row.ood for row in rows))
    keys = list(dict.fromkeys((row.backbone, row.scorer) for row in rows))
    several = len({backbone for backbone, _ in keys}) > 1
    columns = [
        column
        for name in sets
        for column in (
            [_cell(at.get((*key, name)), "auroc", digits) for key in keys],
            [_cell(at.get((*key, name)), "fpr95", digits) for key in keys],
        )
    ]
    if len(sets) > 1:
        columns += [_average(columns[0::2]), _average(columns[1::2])]
        sets = (*sets, AVERAGE)
    kinds = {(row.backbone, row.scorer): kind_of(row) for row in rows}
    ranked = [len(set(kinds.values())) == 1 or kinds[key] == "inductive" for key in keys]
    columns = [_placed(column, ranked, higher=i % 2 == 0) for i, column in enumerate(columns)]
    lines = []
    for i, (backbone, scorer) in enumerate(keys):
        cells = [column[i] for column in columns]
        name = (f"{backbone}, {scorer}" if several else scorer) + MARKS[kinds[backbone, scorer]]
        lines.append((name, tuple(zip(cells[0::2], cells[1::2], strict=True))))
    return ScoreTable(rows[0].suite, rows[0].id, rows[0].fpr_definition, sets, tuple(lines), legend(rows))


def _cell(row: Row | None, metric: str, digits: int) -> Cell:
    if row is None:
        return Cell(math.nan, math.nan, math.nan, digits)
    ends = (getattr(row, f"{metric}_{end}") for end in ("low", "high"))
    low, high = (math.nan if end is None else end for end in ends)  # None without resamples
    return Cell(getattr(row, metric), low, high, digits)


def _average(columns: list[list[Cell]]) -> list[Cell]:
    """The mean over sets; NaN where a set is missing. Intervals of means are not known from intervals of parts."""
    lines = zip(*columns, strict=True)
    return [Cell(sum(cell.value for cell in line) / len(line), math.nan, math.nan, line[0].digits) for line in lines]


def _placed(column: list[Cell], ranked: list[bool], *, higher: bool) -> list[Cell]:
    """Numbers that look equal share a place; those of lines that are not ranked have none."""
    if len(column) == 1:
        return column
    shown = [cell.percent() for cell in column]
    lines = zip(column, shown, ranked, strict=True)
    numbers = {text for cell, text, counts in lines if counts and not math.isnan(cell.value)}
    best, second, *_ = [*sorted(numbers, key=float, reverse=higher), None, None]
    return [
        cell._replace(place=0 if not counts else 1 if text == best else 2 if text == second else 0)
        for cell, text, counts in zip(column, shown, ranked, strict=True)
    ]

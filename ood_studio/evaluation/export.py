"""Rows as text: CSV and JSON with everything in them, and tables for people as plain text, Markdown, LaTeX and HTML."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any
from unicodedata import east_asian_width

from ood_studio.core.html import Html, bold, html, stacked, table
from ood_studio.core.unicode import json_text, one_line
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.score_table import ScoreTable, score_table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "$": r"\$",
    "#": r"\#",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "τ": r"$\tau$",
    "η": r"$\eta$",
    "–": "--",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
}


def to_csv(rows: Sequence[Row]) -> str:
    """A line a row under a line of field names; params and versions as JSON, an unknown number empty.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in fields(Row)])
    for row in rows:
        writer.writerow([csv_cell(value) for value in asdict(row).values()])
    return out.getvalue()


def to_json(rows: Sequence[Row]) -> str:
    """A list of objects with a row's fields; an unknown number is null."""
    return json_text([_without_nan(asdict(row)) for row in rows], indent=2, default=str)


def to_text(rows: Sequence[Row], *, intervals: bool = False, digits: int = 1) -> str:
    """Aligned columns for the terminal, each cell AUROC / FPR95 in percent.

    Args:
        rows: of one suite, ID set and definition of FPR95; see `score_table`.
        intervals: whether their intervals follow in brackets.
        digits: after the point.

    Raises:
        StudioError: as `score_table`.
    """
    found = score_table(rows, digits)
    padded, _ = _aligned(_pairs(found, intervals=intervals, clean=one_line))
    return "\n".join(["  ".join(line).rstrip() for line in padded] + [found.legend] * bool(found.legend))


def to_markdown(rows: Sequence[Row], *, intervals: bool = False, second: bool = False, digits: int = 1) -> str:
    """A Markdown table, each cell AUROC / FPR95 in percent, the best of each column bold.

    Args:
        rows: of one suite, ID set and definition of FPR95; see `score_table`.
        intervals: whether their intervals follow in brackets.
        second: whether the second best of each column is underlined.
        digits: after the point.

    Raises:
        StudioError: as `score_table`.
    """
    marks = {1: ("**", "**"), **({2: ("<ins>", "</ins>")} if second else {})}
    found = score_table(rows, digits)
    padded, widths = _aligned(_pairs(found, intervals=intervals, clean=_markdown, marks=marks))
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:])]
    return "\n".join(lines + ["", found.legend] * bool(found.legend))


def to_html(rows: Sequence[Row], *, intervals: bool = False, digits: int = 1) -> str:
    """An HTML table for notebooks, each cell AUROC / FPR95 in percent, the best of each column bold.

    Args:
        rows: of one suite, ID set and definition of FPR95; see `score_table`.
        intervals: whether their intervals follow in brackets.
        digits: after the point.

    Raises:
        StudioError: as `score_table`.
    """
    found = score_table(rows, digits)
    lines: list[list[object]] = []
    for name, pairs in found.lines:
        lines.append([name])
        for pair in pairs:
            numbers = [bold(cell.percent()) if cell.place == 1 else html(cell.percent()) for cell in pair]
            ends = [f" {cell.interval()}" if intervals and cell.interval() else "" for cell in pair]
            lines[-1].append(Html(" / ".join(map("".join, zip(numbers, ends, strict=True)))))
    whole = table(["AUROC / FPR95", *found.sets], lines)
    return stacked(whole, found.legend) if found.legend else whole


def to_latex(
    rows: Sequence[Row], *, intervals: bool = False, second: bool = False, digits: int = 2, caption: str = ""
) -> str:
    """A LaTeX table for the package booktabs, two columns a set, in percent, the best of each column bold.

    Args:
        rows: of one suite, ID set and definition of FPR95; see `score_table`.
        intervals: whether intervals stand small behind the numbers.
        second: whether the second best of each column is underlined.
        digits: after the point.
        caption: of the table; the suite, ID set and definition where empty.

    Raises:
        StudioError: as `score_table`.
    """
    found = score_table(rows, digits)
    count = len(found.sets)
    heads = " & ".join(rf"\multicolumn{{2}}{{c}}{{{latex_text(name)}}}" for name in found.sets)
    rules = " ".join(rf"\cmidrule(lr){{{2 * i + 2}-{2 * i + 3}}}" for i in range(count))
    text = caption or (
        f"Suite {found.suite}, ID set {found.id}: AUROC and FPR95 ({found.fpr_definition} definition) in percent."
    )
    text = f"{text} {found.legend}".rstrip()
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_text(text)}}}",
        rf"\begin{{tabular}}{{l{'rr' * count}}}",
        r"\toprule",
        rf" & {heads} \\",
        rules,
        "Scorer" + r" & AUROC $\uparrow$ & FPR95 $\downarrow$" * count + r" \\",
        r"\midrule",
    ]
    marks = {1: r"\textbf", **({2: r"\underline"} if second else {})}
    for name, cells in found.lines:
        shown = []
        for cell in (cell for pair in cells for cell in pair):
            number = latex_text(cell.percent())
            number = f"{marks[cell.place]}{{{number}}}" if cell.place in marks else number
            if intervals and cell.interval():
                number += f" {{\\scriptsize {cell.interval()}}}"
            shown.append(number)
        lines.append(rf"{latex_text(name)} & {' & '.join(shown)} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def text_table(lines: list[list[str]]) -> str:
    """Aligned columns for the terminal: a head and lines of cells, the first column to the left."""
    padded, _ = _aligned([[one_line(cell) for cell in line] for line in lines])
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _pairs(
    found: ScoreTable, *, intervals: bool, clean: Any, marks: dict[int, tuple[str, str]] | None = None
) -> list[list[str]]:
    """A head and a line a scorer, each cell both numbers."""
    marks = marks or {}
    lines = [["AUROC / FPR95", *map(clean, found.sets)]]
    for name, cells in found.lines:
        shown = []
        for pair in cells:
            ends = (marks.get(cell.place, ("", "")) for cell in pair)
            numbers = [f"{a}{cell.percent()}{b}" for cell, (a, b) in zip(pair, ends, strict=True)]
            if intervals:
                numbers = [f"{number} {cell.interval()}".rstrip() for cell, number in zip(pair, numbers, strict=True)]
            shown.append(" / ".join(numbers))
        lines.append([clean(name), *shown])
    return lines


def _aligned(lines: list[list[str]]) -> tuple[list[list[str]], list[int]]:
    """The first column to the left, the others to the right; and their widths."""
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    padded = []
    for first, *rest in lines:
        cells = [first + " " * (widths[0] - _width(first))]
        cells += [" " * (width - _width(cell)) + cell for cell, width in zip(rest, widths[1:], strict=True)]
        padded.append(cells)
    return padded, widths


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _markdown(text: str) -> str:
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", one_line(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def latex_text(text: str) -> str:
    """A name as LaTeX shows it literally, on one line."""
    return "".join(_LATEX.get(sign, sign) for sign in one_line(text))


def csv_cell(value: Any) -> Any:
    """A value for a line of CSV: parameters as JSON, an unknown number empty, formulas of spreadsheets harmless."""
    if isinstance(value, dict):
        value = json_text(_without_nan(value), default=str)
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_nan(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

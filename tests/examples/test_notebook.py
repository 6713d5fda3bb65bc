"""The example notebook, cell by cell, on few images."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.worlds.fewer import fewer_references

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "notebook.py"
USUAL = "COUNT = 200"


def cells(text: str) -> list[str]:
    """The cells with code of a script in percent format."""
    parts = [part.partition("\n") for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]]
    return [code for head, _, code in parts if "[markdown]" not in head]


def shown(code: str, names: dict[str, Any]) -> Any:
    """Runs a cell; gives the value of an expression at its end, which a notebook shows."""
    tree = ast.parse(code, str(SCRIPT))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(SCRIPT), "exec"), names)
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), str(SCRIPT), "eval"), names)


@pytest.fixture(scope="module")
def outputs() -> Iterator[list[Any]]:
    text = SCRIPT.read_text(encoding="utf-8")
    assert text.count(USUAL) == 1
    names: dict[str, Any] = {}
    with fewer_references(40, 30):
        yield [shown(code, names) for code in cells(text.replace(USUAL, "COUNT = 20"))]


def test_every_cell_shows_something(outputs: list[Any]) -> None:
    _, images, explored, verdicts, negatives, result, figure = outputs
    for each in (images, explored, negatives, result):
        made = each._repr_html_()
        assert made.startswith("<div") and len(made) > 500
    assert images._repr_html_().count("<img ") == 8
    assert len(verdicts) == 2 and all(verdicts.values())
    assert isinstance(figure, go.Figure) and {"neglabel", "mcm", "energy"} <= {trace.meta for trace in figure.data}


def test_what_is_shown_is_what_was_asked(outputs: list[Any]) -> None:
    _, images, explored, _, negatives, result, _ = outputs
    assert [report.name for report in explored.reports] == [images.caption(0), images.caption(1)]
    assert explored.reports[0].verdict.split(".")[0] in explored._repr_html_()
    assert f"{len(negatives):,} negative labels" in negatives._repr_html_()
    assert {row.scorer for row in result.rows} == {"neglabel", "mcm", "energy"}
    assert "far-ood-textures" in result._repr_html_() and all(row.n_ood == 20 for row in result.rows)

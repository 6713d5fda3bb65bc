"""Exports: everything of every row in CSV and JSON; tables with the best numbers marked and names escaped."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.export import to_csv, to_html, to_json, to_latex, to_markdown, to_text
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.score_table import score_table
from tests.evaluation.rows import row

NAN = {"auroc_low": math.nan, "auroc_high": math.nan, "fpr95_low": math.nan, "fpr95_high": math.nan}


def rows() -> list[Row]:
    return [
        row(auroc=0.975, fpr95=0.12),
        row(ood="far_100%", auroc=0.9, fpr95=0.5),
        row(scorer="neg & label", auroc=0.985, fpr95=0.15),
        row(scorer="neg & label", ood="far_100%", auroc=0.90004, fpr95=0.25),
        row(scorer="energy", auroc=0.5, fpr95=0.95, **NAN),
    ]


def test_the_best_and_second_best_of_each_column_are_those_people_see() -> None:
    table = score_table(rows())
    assert table.sets == ("near", "far_100%", "average")
    places = [[(auroc.place, fpr.place) for auroc, fpr in cells] for _, cells in table.lines]
    assert places == [
        [(2, 1), (1, 2), (2, 2)],
        [(1, 2), (1, 1), (1, 1)],
        [(0, 0), (0, 0), (0, 0)],
    ]
    averages = [(cells[-1][0].value, cells[-1][1].value) for _, cells in table.lines]
    assert averages[0] == pytest.approx(((0.975 + 0.9) / 2, 0.31))
    assert all(map(math.isnan, averages[2]))
    assert [cells[1][0].place for _, cells in score_table(rows(), digits=3).lines] == [2, 1, 0]


def test_a_later_row_replaces_an_earlier_one_and_backbones_are_told_apart() -> None:
    (line,) = score_table([row(auroc=0.1), row(auroc=0.2)]).lines
    assert line[0] == "mcm" and line[1][0][0].value == 0.2 and line[1][0][0].place == 0
    assert [name for name, _ in score_table([row(), row(backbone="other")]).lines] == ["model, mcm", "other, mcm"]


def test_rows_that_are_not_comparable_make_no_table() -> None:
    with pytest.raises(StudioError, match="must share one definition of FPR95, not exact, strict"):
        score_table([row(), row(fpr_definition="strict")])
    with pytest.raises(StudioError, match="must share one suite, not toy, other"):
        to_latex([row(), row(suite="other")])
    with pytest.raises(StudioError, match="at least one row"):
        to_markdown([])


def test_csv_holds_every_field_and_no_formulas() -> None:
    made = [row(), row(ood='=cmd|" /C calc"!A0', auroc_low=math.nan, params={"a": math.nan, "b": (1, "ü")})]
    found = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert list(found[0]) == list(Row.__dataclass_fields__)
    assert float(found[0]["auroc"]) == 0.975 and json.loads(found[0]["params"]) == {"tau": 0.01, "lexnames": None}
    assert found[1]["ood"] == "'" + made[1].ood and found[1]["auroc_low"] == ""
    assert json.loads(found[1]["params"]) == {"a": None, "b": [1, "ü"]}


def test_json_is_strict_and_reads_back() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    made = rows()
    found = json.loads(to_json(made), parse_constant=refuse)
    assert [Row(**each) for each in found[:4]] == made[:4]
    assert found[4]["auroc_low"] is None


def test_plain_text_is_aligned() -> None:
    lines = to_text(rows()).splitlines()
    assert lines[0].split() == ["AUROC", "/", "FPR95", "near", "far_100%", "average"]
    assert lines[1].split() == ["mcm", "97.5", "/", "12.0", "90.0", "/", "50.0", "93.8", "/", "31.0"]
    assert lines[3].split()[1:] == ["50.0", "/", "95.0", "–", "/", "–", "–", "/", "–"]
    assert len({len(line) for line in lines}) == 1
    assert "97.5 [95.0, 99.0] / 12.0 [10.0, 20.0]" in to_text(rows(), intervals=True)
    assert "50.0 / 95.0" in to_text(rows(), intervals=True)


def test_names_cannot_break_a_table() -> None:
    name = "a|b\n_c_ <img src=x> `d`\x1b[2J"
    lines = to_markdown([row(ood=name)]).splitlines()
    assert len(lines) == 3 and r"a\|b \_c\_ &lt;img src=x&gt; \`d\` \[2J" in lines[0]
    assert "\x1b" not in to_text([row(ood=name)]) and len(to_text([row(ood=name)]).splitlines()) == 2
    latex = to_latex([row(scorer="50%_&$#{}~^\\")])
    assert r"50\%\_\&\$\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{} & 97.50 & 12.00 \\" in latex


def test_markdown_marks_the_best() -> None:
    lines = to_markdown(rows(), second=True).splitlines()
    assert [line.count(" | ") for line in lines] == [3] * 5
    assert "<ins>97.5</ins> / **12.0**" in lines[2] and "**98.5** / <ins>15.0</ins>" in lines[3]
    assert "<ins>" not in to_markdown(rows())


def test_latex_is_a_booktabs_table() -> None:
    lines = to_latex(rows(), second=True, intervals=True).splitlines()
    assert lines[2] == r"\caption{Suite toy, ID set in: AUROC and FPR95 (exact definition) in percent.}"
    assert lines[3:5] == [r"\begin{tabular}{lrrrrrr}", r"\toprule"]
    assert r"\multicolumn{2}{c}{far\_100\%}" in lines[5]
    assert lines[6] == r"\cmidrule(lr){2-3} \cmidrule(lr){4-5} \cmidrule(lr){6-7}"
    assert lines[9].startswith(r"mcm & \underline{97.50} {\scriptsize [95.00, 99.00]} & \textbf{12.00} {\script")
    assert lines[11].endswith(r"& 50.00 & 95.00 & -- & -- & -- & -- \\")
    assert {line.count(" & ") for line in lines[7:12] if line.endswith(r"\\")} == {6}
    assert to_latex(rows(), caption="50 % of it").splitlines()[2] == r"\caption{50 \% of it}"


@pytest.mark.parametrize("write", [to_text, to_markdown, to_latex, to_html])
def test_intervals_that_were_not_asked_for_are_left_out(write: Callable[..., str]) -> None:
    without = row(auroc_low=None, auroc_high=None, fpr95_low=None, fpr95_high=None)
    assert write([without], intervals=True) == write([without]) != write([row()], intervals=True)


def test_html_says_what_markdown_says() -> None:
    rows = [row(), row(scorer="<msp>", auroc=0.9, fpr95=0.5), row(ood="far", auroc=1.0, fpr95=0.0)]
    made = to_html(rows)
    assert made.count("<tr>") == 3 and "&lt;msp&gt;" in made and "<msp>" not in made
    assert "<b>97.5</b> / <b>12.0</b>" in made and "90.0 / 50.0" in made and "average" in made
    assert "<b>97.5</b> [95.0, 99.0]" in to_html(rows, intervals=True)


def test_a_result_shows_itself_in_a_notebook() -> None:
    result = BenchResult("toy", "model", "in", rows=(row(),), unavailable={"knn": "it needs <training> pictures"})
    made = result._repr_html_()
    assert "Suite toy, backbone model" in made and "97.5 / 12.0" in made
    assert "knn could not run: it needs &lt;training&gt; pictures." in made
    assert "No scorer has finished yet" in BenchResult("toy", "model", "in")._repr_html_()

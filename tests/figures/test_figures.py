"""Figures show what the metrics say: the marked points, the thinned curves, bins, names from outside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ood_studio.evaluation.metrics import aupr_in, aupr_out, fpr_at_tpr, roc_curve
from ood_studio.figures.auroc_bars import auroc_bars
from ood_studio.figures.base import plain, thin
from ood_studio.figures.colours import ID, OOD_COLOURS, SCORER_COLOURS, styles
from ood_studio.figures.precision_recall import precision_recall, precision_recall_figure
from ood_studio.figures.roc import roc_figure
from ood_studio.figures.score_histograms import bin_counts, bin_edges, score_histograms
from ood_studio.figures.score_scatter import score_scatter
from ood_studio.figures.sweep import sweep_figure


def scores(n: int, m: int, digits: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """ID and OOD scores that overlap; rounded to have ties."""
    rng = np.random.default_rng(n + m)
    pair = rng.normal(1.5, 1, n), rng.standard_t(3, m)
    return pair if digits is None else (pair[0].round(digits), pair[1].round(digits))


def trace(figure: Any, mode: str, meta: str) -> Any:
    """The figure's trace of that mode and meta."""
    return next(one for one in figure.data if one.meta == meta and one.mode == mode)


@pytest.mark.parametrize("digits", [None, 1, 0])
@pytest.mark.parametrize("log", [False, True])
def test_roc_passes_through_the_exact_fpr95_point(digits: int | None, log: bool) -> None:
    inside, outside = scores(3000, 1111, digits)
    figure = roc_figure({"a": roc_curve(inside, outside)}, log=log, thresholds={"a": 1.0})
    expected = fpr_at_tpr(inside, outside)
    line, mark = trace(figure, "lines", "a"), trace(figure, "markers", "a")
    assert mark.x[0] == expected and mark.y[0] >= 0.95
    assert (mark.x[0], mark.y[0]) in set(zip(line.x, line.y, strict=True))
    assert np.mean(inside >= mark.customdata[0][0]) == mark.y[0]
    ring = figure.data[-1]
    assert (ring.x[0], ring.y[0]) == (np.mean(outside >= 1.0), np.mean(inside >= 1.0))
    assert f"{expected:.1%}" in line.name and f"{expected:.1%}" in figure.layout.meta["summary"]


@pytest.mark.parametrize("n", [5, 500, 20_000])
def test_thinning_moves_no_point_visibly(n: int) -> None:
    curve = roc_curve(*scores(n, n))
    kept = thin(curve.fpr, curve.tpr, keep=[n // 3])
    assert len(kept) <= 400 and {0, n // 3, len(curve.fpr) - 1} <= set(kept) and np.all(np.diff(kept) > 0)
    # Oracle: how far the dropped points are from the line, along the second diagonal, on which both are functions.
    along = curve.fpr + curve.tpr
    across = curve.tpr - curve.fpr
    off = np.abs(np.interp(along, along[kept], across[kept]) - across) / np.sqrt(2)
    assert off.max() < 0.002  # a pixel of 500


def test_thinning_keeps_corners_and_drops_straight_runs() -> None:
    x, y = np.append(np.zeros(50), np.linspace(0, 1, 50)), np.append(np.linspace(0, 1, 50), np.ones(50))
    assert thin(x, y).tolist() in ([0, 49, 99], [0, 50, 99])
    assert thin(np.zeros(3), np.zeros(3)).tolist() == [0, 2]
    assert thin(np.zeros(1), np.zeros(1)).tolist() == [0]


@pytest.mark.parametrize("digits", [None, 0])
def test_precision_recall_steps_enclose_the_average_precision(digits: int | None) -> None:
    inside, outside = scores(800, 300, digits)
    curve = roc_curve(inside, outside)
    for side, exact in (("id", aupr_in), ("ood", aupr_out)):
        recall, precision = precision_recall(curve, 800, 300, side)  # type: ignore[arg-type]
        assert np.sum(np.diff(recall, prepend=0) * precision) == pytest.approx(exact(inside, outside), abs=1e-12)
        line = precision_recall_figure({"a": curve}, 800, 300, side).data[0]  # type: ignore[arg-type]
        assert np.trapezoid(line.y, line.x) == pytest.approx(exact(inside, outside), abs=1e-3)


def test_bins_count_every_score_once_whatever_the_outliers() -> None:
    values = np.concatenate([np.random.default_rng(0).normal(size=1000), [1e9, -np.inf, np.inf]])
    edges = bin_edges([values], 0.25)
    assert edges[0] > -10 and edges[-1] < 10
    counts = bin_counts(values, edges)
    assert counts.sum() == len(values)
    figure = score_histograms("s", "id", values, {"near": values[:10], "none": np.empty(0)}, 0.25)
    bar = figure.data[0]
    low, high, count = np.asarray(bar.customdata).T
    assert low[0] == -np.inf and high[-1] == np.inf
    assert [int(np.sum((values >= a) & (values < b))) for a, b in zip(low[:-1], high[:-1], strict=True)] == list(
        count[:-1]
    )
    assert [one.meta for one in figure.data] == ["id", "near", "id"]
    assert figure.data[0].marker.color == ID


def test_a_picture_is_marked_even_beyond_all_scores() -> None:
    ends = [score_histograms("s", "id", np.zeros(5), {"near": np.ones(5)}, 0.5, picture=at) for at in (0.0, 0.5, 1.0)]
    assert [figure.layout.annotations[1].xanchor for figure in ends] == ["left", "center", "right"]
    figure = score_histograms("s", "id", np.zeros(5), {"near": np.ones(5)}, 0.5, picture=9.0)
    assert {shape.x0 for shape in figure.layout.shapes} == {0.5, 9.0}
    assert figure.layout.xaxis.range[1] >= 9 and "This picture scores 9" in figure.layout.meta["summary"]
    assert not any(shape.editable for shape in figure.layout.shapes)


def test_constant_and_missing_scores_are_drawn() -> None:
    assert bin_edges([np.full(3, 7.0)])[[0, -1]].tolist() == [6.5, 7.5]
    assert bin_counts(np.full(3, 7.0), bin_edges([np.full(3, 7.0)])).sum() == 3
    empty = np.empty(0)
    for figure in (
        roc_figure({}),
        score_histograms("s", "id", empty, {}),
        precision_recall_figure({}, 0, 0),
        auroc_bars([]),
        score_scatter("a", "b", "id", {"id": (empty, empty)}),
        sweep_figure("tau", [], {}),
    ):
        assert figure.to_json() and figure.layout.meta["summary"]


def test_bars_grow_from_chance_with_the_interval_where_there_is_one() -> None:
    def row(ood: str, scorer: str, auroc: float, low: float | None, high: float | None) -> Any:
        return SimpleNamespace(ood=ood, scorer=scorer, auroc=auroc, auroc_low=low, auroc_high=high)

    rows = [row("near", "mcm", 0.4, 0.35, 0.5), row("far", "mcm", 0.9, None, None), row("far", "msp", 0.8, None, None)]
    figure = auroc_bars(rows)
    bars = figure.data[0]
    assert (bars.y + bars.base).tolist() == [0.4, 0.9] and list(bars.customdata) == ["near", "far"]
    assert bars.error_y.array.tolist() == pytest.approx([0.1, 0]) and bars.error_y.arrayminus[0] == pytest.approx(0.05)
    assert list(figure.data[1].x) == [1] and not figure.data[1].error_y.visible
    assert "near: mcm 40.0%" in figure.layout.meta["summary"]


def test_scatter_names_set_and_row_and_turns_to_webgl() -> None:
    x = np.append(np.arange(1500.0), np.inf)
    figure = score_scatter(
        "a", "b", "id", {"id": (x, x), "near": (x[:3], x[:3])}, {"id": np.arange(1501) * 2, "near": x[:3]}
    )
    assert {one.type for one in figure.data} == {"scatter"}
    inside = trace(figure, "markers", "id")
    assert len(inside.x) == 1500 and inside.customdata[1499] == 2998
    double = score_scatter("a", "b", "id", {"id": (x, x), "near": (x, x)}, None, (1.0, 2.0))
    assert {one.type for one in double.data} == {"scattergl"} and len(double.layout.shapes) == 2


def test_sweep_over_numbers_and_over_words() -> None:
    figure = sweep_figure(
        "τ", [0.01, 0.1], {"far": [0.5, None]}, log=True, usual=0.01, intervals={"far": [(0.4, 0.7), (None, None)]}
    )
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.shapes[0].x0 == 0.01 and figure.layout.annotations[0].x == -2  # plotly's two conventions
    assert figure.data[0].error_y.arrayminus[0] == pytest.approx(0.1)
    assert sweep_figure("η", [0.0, 0.1], {"far": [0.5, 0.6]}, log=True).layout.xaxis.type is None
    words = sweep_figure("form", ["sum", "max"], {"far": [0.5, 0.6]}, usual="max")
    assert words.layout.shapes[0].x0 == 1 and list(words.layout.xaxis.ticktext) == ["sum", "max"]
    assert not sweep_figure("k", [1, 5], {"far": [0.5, 0.6]}, usual="none").layout.shapes  # a default that is no number


def test_names_from_outside_are_shown_literally() -> None:
    evil = "<img src=x onerror=alert(1)> %{x} $a$\n" + "long " * 20
    text = plain(evil)
    assert "<" not in text and "%{" not in text and "$" not in text and "\n" not in text
    curve = roc_curve(*scores(9, 9))
    for figure in (
        roc_figure({evil: curve}),
        precision_recall_figure({evil: curve}, 9, 9),
        score_histograms(evil, evil, np.ones(2), {evil + "2": np.zeros(2)}),
        score_scatter(evil, evil, evil, {evil: (np.ones(2), np.ones(2))}, None, (0.0, 0.0)),
        sweep_figure(evil, [evil], {evil: [0.5]}),
    ):
        for one in figure.data:
            assert "<img" not in f"{one.name}{one.hovertemplate}"
        layout = figure.layout.to_plotly_json()
        layout.pop("meta")
        assert "<img" not in str({key: value for key, value in layout.items() if key != "uirevision"})


def test_series_differ_in_more_than_colour_and_keep_their_look() -> None:
    names = [f"scorer {i}" for i in range(24)]
    looks = styles(names)
    assert len({(look.colour, look.dash) for look in looks.values()}) == len(names)
    assert styles(names[:5]) == {name: looks[name] for name in names[:5]}


@pytest.mark.parametrize("colour", [ID, *SCORER_COLOURS, *OOD_COLOURS])
def test_colours_are_seen_on_white_and_on_the_dark_page(colour: str) -> None:
    def luminance(code: str) -> float:
        parts = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for ground in ("#ffffff", "#0f172a"):
        light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 2.7

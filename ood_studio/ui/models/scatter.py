"""The models along two axes, and what the trends over them say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape

import numpy as np
import plotly.graph_objects as go

from ood_studio.evaluation.trends import FEWEST, Difference, Trend, band
from ood_studio.evaluation.zoo import Measured
from ood_studio.evaluation.zoo.axes import figures_of, is_share, said, title
from ood_studio.evaluation.zoo.claims import EVERY, Points, differences, points, trends
from ood_studio.figures.base import plain
from ood_studio.figures.model_scatter import Axis, ModelGroup, model_scatter
from ood_studio.ui.models.session import Session
from ood_studio.ui.tables import figures_table

_STEPS = 24
_RESAMPLES, _PERMUTATIONS = 200, 500


def scatter(mine: Session) -> tuple[go.Figure, str]:
    """The figure, and what is said under it as HTML: trends, whether they differ, and who is not there."""
    view, models = mine.view, {each.backbone: each for each in mine.models()}
    groups, left_out = points([*models.values()], mine.groups(), view.x, view.y)
    lines, apart = _lines(tuple(groups))
    drawn = [_group(each, lines[each.group], models, view.x, view.y) for each in groups]
    figure = model_scatter(
        [each for each in drawn if each.name != EVERY],
        Axis(title(view.x), is_share(view.x)),
        Axis(title(view.y), is_share(view.y)),
        next((each for each in drawn if each.name == EVERY), None),
        (view.first, view.second),
    )
    return figure, _said(lines, {pair: test.p for pair, test in apart.items() if test is not None}, left_out)


@lru_cache(maxsize=64)
def _lines(
    groups: tuple[Points, ...],
) -> tuple[Mapping[str, Trend | None], Mapping[tuple[str, str], Difference | None]]:
    """The line of each group, and whether two differ: what takes longest, and is asked for again at every click."""
    return trends(groups, resamples=_RESAMPLES), differences(groups, permutations=_PERMUTATIONS)


def _group(of: Points, trend: Trend | None, models: Mapping[str, Measured], x: str, y: str) -> ModelGroup:
    line = None
    if trend is not None:
        at = np.linspace(min(of.x), max(of.x), _STEPS)
        low, high = band(trend, of.x, of.y, at.tolist())
        line = (at.tolist(), (trend.slope * at + trend.intercept).tolist(), low.tolist(), high.tolist())
    sizes = tuple(parameters(models[name]) for name in of.models)
    cards = tuple(_pointed(models[name], of.group, x, y) for name in of.models)
    return ModelGroup(of.group, of.models, of.x, of.y, sizes, cards, line)


def parameters(model: Measured) -> float:
    """How many the image tower has; 0 where not known."""
    found = model.figures.get("parameters")
    return 0.0 if found is None else found.value


def _pointed(model: Measured, group: str, x: str, y: str) -> str:
    """What is said of a model that is pointed at, as plotly text."""
    figures, count = figures_of(model), parameters(model)
    lines = [f"<b>{plain(model.backbone, 60)}</b>", plain(group, 60)]
    lines += [f"{plain(title(axis), 60)}: {said(axis, figures[axis], interval=True)}" for axis in dict.fromkeys((x, y))]
    if count:
        lines.append(f"{count:,.0f} parameters")
    return "<br>".join(lines)


def _said(
    lines: Mapping[str, Trend | None], differing: Mapping[tuple[str, str], float], left_out: Mapping[str, str]
) -> str:
    rows = "".join(_row(group, trend) for group, trend in lines.items())
    caption = "Robust lines (Huber), 95 % intervals over resampled models"
    table = figures_table(caption, ("trend", "models", "slope", "R²"), rows)
    tests = "; ".join(
        f"{escape(one)} and {escape(other)} {'differ' if p < 0.05 else 'are not told apart'} (p = {p:.2g})"
        for (one, other), p in differing.items()
    )
    lost = "; ".join(f"{escape(name)}: {escape(why)}" for name, why in left_out.items())
    notes = [f"Lines of {tests}." if tests else "", f"Not in the figure: {lost}." if lost else ""]
    return table + "".join(f'<p class="studio-about">{note}</p>' for note in notes if note)


def _row(group: str, trend: Trend | None) -> str:
    name = f'<th scope="row">{escape(group)}</th>'
    if trend is None:
        return f"<tr>{name}<td colspan=3>no trend: it takes {FEWEST} models that differ across</td></tr>"
    slope = f"{trend.slope:.2f} ({trend.slope_low:.2f} to {trend.slope_high:.2f})"
    r2 = f"{trend.r2:.2f} ({trend.r2_low:.2f} to {trend.r2_high:.2f})"
    return f"<tr>{name}<td>{trend.n}</td><td>{slope}</td><td>{r2}</td></tr>"

"""A session's figures: every figure names scorers by their titles and gives each the same colour."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go

from ood_studio.evaluation.metrics import Roc, roc_curve
from ood_studio.figures.auroc_bars import auroc_bars
from ood_studio.figures.colours import OOD_COLOURS, Style, styles
from ood_studio.figures.precision_recall import precision_recall_figure
from ood_studio.figures.roc import roc_figure
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.figures.score_scatter import score_scatter
from ood_studio.ui.compare.names import scorer_title, scorer_titles
from ood_studio.ui.compare.session import Session

HEIGHT = 290
"""Pixels of figures that stand beside their controls."""
_TALL = 420


def roc(mine: Session) -> go.Figure:
    """ROC curves of all scorers on the chosen set, the chosen scorer with its threshold."""
    title = scorer_title(mine.view.scorer)
    figure = roc_figure(_curves(mine), log=mine.view.log, thresholds={title: mine.threshold()}, looks=_looks(mine))
    return figure.update_layout(height=_TALL)


def histogram(mine: Session) -> go.Figure:
    """The chosen scorer's scores of the ID and the chosen OOD set."""
    assert mine.result is not None
    inside, outside = mine.scores()
    title = scorer_title(mine.view.scorer)
    figure = score_histograms(
        title, mine.result.id, inside, {mine.view.set: outside}, mine.threshold(), looks=_set_looks(mine)
    )
    return figure.update_layout(height=HEIGHT)


def precision(mine: Session) -> go.Figure:
    """Precision and recall of all scorers on the chosen set."""
    inside, outside = mine.scores()
    figure = precision_recall_figure(_curves(mine), len(inside), len(outside), looks=_looks(mine))
    return figure.update_layout(height=_TALL)


def bars(mine: Session) -> go.Figure:
    """All scorers on all sets."""
    looks, titles = _looks(mine), scorer_titles(mine.scorers())
    metric: Literal["auroc", "fpr95"] = "fpr95" if mine.view.metric == "fpr95" else "auroc"
    figure = auroc_bars(mine.rows(), metric, titles, {scorer: looks[title] for scorer, title in titles.items()})
    return figure.update_layout(height=_TALL)


def scatter(mine: Session) -> go.Figure:
    """The chosen scorer against the other one, a point a picture."""
    assert mine.result is not None
    first, second = mine.scores(mine.view.scorer), mine.scores(mine.view.against)
    names = (mine.result.id, mine.view.set)
    return score_scatter(
        scorer_title(mine.view.scorer),
        scorer_title(mine.view.against),
        mine.result.id,
        {name: (first[side], second[side]) for side, name in enumerate(names)},
        {name: mine.result.rows_of[name] for name in names},
        (mine.threshold(mine.view.scorer), mine.threshold(mine.view.against)),
        _set_looks(mine),
    )


def scorer_named(mine: Session, title: str) -> str | None:
    """The scorer of a title in a figure."""
    return next((scorer for scorer, name in scorer_titles(mine.scorers()).items() if name == title), None)


def _curves(mine: Session) -> dict[str, Roc]:
    return {scorer_title(scorer): roc_curve(*mine.scores(scorer)) for scorer in _here(mine)}


def _here(mine: Session) -> list[str]:
    return [row.scorer for row in mine.rows() if row.ood == mine.view.set]


def _looks(mine: Session) -> dict[str, Style]:
    return styles(scorer_title(scorer) for scorer in mine.scorers())


def _set_looks(mine: Session) -> dict[str, Style]:
    return styles(mine.sets(), OOD_COLOURS)

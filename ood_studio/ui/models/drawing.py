"""A run on the screen: which component gets what."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.evaluation.zoo.axes import axes
from ood_studio.ui.downloads import text_file
from ood_studio.ui.models import pair
from ood_studio.ui.models.cards import EMPTY, model_html, run_html
from ood_studio.ui.models.earlier import changes_html
from ood_studio.ui.models.panels import Panels
from ood_studio.ui.models.scatter import scatter
from ood_studio.ui.models.session import Session
from ood_studio.ui.models.table import table_html, to_csv, to_latex
from ood_studio.ui.plot import figure_update
from ood_studio.ui.wiring import Updates


def everything(p: Panels, mine: Session) -> Updates:
    """All that is seen of a run."""
    if not mine.ready:
        note = "" if mine.run is None or not mine.run.problems else run_html(mine)
        return {p.about: note or EMPTY}
    models = mine.models()
    names, known = [each.backbone for each in models], axes(models)
    choices = [(title, name) for name, title in known.items()]
    view = mine.view
    return {
        p.about: run_html(mine),
        p.x: gr.update(choices=choices, value=view.x),
        p.y: gr.update(choices=choices, value=view.y),
        p.by: view.by,
        p.first: gr.update(choices=names, value=view.first),
        p.second: gr.update(choices=names, value=view.second),
        p.csv: gr.DownloadButton(value=str(text_file("zoo.csv", to_csv(models, mine.groups())))),
        p.changes: changes_html(mine),
        **trends(p, mine),
        **chosen(p, mine),
    }


def trends(p: Panels, mine: Session) -> Updates:
    """What the axes and groups change."""
    figure, said = scatter(mine)
    return {p.scatter: figure_update(p.scatter, figure), p.trends: said, **table(p, mine)}


def table(p: Panels, mine: Session) -> Updates:
    """The table and its file."""
    return {
        p.table: table_html(mine),
        p.latex: gr.DownloadButton(value=str(text_file("zoo.tex", to_latex(mine)))),
    }


def chosen(p: Panels, mine: Session) -> Updates:
    """What the two models that are compared change, but for the rings around them."""
    bars, bars_said = pair.factors(mine)
    return {
        p.card: model_html(mine),
        p.factors: figure_update(p.factors, bars),
        p.factors_about: bars_said,
        p.found: pair.retrieval(mine),
        **reliability(p, mine),
    }


def reliability(p: Panels, mine: Session) -> Updates:
    """The diagrams of the chosen set."""
    figure, said = pair.reliability(mine)
    return {p.reliability: figure_update(p.reliability, figure), p.reliability_about: said}


def boxes(p: Panels, mine: Session) -> dict[Any, Any]:
    """The two dropdowns of models, as they were chosen elsewhere."""
    return {p.first: mine.view.first, p.second: mine.view.second}

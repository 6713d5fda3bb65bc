"""What is looked at: axes, a point, a model, an earlier run."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.zoo import ZooRun, ZooStore
from ood_studio.evaluation.zoo.axes import figures_of
from ood_studio.evaluation.zoo.bundled import bundled_run
from ood_studio.ui.models import drawing
from ood_studio.ui.models.cards import origin_of
from ood_studio.ui.models.earlier import BUNDLED, earlier_runs
from ood_studio.ui.models.parts import Parts
from ood_studio.ui.models.session import Session
from ood_studio.ui.models.table import MODEL
from ood_studio.ui.notices import tell
from ood_studio.ui.plot import read_click
from ood_studio.ui.wiring import Updates

BACKBONE = "labels.backbone"


def picked(event: gr.EventData) -> tuple[str, Any]:
    """What a list or table was told: an action, and what it is of.

    Raises:
        StudioError: if the browser sent something else.
    """
    try:
        action, value = json.loads(event.value)
    except (AttributeError, TypeError, ValueError) as error:
        raise StudioError("the list’s message could not be read; reload the page") from error
    return str(action), value


def wire_looking(parts: Parts) -> None:
    """Wires axes, figure, table, card and the dropdowns of models."""
    p = parts.panels

    def along(mine: Session, x: Any, y: Any, by: Any) -> Updates:
        """Other axes, or other groups."""
        mine.look(x=str(x), y=str(y), by=by if by in ("group", "source") else "group")
        return drawing.trends(p, mine)

    def side_by_side(mine: Session, first: Any, second: Any) -> Updates:
        """Two other models."""
        mine.look(first=str(first), second=str(second))
        return drawing.trends(p, mine) | drawing.chosen(p, mine)

    parts.on([p.x.input, p.y.input, p.by.input], along, [p.x, p.y, p.by], name="axes")
    parts.on([p.first.input, p.second.input], side_by_side, [p.first, p.second], name="pair")

    def point(mine: Session, event: gr.EventData) -> Updates:
        """A point of the figure is a model."""
        return choose(mine, read_click(event).customdata)

    def row(mine: Session, event: gr.EventData) -> Updates:
        """The table's heads sort it, its names choose a model."""
        action, value = picked(event)
        if action == "model":
            return choose(mine, value)
        if value == MODEL or any(value in figures_of(each) for each in mine.models()):
            mine.order, mine.reverse = value, mine.order == value and not mine.reverse
        return drawing.table(p, mine)

    def choose(mine: Session, name: Any) -> Updates:
        if mine.run is None or mine.run.model(str(name)) is None:
            return {}
        mine.look(first=str(name))
        return drawing.trends(p, mine) | drawing.chosen(p, mine) | drawing.boxes(p, mine)

    parts.on(p.scatter.click, point, name="point")
    parts.on(p.table.select, row, name="row")

    def set_of(mine: Session, event: gr.EventData) -> Updates:
        """Whose reliability is shown."""
        mine.look(set=str(picked(event)[1]))
        return drawing.reliability(p, mine)

    parts.on(p.reliability_about.select, set_of, name="set")
    _wire_card(parts)


def _wire_card(parts: Parts) -> None:
    p, sidebar = parts.panels, parts.sidebar

    def act(mine: Session, event: gr.EventData, *shared: Any) -> Updates:
        """Uses the model in all tabs."""
        action, name = picked(event)
        if action != "use" or mine.run is None or mine.run.model(str(name)) is None:
            return {}
        updates = sidebar.updates({BACKBONE: name, "labels.adapter": ()}, shared)
        tell("info", f"{name} is the model of all tabs now.")
        return updates

    inputs = [parts.session, *sidebar.inputs]
    parts.page.on(p.card.select, act, inputs, sidebar.outputs, name="models_use")


def wire_earlier(parts: Parts) -> None:
    """Wires the list of earlier results."""
    p, chooser = parts.panels, parts.chooser

    def act(mine: Session, event: gr.EventData) -> Updates:
        """Opens a run, compares it with what is looked at, or takes it away."""
        action, number = picked(event)
        if type(number) is not int or number < 0:
            raise StudioError("the list’s message could not be read; reload the page")
        if action == "delete":
            if parts.page.strangers:
                raise StudioError("visitors delete nothing of this server")
            ZooStore().delete(number)
            return parts.listed(mine)
        run = opened(number, parts.page.strangers)
        if action == "compare":
            mine.compared = run
        else:
            mine.take(run, origin_of(run))
        return drawing.everything(p, mine) | parts.share(mine) | parts.listed(mine)

    outputs = [*parts.outputs, chooser.earlier]
    parts.page.on(chooser.earlier.select, act, parts.session, outputs, name="models_earlier")


def opened(number: int, strangers: bool) -> ZooRun:
    """An earlier run, or the one that came with the package.

    Raises:
        StudioError: if it is not there any more, is of another version, or is not for strangers.
    """
    if number == BUNDLED:
        found = bundled_run()
        if found is None:
            raise StudioError("this package brings no results of the zoo; press Measure")
        return found
    if strangers and number not in {run.number for run in earlier_runs(strangers)}:
        raise StudioError("this run of the zoo is not kept any more; open another")
    return ZooStore().open(number)

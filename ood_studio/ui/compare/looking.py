"""Looking at a result in another way; nothing is computed by a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from ood_studio.core.parameters import leaves
from ood_studio.ui.compare import drawing, link, save
from ood_studio.ui.compare.panels import Panels
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.session import Session
from ood_studio.ui.compare.view import View
from ood_studio.ui.form.convert import value_of
from ood_studio.ui.wiring import Updates

_DOWNLOAD = "() => setTimeout(() => document.querySelector('#compare-figure-file').click(), 300)"


def wire_looking(parts: Parts) -> None:
    """Wires the metric, the threshold, the second scorer, the table and the saved page."""
    p = parts.panels

    def changed(name: str, draw: Callable[[Panels, Session], Updates]) -> Callable[[Session, Any], Updates]:
        def change(mine: Session, value: Any) -> Updates:
            mine.look(**{name: value_of(leaves(View)[name], value, getattr(mine.view, name))})
            return draw(p, mine)

        return change

    for component, part, draw in (
        (p.metric, "metric", drawing.table),
        (p.other, "against", _scored(_against)),
        (p.log, "log", _scored(drawing.moved)),
        (p.keep, "keep", _scored(drawing.moved)),
    ):
        parts.on(component.input, changed(part, draw), [component], name=part)
    for event, name in ((p.keep.release, "threshold"), (p.mistakes.click, "mistakes")):
        parts.on(event, changed("keep", _scored(_mistakes)), [p.keep], name=name)

    def pick(mine: Session, event: gr.EventData) -> Updates:
        """A heading of the table sorts it, a cell opens its scorer and set."""
        try:
            kind, *chosen = json.loads(event.value)
        except (AttributeError, TypeError, ValueError):
            return {}
        if kind == "order":
            mine.reverse = not mine.reverse if mine.order == chosen[0] else False
            mine.order = chosen[0]
            return drawing.table(p, mine)
        mine.look(scorer=chosen[0], set=chosen[1])
        return looked_inside(p, mine)

    parts.on(p.table.select, pick, name="pick")

    def page(mine: Session) -> Any:
        """The figures as one page."""
        if not mine.ready or mine.request is None:
            return gr.skip()
        return str(save.page(mine, link.command(parts.sidebar, mine.request)))

    written = parts.page.on(p.figures.click, page, parts.session, p.figure_file, name="compare_figures")
    written.then(None, None, None, js=_DOWNLOAD, api_visibility="private", queue=False)


def looked_inside(p: Panels, mine: Session) -> Updates:
    """Another scorer or set is looked at."""
    found = drawing.table(p, mine)
    if mine.scored:
        found |= drawing.inside(p, mine) | drawing.pictures(p, mine) | drawing.pair_pictures(p, mine)
    return found


def _scored(draw: Callable[[Panels, Session], Updates]) -> Callable[[Panels, Session], Updates]:
    return lambda p, mine: draw(p, mine) if mine.scored else {}


def _against(p: Panels, mine: Session) -> Updates:
    return drawing.pair(p, mine) | drawing.pair_pictures(p, mine)


def _mistakes(p: Panels, mine: Session) -> Updates:
    return drawing.pair(p, mine) | drawing.pictures(p, mine) | drawing.pair_pictures(p, mine)

"""The panel of earlier results: one opens beside today's, and its choices go into the form."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.earlier import earlier_runs, opened
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.running import fill
from ood_studio.ui.compare.session import Session
from ood_studio.ui.notices import tell
from ood_studio.ui.wiring import Updates


def wire_earlier(parts: Parts) -> None:
    """Wires the panel."""
    p = parts.panels

    def choose(mine: Session, event: gr.EventData) -> Updates:
        """Opens the run of the list that was clicked."""
        try:
            first = int(event.value)
        except (AttributeError, TypeError, ValueError):
            return {}
        mine.earlier = opened(first)
        return drawing.earlier(p, mine) | drawing.earlier_runs(p, mine, earlier_runs())

    def again(mine: Session, *values: Any) -> Updates:
        """Puts the choices of the run into the form."""
        if mine.earlier is None:
            raise StudioError("open an earlier result first")
        tell("info", "Its choices are in the form; Compare runs it again.")
        return fill(parts, mine.earlier.request, values)

    parts.page.on(p.earlier.select, choose, parts.session, p.all(), name="compare_earlier")
    filled = [*parts.sidebar.outputs, *parts.chooser.inputs()]
    inputs = [parts.session, *parts.sidebar.inputs]
    parts.page.on(p.earlier_again.click, again, inputs, filled, name="compare_again")

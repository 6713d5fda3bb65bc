"""The panel of earlier results: one opens beside today's, and its choices go into the form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, value_at
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.earlier import delete, opened
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.session import Session
from ood_studio.ui.notices import tell
from ood_studio.ui.wiring import Updates
from ood_studio.worlds import OWN_SUITE


def wire_earlier(parts: Parts) -> None:
    """Wires the panel."""
    p = parts.panels

    def choose(mine: Session, event: gr.EventData) -> Updates:
        """Opens the run of the list that was clicked, or takes it away."""
        strangers = parts.page.strangers
        try:
            picked = json.loads(event.value)
            action, first, added = picked if isinstance(picked, list) else ("open", int(picked), "")
        except (AttributeError, TypeError, ValueError):
            return {}
        if action == "delete":
            delete(first, added, strangers)
            return drawing.earlier_runs(p, mine, strangers)
        mine.earlier = opened(first, strangers)
        return drawing.earlier(p, mine) | drawing.earlier_runs(p, mine, strangers)

    def again(mine: Session, *values: Any) -> Updates:
        """Puts the choices of the run into the form."""
        if mine.earlier is None:
            raise StudioError("open an earlier result first")
        tell("info", "Its choices are in the form; Compare runs it again.")
        return _fill(parts, mine.earlier.request, values)

    parts.page.on(p.earlier.select, choose, parts.session, p.all(), name="compare_earlier")
    filled = [*parts.sidebar.outputs, *parts.chooser.inputs()]
    inputs = [parts.session, *parts.sidebar.inputs]
    parts.page.on(p.earlier_again.click, again, inputs, filled, name="compare_again")


def _fill(parts: Parts, request: BenchRequest, values: Sequence[Any]) -> Updates:
    """Updates that put a request into the form and the sidebar.

    Args:
        request: its ID labels count only for one's own pictures; a suite brings others.
        values: of the sidebar's inputs as they are now.
    """
    changes = {path: value_at(request, path) for path in leaves(BenchRequest)}
    own_labels = request.suite == OWN_SUITE and request.labels.labels != LabelChoice.labels
    shared = {path: value for path, value in changes.items() if own_labels or path != "labels.labels"}
    return parts.sidebar.updates(shared, values) | parts.chooser.updates(changes)

"""A click on a point, a bar or a bin of a figure, or a drag of the threshold."""

from __future__ import annotations

import gradio as gr

from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.looking import looked_inside
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.session import Picture, Session
from ood_studio.ui.compare.views import scorer_named
from ood_studio.ui.plot import read_click, read_drag
from ood_studio.ui.wiring import Updates


def wire_clicks(parts: Parts) -> None:
    """Wires the figures."""
    p = parts.panels

    def at_threshold(mine: Session, title: str | None, threshold: float | None) -> Updates:
        """Looks at the mistakes of a scorer at a threshold; None is the one that accepts nothing."""
        mine.look(scorer=scorer_named(mine, title or "") or mine.view.scorer)
        ids = mine.scores()[0]
        share = 0.0 if threshold is None else 100 * float((ids >= threshold).mean())
        mine.look(keep=min(100.0, max(1.0, share)))
        return looked_inside(p, mine)

    def curve(mine: Session, event: gr.EventData) -> Updates:
        """A point of a curve: the mistakes at its threshold."""
        clicked = read_click(event)
        if not mine.scored or clicked.meta is None:
            return {}
        return at_threshold(mine, clicked.meta, clicked.customdata[0])

    def histogram_bin(mine: Session, event: gr.EventData) -> Updates:
        """A bin of the histogram: the pictures in it."""
        clicked = read_click(event)
        if not mine.scored or not isinstance(clicked.customdata, list):
            return {}
        low, high, _ = clicked.customdata
        mine.span = (-float("inf") if low is None else low, float("inf") if high is None else high)
        return drawing.pictures(p, mine)

    def dragged(mine: Session, event: gr.EventData) -> Updates:
        """The threshold's line at another score."""
        _, threshold = read_drag(event)
        return at_threshold(mine, None, threshold) if mine.scored else {}

    def bar(mine: Session, event: gr.EventData) -> Updates:
        """A bar: its scorer and set."""
        clicked = read_click(event)
        if clicked.meta is None:
            return {}
        mine.look(scorer=clicked.meta, set=str(clicked.customdata))
        return looked_inside(p, mine)

    def point(mine: Session, event: gr.EventData) -> Updates:
        """A picture of the scatter."""
        clicked = read_click(event)
        if not mine.scored or mine.result is None or clicked.meta not in mine.result.sets:
            return {}
        score = clicked.x if isinstance(clicked.x, int | float) else float("nan")
        return drawing.one_picture(p, mine, "first", Picture(str(clicked.meta), int(clicked.customdata), float(score)))

    for event, clicked, name in (
        (p.roc.click, curve, "roc_click"),
        (p.precision.click, curve, "precision_click"),
        (p.histogram.click, histogram_bin, "histogram_click"),
        (p.histogram.drag, dragged, "histogram_drag"),
        (p.bars.click, bar, "bars_click"),
        (p.scatter.click, point, "scatter_click"),
    ):
        parts.on(event, clicked, name=name)

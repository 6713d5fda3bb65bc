"""A session on the screen: which component gets what."""

from __future__ import annotations

from html import escape

import gradio as gr

from ood_studio.ui.attack import changed, live, save
from ood_studio.ui.attack.panels import Panels
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.plot import figure_update
from ood_studio.ui.wiring import Updates


def running(p: Panels, mine: Session) -> Updates:
    """What follows every step."""
    updates: Updates = {p.verdict: live.verdict(mine)}
    trace = mine.trace
    if trace is None or trace.last is None:
        return updates
    similarity, margins = live.curves(trace)
    return updates | {
        p.spoken: spoken(trace),
        p.pictures: live.pictures(trace),
        p.scores: live.scores(trace),
        p.similarity: figure_update(p.similarity, similarity),
        p.margins: figure_update(p.margins, margins),
    }


def spoken(trace: AttackTrace) -> str:
    """For screen readers: only what is new, so that they are not flooded."""
    return f'<p role="status" aria-live="polite">{escape(live.heading(trace))}</p>'


def finished(p: Panels, trace: AttackTrace) -> Updates:
    """What is there once the attack has ended, beside what follows every step."""
    assert trace.last is not None
    return {
        p.ready: '<h2 class="studio-section">What the attack did</h2>',
        p.slider: gr.update(value=(trace.last.original, trace.last.image)),
        p.changed: "" if trace.explored is None else changed.side_by_side(trace.explored),
        **{getattr(p, name): path for name, path in save.files(trace).items()},
        p.saved: save.about(trace),
        p.transfer.table: "",
        p.defence.table: "",
        p.defence.picture: "",
    }

"""A session on the screen: which component gets what."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from ood_studio.studio import ExploreResult
from ood_studio.ui.attack import changed, live, save
from ood_studio.ui.attack.panels import Panels
from ood_studio.ui.attack.session import Session
from ood_studio.ui.plot import figure_update

Updates = dict[Any, Any]


def running(p: Panels, mine: Session) -> Updates:
    """What follows every step."""
    updates: Updates = {p.verdict: live.verdict(mine)}
    if mine.last is None:
        return updates
    similarity, margins = live.curves(mine)
    return updates | {
        p.spoken: spoken(mine),
        p.pictures: live.pictures(mine),
        p.scores: live.scores(mine),
        p.similarity: figure_update(p.similarity, similarity),
        p.margins: figure_update(p.margins, margins),
    }


def spoken(mine: Session) -> str:
    """For screen readers: only what is new, so that they are not flooded."""
    return f'<p role="status" aria-live="polite">{escape(live.heading(mine))}</p>'


def finished(p: Panels, mine: Session, result: ExploreResult, paths: dict[str, str]) -> Updates:
    """What is there once the attack has ended, beside what follows every step."""
    assert mine.last is not None and mine.first is not None
    pair = (mine.last.original, mine.last.picture)
    return {
        p.ready: '<h2 class="studio-section">What the attack did</h2>',
        p.slider: gr.update(value=pair),
        p.changed: changed.side_by_side(result),
        p.png: paths["png"],
        p.perturbation: paths["perturbation"],
        p.exact: paths["exact"],
        p.record: paths["record"],
        p.saved: save.about(mine),
        p.transfer.table: "",
        p.defence.table: "",
        p.defence.picture: "",
    }

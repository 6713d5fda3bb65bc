"""A session on the screen: which component gets what."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from ood_studio.ui.synthesize import film, live, save
from ood_studio.ui.synthesize.gauge import gauge
from ood_studio.ui.synthesize.panels import Panels
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.wiring import Updates

_SHOWN = 512  # pixels: the pictures of the slider


def running(p: Panels, mine: Session) -> Updates:
    """What follows every iteration."""
    updates: Updates = {p.verdict: live.verdict(mine)}
    if mine.trace is None:
        return updates
    return updates | {
        p.spoken: live.spoken(mine.trace),
        p.gauge: gauge(mine.trace),
        p.strip: film.strip(mine.trace, mine.running),
    }


def finished(p: Panels, mine: Session) -> Updates:
    """What is there at the end, beside what follows every iteration."""
    trace = mine.finished()
    assert trace.last is not None
    return {
        p.ready: '<h2 class="studio-section">What came of it</h2>',
        p.slider: gr.update(value=(large(trace.last.original), large(trace.last.image))),
        p.scores: film.table(trace),
        **{getattr(p, name): path for name, path in save.files(trace, mine.note).items()},
    }


def large(picture: Image.Image) -> Image.Image:
    """Small pictures enlarged with their pixels square: a page would blur them."""
    times = _SHOWN // max(picture.size)
    if times < 2:
        return picture
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)

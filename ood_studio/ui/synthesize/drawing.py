"""A session on the screen: which component gets what."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.ui.synthesize import film, live
from ood_studio.ui.synthesize.gauge import gauge
from ood_studio.ui.synthesize.panels import Panels
from ood_studio.ui.synthesize.session import Session

Updates = dict[Any, Any]
_SHOWN = 512  # pixels: the pictures of the slider


def running(p: Panels, mine: Session) -> Updates:
    """What follows every iteration."""
    return {
        p.verdict: live.verdict(mine),
        p.spoken: live.spoken(mine),
        p.gauge: gauge(mine),
        p.strip: film.strip(mine),
        p.progress: live.WAITING if mine.running else "",
    }


def finished(p: Panels, mine: Session, paths: dict[str, str]) -> Updates:
    """What is there at the end, beside what follows every iteration."""
    assert mine.last is not None
    pair = (large(mine.last.original), large(mine.last.image))
    return {
        p.ready: '<h2 class="studio-section">What came of it</h2>',
        p.slider: gr.update(value=pair),
        p.scores: film.table(mine),
        p.png: paths["png"],
        p.film: paths["film"],
        p.record: paths["record"],
    }


def large(picture: Image.Image) -> Image.Image:
    """Small pictures enlarged with their pixels square: a page would blur them."""
    times = _SHOWN // max(picture.size)
    if times < 2:
        return picture
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)

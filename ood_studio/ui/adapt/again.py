"""Judge again: what it learnt from, fresh pictures of the same kind, and an attack on the repaired detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import JudgeAgainRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.judge_again import TITLES, JudgedAgain, Round
from ood_studio.studio.lanes import FIT
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.cards import side
from ood_studio.ui.downloads import jpeg_text
from ood_studio.ui.form import Box, Form, Layout
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.wiring import Updates

MOST = 12  # pictures of a round
_THUMBNAIL = 112  # pixels
_LAYOUT = Layout("adapt-again", {"again": (("count",),)}, {"count": Box("Pictures")})
_ABOUT = (
    '<p class="studio-about">Pictures that were learnt from prove nothing. Fresh ones of the same kind tell memory '
    "from cure, and an attack that knows of what was learnt tells whether the detector is any harder to break. "
    "Attacked pictures take seconds, painted ones minutes, larger models more; Stop keeps what has come.</p>"
)


@dataclass(frozen=True)
class AgainPanel:
    """The components, and the form of how much is made."""

    form: Form[JudgeAgainRequest]
    buttons: Buttons
    shown: Any


def build_again() -> AgainPanel:
    """Draws the components inside the current `gr.Blocks`."""
    form = Form(JudgeAgainRequest(), _LAYOUT)
    gr.HTML(_ABOUT)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=200):
            form.draw("again")
        with gr.Column(scale=2, min_width=260):
            buttons = run_buttons("adapt-again", "Judge again")
    form.wire()
    return AgainPanel(form, buttons, gr.HTML(elem_id="adapt-rounds"))


def wire_again(page: Page, session: gr.State, panel: AgainPanel) -> None:
    """The button; every round shows as it comes."""

    def begin(mine: Session, *values: Any) -> Asked:
        """Judges again what is learnt."""
        fit, asked = mine.finished(), panel.form.read(values)
        adapted, judge = fit.adapted, fit.judge
        if mine.running:
            raise StudioError("it is still being trained; judge it when that is done")
        if judge is None and not fit.sets:
            raise StudioError("there are no held-out pictures of these labels; learn from the pictures of a suite")
        assert adapted is not None

        def work(progress: Progress) -> Iterator[str]:
            held = judge or page.studio.judge(fit.request, fit.score, fit.request.held_out, {}, progress)
            for found in page.studio.judge_again(fit.request, asked, fit.score, held, adapted, progress):
                yield rounds_html(found)

        return Asked(work, title=f"{fit.request.method} judged again")

    def draw(mine: Session, job: Job) -> Updates:
        return {panel.shown: job.result or ""}

    run = Run(page, "adapt_again", FIT, panel.buttons, session, draw, [panel.shown])
    run.on(panel.buttons.run[0].click, begin, panel.form.inputs(), name="adapt_again")


def rounds_html(found: JudgedAgain) -> str:
    """The rounds side by side, with counts, what they show, and pictures."""
    notes = "".join(f'<p class="studio-about">{escape(note)}</p>' for note in found.notes)
    return f'<div class="studio-rounds" role="status">{"".join(map(_round, found.rounds))}</div>{notes}'


def _round(each: Round) -> str:
    was, now = each.caught
    total = len(each.now)
    pictures = "".join(_figure(each, place) for place in range(min(MOST, total)))
    return (
        f'<section class="{each.kind}"><h3>{TITLES[each.kind]}</h3>'
        f'<p class="studio-caught"><span>{was:,}</span> → <b>{now:,}</b> of {total:,} caught</p>'
        f"<p>{escape(each.verdict)} AUROC {each.areas[0]:.1%} → <b>{each.areas[1]:.1%}</b>.</p>"
        f'<p class="studio-about">{escape(each.about)}.</p><div class="studio-thumbnails">{pictures}</div></section>'
    )


def _figure(each: Round, place: int) -> str:
    """A picture with its verdicts before and now; one that cannot be read any more is left out."""
    try:
        picture = each.images.load(each.rows[place]).convert("RGB")
    except (StudioError, OSError):
        return ""
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    before, now = (scores[place] >= limit for scores, limit in zip((each.before, each.now), each.limits, strict=True))
    said = f"{side(bool(before))} → {side(bool(now))}"
    source = f"data:image/jpeg;base64,{jpeg_text(picture)}"
    return f'<figure><img alt="" src="{source}"><figcaption>{said}</figcaption></figure>'

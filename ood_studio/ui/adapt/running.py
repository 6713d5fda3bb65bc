"""Training: losses and held-out pictures are drawn as they come, and what is learnt is kept however it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from ood_studio.adapters import parse_adapter
from ood_studio.adapters.heads import HeadAdapter
from ood_studio.core.progress import Progress
from ood_studio.studio import AdaptRequest
from ood_studio.studio.commands import command_line
from ood_studio.studio.jobs import PICTURE, Job
from ood_studio.ui.adapt import drawing
from ood_studio.ui.adapt.fitting import LEARNT, Fit
from ood_studio.ui.adapt.layout import LAYOUT, START
from ood_studio.ui.adapt.panels import Panels
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.form import Form
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, ended_early
from ood_studio.ui.share import share_update, shared_view
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates

_HELD_OUT = 300  # pictures a set
_TIMES = 20  # that a fit is judged at least,
_SECONDS = 2.0  # and between two times at most


def wire_run(
    page: Page,
    sidebar: Sidebar,
    session: gr.State,
    form: Form[AdaptRequest],
    p: Panels,
    buttons: Buttons,
    share: gr.HTML,
) -> None:
    """The two buttons, and Repeat."""

    def begin(mine: Session, *values: Any) -> Asked:
        """Trains; every epoch shows."""
        request = read(sidebar, form, values)
        score = score_of(request)

        def work(progress: Progress) -> Iterator[Fit]:
            judge = None
            if not request.images:
                own = {LEARNT: request.synthetic} if request.synthetic else {}
                judge = page.studio.judge(request, score, _HELD_OUT, own, progress)
            fit = Fit(request, score, judge, None if judge is None else judge.before())
            last = 0.0
            for epoch in page.studio.adapt(request, progress):
                due = not epoch.number % max(1, epoch.of // _TIMES) or epoch.number == epoch.of or bool(epoch.diverged)
                due = due or time.monotonic() - last > _SECONDS
                now = judge.after(epoch.adapted) if judge is not None and due else None
                last = time.monotonic() if due else last
                fit = fit.after(epoch, now)
                yield fit
            if fit.adapted is not None and judge is not None and (not fit.judged or fit.judged[-1] < fit.epochs[-1]):
                fit = replace(fit, now=judge.after(fit.adapted))
            yield fit.settled()

        mine.fit, mine.note, mine.running, mine.saved = None, "", True, ""
        return Asked(work, title=f"{request.method} trained")

    def draw(mine: Session, job: Job) -> Updates:
        mine.fit, mine.running = job.result, not job.over
        mine.note = ended_early(job, "what is learnt by now", "What was learnt before") if mine.fit is not None else ""
        updates = drawing.running(p, mine)
        fit = mine.fit
        if not job.over or fit is None or fit.adapted is None:
            return updates
        view = shared_view("adapt", sidebar.query(fit.request, LAYOUT.boxes), command_line("adapt-fit", fit.request))
        return updates | drawing.finished(p, fit) | {share: share_update(share, view)}

    outputs = [*p.shown(), share]
    run = Run(page, "adapt", PICTURE, buttons, session, draw, outputs, said="")
    inputs = [*form.inputs(), *sidebar.inputs]
    run.on([buttons.run[0].click, share.click], begin, inputs, name="adapt_run")


def read(sidebar: Sidebar, form: Form[AdaptRequest], values: Sequence[Any]) -> AdaptRequest:
    """The request that values of the form's inputs, then the sidebar's, stand for.

    Raises:
        StudioError: one sentence.
    """
    count = len(form.inputs())
    request = sidebar.read(values[count:], START, form.changes(values[:count]))
    parse_adapter(request.method)
    return request


def score_of(request: AdaptRequest) -> str:
    """The score that judges: one that the adapter can change."""
    return "energy" if isinstance(parse_adapter(request.method), HeadAdapter) else "neglabel"

"""Training: losses and held-out pictures are drawn as they come, and what is learnt is kept however it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from ood_studio.adapters import parse_adapter
from ood_studio.core.progress import Progress
from ood_studio.studio import AdaptRequest
from ood_studio.studio.commands import command_line
from ood_studio.studio.fit import Fit
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import FIT
from ood_studio.ui.adapt import drawing
from ood_studio.ui.adapt.layout import LAYOUT, START
from ood_studio.ui.adapt.panels import Panels
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.form import Form
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, ended_early
from ood_studio.ui.share import share_update, shared_view
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates


def wire_run(
    page: Page,
    sidebar: Sidebar,
    session: gr.State,
    form: Form[AdaptRequest],
    p: Panels,
    buttons: Buttons,
    share: gr.HTML,
) -> Run:
    """The two buttons, and Repeat."""

    def begin(mine: Session, *values: Any) -> Asked:
        """Trains; every epoch shows."""
        request = read(sidebar, form, values)

        def work(progress: Progress) -> Iterator[Fit]:
            return page.studio.fit(request, progress)

        mine.asked, mine.opening.over = "", True
        return Asked(work, title=f"{request.method} trained")

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:  # what was there is still there
            return {}
        mine.take(job.result, job.id, not job.over)
        mine.note = ended_early(job, "what is learnt by now", "What was learnt before")
        updates = drawing.running(p, mine)
        fit = mine.fit
        if not job.over or fit is None or fit.adapted is None:
            return updates
        query = sidebar.query(fit.request, LAYOUT.boxes, START)
        view = shared_view("adapt", query, command_line("adapt-fit", fit.request))
        return updates | drawing.finished(p, mine) | {share: share_update(share, view)}

    outputs = [*p.shown(), share]
    run = Run(page, "adapt", FIT, buttons, session, draw, outputs, said="")
    inputs = [*form.inputs(), *sidebar.inputs]
    run.on([buttons.run[0].click, share.click], begin, inputs, name="adapt_run")
    return run


def read(sidebar: Sidebar, form: Form[AdaptRequest], values: Sequence[Any]) -> AdaptRequest:
    """The request that values of the form's inputs, then the sidebar's, stand for.

    Raises:
        StudioError: one sentence.
    """
    count = len(form.inputs())
    request = sidebar.read(values[count:], START, form.changes(values[:count]))
    parse_adapter(request.method)
    return request

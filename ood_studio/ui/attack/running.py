"""Attacking one picture: it is drawn as it changes, and what has come is kept however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from ood_studio.core.progress import Progress
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.ui.attack import changed, drawing
from ood_studio.ui.attack.choices import Choices
from ood_studio.ui.attack.layout import LAYOUT, smoothness_notes
from ood_studio.ui.attack.panels import Panels
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, ended_early
from ood_studio.ui.share import share_update, shared_view
from ood_studio.ui.wiring import Updates


def wire_run(page: Page, session: gr.State, choices: Choices, p: Panels, buttons: Buttons, share: gr.HTML) -> None:
    """The two buttons, and Repeat."""
    smoothness = choices.form["attack.smoothness"]

    def begin(mine: Session, *values: Any) -> Asked:
        """Attacks the picture; every step shows."""
        asked = choices.read(values)
        start = AttackTrace(asked.request, asked.source, asked.target, asked.names)

        def work(progress: Progress) -> Iterator[AttackTrace]:
            trace = start
            for step in page.studio.attack_image(asked.request, asked.source, asked.target, asked.mask, progress):
                trace = trace.after(step)
                yield trace
            yield replace(trace, explored=changed.explored(page.studio, trace))

        mine.trace, mine.note, mine.running = None, "", True
        return Asked(work, title=f"{asked.names[0]} attacked")

    def draw(mine: Session, job: Job) -> Updates:
        mine.trace, mine.running = job.result, not job.over
        mine.note = ended_early(job) if mine.trace is not None else ""
        updates = drawing.running(p, mine)
        trace = mine.trace
        if not job.over or trace is None or trace.last is None:
            return updates
        notes = smoothness_notes(trace.request.labels.backbone, min(trace.last.image.size))
        if trace.explored is None:
            trace = mine.trace = replace(trace, explored=changed.explored(page.studio, trace))
        query = choices.sidebar.query(trace.request, LAYOUT.boxes)
        view = shared_view("attack", query, choices.command(trace))
        return (
            updates
            | drawing.finished(p, trace)
            | {smoothness: gr.update(**{**smoothness.props, "notes": [list(note) for note in notes]})}
            | {share: share_update(share, view)}
        )

    outputs = [*p.all(), smoothness, share]
    run = Run(page, "attack", PICTURE, buttons, session, draw, outputs, said="")
    run.on([buttons.run[0].click, share.click], begin, choices.inputs, name="attack_run")

"""Making one picture, and what it is compared with: drawn as they come, and what has come is kept however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.studio import Assessment, Studio
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.ui import run
from ood_studio.ui.page import Page
from ood_studio.ui.share import share_update
from ood_studio.ui.synthesize import drawing
from ood_studio.ui.synthesize.choices import Asked, Choices
from ood_studio.ui.synthesize.link import view_of
from ood_studio.ui.synthesize.models import contexts_here
from ood_studio.ui.synthesize.panels import Panels
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.trace import SynthesisTrace
from ood_studio.ui.synthesize.words import has_answer, words_for
from ood_studio.ui.wiring import Updates

RANDOM, NEGATIVE = "Random direction", "Neg Image"


def wire_run(page: Page, session: gr.State, choices: Choices, p: Panels, buttons: run.Buttons, share: gr.HTML) -> None:
    """The two buttons, and Repeat."""

    def begin(mine: Session, *values: object) -> run.Asked:
        """Leads the picture to the boundary; every iteration shows."""
        asked = choices.read(values)
        asked = replace(asked, words=words_for(mine, asked.path, asked.words))
        if not asked.words and (has_answer(mine, asked.path) or not contexts_here(asked.request.context_model)):
            raise StudioError(
                "there is no context; type at least one thing that surrounds the main object, such as: grass"
            )
        return run.Asked(
            lambda progress: synthesised(page.studio, asked, progress), title=f"{asked.name} led to the boundary"
        )

    def draw(mine: Session, job: Job) -> Updates:
        mine.trace, mine.running, mine.note = job.result, not job.over, run.ended_early(job)
        updates = drawing.running(p, mine)
        if not job.over or mine.trace is None or mine.trace.last is None:
            return updates
        view = view_of(choices, mine, mine.trace)
        return updates | drawing.finished(p, mine) | {share: share_update(share, view)}

    synthesis = run.Run(page, "synthesize", PICTURE, buttons, session, draw, [*p.all(), share], said="")
    synthesis.on([buttons.run[0].click, share.click], begin, choices.inputs, name="synthesize_run")


def wire_baselines(page: Page, session: gr.State, p: Panels) -> None:
    """What the picture is compared with."""

    def begin(mine: Session) -> run.Asked:
        """Adds a random direction, and a picture straight from the negative label."""
        trace = mine.finished()
        if mine.running:
            raise StudioError("the picture is still being made; its baselines can be added when it is finished")
        return run.Asked(lambda progress: with_baselines(page.studio, trace, progress), title="baselines")

    def draw(mine: Session, job: Job) -> Updates:
        trace = job.result
        if trace is None or mine.trace is None or trace.steps is not mine.trace.steps:
            return {}  # another picture was begun since
        if job.over:
            trace = replace(trace, baselines={name: found for name, found in trace.baselines.items() if found})
        mine.trace = trace
        return drawing.running(p, mine) | (drawing.finished(p, mine) if job.over else {})

    baselines = run.Run(page, "synthesize_baselines", PICTURE, p.baselines, session, draw, p.all())
    baselines.on(p.baselines.run[0].click, begin, [])


def synthesised(studio: Studio, asked: Asked, progress: Progress) -> Iterator[SynthesisTrace]:
    """The picture, iteration by iteration; its contexts are asked for where nobody has named any."""
    trace = SynthesisTrace(asked.request, asked.source, asked.mask, asked.words, asked.path)
    yield trace
    if not trace.words:
        found = studio.contexts(asked.request, [asked.source], progress=progress)[0]
        trace = replace(trace, words=found.words)
    first: Assessment | None = None
    for step in studio.synthesize_image(asked.request, asked.source, trace.words, asked.mask, progress):
        first = first or studio.assess(asked.request, [step.original], progress)[0]
        trace = trace.after(step, first)
        yield trace


def with_baselines(studio: Studio, trace: SynthesisTrace, progress: Progress) -> Iterator[SynthesisTrace]:
    """The same synthesis with the pictures that it is compared with, one after the other."""
    assert trace.last is not None
    label = trace.last.negative.label
    title = f"{NEGATIVE}: {label}"
    trace = replace(trace, baselines={RANDOM: None, title: None})
    yield trace
    request = with_values(trace.request, {"loop.direction": "random"})
    for step in studio.synthesize_image(request, trace.source, trace.words, trace.mask, progress):
        trace = trace.with_baseline(RANDOM, step)
        yield trace
    yield trace.with_baseline(title, studio.negative_image(trace.request, label, progress))

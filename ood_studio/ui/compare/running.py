"""Comparisons started, followed and stopped: each is a job that goes on while its page is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ood_studio.core.progress import Progress
from ood_studio.evaluation.result import BenchResult
from ood_studio.studio import BenchRequest, Studio
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import SET
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.earlier import show_newest
from ood_studio.ui.compare.layout import START
from ood_studio.ui.compare.link import TAB
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.session import Session
from ood_studio.ui.run import Asked, Buttons, Run
from ood_studio.ui.wiring import Updates

KIND = "bench"
_QUICK = {"scorers": ("neglabel", "mcm", "energy"), "count": 100, "train_count": 200, "resamples": 200}


def wire_run(parts: Parts) -> Run:
    """Wires the buttons; more events may start a comparison through what is returned."""
    page, sidebar, chooser, p = parts.page, parts.sidebar, parts.chooser, parts.panels

    def draw(mine: Session, job: Job) -> Updates:
        scored, mine.running = mine.scored, not job.over
        if job.result is not None:
            mine.take(*job.result)
        if job.over and not mine.ready:
            show_newest(mine, strangers=page.strangers)
        found = drawing.everything(p, mine) | parts.share(mine)
        if mine.scored != scored:
            found |= drawing.first_tab(p, mine)
        if job.over:
            found |= drawing.earlier_runs(p, mine, page.strangers)
        return found

    buttons = Buttons((chooser.run, p.quick), chooser.stop, chooser.progress)
    run = Run(page, KIND, SET, buttons, parts.session, draw, [*p.all()], place=TAB)

    def chosen(mine: Session, *values: Any) -> Asked:
        """Compares what is chosen."""
        return asked(page.studio, chooser.read(sidebar, values))

    def quick(mine: Session, *values: Any) -> Asked:
        """A small comparison on the suite that the tab begins with, with the sidebar's model."""
        return asked(page.studio, sidebar.read(values, START, {**_QUICK, "labels.labels": START.labels.labels}))

    def repeat(mine: Session) -> Asked | None:
        """What is shown, once more."""
        return asked(page.studio, mine.request) if mine.request is not None else None

    inputs = [*sidebar.inputs, *chooser.inputs()]
    run.on(chooser.run.click, chosen, inputs, name="compare_run")
    run.on(p.quick.click, quick, sidebar.inputs, name="compare_quick")
    run.on(p.share.click, repeat, [], name="compare_repeat")
    return run


def asked(studio: Studio, request: BenchRequest) -> Asked:
    """The work of a request; asked for by several at once, it is done once.

    When it has to leave the memory, its table stays, as of a result that was read back.
    """
    last: list[tuple[BenchRequest, BenchResult]] = []

    def work(progress: Progress) -> Iterator[tuple[BenchRequest, BenchResult]]:
        for result in studio.compare(request, progress):
            last[:] = [(request, replace(result, scores={}, rows_of={}, sets={}))]
            yield request, result

    scorers = f"{len(request.scorers)} scorers" if len(request.scorers) > 1 else "".join(request.scorers)
    title = f"{request.suite} on {request.labels.backbone}, {scorers}"
    return Asked(work, title=title, key=request, reopen=lambda: last[0])

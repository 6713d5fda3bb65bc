"""Comparisons started, followed and stopped: each is a job that goes on while its page is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ood_studio.core.parameters import leaves, value_at
from ood_studio.core.progress import Progress
from ood_studio.evaluation.rows import BenchResult
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.studio.jobs import SET, Job
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.earlier import earlier_runs, newest, opened
from ood_studio.ui.compare.layout import START
from ood_studio.ui.compare.link import TAB
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.session import Session
from ood_studio.ui.run import Asked, Buttons, Run
from ood_studio.ui.wiring import Updates
from ood_studio.worlds import OWN_SUITE

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
            show_newest(mine)
        found = drawing.everything(p, mine) | parts.share(mine)
        if mine.scored != scored:
            found |= drawing.first_tab(p, mine)
        if job.over:
            found |= drawing.earlier_runs(p, mine, earlier_runs())
        return found

    buttons = Buttons((chooser.run, p.quick), chooser.stop, chooser.progress)
    run = Run(page, KIND, SET, buttons, parts.session, draw, [*p.all()], place=TAB)

    def chosen(mine: Session, *values: Any) -> Asked:
        """Compares what is chosen."""
        return asked(parts, chooser.read(sidebar, values))

    def quick(mine: Session, *values: Any) -> Asked:
        """A small comparison on the suite that the tab begins with, with the sidebar's model."""
        return asked(parts, sidebar.read(values, START, {**_QUICK, "labels.labels": START.labels.labels}))

    def repeat(mine: Session) -> Asked | None:
        """What is shown, once more."""
        return asked(parts, mine.request) if mine.request is not None else None

    inputs = [*sidebar.inputs, *chooser.inputs()]
    run.on(chooser.run.click, chosen, inputs, name="compare_run")
    run.on(p.quick.click, quick, sidebar.inputs, name="compare_quick")
    run.on(p.share.click, repeat, [], name="compare_repeat")
    return run


def asked(parts: Parts, request: BenchRequest) -> Asked:
    """The work of a request; asked for twice, it is done once."""
    last: list[tuple[BenchRequest, BenchResult]] = []

    def work(progress: Progress) -> Iterator[tuple[BenchRequest, BenchResult]]:
        for result in parts.page.studio.compare(request, progress):
            last[:] = [(request, replace(result, scores={}, rows_of={}, sets={}))]
            yield request, result

    scorers = f"{len(request.scorers)} scorers" if len(request.scorers) > 1 else "".join(request.scorers)
    title = f"{request.suite} on {request.labels.backbone}, {scorers}"
    return Asked(work, title=title, key=request, reopen=lambda: last[0])


def fill(parts: Parts, request: BenchRequest, values: Sequence[Any] = ()) -> Updates:
    """Updates that put a request into the form and the sidebar.

    Args:
        request: its ID labels count only for one's own pictures; a suite brings others.
        values: of the sidebar's inputs as they are now; as they are at first where there are none.
    """
    changes = {path: value_at(request, path) for path in leaves(BenchRequest)}
    if request.suite != OWN_SUITE or request.labels.labels == LabelChoice.labels:
        shared = {path: value for path, value in changes.items() if path != "labels.labels"}
    else:
        shared = changes
    return parts.sidebar.updates(shared, values) | parts.chooser.updates(changes)


def show_newest(mine: Session, backbone: str = "") -> None:
    """Looks at the newest earlier result, if there is one."""
    run = newest(earlier_runs(), backbone)
    if run is not None:
        found = opened(run.first)
        mine.take(found.request, found.result, run)

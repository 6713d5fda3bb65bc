"""Models measured in the background: each shows when it is done, and is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ood_studio.core.progress import Progress
from ood_studio.evaluation.zoo import ZooRun
from ood_studio.studio import Studio, ZooRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import SET
from ood_studio.ui.models import drawing
from ood_studio.ui.models.parts import TAB, Parts
from ood_studio.ui.models.session import Session
from ood_studio.ui.run import Asked, Run
from ood_studio.ui.wiring import Updates

KIND = "zoo"
_STOPPED = "Stopped. Models that were measured are kept: Measure goes on with the next."


def wire_run(parts: Parts) -> Run:
    """Wires Measure, Stop and Repeat; jobs of before are found again."""
    page, sidebar, chooser, p = parts.page, parts.sidebar, parts.chooser, parts.panels

    def draw(mine: Session, job: Job) -> Updates:
        mine.running = not job.over
        if job.result is not None:
            mine.take(job.result, "measured now" if job.state == "finished" else "as far as it has come")
        return drawing.everything(p, mine) | parts.share(mine) | (parts.listed(mine) if job.over else {})

    outputs = [*parts.outputs, chooser.earlier]
    run = Run(page, KIND, SET, chooser.buttons, parts.session, draw, outputs, said=_STOPPED, place=TAB)

    def chosen(_: Session, *values: Any) -> Asked:
        """Measures what is chosen."""
        count = len(chooser.form.inputs())
        request = sidebar.read(values[count:], chooser.form.start, chooser.form.changes(values[:count]))
        return asked(page.studio, request)

    def repeat(mine: Session) -> Asked | None:
        """What is shown, once more."""
        request = mine.request()
        return None if request is None else asked(page.studio, request)

    run.on(chooser.buttons.run[0].click, chosen, [*chooser.form.inputs(), *sidebar.inputs], name="models_run")
    run.on(chooser.share.click, repeat, [], name="models_repeat")
    run.resume()
    return run


def asked(studio: Studio, request: ZooRequest) -> Asked:
    """The work of a request; asked for by several at once, it is done once."""
    last: list[ZooRun] = []

    def work(progress: Progress) -> Iterator[ZooRun]:
        studio.allow(request)
        for run in studio.zoo_runs(request, progress):
            last[:] = [run]
            yield run

    count = len(request.models)
    title = f"{count} models measured" if count > 1 else f"{''.join(request.models) or 'the bundled zoo'} measured"
    return Asked(work, title=title, key=request, reopen=lambda: last[0])

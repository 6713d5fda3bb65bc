"""What a page that is opened shows: what its link asks for, work of this visitor, or the newest earlier result."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.studio.lanes import SET
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.earlier import kept_run, show_newest
from ood_studio.ui.compare.link import looked_at, read_link
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.running import KIND
from ood_studio.ui.compare.session import Session
from ood_studio.ui.form import changes_of
from ood_studio.ui.notices import tell
from ood_studio.ui.run import Run
from ood_studio.ui.wiring import SEARCH, Updates
from ood_studio.worlds import OWN_SUITE


def wire_opening(parts: Parts, run: Run) -> None:
    """Wires the opening of the page, which comes after the sidebar has what it remembers."""
    page, sidebar, chooser, p = parts.page, parts.sidebar, parts.chooser, parts.panels
    search = gr.Textbox(visible=False)

    def follow(mine: Session, search: str) -> Updates:
        """Puts what a link asks for into the form."""
        query = read_link(search)
        mine.wanted = looked_at(query)
        changes = changes_of(BenchRequest, query, chooser.form.layout.boxes)
        if changes.get("suite") == OWN_SUITE:
            changes.setdefault("labels.labels", LabelChoice.labels)
        mine.linked = bool(query)
        return chooser.updates(changes)

    def opening(mine: Session, visitor: str, *values: Any) -> Updates:
        try:
            found = follow(mine, values[-1])
        except StudioError as error:
            tell("error", str(error))
            found = {}
        if mine.linked or mine.ready or mine.running:
            return found
        jobs = [job for job in page.jobs.of(visitor, SET) if job.kind == KIND] if visitor else []
        if jobs and not jobs[0].over:
            return found
        if jobs and jobs[0].result is not None:
            mine.take(*jobs[0].result)
        else:
            show_newest(mine, sidebar.changes(values[:-1])["labels.backbone"], page.strangers)
        found |= drawing.everything(p, mine) | parts.share(mine) | drawing.first_tab(p, mine)
        return found | drawing.earlier_runs(p, mine, page.strangers)

    def linked(mine: Session, *values: Any) -> Updates:
        """Shows what a link asks for where that was kept; else a click computes it."""
        wanted, mine.linked = mine.linked, False
        if not wanted or mine.running:
            return {}
        request = chooser.read(sidebar, values)
        choose_scorers(request.scorers, bench_scorers(request.score))  # unknown ones are told before a click
        run = kept_run(request, page.strangers)
        if run is None:
            tell("info", "The link’s choices are in the form; Compare computes them.")
            return {}
        mine.take(run.request, run.result, run.run)
        found = drawing.everything(p, mine) | parts.share(mine) | drawing.first_tab(p, mine)
        return found | drawing.earlier_runs(p, mine, page.strangers)

    opened = page.on(
        sidebar.restored.then,
        opening,
        [parts.session, page.visitor, *sidebar.inputs, search],
        [*chooser.inputs(), *p.all()],
        js=SEARCH,
        name="compare_opening",
    )
    inputs = [parts.session, *sidebar.inputs, *chooser.inputs()]
    page.on(opened.then, linked, inputs, p.all(), name="compare_linked")
    run.resume()

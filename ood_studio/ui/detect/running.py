"""A detector made or loaded, and pictures decided, each as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.detectors import Promise
from ood_studio.detectors.file import SUFFIX
from ood_studio.studio import DecideRequest, DetectorRequest, Studio
from ood_studio.studio.commands import command_line
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import ANSWER, FIT
from ood_studio.ui.detect import drawing
from ood_studio.ui.detect.layout import LAYOUT, START
from ood_studio.ui.detect.panels import Chooser, Panels, promise_words
from ood_studio.ui.detect.session import Outcome, Ready, Session
from ood_studio.ui.downloads import download_folder, file_stem
from ood_studio.ui.notices import tell
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Run
from ood_studio.ui.share import share_update, shared_view
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates
from ood_studio.worlds import gallery_of

_EXAMPLES = 12  # of each side

Prepare = Callable[[Progress], Ready]


def wire_run(page: Page, sidebar: Sidebar, session: gr.State, c: Chooser, p: Panels) -> Run:
    """All buttons of the tab but the downloads."""
    studio = page.studio

    def work(given: list[tuple[str, str]], prepare: Prepare) -> Callable[[Progress], Iterator[Outcome]]:
        pictures = [(name, Path(path)) for name, path in given]

        def done(progress: Progress) -> Iterator[Outcome]:
            outcome = Outcome(prepare(progress))
            if pictures:
                yield outcome
                outcome = replace(outcome, decided=studio.decide(outcome.ready.detector, pictures, progress))
            yield outcome

        return done

    def make(mine: Session, *values: Any) -> Asked:
        """Makes a detector of what the sidebar and the boxes hold."""
        request = read(sidebar, c, values)
        mine.opening.over = True

        def prepare(progress: Progress) -> Ready:
            return made(studio, request, progress)

        return Asked(work(mine.pictures, prepare), title="a detector made", lane=FIT)

    def load(mine: Session, file: str | None) -> Asked | None:
        """Reads a detector's file."""
        if not file:
            return None
        mine.opening.over = True
        request = DecideRequest(file)

        def read(progress: Progress) -> Ready:
            return Ready(studio.decide.load(request, progress), Path(file))

        return Asked(work(mine.pictures, read), title="a detector loaded")

    def decide(mine: Session, *_: Any) -> Asked | None:
        """Decides the pictures that are there."""
        if mine.outcome is None:
            tell("info", "Make a detector, or load one: then the pictures are decided.")
            return None
        ready = mine.outcome.ready
        return Asked(work(mine.pictures, lambda _: ready), title="pictures decided") if mine.pictures else None

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:
            return {}
        mine.take(job.result)
        assert mine.outcome is not None
        return drawing.everything(p, mine) | shared(mine.outcome.ready)

    def shared(ready: Ready) -> Updates:
        if ready.request is None:
            return {c.share: share_update(c.share, "")}
        query = sidebar.query(ready.request, LAYOUT.boxes, START)
        view = shared_view("detect", query, command_line("detect-fit", sidebar.shown(ready.request)))
        return {c.share: share_update(c.share, view)}

    outputs = [*p.all(), c.share]
    run = Run(page, "detect", ANSWER, c.buttons, session, draw, outputs, said="Stopped. What was there is still there.")
    run.on([c.make.click, c.share.click], make, [*c.form.inputs(), *sidebar.inputs], name="detect_make")
    run.on(c.load.upload, load, [c.load], name="detect_load")

    def add(mine: Session, paths: list[str] | None) -> None:
        """Takes further pictures."""
        if said := mine.add([(Path(path).name, path) for path in paths or []]):
            tell("warning", said)

    def examples(mine: Session) -> None:
        """ID pictures and then others, so that there is something to see."""
        mine.add(example_pictures())

    def clear(mine: Session) -> Updates:
        """Forgets the pictures; the detector stays."""
        mine.pictures, mine.examples = [], False
        mine.outcome = None if mine.outcome is None else Outcome(mine.outcome.ready)
        return drawing.everything(p, mine)

    def chosen(mine: Session, alarm: str) -> Updates:
        mine.alarm = alarm
        return drawing.drift(p, mine)

    added = page.on(c.add.upload, add, [session, c.add], name="detect_add")
    run.on(added.then, decide, [], name="detect_added", quiet=True)
    shown = page.on(c.examples.click, examples, session, mode="once", name="detect_examples")
    run.on(shown.then, decide, [], name="detect_shown", quiet=True)
    page.on(c.clear.click, clear, session, p.all(), name="detect_clear")
    page.on(p.drift.input, chosen, [session, p.drift], [p.wealth, p.drift_about], name="detect_alarm")
    page.on(c.form.triggers(), lambda *values: promised(c, values), c.form.inputs(), c.promise, name="detect_promise")
    return run


def example_pictures() -> list[tuple[str, str]]:
    """Names and files of ID pictures and then of others, so that there is something to see."""
    drawn = [each for kind in ("id", "near") for each in gallery_of(kind).take(_EXAMPLES, 0, 0, short=True)]
    return [(Path(path).stem, path) for path, _ in drawn]


def promised(c: Chooser, values: Sequence[Any]) -> str:
    """What the boxes promise, in words; the sentence of an error where they cannot."""
    promise: Promise = c.form.read(values).promise
    return promise_words(promise)


def read(sidebar: Sidebar, c: Chooser, values: Sequence[Any]) -> DetectorRequest:
    """The request that values of the form's inputs, then the sidebar's, stand for.

    Raises:
        StudioError: one sentence.
    """
    count = len(c.form.inputs())
    return sidebar.read(values[count:], START, c.form.changes(values[:count]))


def made(studio: Studio, request: DetectorRequest, progress: Progress) -> Ready:
    """A detector and its file.

    Raises:
        StudioError: one sentence, such as how many calibration pictures would do.
    """
    found = studio.detector(request, progress)
    stem = file_stem(f"{request.labels.apart_from_data[:30]}-{found.detector.scorer.name}")
    try:
        found.detector.save(path := download_folder() / f"{stem}{SUFFIX}")
    except OSError as error:
        raise StudioError(f"the detector cannot be written ({error.strerror or error})") from error
    return Ready(found.detector, path, found.notes, request)

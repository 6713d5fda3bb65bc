"""Work that a button starts and another stops: begun at the click, drawn as it comes, stopped at any moment.

The click's own answer brings what is there within a moment; from then on the page asks for more. Stop is ready from
the click on, also before the server has heard of it, and counts wherever the work is: on its way, waiting, or running.
A page that was left and opened again finds work of the lane `SET` where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.studio.jobs import Job, Work
from ood_studio.studio.lanes import SET, Lane
from ood_studio.ui.jobs import how_far, opened_id
from ood_studio.ui.notices import tell
from ood_studio.ui.page import Page, owner_of
from ood_studio.ui.wiring import Updates, at_once

_MOMENT = 0.6  # seconds that a click waits for its answer
_STARTED = """() => [...Array(RUN).fill({ __type__: 'update', interactive: false }),
  { __type__: 'update', interactive: true }]"""
_STOPPING = "() => [{ __type__: 'update', interactive: false }]"


@dataclass(frozen=True)
class Asked:
    """What a click asks for.

    Attributes:
        work: see `ood_studio.studio.jobs.Work`.
        title: a line for people, in the list of jobs.
        key: what it comes to; the same work that is under way is joined.
        reopen: gives the finished result again after it had to leave the memory.
        lane: where it computes, if not where others of its run do.
    """

    work: Work
    title: str = ""
    key: Hashable = None
    reopen: Callable[[], Any] | None = None
    lane: Lane | None = None


GO_ON = object()
"""Given instead of `Asked`: nothing begins, and what is under way goes on."""


@dataclass
class Watch:
    """Which job a page's run is watching.

    Attributes:
        job: its id; "" for none.
        drawn: how many of its results have been drawn.
        ended: whether its end has been drawn.
        stopped: when Stop was pressed last, by the browser's clock.
    """

    job: str = ""
    drawn: int = 0
    ended: bool = True
    stopped: float = 0.0


@dataclass(frozen=True)
class Buttons:
    """What a run is started, stopped and followed with.

    Attributes:
        run: buttons that start work, asleep meanwhile; may be empty.
        stop: the button that stops it.
        progress: a `gr.HTML` that tells how far it is; see `progress_html`.
    """

    run: tuple[Any, ...]
    stop: Any
    progress: Any


class Run:
    """One kind of work of a tab.

    Args:
        page: the page's.
        name: of the work, such as ``bench``; for lane `SET` it is the jobs' kind.
        lane: where it computes.
        buttons: see `Buttons`.
        session: the state that `draw` is told.
        draw: `Updates` for a job's newest result, told the session and the `Job`; called once more at the end.
        outputs: all that `draw` may change.
        said: what is told the person when the work was stopped; nothing where empty.
        place: the id of the tab that shows it, for the list of jobs.
    """

    def __init__(
        self,
        page: Page,
        name: str,
        lane: Lane,
        buttons: Buttons,
        session: gr.State,
        draw: Callable[[Any, Job], Updates],
        outputs: Sequence[Any],
        said: str = "Stopped. What had come is still there.",
        place: str = "",
    ) -> None:
        self.page, self.name, self.lane, self.buttons = page, name, lane, buttons
        self.session, self._draw, self.said = session, draw, said
        self.watch = gr.State(Watch())
        self.timer = gr.Timer(1.0 if lane is SET else 0.25, active=False)
        self.listed = page.job_list if lane is SET else None
        if self.listed is not None:
            self.listed.places[name] = place
        listed = [] if self.listed is None else self.listed.outputs
        controls = [*buttons.run, buttons.stop, buttons.progress, self.timer]
        self.outputs = [*dict.fromkeys([*outputs, *controls, *listed])]
        who = [self.watch, page.visitor, session]
        page.on(self.timer.tick, self._tick, who, self.outputs, mode="once", name=f"{name}_tick")
        at_once(buttons.stop.click, buttons.stop, _STOPPING)
        page.on(buttons.stop.click, self._stop, [page.clock, *who], self.outputs, js=page.NOW, name=f"{name}_stop")

    def on(
        self,
        events: Any,
        begin: Callable[..., Any],
        inputs: Sequence[Any],
        *,
        name: str = "",
        quiet: bool = False,
    ) -> Any:
        """Makes events start work; returns the event at whose end it has begun.

        What is under way of this run is stopped by it, unless it is a set, which others or later visits may want.

        Args:
            events: one or several.
            begin: told the session and the values of ``inputs``; gives what is `Asked`, None for nothing, or `GO_ON`,
                which alone leaves what is under way. A StudioError is told the person, and nothing begins.
            inputs: components.
            name: of the handler.
            quiet: leaves the buttons as they are until the work takes longer than a moment, for answers at once.
        """
        if not quiet:
            outputs = [*self.buttons.run, self.buttons.stop]
            at_once(events, outputs, _STARTED.replace("RUN", str(len(self.buttons.run))))

        def start(request: gr.Request, clock: float, watch: Watch, visitor: str, mine: Any, *values: Any) -> Updates:
            owner = self._owner(visitor, request)
            try:
                asked = begin(mine, *values)
            except StudioError as error:
                tell("error", str(error))
                asked = None
            if asked is not GO_ON:
                self._let_go(watch, owner)
            if quiet and asked is GO_ON:
                return {}
            if asked is None or asked is GO_ON:
                return self._as_it_is(watch, mine, owner, quiet)
            if watch.stopped >= (clock or 0) > 0:
                self._say_stopped()
                return self._idle()
            job = self.page.jobs.start(
                owner,
                asked.work,
                lane=asked.lane or self.lane,
                title=asked.title,
                kind=self.name,
                key=asked.key,
                reopen=asked.reopen,
            )
            watch.job, watch.drawn, watch.ended = job.id, 0, False
            job = self.page.jobs.wait(owner, job.id, _MOMENT, after=None if quiet else 0) or job
            return self._shown(watch, mine, job, owner)

        start.__name__ = name or f"{self.name}_start"
        given = [self.page.clock, self.watch, self.page.visitor, self.session, *inputs]
        return self.page.on(events, start, given, self.outputs, js=self.page.NOW, name=name or f"{self.name}_start")

    def resume(self) -> None:
        """Shows a visitor's job where it is under way when a page is opened, and any that they open from the list."""

        def under_way(request: gr.Request, watch: Watch, visitor: str, mine: Any) -> Updates:
            owner = self._owner(visitor, request)
            jobs = self.page.jobs.of(owner, self.lane)
            return self._turned(
                watch, mine, owner, next((job for job in jobs if not job.over and self._mine(job)), None)
            )

        def chosen(request: gr.Request, watch: Watch, visitor: str, mine: Any, opened: str) -> Updates:
            owner = self._owner(visitor, request)
            job = self.page.jobs.get(owner, opened_id(opened))
            return self._turned(watch, mine, owner, job if job is not None and self._mine(job) else None)

        who = [self.watch, self.page.visitor, self.session]
        self.page.on(self.page.visitor_named.then, under_way, who, self.outputs, name=f"{self.name}_resume")
        if self.listed is not None:
            opened = self.listed.opened
            self.page.on(opened.change, chosen, [*who, opened], self.outputs, name=f"{self.name}_open")

    def _mine(self, job: Job) -> bool:
        return job.kind == self.name

    def _turned(self, watch: Watch, mine: Any, owner: str, job: Job | None) -> Updates:
        """Another job is watched from now on."""
        if job is None:
            return {}
        watch.job, watch.drawn, watch.ended = job.id, 0, False
        return self._shown(watch, mine, job, owner)

    def _tick(self, request: gr.Request, watch: Watch, visitor: str, mine: Any) -> Updates:
        owner = self._owner(visitor, request)
        job = self.page.jobs.get(owner, watch.job)
        if job is None or watch.ended:
            return {self.timer: gr.Timer(active=False)} if watch.ended else self._idle()
        return self._shown(watch, mine, job, owner)

    def _stop(self, request: gr.Request, clock: float, watch: Watch, visitor: str, mine: Any) -> Updates:
        watch.stopped = clock or 0
        if watch.ended:
            return {}
        owner = self._owner(visitor, request)
        self.page.jobs.stop(owner, watch.job)
        job = self.page.jobs.wait(owner, watch.job, _MOMENT)
        return self._idle() if job is None else self._shown(watch, mine, job, owner)

    def _let_go(self, watch: Watch, owner: str) -> None:
        """What came before is of no use any more."""
        if watch.job and not watch.ended and self.lane is not SET:
            self.page.jobs.stop(owner, watch.job)
            watch.ended = True

    def _as_it_is(self, watch: Watch, mine: Any, owner: str, quiet: bool) -> Updates:
        """Nothing began: the buttons are as before the click, whose answer may come after those of other events."""
        job = None if watch.ended else self.page.jobs.get(owner, watch.job)
        if job is not None:
            return self._shown(watch, mine, job, owner)
        return {} if quiet and watch.ended and not watch.job else self._idle()

    def _shown(self, watch: Watch, mine: Any, job: Job, owner: str) -> Updates:
        found: Updates = {} if self.listed is None else self.listed.updates(owner)
        if job.id != watch.job:
            return found
        if job.version > watch.drawn or (job.over and not watch.ended):
            watch.drawn = job.version
            if job.dropped:
                job = replace(job, result=self.page.jobs.result(owner, job.id))
            found |= self._draw(mine, job)
        if not job.over:
            return found | {self.buttons.progress: progress_html(job)} | self._at_work()
        if not watch.ended:
            watch.ended = True
            if job.state == "failed":
                tell("error", job.note)
            elif job.state == "stopped":
                self._say_stopped()
        return self._idle() | found

    def _say_stopped(self) -> None:
        if self.said:
            tell("info", self.said)

    def _at_work(self) -> Updates:
        asleep = {button: gr.update(interactive=False) for button in self.buttons.run}
        return asleep | {self.buttons.stop: gr.update(interactive=True), self.timer: gr.Timer(active=True)}

    def _idle(self) -> Updates:
        awake = {button: gr.update(interactive=True) for button in self.buttons.run}
        return awake | {
            self.buttons.stop: gr.update(interactive=False),
            self.buttons.progress: "",
            self.timer: gr.Timer(active=False),
        }

    def _owner(self, visitor: str, request: gr.Request) -> str:
        return visitor if self.lane is SET and visitor else owner_of(request)


def progress_html(job: Job) -> str:
    """How far a job is: its stage, how long that will take, and a bar where that is known."""
    if job.state == "waiting":
        return '<p class="studio-progress" role="status">Waiting for work that came before…</p>'
    said = how_far(job)
    said = f"{said[:1].upper()}{said[1:]}" + ("" if job.total > 1 else "…")
    share = f"{100 * job.done / job.total:.1f}%" if job.total > 1 else ""
    bar = f'<span class="bar" style="width:{share}"></span>' if share else '<span class="bar unknown"></span>'
    return f'<div class="studio-progress" role="status"><p>{escape(said)}</p><span class="track">{bar}</span></div>'


def ended_early(job: Job, so_far: str = "what has come so far", last: str = "The last good picture") -> str:
    """Why a run was over before its end, and what of it is kept; empty where it was not.

    Args:
        so_far: what is kept of one that was stopped.
        last: what is kept of one that failed.
    """
    if job.state == "stopped":
        return f"Stopped: {so_far} is kept."
    return f"{job.note.rstrip('.')}. {last} is kept." if job.state == "failed" else ""


def run_buttons(name: str, title: str) -> Buttons:
    """Draws a button that starts work, named so, its Stop, and the place for its progress."""
    with gr.Row(elem_classes="studio-buttons studio-few"):
        run = gr.Button(title, variant="primary", elem_id=name)
        stop = gr.Button("Stop", variant="stop", elem_id=f"{name}-stop", interactive=False)
    return Buttons((run,), stop, gr.HTML(elem_id=f"{name}-progress"))


def unseen_buttons() -> Buttons:
    """For work that is over in a moment: nobody stops it or watches its progress."""
    return Buttons((), gr.Button(visible=False), gr.HTML(visible=False))

"""The list of a visitor's jobs: how far each is, with Stop, Open and Remove; nobody sees another's."""

from __future__ import annotations

import json
import time
from html import escape
from typing import Any

import gradio as gr

from ood_studio.studio.jobs import Job, Jobs
from ood_studio.studio.lanes import SET
from ood_studio.ui.scripts import script
from ood_studio.ui.wiring import Updates

_SHOWN = 8
_STATES = {"waiting": "waiting", "finished": "done", "stopped": "stopped", "failed": "failed"}


class JobList:
    """The list, drawn where this is made.

    Attributes:
        opened: holds the id of the job that was opened last, and when; `opened_id` reads it.
        places: the id of the tab that shows a kind of job, by kind; filled by the runs of the lane `SET`.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.places: dict[str, str] = {}
        self.list = gr.HTML(elem_id="jobs", js_on_load=script("pick"))
        self.timer = gr.Timer(1.5, active=False)
        self.opened = gr.Textbox(visible="hidden", elem_id="jobs-opened")

    @property
    def outputs(self) -> list[Any]:
        """What a change of the list changes."""
        return [self.list, self.timer]

    def updates(self, visitor: str) -> Updates:
        """The list as it is now; it goes on by itself while anything is under way."""
        jobs = self._jobs.of(visitor, SET) if visitor else []
        return {self.list: jobs_html(jobs), self.timer: gr.Timer(active=any(not job.over for job in jobs))}

    def wire(self, page: Any, tabs: gr.Tabs) -> None:
        """Once all tabs are there: the list follows the jobs, and its buttons work."""

        def pick(visitor: str, event: gr.EventData) -> Updates:
            """A button of the list."""
            action, id = json.loads(event.value)
            job = self._jobs.get(visitor, id)
            if job is None:
                return self.updates(visitor)
            if action == "stop":
                self._jobs.stop(visitor, id)
            elif action == "remove":
                self._jobs.forget(visitor, id)
            else:
                place = self.places.get(job.kind)
                there = {tabs: gr.Tabs(selected=place)} if place else {}
                return {self.opened: f"{id} {time.time_ns()}"} | there
            return self.updates(visitor)

        page.on(
            self.list.select, pick, page.visitor, [*self.outputs, self.opened, tabs], mode="multiple", name="jobs_pick"
        )
        page.on(self.timer.tick, self.updates, page.visitor, self.outputs, mode="once", name="jobs_tick")
        page.on(page.visitor_named.then, self.updates, page.visitor, self.outputs, name="jobs_opened")


def opened_id(text: str) -> str:
    """The id of the job that `JobList.opened` holds."""
    return text.split(" ")[0] if text else ""


def jobs_html(jobs: list[Job]) -> str:
    """The newest jobs; empty where there are none."""
    if not jobs:
        return ""
    rows = "".join(_row(job) for job in jobs[:_SHOWN])
    return f'<section class="studio-jobs" aria-label="Jobs"><h3>Jobs</h3><ul>{rows}</ul></section>'


def _row(job: Job) -> str:
    buttons = [("open", "Open")] if job.result is not None or job.dropped or not job.over else []
    buttons.append(("remove", "Remove") if job.over else ("stop", "Stop"))
    shown = "".join(
        f'<button type="button" data-pick="{escape(json.dumps([action, job.id]))}" '
        f'aria-label="{word}: {escape(job.title)}">{word}</button>'
        for action, word in buttons
    )
    share = job.done / job.total if job.total > 1 else 0.0
    bar = "" if job.over else f'<span class="track"><span class="bar" style="width:{100 * share:.0f}%"></span></span>'
    note = f"<small>{escape(job.note)}</small>" if job.note else ""
    return (
        f'<li class="{job.state}"><b>{escape(job.title)}</b><span>{escape(_said(job))}</span>{bar}{note}'
        f'<span class="buttons">{shown}</span></li>'
    )


def how_far(job: Job) -> str:
    """Where a running job is: its stage, how much of it is done, and about how long the rest will take."""
    counted = f", {job.done:,} of {job.total:,}" if job.total > 1 else ""
    left = f", about {_duration(job.left)} left" if job.left is not None and job.left >= 1 else ""
    return (job.stage or "working") + counted + left


def _said(job: Job) -> str:
    if job.state == "running":
        return how_far(job)
    took = f" after {_duration(job.ended - job.started)}" if job.started and job.ended else ""
    return _STATES[job.state] + took


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

"""What all tabs of a page share: the studio, the jobs, where notices appear, and who is looking."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from ood_studio.studio import Studio
from ood_studio.studio.jobs import Jobs
from ood_studio.ui import wiring
from ood_studio.ui.jobs import JobList
from ood_studio.ui.notices import notices_box

_NOW = "(...values) => [Date.now(), ...values.slice(1)]"
LEFT_KEPT = 20
"""Pages that were left whose state is kept: one that lost its connection for a moment goes on with its pictures."""
SECRET = "ood-studio"
"""Keeps what a browser remembers readable after the server was started anew; nothing in it is secret from its owner."""


class Page:
    """Made inside a `gr.Blocks`, before its tabs, which are told it.

    Args:
        studio: answers requests.
        jobs: runs them.
        blocks: the page's.

    Attributes:
        strangers: whether others than the owner of this machine look at it.
        clock: takes the moment of a click, in the browser's milliseconds, where ``js`` is `NOW`.
        visitor: a name for whoever is looking, kept in their browser, so that they find their jobs again;
            ``visitor_named`` is the event at whose end it is there.
        job_list: where the visitor's jobs are listed, once that is drawn.
    """

    NOW = _NOW

    def __init__(self, studio: Studio, jobs: Jobs, blocks: gr.Blocks) -> None:
        self.studio, self.jobs, self.blocks = studio, jobs, blocks
        self.strangers = studio.hosted is not None
        self.notices = notices_box()
        self.clock = gr.Number(0, visible=False, label="clock")
        self.visitor = gr.BrowserState("", storage_key="ood-studio-visitor", secret=SECRET)
        self.visitor_named = self.load(lambda name: name or secrets.token_urlsafe(16), self.visitor, self.visitor)
        self.job_list: JobList | None = None
        blocks.unload(self._left)

    def on(self, events: Any, handler: wiring.Handler, inputs: Any = None, outputs: Any = None, **more: Any) -> Any:
        """Makes events call a handler, see `wiring.wire`."""
        return wiring.wire(events, handler, inputs, outputs, self.notices, **more)

    def load(self, handler: wiring.Handler, inputs: Any = None, outputs: Any = None, **more: Any) -> Any:
        """Calls a handler when the page opens."""
        return self.on(self.blocks.load, handler, inputs, outputs, **more)

    async def _left(self, request: gr.Request) -> None:
        """What only this page asked for is nobody's any more once it is closed, nor is its state after a while.

        Gradio keeps some megabytes of every page for an hour. They go on its own loop, where nothing else reads them.
        """
        self.jobs.leave(owner_of(request))
        states = self.blocks.state_holder.session_data
        left = [session for session, state in states.items() if state.is_closed]
        for session in left[:-LEFT_KEPT]:
            del states[session]


def owner_of(request: gr.Request) -> str:
    """Who short work belongs to: a page, until it is closed."""
    return f"page {request.session_hash}"

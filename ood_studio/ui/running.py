"""What all tabs run their work with: one slot for the model, a stop flag a session, progress, errors as messages."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress

MODEL_SLOT: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}
"""Event arguments: whatever computes with a model waits for its turn."""

QUICK: dict[str, Any] = {"show_progress": "hidden", "queue": False}
"""Event arguments of handlers that compute nothing long: each answers its own request, outside the queue.

On a busy machine the end of one queued event can close the browser's stream of answers just when another event joins
it, whose answer then never comes (gradio 6); and a queued handler waits behind others. Only queued handlers can show
messages: one that may raise, inform or warn stays in the queue.
"""


class StopFlag:
    """Whether this session asked to stop; every session gets its own."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __deepcopy__(self, memo: dict[int, Any]) -> StopFlag:
        return StopFlag()

    def asked(self) -> bool:
        """Whether the person asked to stop."""
        return self._event.is_set()

    def set(self, stop: bool) -> None:
        """Asks to stop, or takes it back."""
        (self._event.set if stop else self._event.clear)()


def progress_on(bar: gr.Progress) -> Progress:
    """A `Progress` that moves gradio's bar."""

    def report(stage: str, done: int, total: int) -> None:
        bar((done, total), desc=stage)

    return report


def message(error: StudioError) -> gr.Error:
    """A project error for the screen; escaped, since it is shown as HTML and may carry names that people typed."""
    return gr.Error(escape(str(error), quote=False), title="That did not work", print_exception=False)


def warn(problems: Sequence[str]) -> None:
    """Names the files that were left out, the first ones in full."""
    for problem in problems[:4]:
        gr.Warning(escape(problem, quote=False), title="Left out", duration=None)
    if len(problems) > 4:
        gr.Warning(f"{len(problems) - 4} more files could not be read.", title="Left out")


def unchanged(outputs: Sequence[Any]) -> list[Any]:
    """For a handler that leaves all of its outputs as they are."""
    return [gr.skip() for _ in outputs]

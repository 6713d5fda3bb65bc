"""What a handler says to the person beside its results: errors, warnings, remarks.

Gradio's own messages come only out of its queue, which handlers of this app do not use (see `wiring`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import gradio as gr

from ood_studio.ui.scripts import script

Kind = Literal["error", "warning", "info"]
_SECONDS = {"error": 15, "warning": 0, "info": 6}
_TITLES = {"error": "That did not work:", "warning": "Left out:", "info": ""}
_SHOWN = 4


@dataclass(frozen=True)
class Notice:
    """A sentence for the person; plain text, never HTML."""

    kind: Kind
    text: str
    title: str = ""


_collected: ContextVar[list[Notice] | None] = ContextVar("notices", default=None)


def notices_box() -> gr.HTML:
    """Draws the place where notices appear."""
    return gr.HTML(
        "",
        elem_id="notices",
        html_template='<div class="studio-notices" aria-live="polite"></div>',
        js_on_load=script("notices"),
        apply_default_css=False,
        container=False,
    )


def tell(kind: Kind, text: str, title: str = "") -> None:
    """Says something with what the handler at work answers; nowhere else it is heard."""
    notices = _collected.get()
    if notices is not None:
        notices.append(Notice(kind, text, title or _TITLES[kind]))


def tell_left_out(problems: Sequence[str]) -> None:
    """Names the files that were left out, the first ones in full."""
    for problem in problems[:_SHOWN]:
        tell("warning", problem)
    if len(problems) > _SHOWN:
        tell("warning", f"{len(problems) - _SHOWN} more files could not be read.")


@contextmanager
def gathered_notices() -> Iterator[list[Notice]]:
    """What `tell` is told inside."""
    notices: list[Notice] = []
    token = _collected.set(notices)
    try:
        yield notices
    finally:
        _collected.reset(token)


def notices_value(notices: Sequence[Notice]) -> str:
    """Notices as the value of the box: another one each time, so that the same sentence is said again."""
    notes = [
        {"kind": each.kind, "title": each.title, "text": each.text, "seconds": _SECONDS[each.kind]} for each in notices
    ]
    return json.dumps({"at": time.time_ns(), "notes": notes})

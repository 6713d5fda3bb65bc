"""How events reach handlers: each click is a request of its own, and errors of the project become notices.

Nothing goes through gradio's queue. There all answers of a page share one stream, which the end of one event may close
just when another has joined it, whose answer then never comes: a click is lost (gradio 6, on a busy machine). And a
queued handler waits behind others. Long work is a job (see `ood_studio.studio.jobs` and `run`), whose state the page
asks for; handlers answer at once.

Nor does any event show gradio's progress on what it changes: the page looks for every component that ever had a
progress, hidden or not, whenever any event begins or ends (gradio 6), which takes longer than all the rest.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import gradio as gr
from gradio.blocks import Block

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY, is_out_of_memory
from ood_studio.ui.notices import gathered_notices, notices_value, tell

_log = logging.getLogger(__name__)

Updates = dict[Any, Any]

SEARCH = "(...values) => [...values.slice(0, -1), window.location.search]"
"""Puts the link's query in place of the last input."""
Handler = Callable[..., Any]
Mode = Literal["always_last", "multiple", "once"]


def wire(
    events: Any,
    handler: Handler,
    inputs: Any,
    outputs: Any,
    notices: gr.HTML,
    *,
    mode: Mode = "always_last",
    js: str | None = None,
    name: str = "",
) -> Any:
    """Makes events call a handler; returns the event at whose end the answer is there.

    Args:
        events: one event of a component such as ``button.click``, or several.
        handler: gives its outputs in order, or `Updates` of some of them. A StudioError, or what it tells the person
            (see `notices.tell`), is shown as a notice; where it raises, its outputs stay as they are.
        inputs, outputs: components, one or a list.
        notices: where notices appear.
        mode: what becomes of events that come while the handler is at work: the last of them is answered after it
            (``always_last``), each is answered (``multiple``), or none (``once``).
        js: of the browser, told the inputs' values; gives the values that the handler gets.
        name: of the handler among those of the blocks.
    """
    shown = _components(outputs)
    answer = guarded(handler, shown, notices)
    how: dict[str, Any] = {
        "queue": False,
        "show_progress": "hidden",
        "show_progress_on": [],  # see above
        "trigger_mode": mode,
        "api_visibility": "private",
        "js": js,
        **({"api_name": name} if name else {}),
    }
    several = list(events) if isinstance(events, Sequence) else [events]
    if len(several) == 1:
        return several[0](answer, inputs, [*shown, notices], **how)
    return gr.on(several, answer, inputs, [*shown, notices], **how)


def at_once(events: Any, outputs: Any, js: str, inputs: Any = None) -> None:
    """Makes events change components in the browser, before any answer of the server.

    Args:
        events: one event, or several.
        outputs: components, one or a list.
        js: a function that gives a list of values or ``{__type__: 'update', ...}``, one for each output.
        inputs: components whose values it is told, one or a list.
    """
    how: dict[str, Any] = {"js": js, "show_progress": "hidden", "api_visibility": "private", "queue": False}
    for event in list(events) if isinstance(events, Sequence) else [events]:
        event(None, _components(inputs), _components(outputs), trigger_mode="multiple", **how)


def once_changed(events: Any, inputs: Any, js: str) -> Any:
    """The event that what the browser makes of some inputs has become another text than before; at first it is empty.

    Gradio says that a box has changed whenever it is drawn anew, several times when its tab is first opened, and each
    event that has a handler makes the page look for every component that any handler ever read.

    Args:
        events: one event, or several.
        inputs: components whose values ``js`` is told, one or a list; None for none.
        js: a function that gives a text.
    """
    text = gr.Textbox(visible=False)
    at_once(events, text, f"(...values) => [({js})(...values)]", inputs)
    return text.change


def guarded(handler: Handler, outputs: Sequence[Any], notices: gr.HTML) -> Callable[..., Updates]:
    """A handler whose errors and notices are among its outputs."""

    @functools.wraps(handler)
    def answer(*values: Any, **more: Any) -> Updates:
        with gathered_notices() as said:
            try:
                found = updates_of(handler(*values, **more), outputs)
            except StudioError as error:
                found = {}
                tell("error", str(error))
            except OSError as error:  # a full or read-only disk, wherever it was met
                _log.exception("a handler met a disk that refused")
                found = {}
                tell("error", f"a file could not be read or written here ({error.strerror or type(error).__name__})")
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                _log.exception("a handler ran out of memory")
                found = {}
                tell("error", LACKS_MEMORY)
        return {**found, notices: notices_value(said) if said else gr.skip()}

    return answer


def updates_of(found: Any, outputs: Sequence[Any]) -> Updates:
    """What a handler gave, by component."""
    if isinstance(found, Mapping) and all(isinstance(each, Block) for each in found):
        return dict(found)
    if len(outputs) == 1:
        return {outputs[0]: found}
    if not outputs:
        return {}
    return dict(zip(outputs, found, strict=True))


def _components(found: Any) -> list[Any]:
    return [] if found is None else list(found) if isinstance(found, Sequence | set) else [found]

"""Endpoints for programs, derived from requests: a parameter of a request is a parameter of its endpoint.

Every endpoint is a tool that an agent may use (``--mcp``), so that they are few, and their names, parameters and the
first line of their docstrings tell all there is to know. A further one takes three steps:

1. ``build_api(studio)`` in the room of its tab (``ui/detect/api.py``, say) writes a function that is told a request, a
   `Progress` and what is `Given`, raises a `StudioError` in one sentence for what cannot be, and returns values for
   JSON and paths of files; `endpoint` makes ``/detect`` of it, with ``boxes`` of the tab's layout, whose guards keep
   visitors from this machine's files, and in the `lane_of` its work.
2. `ood_studio.ui.endpoints` calls it and has its name in `PUBLIC`.
3. What is rarely asked for stays away (``without=RARE``): ``tests/ui/test_api.py`` weighs all that is told of the API.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import gradio as gr
from gradio.components.api_component import Api
from gradio.context import LocalContext

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY, is_out_of_memory
from ood_studio.core.parameters import Parameter, about, leaves, names, value_at, with_values
from ood_studio.core.progress import Progress, Stopped, heard
from ood_studio.studio import Studio
from ood_studio.studio.lanes import Lane
from ood_studio.ui.form.boxes import Box
from ood_studio.ui.form.convert import value_of

Request = TypeVar("Request")

CORPUS_FILE = "Text file with one word a line, in place of the corpus, or none"
REFERENCES = "ID reference pictures of your own, or none"

RARE = (
    "labels.lexnames",
    "labels.mining.fraction",
    "labels.mining.per_pos",
    "labels.mining.selection",
    "labels.mining.seed",
    "score.fuse",
    "score.seed",
    "score.threshold",
    "score.weight",
)
"""Paths that only ``/explore`` and ``/labels`` take; elsewhere they are as usual."""

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}


@dataclass(frozen=True)
class Given:
    """What an endpoint takes beside its request.

    Attributes:
        name: of the parameter.
        help: one line for people.
        kind: ``files`` and ``file`` are uploads, told as paths of this machine.
    """

    name: str
    help: str
    kind: str = "text"


def endpoint(
    name: str,
    start: Request,
    answer: Callable[..., Any],
    outputs: Sequence[Any],
    *,
    given: Sequence[Given] = (),
    boxes: Mapping[str, Box] | None = None,
    without: Collection[str] = (),
    longest: float | None = None,
    **event: Any,
) -> None:
    """Makes ``/name`` inside the current `gr.Blocks`, where nothing is seen of it: in `lean_blocks.for_programs`.

    Args:
        start: a request with what is left out; its kind's parameters, by `names`, are the endpoint's.
        answer: told the request, a `Progress` that ends the work when the program has hung up, and by their names what
            is ``given``; its docstring describes the endpoint. Errors of the project reach the program as one sentence.
        outputs: hidden components that take what it returns.
        given: what comes before the request's parameters.
        boxes: guards and private parameters, as the tabs' forms have them.
        without: paths that are not for programs.
        longest: seconds that an answer may take; None for any time.
        event: further arguments of the event, such as its lane.
    """
    boxes = boxes or {}
    known, called = leaves(cast(type, type(start))), names(cast(type, type(start)))
    paths = [path for path in known if path not in without and boxes.get(path, Box()).private is not True]
    inputs: list[Any] = [_upload(each) for each in given]
    inputs += [Api(_plain(value_at(start, path)), schema(known[path]), about(known[path])) for path in paths]
    trigger = gr.Button(visible=False)

    def call(*values: Any) -> Any:
        try:
            others = {each.name: value for each, value in zip(given, values, strict=False)}
            changes = {
                path: _read(known[path], boxes.get(path, Box()), value, value_at(start, path))
                for path, value in zip(paths, values[len(given) :], strict=True)
            }
            with heard(call_progress(longest)) as progress:
                return answer(with_values(start, changes), progress, **others)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise gr.Error(LACKS_MEMORY, print_exception=False) from error
            raise

    helps = {each.name: each.help for each in given} | {called[path]: about(known[path]) for path in paths}
    defaults = [None] * len(given) + [value_at(start, path) for path in paths]
    _describe(call, answer, helps, defaults)
    trigger.click(call, inputs, list(outputs), api_name=name, **event)


def lane_of(studio: Studio, lane: Lane) -> dict[str, Any]:
    """Arguments of `endpoint`: programs wait for each other's work of a lane, and nobody at a page waits for them."""
    longest = None if studio.hosted is None else studio.hosted.longest
    return {"longest": longest, "concurrency_id": f"api {lane.name}", "concurrency_limit": lane.workers}


def call_progress(longest: float | None = None) -> Progress:
    """A `Progress` of the call that is being answered, which ends the work once nobody waits for it any more.

    Args:
        longest: seconds after which it is ended too; None for never.
    """
    event = None
    if (blocks := LocalContext.blocks.get(None)) is not None and (id := LocalContext.event_id.get(None)):
        event = blocks._queue.event_ids_to_events.get(id)
    began = time.monotonic()

    def report(stage: str, done: int, total: int) -> None:
        if event is not None and not event.alive:
            raise Stopped(f"nobody waits for it any more; stopped while {stage}")
        if longest is not None and time.monotonic() - began > longest:
            raise StudioError(f"it took longer than {longest / 60:.0f} minutes, the most on this server")

    return report


def only_public(blocks: gr.Blocks, public: Collection[str]) -> None:
    """Hides from programs every handler that is not named: what a page does with itself is nobody else's."""
    for handler in blocks.fns.values():
        if handler.api_name not in public:
            handler.api_visibility = "private"


def schema(parameter: Parameter) -> dict[str, Any]:
    """A parameter in JSON schema; what it means is told beside it."""
    one: dict[str, Any] = {"type": _TYPES[parameter.kind]}
    if parameter.choices:
        one = {"enum": list(parameter.choices)}
    elif parameter.bounds is not None:
        one |= {"minimum": parameter.bounds.low, "maximum": parameter.bounds.high}
    if parameter.many:
        one = {"type": "array", "items": one}
    elif parameter.optional:
        one = {"anyOf": [one, {"type": "null"}]}
    return one


def _upload(each: Given) -> Any:
    if each.kind == "text":
        return gr.Textbox("", label=each.help)
    return gr.File(file_count="multiple" if each.kind == "files" else "single", type="filepath", label=each.help)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _read(parameter: Parameter, box: Box, value: Any, default: Any) -> Any:
    found = value_of(parameter, value, default)
    return box.guard(found) if box.guard else found


def _describe(call: Any, answer: Callable[..., Any], helps: Mapping[str, str], defaults: Sequence[Any]) -> None:
    """Gives a function the names, defaults and descriptions that gradio reads to tell programs of it."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind, default=each) for name, each in zip(helps, defaults, strict=True)]
    lines = "\n".join(f"    {name}: {text}" for name, text in helps.items())
    call.__signature__ = inspect.Signature(parameters)
    call.__doc__ = f"{inspect.getdoc(answer) or ''}\n\nArgs:\n{lines}"
    call.__annotations__ = {}
    call.__name__ = getattr(answer, "__name__", "answer")

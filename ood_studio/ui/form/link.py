"""A request as the query of a link, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Parameter, leaves, names, value_at, with_values
from ood_studio.ui.form.boxes import Box

Request = TypeVar("Request")
_NONE: Mapping[str, Box] = {}


def read_query(search: Any) -> dict[str, str]:
    """Names and texts of a page's address, of which ``search`` is what begins with ``?``; those of gradio and of Spaces
    such as ``__theme`` ask for nothing of the app."""
    found = parse_qsl(str(search or "").removeprefix("?"))
    return {name: text for name, text in found if not name.startswith("__")}


def query_of(request: Any, start: Any, boxes: Mapping[str, Box] = _NONE) -> dict[str, str]:
    """What a request asks for as names and texts: everything that is not usual.

    Usual is what ``start`` holds, where the request's kind without arguments holds it too. Private values are left out.
    """
    kind = cast(type, type(request))
    usual, found = kind(), {}
    for path, name in names(kind).items():
        value = value_at(request, path)
        if not boxes.get(path, Box()).hides(value) and not (value == value_at(start, path) == value_at(usual, path)):
            found[name] = leaves(kind)[path].text(value)
    return found


def changes_of(kind: type, query: Mapping[str, str], boxes: Mapping[str, Box] = _NONE) -> dict[str, Any]:
    """The values that a link's query holds, by path; names that the request does not have are left to others.

    Private values are not taken from a link.

    Raises:
        StudioError: for a text that is no value of its parameter, or none that its box offers.
    """
    known = leaves(kind)
    paths = {name: path for path, name in names(kind).items()} | {path: path for path in known}
    found: dict[str, Any] = {}
    for name, text in query.items():
        if name not in paths or (box := boxes.get(paths[name], Box())).private is True:
            continue
        if any(sign in text for sign in "<>") and not box.own and known[paths[name]].kind is not str:
            raise StudioError(f"the link’s {name} cannot be what stands there")
        value = found[paths[name]] = known[paths[name]].parse(text, f"the link’s {name}")
        _check_offered(known[paths[name]], box, value, name)
    return found


def _check_offered(parameter: Parameter, box: Box, value: Any, name: str) -> None:
    """A box with choices takes nothing else: gradio would say so, in its words and with whatever the link holds."""
    if box.choices is None or box.free or box.own is not None or box.widget == "checks" or parameter.choices:
        return
    offered = [each for _, each in box.choices()]
    wrong = next((each for each in (value if parameter.many else (value,)) if each not in offered), None)
    if wrong is not None:
        said = "what stands there" if any(sign in str(wrong) for sign in "<>") else repr(wrong)
        raise StudioError(f"the link’s {name} must be one of {', '.join(map(str, offered)) or 'none'}, not {said}")


def request_of(start: Request, query: Mapping[str, str], own: Sequence[str] = ()) -> Request:
    """The request of a link: ``start`` with what the query holds; only the paths ``own`` where there are any.

    Raises:
        StudioError: for a text that is no value of its parameter, or one that the request refuses.
    """
    changes = changes_of(cast(type, type(start)), query)
    try:
        return with_values(start, {path: value for path, value in changes.items() if not own or path in own})
    except StudioError as error:
        raise StudioError(f"the link cannot be followed: {error}") from None

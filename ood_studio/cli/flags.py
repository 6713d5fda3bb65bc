"""Flags from requests: every field of a request, nested ones flattened, so that nothing is said twice."""

from __future__ import annotations

import re
import shlex
import typing
from collections.abc import Callable
from dataclasses import MISSING, field, fields, is_dataclass, make_dataclass
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, TypeVar

import tyro

from ood_studio.core.parameters import bounds_of

PROGRAM = "python -m ood_studio"

T = TypeVar("T")


def _leaves(request: type, within: str = "") -> list[tuple[str, str, Any, Any, str]]:
    """Every field that is not a request itself: (flag, path, type, default, help), the request's own before nested.

    A nested field whose name is taken gets the name of its place before it, as in ``score_seed``.
    """
    hints = typing.get_type_hints(request)
    described, bounds = _descriptions(request), bounds_of(request)
    own, nested = [], []
    for each in fields(request):
        kind, path = hints[each.name], f"{within}{each.name}"
        if is_dataclass(kind):
            nested += _leaves(typing.cast(type, kind), f"{path}.")
            continue
        text = described.get(each.name, "")
        if each.name in bounds and (not text or text.startswith("see ")):  # to people a class's name says nothing
            text = bounds[each.name].help
        if each.name in bounds:
            text = f"{text.rstrip('.')}; {bounds[each.name].low:,.10g} to {bounds[each.name].high:,.10g}"
        own.append((each.name, path, kind, each.default, text))
    taken = {flag for flag, *_ in own}
    for flag, path, *rest in nested:
        name = flag if flag not in taken else path.removeprefix(within).replace(".", "_")
        taken.add(name)
        own.append((name, path, *rest))
    return own


def flags_of(options: type, request: type) -> type:
    """A dataclass of a command's own options and, flattened, of its request's fields.

    The request itself is made only after parsing, so that what is wrong with it is told as any other error.
    """
    flags: list[Any] = []
    for name, path, kind, default, text in _leaves(request):
        assert default is not MISSING, f"{request.__name__}.{path} needs a default"
        note: Any = tyro.conf.arg(help=text, help_behavior_hint=_shown(default))
        flags.append((name, Annotated[kind, note], field(default=default)))
    namespace = {"__doc__": options.__doc__}
    return make_dataclass(options.__name__, flags, bases=(options,), frozen=True, namespace=namespace)


def request_of(request: Callable[..., T], chosen: Any) -> T:
    """The request of parsed flags.

    Raises:
        StudioError: from the request's own checks.
    """
    tree: dict[str, Any] = {}
    for name, path, kind, _, _ in _leaves(typing.cast(type, request)):
        value = getattr(chosen, name)
        texts = typing.get_origin(_bare(kind)) is tuple and all(isinstance(each, str) for each in value)
        if texts:  # `--scorers mcm,energy` means the same as `--scorers mcm energy`
            value = tuple(part.strip() for each in value for part in each.split(",") if part.strip())
        node = tree
        *places, last = path.split(".")
        for place in places:
            node = node.setdefault(place, {})
        node[last] = value
    return _build(request, tree)


def _build(request: Callable[..., T], tree: dict[str, Any]) -> T:
    hints = typing.get_type_hints(request)
    return request(
        **{name: _build(hints[name], value) if is_dataclass(hints[name]) else value for name, value in tree.items()}
    )


def command_line(command: str, request: Any) -> str:
    """The command that asks for the same as a request: a flag for each field that is not at its default."""
    parts = [*PROGRAM.split(), command]
    for name, path, _, default, _ in _leaves(type(request)):
        value = attrgetter(path)(request)
        if value == default:
            continue
        parts.append(f"--{name.replace('_', '-')}")
        if not isinstance(value, bool):
            parts += map(str, value) if isinstance(value, tuple) else [str(value)]
    return shlex.join(parts)


def _bare(kind: Any) -> Any:
    if isinstance(kind, UnionType) or typing.get_origin(kind) is typing.Union:
        kinds = [each for each in typing.get_args(kind) if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        shown = " ".join(map(str, default))
        return f"(default: {shown if len(shown) <= 80 else f'{len(default)} of them'})"
    return "" if default is None or default is False or default == "" else f"(default: {default})"


def _descriptions(cls: type) -> dict[str, str]:
    """What the ``Attributes:`` of a docstring say, by field."""
    _, _, section = (cls.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    entry = re.compile(r"^ {8}(\w[\w, ]*): (.*(?:\n {12,}.*)*)", re.MULTILINE)
    for names, text in entry.findall(section):
        plain = re.sub(r"``(.+?)``|`(.+?)`", lambda match: match[1] or match[2], " ".join(text.split()))
        found |= dict.fromkeys((name.strip() for name in names.split(",")), plain)
    return found

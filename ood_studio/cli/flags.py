"""Flags from declarations: tyro is told what `core.parameters` knows about a command and the request in it.

Tyro sees a command as a tree of parts, one for each dataclass in it, so that its help shows the parameters of a method
together; flags are called as links and programs call them. Tyro only sorts what was typed: parameters turn it into
values, and the command is made after parsing, so that whatever is wrong is told in one line like any other error.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import tyro
from tyro.constructors import (
    ConstructorRegistry,
    PrimitiveConstructorSpec,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

from ood_studio.cli.command import Command
from ood_studio.core.parameters import (
    Bounds,
    Help,
    Parameter,
    about,
    leaves,
    names,
    nested,
    parameters,
    value_at,
    with_values,
)
from ood_studio.studio.commands import flag, value_typed

REQUEST = "request"
"""The field of a command that holds its request; the request's parameters stand beside the command's options."""

_KINDS = {int: "INT", float: "FLOAT", str: "TEXT"}
_MOST_SHOWN = 80  # signs of a default


@dataclass(frozen=True)
class Typed:
    """What was typed after a flag."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """A command, and by path what was typed for it."""

    command: type[Command]
    typed: Mapping[str, Typed | bool]

    def make(self) -> Command:
        """The command with its request.

        Raises:
            StudioError: for a value that its parameter, or the dataclass that holds it, refuses.
        """
        known, called = leaves(self.command), flags(self.command)
        changes = {
            path: value_typed(known[path], each.texts, called[path]) if isinstance(each, Typed) else each
            for path, each in self.typed.items()
        }
        return with_values(self.command(), changes)


@lru_cache(maxsize=64)
def flags(command: type[Command]) -> dict[str, str]:
    """The flags of a command by the paths of its parameters; those of its request are called as it alone calls them."""
    found = {name: flag(name) for name in parameters(command)}
    for within, request in nested(command).items():
        found |= {f"{within}.{path}": flag(name) for path, name in names(request).items()}
    if len(set(found.values())) < len(found):
        raise ValueError(f"an option of {command.__name__} is called like a parameter of its request: {found}")
    return found


class _Part:
    """A dataclass inside a command. Every place has a subclass of its own: the type that tyro sees."""

    command: type[Command]
    path: str


@lru_cache(maxsize=512)
def part(command: type[Command], path: str = "") -> type:
    """What tyro is to parse for a command, or for the dataclass at a path in it; a whole command becomes `Chosen`."""
    cls = _at(command, path)
    return type(cls.__name__, (_Part,), {"command": command, "path": path})


registry = ConstructorRegistry()


@registry.struct_rule
def _rule(info: StructTypeInfo) -> StructConstructorSpec | None:
    """How tyro makes a part out of flags."""
    kind: Any = info.type
    if not (isinstance(kind, type) and issubclass(kind, _Part)):
        return None
    return StructConstructorSpec(_gatherer(kind.command, kind.path), tuple(_fields(kind.command, kind.path)))


def _fields(command: type[Command], path: str) -> Iterator[StructFieldSpec]:
    """The flags and the parts of the dataclass at a path. The name of a field is its path, as tyro takes it."""
    cls, start = _at(command, path), command()
    for name, parameter in parameters(cls).items():
        place = _join(path, name)
        note = _note(command, place, parameter, value_at(start, place), _hints(cls, name))
        yield StructFieldSpec(_key(place), note, value_at(start, place), about(parameter))
    for name in nested(cls):
        if (place := _join(path, name)) == REQUEST:
            yield from _fields(command, place)
        else:
            inner: Any = Annotated[part(command, place), tyro.conf.arg(name=name)]
            yield StructFieldSpec(_key(place), inner, tyro.MISSING)


def _note(command: type[Command], path: str, parameter: Parameter, default: Any, hints: tuple[Any, ...]) -> Any:
    """What tyro is to know about a parameter, as an annotated type."""
    # Its help says the default, not what tyro would make of it.
    name = flags(command)[path].removeprefix("--")
    note = tyro.conf.arg(name=name, prefix_name=False, help_behavior_hint=_shown(parameter, default))
    if parameter.kind is bool and not parameter.many:
        return Annotated[(bool, note, *hints)]
    kind = "{" + ",".join(map(str, parameter.choices)) + "}" if parameter.choices else _KINDS[parameter.kind]
    spec = PrimitiveConstructorSpec(
        nargs="*" if parameter.many else 1,
        metavar=f"[{kind} ...]" if parameter.many else kind + ("|none" if parameter.optional else ""),
        instance_from_str=lambda texts: Typed(tuple(texts)),
        is_instance=lambda value: True,
        str_from_instance=lambda value: [],
    )
    return Annotated[(object, spec, note, *hints)]


def _shown(parameter: Parameter, default: Any) -> str:
    if default is None or default is False or default in ("", ()):
        return ""
    if default is True:
        return "(so by default; this flag turns it off)"
    shown = parameter.text(default).replace(",", " ") if parameter.many else parameter.text(default)
    return f"(default: {shown if len(shown) <= _MOST_SHOWN else f'{len(default)} of them'})"


def _hints(cls: type, name: str) -> tuple[Any, ...]:
    """What a field's annotation says to tyro itself."""
    hint = typing.get_type_hints(cls, include_extras=True)[name]
    return tuple(each for each in getattr(hint, "__metadata__", ()) if not isinstance(each, Bounds | Help))


def _gatherer(command: type[Command], path: str) -> Callable[..., Any]:
    """What tyro gives the flags of a part to; its docstring is the help of the part."""
    start = command()

    def gather(**values: Any) -> Any:
        found: dict[str, Typed | bool] = {}
        for key, value in values.items():
            place = key.replace("__", ".")
            if isinstance(value, dict):  # of a part inside
                found |= value
            elif isinstance(value, Typed) or value != value_at(start, place):
                found[place] = value
        return found if path else Chosen(command, found)

    gather.__doc__ = description(command, path)
    return gather


def description(command: type[Command], path: str = "") -> str:
    """What the help says about a command, or about the dataclass at a path in it: what its docstring says first."""
    says = inspect.getdoc(_at(command, path)) or ""
    return (says.split("\n\n")[0] if path else says.partition("Attributes:")[0]).replace("`", "").strip()


def _at(command: type[Command], path: str) -> type:
    cls: type = command
    for name in path.split(".") if path else ():
        cls = nested(cls)[name]
    return cls


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _key(path: str) -> str:
    return path.replace(".", "__")

"""Parameters, declared once: one field makes the check, the box of a form, the flag, the link and the API schema.

A field says everything in its annotation: ``Annotated[int, Bounds(1, 100, step=1, help="Steps of Adam")]`` for a
number, ``Annotated[str, Help("Folder of ID images")]`` for anything else, a `Literal` for a choice. `leaves` walks a
request and the methods' dataclasses that it contains.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from ood_studio.core.errors import StudioError
from ood_studio.core.parameter import Bounds, Help, Parameter, Seed, Steps, Tau, about, number

T = TypeVar("T")

__all__ = [
    "Bounds",
    "Help",
    "Parameter",
    "Seed",
    "Steps",
    "Tau",
    "about",
    "bounds_of",
    "check",
    "leaves",
    "names",
    "nested",
    "number",
    "parameters",
    "read_texts",
    "texts",
    "value_at",
    "with_settings",
    "with_values",
]


@lru_cache(maxsize=512)
def parameters(cls: type) -> dict[str, Parameter]:
    """The fields of a dataclass that are no dataclasses themselves, by name, in order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return {
        field.name: _parameter(field, hints[field.name])
        for field in fields(cls)
        if field.init and not is_dataclass(_bare(hints[field.name]))
    }


@lru_cache(maxsize=512)
def nested(cls: type) -> dict[str, type]:
    """The fields of a dataclass that are dataclasses themselves, by name, in order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    found = {field.name: _bare(hints[field.name]) for field in fields(cls) if field.init}
    return {name: cast(type, kind) for name, kind in found.items() if is_dataclass(kind)}


@lru_cache(maxsize=512)
def leaves(cls: type) -> dict[str, Parameter]:
    """All parameters of a dataclass and of those it contains, by path such as ``attack.steps``; its own come first.

    The default of a path is what an instance made without arguments holds.
    """
    found = dict(parameters(cls))
    contained = nested(cls)
    for field in fields(cls):
        if field.name not in contained:
            continue
        own = _default(field)
        for path, each in leaves(contained[field.name]).items():
            default = each.default if own is MISSING else value_at(own, path)
            found[f"{field.name}.{path}"] = replace(each, default=default)
    return found


@lru_cache(maxsize=512)
def names(cls: type) -> dict[str, str]:
    """What flags, links and programs call each of `leaves`, by path: its last part, such as ``steps``.

    Where that is taken by a path that is shorter, or as long and comes earlier, it is the shortest end of the path that
    is not, as in ``score_seed`` or ``mining_seed``.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in sorted(leaves(cls), key=lambda path: path.count(".")):
        parts = path.split(".")
        ends = ("_".join(parts[start:]) for start in range(len(parts) - 1, -1, -1))
        found[path] = next((end for end in ends if end not in taken), path)
        taken.add(found[path])
    return {path: found[path] for path in leaves(cls)}


def value_at(value: Any, path: str) -> Any:
    """What stands at a path such as ``attack.steps``."""
    for name in path.split("."):
        value = getattr(value, name)
    return value


def with_values(value: T, changes: Mapping[str, Any]) -> T:
    """A dataclass instance with other values at some paths; every dataclass on the way checks itself again.

    Raises:
        StudioError: from the checks.
    """
    own: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for path, new in changes.items():
        name, _, rest = path.partition(".")
        if rest:
            inner.setdefault(name, {})[rest] = new
        else:
            own[name] = new
    for name, part in inner.items():
        own[name] = with_values(own.get(name, getattr(value, name)), part)
    if not own:
        return value
    kept = {field.name: getattr(value, field.name) for field in fields(cast(Any, value)) if field.init}
    return type(value)(**{**kept, **own})


def with_settings(value: T, text: str) -> T:
    """A dataclass instance with what a text says behind its name, such as ``gen:gamma=0.2`` or ``probe:epochs=5``.

    Raises:
        StudioError: for an unknown parameter, or a value that it cannot have.
    """
    key, *settings = text.split(":")
    known = parameters(cast(type, type(value)))
    changes = {}
    for setting in settings:
        name, given, said = setting.partition("=")
        if name not in known or not given:
            has = f"it has {', '.join(f'{each}=' for each in known)}" if known else "it has none"
            raise StudioError(f"{text!r}: {key} has no parameter {setting!r}; {has}")
        changes[name] = known[name].parse(said, f"{name} of {key}")
    return with_values(value, changes)


def texts(value: Any) -> dict[str, str]:
    """All that a dataclass instance holds, as texts by `names`; `Parameter.parse` reads them."""
    kind = cast(type, type(value))
    known = leaves(kind)
    return {name: known[path].text(value_at(value, path)) for path, name in names(kind).items()}


def read_texts(kind: type[T], given: Mapping[str, str]) -> T:
    """An instance with values that `texts` gave; what they do not say is as usual.

    Raises:
        StudioError: naming a parameter that there is not, or a value that cannot be.
    """
    known, paths = leaves(cast(type, kind)), {name: path for path, name in names(cast(type, kind)).items()}
    unknown = given.keys() - paths.keys()
    if unknown:
        raise StudioError(f"{kind.__name__} has no parameter {min(unknown)}")
    return with_values(kind(), {paths[name]: known[paths[name]].parse(text) for name, text in given.items()})


def bounds_of(cls: type) -> dict[str, Bounds]:
    """The bounds of a dataclass's own numeric fields, by name."""
    return {name: each.bounds for name, each in parameters(cls).items() if each.bounds is not None}


def check(value: Any) -> None:
    """Checks every parameter of a dataclass instance; those it contains have checked themselves.

    Raises:
        StudioError: naming the parameter, what was expected and what came.
    """
    for name, parameter in parameters(cast(type, type(value))).items():
        parameter.check(getattr(value, name))


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _parameter(field: Field[Any], hint: Any) -> Parameter:
    bounds, text = None, ""
    many = optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
            said = ""  # of what is said on one level the last counts; what is said further out counts more
            for extra in extras:
                if isinstance(extra, Bounds):
                    bounds, said = extra, extra.help or said
                elif isinstance(extra, Help):
                    said = extra.text
            text = text or said
        elif get_origin(hint) is tuple:
            many, hint = True, get_args(hint)[0]
        elif isinstance(hint, UnionType) or get_origin(hint) is typing.Union:
            kinds = [kind for kind in get_args(hint) if kind is not NoneType]
            optional = optional or len(kinds) < len(get_args(hint))
            hint = kinds[0]
        else:
            break
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind = type(choices[0]) if choices else hint
    return Parameter(
        field.name,
        kind if kind in (int, float, bool, str) else str,
        _default(field),
        text,
        bounds,
        choices,
        optional,
        many,
    )

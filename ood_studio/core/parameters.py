"""Parameters, declared once: one field makes the check, the box of a form, the flag, the link and the API schema.

A field says everything in its annotation: ``Annotated[int, Bounds(1, 100, step=1, help="Steps of Adam")]`` for a
number, ``Annotated[str, Help("Folder of ID images")]`` for anything else, a `Literal` for a choice. `leaves` walks a
request and the methods' dataclasses that it contains.
"""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from decimal import Context
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

from ood_studio.core.errors import StudioError

T = TypeVar("T")

_LARGE = 10**15


@dataclass(frozen=True)
class Bounds:
    """The closed range of a numeric parameter.

    Attributes:
        low, high: smallest and largest value allowed.
        log: whether a slider should move on a logarithmic scale.
        step: the slider's step; None for a continuous one.
        help: one line for people.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    help: str = ""


@dataclass(frozen=True)
class Help:
    """One line for people about a parameter; beside `Bounds` it takes the place of theirs."""

    text: str


Tau = Annotated[
    float | None, Bounds(1e-4, 10.0, log=True, help="Temperature τ; none = the model's own, 1 / its logit scale")
]
Seed = Annotated[int, Bounds(0, 2**31 - 1, step=1, help="Seed of what is drawn by chance")]
Steps = Annotated[int, Bounds(1, 10_000, log=True, step=1, help="Steps")]


@dataclass(frozen=True)
class Parameter:
    """One parameter as its only declaration says.

    Attributes:
        name: of the field.
        kind: what a value, or each of several, is: int, float, bool or str (also for paths and choices).
        default: of the field; `dataclasses.MISSING` where there is none.
        help: one line for people.
        bounds: of a number, or of each of several.
        choices: the values of a `Literal`; empty where any of ``kind`` will do.
        optional: whether None is a value; its text is ``none``.
        many: whether the value is a tuple.
    """

    name: str
    kind: type
    default: Any
    help: str
    bounds: Bounds | None
    choices: tuple[Any, ...]
    optional: bool
    many: bool

    def check(self, value: Any) -> None:
        """Checks a value.

        Raises:
            StudioError: naming the parameter, what was expected and what came.
        """
        if self.many:
            if not isinstance(value, tuple):
                raise StudioError(f"{self.name} must be a tuple, not {value!r}")
            for each in value:
                self._check_one(each)
        elif value is not None or not self.optional:
            self._check_one(value)

    def _check_one(self, value: Any) -> None:
        if self.choices:
            if value not in self.choices:
                raise StudioError(f"{self.name} must be one of {', '.join(map(str, self.choices))}, not {value!r}")
            return
        if self.bounds is None:
            return
        low, high = self.bounds.low, self.bounds.high
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise StudioError(f"{self.name} must be a number from {number(low)} to {number(high)}, not {value!r}")
        if not low <= value <= high:
            raise StudioError(f"{self.name} must lie between {number(low)} and {number(high)}, not {number(value)}")
        if self.kind is int and not isinstance(value, int):
            raise StudioError(f"{self.name} must be a whole number, not {value!r}")

    def text(self, value: Any) -> str:
        """A value as `parse` reads it back; several are joined by commas."""
        if self.many:
            return ",".join(map(self._text_of_one, value))
        return self._text_of_one(value)

    @staticmethod
    def _text_of_one(value: Any) -> str:
        if value is None:
            return "none"
        if isinstance(value, bool):
            return str(value).lower()
        return str(value)

    def parse(self, text: str, what: str = "") -> Any:
        """A value from its text, unchecked against bounds.

        Args:
            text: such as ``0.5``, ``none``, ``true`` or ``resize,crop``.
            what: what messages call the parameter; its name where empty.

        Raises:
            StudioError: for a text that is no such value.
        """
        if self.many:
            return tuple(self.parse_one(part.strip(), what) for part in text.split(",") if part.strip())
        return self.parse_one(text.strip() if self.kind is not str else text, what)

    def parse_one(self, text: str, what: str = "") -> Any:
        """One value from its text, also of a parameter that has several; else as `parse`."""
        what = what or self.name
        if self.optional and text.strip().lower() in ("none", ""):
            return None
        if self.choices:
            for choice in self.choices:
                if str(choice) == text:
                    return choice
            raise StudioError(f"{what} must be one of {', '.join(map(str, self.choices))}, not {text!r}")
        if self.kind is bool:
            if text.lower() not in ("true", "false"):
                raise StudioError(f"{what} must be true or false, not {text!r}")
            return text.lower() == "true"
        if self.kind in (int, float):
            try:
                return self.kind(text)
            except ValueError:
                wanted = "whole number" if self.kind is int else "number"
                raise StudioError(f"{what} must be a {wanted}, not {text!r}") from None
        return text


def number(value: float) -> str:
    """A number for people, which no other number looks like below 10¹⁵: with commas, and all digits that it needs."""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < _LARGE else f"{Context(prec=6).create_decimal(value).normalize():g}"
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) and abs(value) < _LARGE else f"{value:,}"


def about(parameter: Parameter) -> str:
    """What a person is told about a parameter: its help, and its range where it is a number."""
    text = parameter.help.rstrip(".")
    if parameter.bounds is None:
        return text
    text = text[:1].upper() + text[1:]
    return f"{text}{', ' if text else ''}{number(parameter.bounds.low)} to {number(parameter.bounds.high)}"


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
        made = _default(field)
        for path, each in leaves(contained[field.name]).items():
            default = each.default if made is MISSING else value_at(made, path)
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


def texts(value: Any) -> dict[str, str]:
    """All that a dataclass instance holds, as texts by `names`; `Parameter.parse` reads them."""
    kind = cast(type, type(value))
    known = leaves(kind)
    return {name: known[path].text(value_at(value, path)) for path, name in names(kind).items()}


def read_texts(kind: type[T], told: Mapping[str, str]) -> T:
    """An instance with values that `texts` gave; what they do not say is as usual.

    Raises:
        StudioError: naming a parameter that there is not, or a value that cannot be.
    """
    known, paths = leaves(cast(type, kind)), {name: path for path, name in names(cast(type, kind)).items()}
    unknown = told.keys() - paths.keys()
    if unknown:
        raise StudioError(f"{kind.__name__} has no parameter {min(unknown)}")
    return with_values(kind(), {paths[name]: known[paths[name]].parse(text) for name, text in told.items()})


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

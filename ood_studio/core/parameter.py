"""One parameter: the range and the line for people that its declaration says, its check, and its text both ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context
from typing import Annotated, Any

from ood_studio.core.errors import StudioError

_LARGE = 10**15
_SHOWN = 100  # signs of a value that is refused


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
                raise StudioError(f"{self.name} must be a tuple, not {_shown(value)}")
            for each in value:
                self._check_one(each)
        elif value is not None or not self.optional:
            self._check_one(value)

    def _check_one(self, value: Any) -> None:
        if self.choices:
            if value not in self.choices:
                raise StudioError(
                    f"{self.name} must be one of {', '.join(map(str, self.choices))}, not {_shown(value)}"
                )
            return
        if self.bounds is None:
            return
        low, high = self.bounds.low, self.bounds.high
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise StudioError(f"{self.name} must be a number from {number(low)} to {number(high)}, not {_shown(value)}")
        if not low <= value <= high:
            raise StudioError(f"{self.name} must lie between {number(low)} and {number(high)}, not {number(value)}")
        if self.kind is int and not isinstance(value, int):
            raise StudioError(f"{self.name} must be a whole number, not {_shown(value)}")

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
            raise StudioError(f"{what} must be one of {', '.join(map(str, self.choices))}, not {_shown(text)}")
        if self.kind is bool:
            if text.lower() not in ("true", "false"):
                raise StudioError(f"{what} must be true or false, not {_shown(text)}")
            return text.lower() == "true"
        if self.kind in (int, float):
            try:
                return self.kind(text)
            except ValueError:
                wanted = "whole number" if self.kind is int else "number"
                raise StudioError(f"{what} must be a {wanted}, not {_shown(text)}") from None
        return text


def number(value: float) -> str:
    """A number for people, which no other number looks like below 10¹⁵: with commas, and all digits that it needs."""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < _LARGE else f"{Context(prec=6).create_decimal(value).normalize():g}"
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) and abs(value) < _LARGE else f"{value:,}"


def _shown(value: object) -> str:
    """A value in a sentence: people need no more of a long one than its beginning."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def about(parameter: Parameter) -> str:
    """What a person is told about a parameter: its help, and its range where it is a number."""
    text = parameter.help.rstrip(".")
    if parameter.bounds is None:
        return text
    text = text[:1].upper() + text[1:]
    return f"{text}{', ' if text else ''}{number(parameter.bounds.low)} to {number(parameter.bounds.high)}"

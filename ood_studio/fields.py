"""Bounds of parameters, said once: the same field makes the check, the slider and the command-line help."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from ood_studio.errors import StudioError


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


@lru_cache(maxsize=256)
def bounds_of(cls: type) -> dict[str, Bounds]:
    """The bounds of a dataclass's annotated fields, by field name."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in fields(cls):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            for extra in get_args(hint)[1:]:
                if isinstance(extra, Bounds):
                    found[field.name] = extra
    return found


def check_bounds(value: Any) -> None:
    """Checks every bounded field of a dataclass instance; None is allowed where the field's type allows it.

    Raises:
        StudioError: naming the field, its bounds and what came.
    """
    for name, bounds in bounds_of(type(value)).items():  # type: ignore[arg-type]
        number = getattr(value, name)
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, (int, float)) or math.isnan(number):
            raise StudioError(f"{name} must be a number from {bounds.low:g} to {bounds.high:g}, not {number!r}")
        if not bounds.low <= number <= bounds.high:
            raise StudioError(f"{name} must lie between {bounds.low:g} and {bounds.high:g}, not {number:g}")

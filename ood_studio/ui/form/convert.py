"""What boxes, links and programs give, as a parameter's value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ood_studio.core.parameters import Parameter


def title(parameter: Parameter) -> str:
    """A parameter's name for people, where a layout has no better one."""
    return parameter.name.replace("_", " ").capitalize()


def value_of(parameter: Parameter, given: Any, default: Any) -> Any:
    """A parameter's value from what a box, a link or a program gives; bounds are checked by the request.

    Args:
        given: a value, or its text; None or an empty text is None where that is a value, else the default.

    Raises:
        StudioError: for a text that is no such value.
    """
    if parameter.many:
        if given is None:
            return default
        parts = given.split(",") if isinstance(given, str) else given if isinstance(given, Sequence) else (given,)
        return tuple(_one(parameter, part) for part in parts if not (isinstance(part, str) and not part.strip()))
    if given is None or (isinstance(given, str) and not given.strip()):
        return None if parameter.optional else default
    return _one(parameter, given)


def _one(parameter: Parameter, given: Any) -> Any:
    if isinstance(given, str):
        return parameter.parse_one(given.strip())
    if parameter.kind is int and isinstance(given, float) and given.is_integer():
        return int(given)
    if parameter.kind is float and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    return parameter.kind(given) if parameter.kind in (bool, str) else given

"""How much memory a result takes, roughly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from PIL import Image

_DEPTH = 8


def bytes_of(value: Any, depth: int = _DEPTH) -> int:
    """Bytes of the arrays, tensors, images and texts inside a value.

    Looks into dataclasses, mappings, lists, tuples and the attributes of other objects, a few levels deep; what is
    referred to twice counts twice.
    """
    if value is None or depth == 0 or isinstance(value, (bool, int, float, type)) or callable(value):
        return 0
    if isinstance(value, Image.Image):
        return value.width * value.height * len(value.getbands())
    if isinstance(value, (str, bytes)):
        return len(value)
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    return sum(bytes_of(each, depth - 1) for each in _parts(value))


def _parts(value: Any) -> list[Any]:
    if is_dataclass(value):
        return [getattr(value, field.name, None) for field in fields(value)]
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return list(getattr(value, "__dict__", {}).values())

"""How the app mends a function of gradio: it is replaced once in a process by one made from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

_MARK = "mended_here"


def mend(place: Any, name: str, made: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replaces a function of a module or class.

    Changes nothing where gradio has no such function, or when called again.

    Args:
        place: the module or class.
        name: of the function.
        made: the function in its place, from gradio's own.
    """
    given = getattr(place, name, None)
    if given is None or hasattr(given, _MARK):
        return
    mended = functools.wraps(given)(made(given))
    setattr(mended, _MARK, True)
    setattr(place, name, mended)

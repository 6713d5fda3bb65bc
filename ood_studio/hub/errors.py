"""What goes wrong with models: one clear sentence each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ood_studio.core.errors import StudioError


class ModelError(StudioError):
    """A model that could not be had or used: one sentence with its name, the reason, and what there is instead."""


class CannotLoad(StudioError):
    """Why a model cannot be had, as a part of a sentence; `naming` puts the model's name before it."""


@contextmanager
def naming(name: str, error: type[ModelError], offline: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Turns a `CannotLoad` into the whole sentence.

    Args:
        name: of the model.
        error: what to raise.
        offline: names of models of the same kind that load without a network.

    Raises:
        ModelError: the ``error``.
    """
    try:
        yield
    except CannotLoad as reason:
        others = [each for each in offline() if each != name]
        offer = f"available offline: {', '.join(others)}" if others else "no other model is available offline"
        raise error(f"Cannot load {short(name, 200)!r}: {reason}; {offer}.") from reason


def short(text: str, limit: int) -> str:
    """At most ``limit`` characters of a text."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def first_line(error: BaseException) -> str:
    """The first line of an error, for use inside a sentence: without names of exceptions that it passes on."""
    lines = re.sub(r"\b[A-Z]\w*(?:Error|Exception): ", "", str(error)).strip().splitlines()
    return short(lines[0].rstrip("."), 200) if lines else type(error).__name__

"""What a scorer has to say about the reference that it was fitted to, such as a ridge that it needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Remark:
    """A sentence for people, and the numbers in it by name, for the rows of a table."""

    text: str
    values: Mapping[str, float] = field(default_factory=dict)


_SAID: ContextVar[list[Remark] | None] = ContextVar("said", default=None)


def remark(text: str, **values: float) -> None:
    """Says something about the fit under way; outside of one nothing happens."""
    said = _SAID.get()
    if said is not None:
        said.append(Remark(text, values))


@contextmanager
def gathered_remarks() -> Iterator[list[Remark]]:
    """Gathers what is said meanwhile in this thread."""
    said: list[Remark] = []
    token = _SAID.set(said)
    try:
        yield said
    finally:
        _SAID.reset(token)

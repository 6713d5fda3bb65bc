"""How long work says where it is, and hears that it should stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from ood_studio.core.errors import StudioError

_EARLY = 2.0  # seconds of a stage before anything is said about its end


class Stopped(StudioError):
    """The person stopped the work; what was kept before is untouched."""


class Progress(Protocol):
    """Told about every step of long work; `Stopped` raised in it ends the work."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """``done`` of ``total`` units of ``stage`` (a few words for people) are finished."""
        ...


def silent(stage: str, done: int, total: int) -> None:
    """A `Progress` that does nothing."""


def stoppable(progress: Progress, stop: Callable[[], bool]) -> Progress:
    """``progress`` that raises `Stopped` as soon as ``stop()`` is true."""

    def report(stage: str, done: int, total: int) -> None:
        if stop():
            raise Stopped(f"stopped while {stage}")
        progress(stage, done, total)

    return report


class _Ear:
    """A `Progress` that knows what it was told last."""

    def __init__(self, progress: Progress, outer: _Ear | None) -> None:
        self._progress, self._outer = progress, outer
        self._last: tuple[str, int, int] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._last = stage, done, total
        self._progress(stage, done, total)

    def pulse(self) -> None:
        if self._last is not None:
            self._progress(*self._last)
        elif self._outer is not None:
            self._outer.pulse()


_EAR: ContextVar[_Ear | None] = ContextVar("ear", default=None)


@contextmanager
def heard(progress: Progress) -> Iterator[Progress]:
    """Work in this thread reaches a `Progress` that nobody hands down to it, meanwhile: see `tell` and `pulse`.

    Yields:
        what is to be told in its place.
    """
    ear = progress if isinstance(progress, _Ear) else _Ear(progress, _EAR.get())
    token = _EAR.set(ear)
    try:
        yield ear
    finally:
        _EAR.reset(token)


def tell(stage: str, done: int, total: int) -> None:
    """A `Progress` that reaches whoever hears the work under way in this thread; nobody does outside of `heard`."""
    ear = _EAR.get()
    if ear is not None:
        ear(stage, done, total)


def pulse() -> None:
    """Lets whoever hears the work under way stop it, where a step of it takes long: what was told last is told again.

    Raises:
        Stopped: as the `Progress` raises it.
    """
    ear = _EAR.get()
    if ear is not None:
        ear.pulse()


class Pace:
    """How long a stage of work will still take, by how far it has come since it was first told of.

    What was there before, of work that is taken up again, counts for nothing.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: tuple[str, int] | None = None
        self._since, self._first, self._last = 0.0, 0, 0

    def left(self, stage: str, done: int, total: int) -> float | None:
        """Seconds, as of a call of a `Progress`; None where it is too early to say."""
        now = self._clock()
        if (stage, total) != self._begun or done < self._last:
            self._begun, self._since, self._first = (stage, total), now, done
        self._last = done
        elapsed, came = now - self._since, done - self._first
        return elapsed * (total - done) / came if elapsed >= _EARLY and came else None


class Bars:
    """A `Progress` that shows one bar a stage on standard error; short stages show none."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._stage = ""
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Moves the bar of a stage, or begins it."""
        if self._quiet:
            return
        if stage != self._stage or self._bar is None or done < self._bar.n:
            from tqdm import tqdm

            self.close()
            self._stage = stage
            self._bar = tqdm(desc=stage, total=total, delay=0.5, leave=False, file=sys.stderr, dynamic_ncols=True)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

"""How long work says where it is, and hears that it should stop."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from ood_studio.core.errors import StudioError


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

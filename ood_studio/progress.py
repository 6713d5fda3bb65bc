"""How long work says where it is, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ood_studio.errors import StudioError


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

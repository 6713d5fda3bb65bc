"""How long pieces of work take beside each other, within one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best_of(work: list[Callable[[], Any]], rounds: int, clock: Callable[[], float] = time.process_time) -> list[float]:
    """The shortest of several interleaved rounds of each piece of work, in seconds; of CPU time where not said."""
    times: list[list[float]] = [[] for _ in work]
    for _ in range(rounds):
        for piece, taken in zip(work, times, strict=True):
            start = clock()
            piece()
            taken.append(clock() - start)
    return [min(taken) for taken in times]

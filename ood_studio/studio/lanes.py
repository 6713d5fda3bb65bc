"""Lanes of work: what waits for what, and how far it stands back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """Work that waits for work of its own kind only.

    Attributes:
        name: of the lane.
        workers: how many of its jobs compute at a time.
        niceness: how far its threads stand back where processors are short, 0 to 19; only Linux knows it. A little
            suffices: whoever holds the interpreter's lock while it waits for a processor keeps all others waiting, and
            beside other busy programs the work should still get about its share.
    """

    name: str
    workers: int
    niceness: int = 0


ANSWER = Lane("answer", 2)
"""What a person waits for: milliseconds to seconds."""
PICTURE = Lane("picture", 1, 2)
"""One picture attacked or synthesised: seconds to a minute."""
FIT = Lane("fit", 1, 4)
"""Something learnt or calibrated on many pictures: an adapter, a detector; seconds to many minutes."""
SET = Lane("set", 1, 5)
"""A benchmark, an attacked or a synthetic set: minutes to hours."""

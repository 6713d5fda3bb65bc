"""What the recipes of the zoo have in common."""

from __future__ import annotations

from typing import Annotated

from ood_studio.core.parameters import Bounds, Help

Member = Annotated[str, Help("Which model of the zoo it is; it decides about source, tower and size")]
Used = Annotated[int, Bounds(1, 100_000_000, log=True, step=1, help="How many of the scenes rendered are learnt from")]

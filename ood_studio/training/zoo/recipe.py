"""What the recipes of the zoo have in common."""

from __future__ import annotations

from typing import Annotated

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help
from ood_studio.hub.zoo_models import ZOO, Training

Member = Annotated[str, Help("Which model of the zoo it is; it decides about source, tower and size")]
Used = Annotated[int, Bounds(1, 100_000_000, log=True, step=1, help="How many of the scenes rendered are learnt from")]


def check_member(name: str, *trainings: Training) -> None:
    """Checks that a model of the zoo learns in one of some ways.

    Raises:
        StudioError: naming those that do.
    """
    known = [member.name for member in ZOO.values() if member.training in trainings]
    if name not in known:
        raise StudioError(f"member must be one of {', '.join(known)}, not {name!r}")

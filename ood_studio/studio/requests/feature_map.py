"""What the map of images is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.studio.requests.explore import ReferenceFolder
from ood_studio.studio.requests.labels import LabelChoice


@dataclass(frozen=True)
class FeatureMapRequest:
    """Which images are laid out, and how.

    Attributes:
        labels: for its backbone, and for the reference images that belong to them.
        reference: a folder of ID images; empty = the reference images that belong to the labels, or else those of
            the first world, with near- and far-OOD images.
        inside, near, far: how many images of each, and of synthetic ones at most as many as ID ones.
        neighbours, spread, seed: see `plane`.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    reference: ReferenceFolder = ""
    inside: Annotated[int, Bounds(3, 5000, log=True, step=1, help="ID pictures")] = 300
    near: Annotated[int, Bounds(0, 5000, step=1, help="Near-OOD pictures")] = 150
    far: Annotated[int, Bounds(0, 5000, step=1, help="Far-OOD pictures")] = 150
    neighbours: Annotated[int, Bounds(2, 200, step=1, help="Neighbours that are kept near each picture")] = 15
    spread: Annotated[float, Bounds(0.0, 1.0, step=0.05, help="How close pictures may lie")] = 0.1
    seed: Annotated[Seed, Help("Seed of the layout")] = 0

    def __post_init__(self) -> None:
        check(self)

"""What the Explore tab and ``python -m ood_studio explore`` ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.labels import LabelChoice

ReferenceFolder = Annotated[
    str, Help("Folder of ID pictures that set the thresholds; empty = those that come with the labels")
]
"""Where thresholds come from; labels of a world bring reference images of their own, see `ood_studio.worlds`."""


@dataclass(frozen=True)
class ExploreRequest:
    """Affinities, scores and verdicts of images.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        reference: folder of ID images that set the thresholds.
        top: how many affinities are listed for each image.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    reference: ReferenceFolder = ""
    top: Annotated[int, Bounds(1, 100, step=1, help="Affinities listed for each picture")] = 12

    def __post_init__(self) -> None:
        check(self)

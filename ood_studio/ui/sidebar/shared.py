"""What all tabs have in common: the part of their requests that the sidebar asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from ood_studio.core.parameters import check
from ood_studio.scorers import NegLabel
from ood_studio.studio import LabelChoice
from ood_studio.studio.requests.explore import ReferenceFolder


@dataclass(frozen=True)
class Shared:
    """The shared part of requests; its parameters have the same paths in each of them.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        reference: folder of ID pictures that set the thresholds.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    reference: ReferenceFolder = ""

    def __post_init__(self) -> None:
        check(self)

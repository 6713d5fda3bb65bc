"""What ``python -m ood_studio detect`` asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.detectors import Promise
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.explore import ReferenceFolder
from ood_studio.studio.requests.labels import LabelChoice


@dataclass(frozen=True)
class DetectorRequest:
    """A detector with a threshold that promises something.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        scorer: the score that decides, with parameters where wanted; one that is benchmarked, see `bench_scorers`.
        reference: folder of the ID images that set the threshold; empty for those that come with the labels.
        train_data: ID images that the score learns from, where it needs some; others than those.
        promise: what the threshold keeps.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    scorer: Annotated[str, Help("Score that decides, with parameters where wanted (knn:k=5)")] = "neglabel"
    reference: ReferenceFolder = ""
    train_data: Annotated[str, Help("ID pictures that the score learns from, others than those of the threshold")] = ""
    promise: Promise = field(default_factory=Promise)

    def __post_init__(self) -> None:
        check(self)


DetectorFile = Annotated[str, Help("File of a detector, as detect-fit writes it")]


@dataclass(frozen=True)
class DecideRequest:
    """Pictures decided by a detector.

    Attributes:
        detector: its file.
    """

    detector: DetectorFile = ""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class AuditRequest:
    """Whether a detector keeps its promise on pictures that it was not made with.

    Attributes:
        detector: its file.
        id_data: ID images.
        ood_data: sets of OOD images, each ``NAME=PATH`` or a path.
        miss: the probability with which each bound of the false-alarm rate may be wrong.
    """

    detector: DetectorFile = ""
    id_data: Annotated[str, Help("ID pictures that the detector was not made with")] = ""
    ood_data: Annotated[tuple[str, ...], Help("OOD pictures, each NAME=PATH or a path")] = ()
    miss: Annotated[float, Bounds(1e-6, 0.5, log=True, help="Chance that a bound of the rate is wrong")] = 0.01

    def __post_init__(self) -> None:
        check(self)

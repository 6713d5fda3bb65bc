"""What "What flips it?" and ``python -m ood_studio factors`` ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.evaluation.flips import MOST_PAIRS
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.bench import TrainData
from ood_studio.studio.requests.explore import ReferenceFolder
from ood_studio.studio.requests.labels import LabelChoice


@dataclass(frozen=True)
class FlipRequest:
    """The smallest change of a picture that turns its verdict.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        reference: folder of ID images that set the thresholds.
        scorer: whose verdict: a score's name, or its title where several have that name.
        pairs: pairs of things that are tried at most where no change of one thing is enough.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    reference: ReferenceFolder = ""
    scorer: Annotated[str, Help("Score whose verdict is to flip")] = "neglabel"
    pairs: Annotated[int, Bounds(0, 1000, step=1, help="Pairs of things tried where changing one is not enough")] = (
        MOST_PAIRS
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class FactorRequest:
    """How often changing one thing alone flips each detector.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        scorers: keys of scorers, each with parameters where wanted, or ``all``; empty for those that Explore shows.
        reference: folder of ID images that set the thresholds.
        train_data: ID images of one's own that scorers which learn from images are fitted to.
        id_data: images of one's own, which are corrupted; empty for scenes of a world, to which factors are added.
        count: scenes or images.
        seed: of the scenes, or of which images are taken.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    scorers: Annotated[
        tuple[str, ...], Help("Scorers, each with parameters where wanted (knn:k=5), or all; none = those of Explore")
    ] = ()
    reference: ReferenceFolder = ""
    train_data: TrainData = ""
    id_data: Annotated[
        str, Help("Pictures of yours, which are corrupted; empty = scenes, to which factors are added")
    ] = ""
    count: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Scenes or pictures")] = 500
    seed: Annotated[Seed, Help("Seed of the scenes, or of which pictures are taken")] = 1

    def __post_init__(self) -> None:
        check(self)

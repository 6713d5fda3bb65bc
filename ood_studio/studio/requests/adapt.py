"""What ``python -m ood_studio adapt`` asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.studio.requests.bench import DataRoot, TrainPictures
from ood_studio.studio.requests.labels import LabelChoice


@dataclass(frozen=True)
class AdaptRequest:
    """An adapter fitted to images.

    Attributes:
        method: the adapter's name, with hyper-parameters where wanted.
        labels: the model and the text side; its own adapters are below the new one, which learns on the model as it is
            with them. A suite brings its own ID labels.
        suite: whose ID training images it learns from.
        images: own ID images, sorted into folders by class, in place of a suite.
        synthetic: near-boundary images, for methods that learn from some: a folder, as the set of ``synthesize`` or an
            attacked set lies in one.
        data_root: where the data of public benchmarks lie.
        train_count: images to learn from, of a suite that draws them.
        seed: of the fit, and of the images drawn.
        score: what judges it on images that it does not learn from; where empty, one that the method can improve.
        held_out: how many such images there are in each set; 0: it is not judged, and its last epoch is kept.
    """

    method: Annotated[str, Help("What is learnt, with parameters where wanted (probe:shots=10)")] = "plp"
    labels: LabelChoice = field(default_factory=LabelChoice)
    suite: Annotated[str, Help("Suite whose ID training pictures are learnt from")] = "diorama"
    images: Annotated[str, Help("Own ID pictures in folders by class, in place of a suite")] = ""
    synthetic: Annotated[str, Help("Folder of near-boundary pictures, for methods that learn from some")] = ""
    data_root: DataRoot = ""
    train_count: TrainPictures = 2000
    seed: Annotated[Seed, Help("Seed of the fit, and of the pictures drawn")] = 1
    score: Annotated[
        str, Help("Score that judges it on held-out pictures; where empty, one that the method is to improve")
    ] = ""
    held_out: Annotated[int, Bounds(0, 100_000, step=1, help="Held-out pictures in a set; 0: it is not judged")] = 300

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class JudgeAgainRequest:
    """An adapter judged on fresh images of the kind that it learnt from, and attacked itself.

    Attributes:
        count: fresh images of each kind.
    """

    count: Annotated[int, Bounds(10, 1_000, log=True, step=1, help="Fresh pictures of each kind")] = 12

    def __post_init__(self) -> None:
        check(self)

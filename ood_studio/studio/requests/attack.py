"""What the Attack tab and ``python -m ood_studio attack`` ask for: one image attacked, or a set of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from ood_studio.attacks.feature import Budget, FeatureAttack, Smoothness
from ood_studio.attacks.set_targets import TargetKind
from ood_studio.core.parameters import Bounds, Help, Seed, Steps, check
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.bench import (
    BenchRequest,
    DataRoot,
    Fpr,
    IdData,
    OodData,
    Pictures,
    Resamples,
    Scorers,
    Suite,
    TrainData,
    TrainPictures,
)
from ood_studio.studio.requests.explore import ReferenceFolder
from ood_studio.studio.requests.labels import LabelChoice

FeatureSpace = Annotated[
    Literal["visual", "joint"], Help("Features pulled: before the projection (visual) or after it; a text's are joint")
]
Ensemble = Annotated[tuple[str, ...], Help("Models that are attacked together with the backbone")]
TargetScore = Annotated[str, Help("Score that is raised instead of pulling to a target, such as neglabel")]


@dataclass(frozen=True)
class AttackImageRequest:
    """What it takes to attack one image.

    Attributes:
        labels: the text side, and the model attacked.
        score: how NegLabel scores.
        reference: folder of ID images that set the thresholds.
        attack: its parameters.
        target_label: an ID label (or any words) whose text is the target; empty where an image is.
        space: of the features pulled to an image; a label's text is joint.
        target_score: a score to raise instead of pulling to a target, a key of `shown_scorers`, such as ``neglabel``.
        ensemble: models attacked together with that of ``labels``.
        full_size: whether the image keeps its size; else it is attacked at the model's input size.
        longest: an image that keeps its size is shrunk to so many pixels where its longer side has more.
        every: steps between reports.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    reference: ReferenceFolder = ""
    attack: FeatureAttack = field(default_factory=FeatureAttack)
    target_label: Annotated[str, Help("ID label, or any words, whose text is the target; empty where a picture is")] = (
        ""
    )
    space: FeatureSpace = "visual"
    target_score: TargetScore = ""
    ensemble: Ensemble = ()
    full_size: Annotated[bool, Help("Keep the picture's size; else it is attacked at the model's")] = True
    longest: Annotated[int, Bounds(16, 8192, log=True, step=1, help="Longest side kept, in pixels")] = 1024
    every: Annotated[Steps, Help("Steps between reports")] = 10

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class AttackSetRequest:
    """Attacked sets, and every scorer before and after.

    Attributes:
        suite: whose images, one of `suites` that brings training images; own data (``id_data``) make it ``folders``.
        source: which of its OOD sets is attacked; of own data the first one where there is none of that name.
        attack: the parameters of every attack; the lists below walk through values of one of them. Where all lists are
            empty it is the only attack.
        smoothness: a set for each λ, in the paper's unit (224 pixels); 0 is CIFAR10-A, 5000 is CIFAR10-AS.
        linf: a set for each budget of the largest change, in 255ths, at λ = 0.
        l2: a set for each budget of the Euclidean length, at λ = 0.
        target: what features are pulled to: a random ID training image each (``image``), the mean of a random class
            (``class``) or of the class that the model sees nearest (``nearest``), or the text of a random ID label
            (``text``, in the joint space).
        target_score: a scorer to raise instead, with parameters where wanted (``neglabel``, ``knn:space=joint``).
        space: of the features pulled: visual, as in the paper's code, or joint.
        ensemble: models attacked together with that of ``labels``.
        judges: models that judge the sets besides it; whether the attack transfers.
        defences: input transformations to try: ``jpeg:75``, ``blur:1``, ``resize:0.5``, ``crops:8``.
        checkpoints: steps at which sets are kept too, for curves.
        scorers: keys of scorers, each with parameters where wanted, or ``all``.
        labels: the text side; a suite brings its own ID labels.
        score: how NegLabel scores.
        id_data, ood_data, train_data: own images, see `BenchRequest`.
        data_root: where the data of public benchmarks lie.
        seed: of the images drawn, of the choice of targets and of the resamples.
        count: images attacked, and images in the ID set where they are drawn.
        train_count: training images, of which the targets are taken out before scorers learn from them.
        resamples: bootstrap resamples of the 95 % intervals; 0 for none.
        fpr_definition: which of the definitions of FPR95 in circulation.
    """

    suite: Suite = "diorama"
    source: Annotated[str, Help("OOD set of the suite that is attacked")] = "near-ood"
    attack: FeatureAttack = field(default_factory=lambda: FeatureAttack(seed=1))
    smoothness: Annotated[tuple[Smoothness, ...], Help("A set for each smoothness λ, in the paper's unit")] = (
        0.0,
        5000.0,
    )
    linf: Annotated[tuple[Budget, ...], Help("A set for each largest change of a value, in 255ths, at λ = 0")] = ()
    l2: Annotated[tuple[Budget, ...], Help("A set for each Euclidean length of the change, at λ = 0")] = ()
    target: Annotated[
        TargetKind, Help("Pulled to: an ID picture, a class's mean, the nearest class's, a label's text")
    ] = "image"
    target_score: TargetScore = ""
    space: FeatureSpace = "visual"
    ensemble: Ensemble = ()
    judges: Annotated[tuple[str, ...], Help("Models that judge the sets besides the backbone")] = ()
    defences: Annotated[tuple[str, ...], Help("Defences to try: jpeg:75, blur:1, resize:0.5, crops:8")] = ()
    checkpoints: Annotated[tuple[Steps, ...], Help("Steps at which sets are kept too, for curves")] = ()
    scorers: Scorers = ("all",)
    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    id_data: IdData = ""
    ood_data: OodData = ()
    train_data: TrainData = ""
    data_root: DataRoot = ""
    seed: Annotated[Seed, Help("Seed of the pictures drawn, of the targets and of the resamples")] = 1
    count: Annotated[Pictures, Help("Pictures attacked, and in each set of the suite")] = 500
    train_count: TrainPictures = 2000
    resamples: Resamples = 1000
    fpr_definition: Fpr = "exact"

    def __post_init__(self) -> None:
        check(self)
        self.attacks()

    def attacks(self) -> dict[str, FeatureAttack]:
        """Every attack asked for by its name, such as "λ = 5000" or "L∞ 8/255".

        Raises:
            StudioError: a parameter beyond its bounds.
        """
        found = [replace(self.attack, norm="none", smoothness=value) for value in self.smoothness]
        found += [replace(self.attack, norm="linf", smoothness=0.0, budget=value) for value in self.linf]
        found += [replace(self.attack, norm="l2", smoothness=0.0, budget=value) for value in self.l2]
        return {attack.title: attack for attack in found or [self.attack]}

    def bench(self) -> BenchRequest:
        """The benchmark that the sets are judged by."""
        return BenchRequest(
            suite=self.suite,
            scorers=self.scorers,
            labels=self.labels,
            score=self.score,
            id_data=self.id_data,
            ood_data=self.ood_data,
            train_data=self.train_data,
            data_root=self.data_root,
            seed=self.seed,
            count=self.count,
            train_count=self.train_count,
            resamples=self.resamples,
            fpr_definition=self.fpr_definition,
        )

"""What people ask for: typed requests with bounds, whose fields are the forms, the flags and the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.backbones import DEFAULT
from ood_studio.core.parameters import Bounds, check
from ood_studio.evaluation.metrics import FprDefinition
from ood_studio.labels.corpora import DEFAULT_LEXNAMES
from ood_studio.labels.negmining import Count, Eta, Fraction, Mining, Selection
from ood_studio.scorers import (
    NegLabel,
)
from ood_studio.scorers.neglabel import Form

TrainCount = Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures to learn from")]
Resamples = Annotated[int, Bounds(0, 100_000, log=True, step=1, help="Bootstrap resamples; 0 for none")]
GROUP_SIZE = 100  # negative labels in a group of the paper


@dataclass(frozen=True)
class LabelChoice:
    """What defines the text side: model, labels, and how negative labels are mined.

    Attributes:
        backbone: a name that `load_backbone` takes.
        labels: a preset (``diorama-20``, ``cifar-10``, ``cifar-100``, ``imagenet-1k``) or labels typed one a line or
            separated by commas.
        corpus: ``diorama``, ``wordnet`` or the path of a text file with one word a line.
        lexnames: WordNet's lexicographer files to search.
        prompts: a prompt set (``neglabel``, ``plp``, ``photo``) or a template with ``{}``.
        eta: percentile of NegMining.
        count: how many negative labels are kept (M).
        fraction: where given, the share of the candidates kept instead of ``count``.
        per_pos: mine nouns and adjectives separately.
        selection: ``mined`` takes the words furthest from the ID labels, ``random`` any, to compare with.
    """

    backbone: str = DEFAULT
    labels: str = "diorama-20"
    corpus: str = "diorama"
    lexnames: tuple[str, ...] = DEFAULT_LEXNAMES
    prompts: str = "neglabel"
    eta: Eta = Mining.eta
    count: Count = Mining.count
    fraction: Fraction = Mining.fraction
    per_pos: bool = False
    selection: Selection = "mined"

    def __post_init__(self) -> None:
        check(self)

    def mining(self) -> Mining:
        """The parameters of NegMining."""
        return Mining(self.eta, self.count, self.fraction, self.per_pos, self.selection)


@dataclass(frozen=True)
class ScoreChoice:
    """How NegLabel scores pictures.

    Attributes:
        tau: temperature; the model's own (1 / its logit scale) where none is given.
        form: form of the score, a row of the paper's Table 12.
        groups: how many groups the negative labels are cut into; where none is given groups of about 100 labels, the
            paper's size (100 groups of 10,000 labels).
        fuse: how many of the groups are averaged; all where none is given.
        seed: of the shuffle before grouping.
    """

    tau: Annotated[float | None, Bounds(1e-4, 10.0, log=True, help="Temperature; empty = the model's own")] = None
    form: Form = "sum-softmax"
    groups: Annotated[
        int | None,
        Bounds(1, 100_000, log=True, step=1, help="Groups of negative labels; empty = about 100 labels each"),
    ] = None
    fuse: Annotated[int | None, Bounds(1, 100_000, log=True, step=1, help="Groups averaged; empty = all")] = None
    seed: Annotated[int, Bounds(0, 2**31 - 1, step=1, help="Seed of the shuffle before grouping")] = 0

    def __post_init__(self) -> None:
        check(self)

    def neglabel(self, negatives: int) -> NegLabel:
        """The NegLabel scorer of this choice for so many negative labels."""
        groups = self.groups or max(1, round(negatives / GROUP_SIZE))
        return NegLabel(tau=self.tau, form=self.form, groups=groups, fuse=self.fuse, seed=self.seed)


@dataclass(frozen=True)
class ExploreRequest:
    """What the Explore tab and ``python -m ood_studio explore`` ask for.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        reference: folder of ID pictures that set the thresholds; empty = Diorama's own where the labels are Diorama's.
        top: how many affinities are listed for each picture.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: ScoreChoice = field(default_factory=ScoreChoice)
    reference: str = ""
    top: Annotated[int, Bounds(1, 100, step=1, help="Affinities listed for each picture")] = 12

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class BenchRequest:
    """What the Compare tab and ``python -m ood_studio bench`` ask for.

    Attributes:
        suite: which sets of pictures are compared, one of `SUITES`; own data (``id_data``) make the suite ``folders``.
        scorers: keys of scorers, each with parameters where wanted (``knn:k=5``), or ``all``.
        label: the text side; a suite brings its own ID labels.
        score: how NegLabel scores.
        id_data: own ID pictures: a folder, a zip, an OpenOOD image list, a Hugging Face dataset or features.
        ood_data: own OOD pictures, each ``NAME=PATH`` or a path; further sets of the suite without ``id_data``.
        train_data: own ID training pictures, for scorers that learn from pictures.
        data_root: where the data of public benchmarks lie.
        seed: of Diorama's scenes and of the resamples; 0 is that of the interface's reference pictures.
        count: Diorama pictures in each set.
        train_count: Diorama pictures to learn from.
        resamples: bootstrap resamples of the 95 % intervals; 0 for none.
        fpr_definition: which of the definitions of FPR95 in circulation.
    """

    suite: str = "diorama"
    scorers: tuple[str, ...] = ("all",)
    label: LabelChoice = field(default_factory=LabelChoice)
    score: ScoreChoice = field(default_factory=ScoreChoice)
    id_data: str = ""
    ood_data: tuple[str, ...] = ()
    train_data: str = ""
    data_root: str = ""
    seed: Annotated[int, Bounds(0, 2**31 - 1, step=1, help="Seed of the scenes")] = 1
    count: Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures in each set")] = 2000
    train_count: TrainCount = 2000
    resamples: Resamples = 1000
    fpr_definition: FprDefinition = "exact"

    def __post_init__(self) -> None:
        check(self)

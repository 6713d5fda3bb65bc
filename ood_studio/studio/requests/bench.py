"""What the Compare tab and ``python -m ood_studio bench`` ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.evaluation.metrics import FprDefinition
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.labels import LabelChoice

Suite = Annotated[str, Help("Sets of pictures that are compared, by the suite's name")]
Scorers = Annotated[tuple[str, ...], Help("Scorers, each with parameters where wanted (knn:k=5), or all")]
IdData = Annotated[str, Help("Own ID pictures: a folder, zip, image list, Hugging Face dataset or features")]
OodData = Annotated[tuple[str, ...], Help("Own OOD pictures, each NAME=PATH or a path")]
TrainData = Annotated[str, Help("Own ID training pictures, for scorers that learn from pictures")]
DataRoot = Annotated[str, Help("Folder where the data of public benchmarks lie")]
Pictures = Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures in each set")]
TrainPictures = Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures to learn from")]
Resamples = Annotated[int, Bounds(0, 100_000, log=True, step=1, help="Bootstrap resamples; 0 for none")]
BenchSeed = Annotated[Seed, Help("Seed of the pictures drawn, and of the resamples")]
Fpr = Annotated[FprDefinition, Help("Which of the definitions of FPR95 in circulation")]


@dataclass(frozen=True)
class BenchRequest:
    """Scorers compared on a suite.

    Attributes:
        suite: which sets of images are compared, one of `suites`; own data (``id_data``) make the suite ``folders``.
        scorers: keys of scorers, each with parameters where wanted (``knn:k=5``), or ``all``.
        labels: the text side; a suite brings its own ID labels.
        score: how NegLabel scores.
        id_data: own ID images: a folder, a zip, an OpenOOD image list, a Hugging Face dataset or features.
        ood_data: own OOD images, each ``NAME=PATH`` or a path; further sets of the suite without ``id_data``.
        train_data: own ID training images, for scorers that learn from images.
        head: a trained head for given features, see `read_head`.
        decode: ``faithful``: images are seen upright and in the colours that their profiles mean; ``plain``: as timm
            and OpenOOD read them, for exact comparison.
        data_root: where the data of public benchmarks lie.
        seed: of the suite's images where they are drawn, and of the resamples; 0 is that of the interface's
            reference images.
        count: images in each set of a suite that draws them.
        train_count: images to learn from, of such a suite.
        resamples: bootstrap resamples of the 95 % intervals; 0 for none.
        fpr_definition: which of the definitions of FPR95 in circulation.
    """

    suite: Suite = "diorama"
    scorers: Scorers = ("all",)
    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    id_data: IdData = ""
    ood_data: OodData = ()
    train_data: TrainData = ""
    head: Annotated[str, Help("Head for given features: a .safetensors, .npz or .npy file, or logits if they are")] = ""
    decode: Annotated[
        Literal["faithful", "plain"],
        Help("Pictures upright in their profiles’ colours, or plain as timm and OpenOOD read them"),
    ] = "faithful"
    data_root: DataRoot = ""
    seed: BenchSeed = 1
    count: Pictures = 2000
    train_count: TrainPictures = 2000
    resamples: Resamples = 1000
    fpr_definition: Fpr = "exact"

    def __post_init__(self) -> None:
        check(self)

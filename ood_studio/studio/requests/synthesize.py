"""What the Synthesize tab and ``python -m ood_studio synthesize`` ask for: one near-boundary image, or a set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.scorers import NegLabel
from ood_studio.studio.requests.bench import DataRoot
from ood_studio.studio.requests.explore import ReferenceFolder
from ood_studio.studio.requests.labels import LabelChoice
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.synthesis.classifier_models import CLASSIFIER
from ood_studio.synthesis.contexts import Wording


@dataclass(frozen=True)
class SynthesizeImageRequest:
    """What it takes to make near-boundary images.

    Attributes:
        loop: its parameters.
        labels: the text side, of the scores shown and of the negative labels.
        score: how NegLabel scores.
        reference: folder of ID images that set the thresholds.
        inpainter: ``diorama`` (bundled), a Hugging Face repository such as
            ``sd2-community/stable-diffusion-2-inpainting``, or ``local-dir:PATH``.
        context_model: what names the contexts: ``diorama`` (bundled), a repository such as
            ``llava-hf/llava-1.5-7b-hf``, or ``local-dir:PATH``.
        wording: how the contexts become a prompt.
        guide: what the loop descends: ``energy`` of the recognition model, or a score of the backbone, such as
            ``neglabel``, ``mcm`` or ``maxlogit``.
        classifier: the recognition model: ``diorama-classifier`` (bundled) or a timm model with a classifier.
    """

    loop: NearBoundary = field(default_factory=NearBoundary)
    labels: LabelChoice = field(default_factory=LabelChoice)
    score: NegLabel = field(default_factory=NegLabel)
    reference: ReferenceFolder = ""
    inpainter: Annotated[
        str, Help("Inpainting model: diorama, ORG/REPO of the Hugging Face Hub, or local-dir:PATH")
    ] = "diorama"
    context_model: Annotated[str, Help("What names the contexts: diorama, ORG/REPO, or local-dir:PATH")] = "diorama"
    wording: Wording = "contexts"
    guide: Annotated[str, Help("What the loop descends: energy of the classifier, or a score such as neglabel")] = (
        "energy"
    )
    classifier: Annotated[str, Help("Recognition model: diorama-classifier, or a timm model with a classifier")] = (
        CLASSIFIER
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class SynthesizeSetRequest:
    """A whole set of synthetic images.

    Attributes:
        image: how every image is made; each has a noise of its own, its seed plus its number.
        method: ``boundary``: the loop. ``unguided``: its unguided image. ``negative``: images straight from
            negative labels ("Neg Image" of SynOOD's Table 4), one label an image, taken by chance.
        suite: whose ID training images are the sources.
        data_root: where the data of public benchmarks lie.
        images: a folder, zip or dataset of ID images, in place of a suite.
        per_class: how many images of each class, the most complex first by JPEG bytes per pixel; ``count`` cuts the
            whole, class by class.
        count: how many images at most.
        out: the folder to write; empty for one in the cache.
    """

    image: SynthesizeImageRequest = field(default_factory=SynthesizeImageRequest)
    method: Annotated[
        Literal["boundary", "unguided", "negative"],
        Help("Near-boundary, inpainting that nothing guides, or straight from negative labels"),
    ] = "boundary"
    suite: Annotated[str, Help("Suite whose ID training pictures are the sources")] = "diorama"
    data_root: DataRoot = ""
    images: Annotated[str, Help("Folder, zip or dataset of ID pictures, in place of a suite")] = ""
    per_class: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Most complex pictures of each class")] = 50
    count: Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="Pictures in the set")] = 100
    out: Annotated[str, Help("Folder to write; empty for one in the cache")] = ""

    def __post_init__(self) -> None:
        check(self)

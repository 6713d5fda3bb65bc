"""What the adapters share that train a linear head on frozen features: PLP and the probes."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import Linear, functional

from ood_studio.adapters.base import Adapted, Adapter, Start, draw
from ood_studio.adapters.few_shot import EmptyClasses, filled_classes
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.material import Material, chunks
from ood_studio.adapters.optimisers import Recipe
from ood_studio.backbones import Backbone
from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Progress
from ood_studio.scorers import Reference, Scorer
from ood_studio.scorers.base import VectorSpace
from ood_studio.scorers.gaussians import GaussianScorer
from ood_studio.scorers.logits import HeadScorer
from ood_studio.scorers.vectors import Space

Epochs = Annotated[int, Bounds(1, 10_000, log=True, step=1, help="Passes over the images")]
Batch = Annotated[int, Bounds(1, 65_536, log=True, step=1, help="Images in a step")]
WeightDecay = Annotated[float, Bounds(0.0, 1.0, help="Weight decay")]

_RATE_FOR = 256  # images a step that the rate is stated for
_CONSTANT = 1e-6  # a dimension that varies less than this share of its size says nothing


@dataclass(frozen=True)
class HeadAdapter(Adapter):
    """A linear layer z = W x + b on frozen features, trained by cross-entropy (PLP §3.3 and §3.6).

    Adam with weight decay in the gradient; the rate rises linearly over the first tenth of the steps and falls to 0
    along half a cosine. As in the authors' code, features are standardised with the training images' mean and
    deviation first (a dimension that never varies is only centred); W and b that come out take the features as they
    are. Start: W and b uniform in ±1/√width, drawn by the seed.

    Attributes:
        space: the features the head reads; "visual" is the paper's.
        epochs: 100 in the paper.
        batch: images a step; the paper's 256 (ImageNet: 8192). More than there are = all of them.
        rate: the highest rate for 256 images a step; it is scaled with the images in a step.
        weight_decay: 10⁻³ in the paper.
        standardise: whether features are standardised.
        empty_classes: what to do with classes without an image.
    """

    space: VectorSpace = "visual"
    epochs: Epochs = 100
    batch: Batch = 256
    rate: Annotated[float, Bounds(1e-7, 10.0, log=True, help="Highest learning rate, for 256 images in a step")] = 1e-3
    weight_decay: WeightDecay = 1e-3
    standardise: Annotated[bool, Help("Standardise features by the training images first, as the authors do")] = True
    empty_classes: EmptyClasses = "keep"

    @property
    def binds(self) -> tuple[str, ...]:
        """The ID labels."""
        return ("labels",)

    @abstractmethod
    def _labelled(self, material: Material, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """(m,) rows of the images learnt from, ascending, (m,) their classes, and what to say about them."""

    def _needs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.space, *self.needs)))

    def _recipe(self) -> Recipe:
        return Recipe("adam", self.rate, self.epochs, self.batch, self.weight_decay, warm_up=0.1, rate_for=_RATE_FOR)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        features = getattr(material, self.space)
        rows, classes, notes = self._labelled(material, seed)
        there, said = filled_classes(classes, material.labels, self.empty_classes, self._lacks())
        place = torch.full((len(material.labels),), -1)
        place[there] = torch.arange(len(there))
        learner = _HeadLearner(features, rows, place[classes], len(there), backbone.device, self.standardise, seed)
        return Start(learner, {"classes": there, **self._constants(material)}, (*notes, *said))

    def _constants(self, material: Material) -> Mapping[str, Tensor]:
        return {}

    def _lacks(self) -> str:
        return "an image"

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        if space != self.space and not (space == "both" and self.space == "visual"):
            return reference
        # The head that was there stands beside the new one, for scores that ask more than one.
        return replace(reference, head=head_of(adapted), classifier=reference.head)

    def _scorer(self, adapted: Adapted, scorer: Scorer) -> Scorer:
        if isinstance(scorer, GaussianScorer):
            return replace(scorer, space=self.space, logits=True)
        return replace(scorer, space=self.space) if isinstance(scorer, HeadScorer) else scorer


def head_of(adapted: Adapted) -> Linear:
    """The trained layer, frozen."""
    weight = adapted.tensors["weight"]
    head = Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(adapted.tensors["bias"])
    return head.requires_grad_(False)


class _HeadLearner(Learner):
    """Cross-entropy of a linear layer on standardised features."""

    def __init__(
        self,
        features: Tensor,
        rows: Tensor,
        classes: Tensor,
        outputs: int,
        device: torch.device,
        standardise: bool,
        seed: int,
    ) -> None:
        self._features, self._rows, self._classes, self._device = features, rows, classes, device
        self._all = len(rows) == len(features)
        self.count, width = len(rows), features.shape[1]
        mean, deviation = spread(features, rows)
        still = deviation <= _CONSTANT * mean.abs().clamp(min=torch.finfo(torch.float32).tiny)
        inverse = torch.where(still, 1.0, 1 / torch.where(still, 1.0, deviation))
        plain = torch.zeros_like(mean), torch.ones_like(inverse)
        self._mean, self._inverse = (each.float().to(device) for each in ((mean, inverse) if standardise else plain))
        generator = torch.Generator().manual_seed(seed)
        bound = 1 / math.sqrt(width)
        self.parameters = {
            "weight": draw((outputs, width), bound, generator).to(device).requires_grad_(),
            "bias": draw((outputs,), bound, generator).to(device).requires_grad_(),
        }

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        taken = self._features[rows if self._all else self._rows[rows]].to(self._device, torch.float32)
        standard = taken.sub_(self._mean).mul_(self._inverse)  # indexing made a copy
        logits = functional.linear(standard, self.parameters["weight"], self.parameters["bias"])
        return {"cross-entropy": functional.cross_entropy(logits, self._classes[rows].to(self._device))}

    def kept(self) -> dict[str, Tensor]:
        weight = self.parameters["weight"].detach() * self._inverse
        return {"weight": weight, "bias": self.parameters["bias"].detach() - weight @ self._mean}


def spread(features: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """(width,) float64 mean and deviation (divided by n) of some rows, a few at a time."""
    chosen = torch.zeros(len(features), dtype=torch.bool)
    chosen[rows] = True
    shift = features[int(rows[0])].double()  # squares of differences, not differences of squares
    first, second = torch.zeros_like(shift), torch.zeros_like(shift)
    for where, part in chunks(features):
        here = part[chosen[where]] - shift
        first += here.sum(dim=0)
        second += here.square().sum(dim=0)
    mean = first / len(rows)
    return shift + mean, (second / len(rows) - mean.square()).clamp(min=0).sqrt()

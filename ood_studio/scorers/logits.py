"""What the scores on logits share: the logits of a trained head, or else of the zero-shot text head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.scorers.base import Reference, Scorer, VectorSpace
from ood_studio.scorers.vectors import unit_rows


@dataclass(frozen=True)
class HeadScorer(Scorer):
    """A score that reads logits z: (batch, classes).

    With `reference.head`, z = head(features). Without it, the zero-shot text head: z = logit_scale * cos(features,
    class_text), in the joint space only.

    Attributes:
        space: the features the head was trained on: "joint" (given unit length) or "visual" (taken as they are).
    """

    space: VectorSpace = "joint"

    def _needs(self, reference: Reference) -> tuple[str, ...]:
        if self.space == "visual":
            return (*self.needs, "head")
        return self.needs if reference.head is not None else (*self.needs, "class_text")

    def _dim(self, reference: Reference) -> int:
        return reference.head.in_features if reference.head is not None else super()._dim(reference)

    def _head(self, reference: Reference) -> tuple[Tensor, Tensor | None]:
        """The weight (classes, dim) and bias (classes,) of the head, copied.

        Raises:
            StudioError: if training images take part and are not as wide as the head.
        """
        dim, images = self._dim(reference), reference.images
        if "images" in self.needs and images is not None and images.shape[1] != dim:
            raise StudioError(f"images must be as wide as the head of {self.title}: {dim}, not {images.shape[1]}")
        if reference.head is not None:
            bias = reference.head.bias
            return reference.head.weight.detach().clone(), None if bias is None else bias.detach().clone()
        assert reference.class_text is not None
        reference.check_fixed(self.title)
        return unit_rows(reference.class_text) * reference.logit_scale, None

    def _logits(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        """The logits (batch, classes) of features (batch, dim), also where the text depends on the image."""
        if reference.head is None and reference.conditional is not None:
            vectors = reference.vectors("class_text")
            return lambda features: vectors.cosines(features) * reference.logit_scale
        weight, bias = self._head(reference)
        return lambda features: logits_of(features, weight, bias)


@dataclass(frozen=True)
class LogitScorer(HeadScorer):
    """A score of nothing but the logits; see `HeadScorer`.

    Attributes:
        space: the features the head was trained on: "joint" (given unit length) or "visual" (taken as they are).
    """

    @abstractmethod
    def _score(self, logits: Tensor) -> Tensor:
        """Scores (batch,) of logits (batch, classes)."""

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        logits = self._logits(reference)
        return lambda features: self._score(logits(features))


def logits_of(features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The logits (batch, classes) of a head, on the features' device and in their type."""
    return functional.linear(features, weight.to(features), None if bias is None else bias.to(features))

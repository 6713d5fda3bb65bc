"""What the scores on logits share: the logits of a trained head, or else of the zero-shot text head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from ood_studio.errors import StudioError
from ood_studio.scorers.base import Reference, Scorer, Space, unit_rows


@dataclass(frozen=True)
class LogitScorer(Scorer):
    """A score of logits z: (batch, classes).

    With `reference.head`, z = head(features). Without it, the zero-shot text head: z = logit_scale * cos(features,
    class_text), in the joint space only.

    Attributes:
        space: the features the head was trained on: "joint" (given unit length) or "visual" (taken as they are).
    """

    space: Space = "joint"

    def __post_init__(self) -> None:
        if self.space not in ("joint", "visual"):
            raise StudioError(f"space of {self.title} must be 'joint' or 'visual', not {self.space!r}")
        super().__post_init__()

    @abstractmethod
    def _score(self, logits: Tensor) -> Tensor:
        """Scores (batch,) of logits (batch, classes)."""

    def _needs(self, reference: Reference) -> tuple[str, ...]:
        if self.space == "visual":
            return ("head",)
        return () if reference.head is not None else ("class_text",)

    def _dim(self, reference: Reference) -> int:
        return reference.head.in_features if reference.head is not None else super()._dim(reference)

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        if reference.head is not None:
            weight = reference.head.weight.detach().clone()
            bias = None if reference.head.bias is None else reference.head.bias.detach().clone()
        else:
            assert reference.class_text is not None
            weight, bias = unit_rows(reference.class_text) * reference.logit_scale, None

        def score(features: Tensor) -> Tensor:
            shift = None if bias is None else bias.to(features)
            return self._score(functional.linear(features, weight.to(features), shift))

        return score

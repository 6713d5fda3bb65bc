"""Features of the images that set thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.features.images import DatasetFeatures
from ood_studio.scorers import Space


@dataclass(frozen=True, eq=False)
class ReferenceImages:
    """Vectors, (n, dim), of the images that set the thresholds; ``ood`` may be empty, ``key`` is a hash."""

    key: str
    id: Tensor
    ood: Tensor
    about: str
    visual: tuple[Tensor, Tensor] | None = None

    @property
    def nbytes(self) -> int:
        """What they take in memory, or of files that are mapped."""
        return sum(each.nbytes for each in (self.id, self.ood, *(self.visual or ())))

    def of(self, space: Space) -> tuple[Tensor, Tensor]:
        """The vectors that a score of a space reads, of ID and OOD images; ``visual`` holds those beside joint ones."""
        return self.visual if space == "visual" and self.visual is not None else (self.id, self.ood)


def joined_references(key: str, inside: DatasetFeatures, outside: DatasetFeatures, about: str) -> ReferenceImages:
    """Reference images from the features of both sides."""
    vectors = tuple(vectors_of(each.joint, each.visual) for each in (inside, outside))
    visual = None
    if inside.joint is not None and inside.visual is not None and outside.visual is not None:
        visual = inside.visual, outside.visual
    return ReferenceImages(key, vectors[0], vectors[1], about, visual)


def vectors_of(joint: Tensor | None, visual: Tensor | None) -> Tensor:
    """Joint features; where the model has no text tower, visual ones."""
    found = visual if joint is None else joint
    if found is None:
        raise StudioError("these pictures have neither joint nor visual features")
    return found

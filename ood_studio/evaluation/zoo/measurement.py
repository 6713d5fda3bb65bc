"""What models are measured on: labels, and datasets by what they are for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ood_studio.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is measured on.

    Attributes:
        labels: the ID labels.
        id, train: ID images to test on, and others to learn from; None for none of these.
        ood: the OOD sets, by name.
        factors: ID images with a visual factor each, by the factor's name.
        shifts: ID images in another style each, by its name.
        captioned: images whose captions are looked up and looked for; None for no retrieval.
        annotations: visual factors that hold in ID images, by file name: accuracy on each, beside that of ``factors``.
        seed: of the halves and of the resamples.
        resamples: of the intervals; 0 for none.
        notes: sentences on the datasets, said of every model.
    """

    labels: tuple[str, ...]
    id: Dataset
    train: Dataset | None
    ood: Mapping[str, Dataset]
    factors: Mapping[str, Dataset] = field(default_factory=dict)
    shifts: Mapping[str, Dataset] = field(default_factory=dict)
    captioned: Dataset | None = None
    annotations: Mapping[str, Collection[str]] = field(default_factory=dict)
    seed: int = 0
    resamples: int = 200
    notes: tuple[str, ...] = ()

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """Of every captioned image: the same for all models."""
        return () if self.captioned is None else tuple(map(self.captioned.caption, range(len(self.captioned))))

    def datasets(self) -> list[Dataset]:
        """All of them, in the order in which they are measured."""
        found = [self.id, *self.ood.values(), *self.factors.values(), *self.shifts.values()]
        found = found if self.train is None else [self.train, *found]
        return found if self.captioned is None else [*found, self.captioned]

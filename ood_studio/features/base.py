"""What features of a dataset are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SPACES = ("joint", "visual", "patches")


@dataclass(frozen=True, eq=False)
class DatasetFeatures:
    """Features of a dataset's readable images, on the CPU; memory-mapped: do not write to them.

    Attributes:
        joint: (n, dim) float32, unit norm; None where the model has no text tower.
        visual: (n, width) float32, before the projection, not normalised.
        patches: (n, rows, columns, dim) float16, unit norm; None where not asked for, or the model has none.
        rows: (n,) int64, which image of the dataset each row is, ascending.
        problems: caption of each unreadable image -> why.
    """

    joint: Tensor | None
    visual: Tensor | None
    patches: Tensor | None
    rows: NDArray[np.int64]
    problems: dict[str, str]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], rows: NDArray[np.int64], problems: dict[str, str]) -> DatasetFeatures:
        """Features by the name of their space."""
        return cls(tensors.get("joint"), tensors.get("visual"), tensors.get("patches"), rows, problems)

    def without(self, rows: Collection[int]) -> DatasetFeatures:
        """The features but for those of some images of the dataset."""
        keep = np.flatnonzero(~np.isin(self.rows, [*rows]))
        if len(keep) == len(self.rows):
            return self
        taken = torch.from_numpy(keep)
        joint, visual, patches = (
            None if part is None else part[taken] for part in (self.joint, self.visual, self.patches)
        )
        return DatasetFeatures(joint, visual, patches, self.rows[keep], self.problems)

    @property
    def nbytes(self) -> int:
        """What the features take in memory where they are not mapped."""
        return sum(each.nbytes for each in (self.joint, self.visual, self.patches) if each is not None)

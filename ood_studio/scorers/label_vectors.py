"""The vectors of labels as scores ask for them: for the cosines of image features to them.

Mostly they are fixed, and the cosines one matrix product. Text features may also depend on the image that is scored (a
conditional text side, as KR-NFT learns): then an image has label vectors of its own, which need never be made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

TextPart = Literal["class_text", "negative_text", "conjugated_text"]
"""The text features of a reference."""


class LabelVectors(ABC):
    """Label vectors of unit length, one set for all images or one for each."""

    @abstractmethod
    def __len__(self) -> int:
        """How many labels."""

    @abstractmethod
    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """(..., labels) cosines of features to the labels; gradients flow to both arguments.

        Args:
            features: (..., dim) of unit length.
            image: (..., dim) the joint feature of the image that each row is of, broadcast; None = the row itself.
        """

    @abstractmethod
    def take(self, index: Tensor) -> LabelVectors:
        """Some of the labels, in another order; ``index`` (m,) on the CPU."""


class FixedVectors(LabelVectors):
    """Vectors that no image moves: ``rows`` (labels, dim), of unit length, kept as they are."""

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """One matrix product."""
        return features @ self.rows.to(features).T

    def take(self, index: Tensor) -> LabelVectors:
        """Copies of some rows."""
        return FixedVectors(self.rows[index.to(self.rows.device)])


class JoinedVectors(LabelVectors):
    """Several label vectors side by side."""

    def __init__(self, *parts: LabelVectors) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """Those of the first part first."""
        return torch.cat([part.cosines(features, image) for part in self._parts], dim=-1)

    def take(self, index: Tensor) -> LabelVectors:
        """Some of all parts, in the order given; fixed ones where all are."""
        fixed = [part for part in self._parts if isinstance(part, FixedVectors)]
        if len(fixed) == len(self._parts):
            return FixedVectors(torch.cat([part.rows for part in fixed])[index.to(fixed[0].rows.device)])
        return _Reordered(self, index)


class ConditionalText(ABC):
    """A text side that depends on the image: it stands beside the text features that no image has moved."""

    @abstractmethod
    def vectors(self, part: TextPart, text: Tensor) -> LabelVectors:
        """The vectors of some labels.

        Args:
            part: which labels they are.
            text: (labels, dim) their text features, of unit length; kept or copied, never changed.
        """


def sums(vectors: LabelVectors, groups: int) -> Callable[[Tensor], Tensor]:
    """(batch, groups) sums of cosines to equal groups of labels; of fixed ones it is a product with summed vectors."""
    if isinstance(vectors, FixedVectors):
        summed = FixedVectors(vectors.rows.view(groups, -1, vectors.rows.shape[1]).sum(dim=1))
        return summed.cosines
    return lambda features: vectors.cosines(features).view(features.shape[0], groups, -1).sum(dim=2)


class _Reordered(LabelVectors):
    """Some of other vectors, picked from their cosines."""

    def __init__(self, whole: LabelVectors, index: Tensor) -> None:
        self._whole, self._index = whole, index

    def __len__(self) -> int:
        return len(self._index)

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        return self._whole.cosines(features, image)[..., self._index.to(features.device)]

    def take(self, index: Tensor) -> LabelVectors:
        return _Reordered(self._whole, self._index[index])

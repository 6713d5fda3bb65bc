"""Text features scaled and shifted, by numbers that may depend on the image: KR-NFT's Eqs. 4 to 6, factorised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.base import draw
from ood_studio.core.parameters import Bounds
from ood_studio.scorers.label_vectors import FixedVectors, LabelVectors

Reduction = Annotated[int, Bounds(1, 4096, log=True, step=1, help="Width over the hidden width of the nets")]


@dataclass(frozen=True, eq=False)
class Transformation:
    """c′ = (α + h(v)) ⊙ c + β + g(v) of one side of the text, before it is made of unit length.

    Attributes:
        parameters: ``scale`` α and ``shift`` β, (dim,), (1,) or (labels, dim); ``mlp/…`` of c + MLP(c), which then
            takes the place of c; ``scale_net/…`` and ``shift_net/…`` of the meta-nets h and g. Each may be absent.
    """

    parameters: Mapping[str, Tensor]

    @property
    def conditional(self) -> bool:
        """Whether the image takes part."""
        return any("_net/" in name for name in self.parameters)

    @property
    def by_label(self) -> bool:
        """Whether every label has a scale and shift of its own."""
        return self.parameters.get("scale", torch.empty(0)).ndim == 2

    def of(self, text: Tensor) -> LabelVectors:
        """The vectors of labels with text features (labels, dim), of unit length."""
        rows = text + perceptron(self.parameters, "mlp", text) if "mlp/0/weight" in self.parameters else text
        scale, shift = (self.parameters.get(name) for name in ("scale", "shift"))
        if self.by_label:
            assert scale is not None and shift is not None
            moved = scale.to(rows) * rows + shift.to(rows)
            return ByLabel(self, rows, moved) if self.conditional else FixedVectors(functional.normalize(moved, dim=1))
        if self.conditional:
            return Factorised(self, rows, text)
        moved = rows if scale is None else rows * scale.to(rows)
        return FixedVectors(functional.normalize(moved if shift is None else moved + shift.to(rows), dim=1))

    def nets(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """h(v) and g(v), (..., dim) each; zeros of one that is absent."""
        found = [
            perceptron(self.parameters, net, image) if f"{net}/0/weight" in self.parameters else torch.zeros_like(image)
            for net in ("scale_net", "shift_net")
        ]
        return found[0].expand_as(image), found[1].expand_as(image)

    def factors(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """s = α + h(v) and b = β + g(v), (..., dim) each."""
        scale, shift = self.nets(image)
        alpha, beta = (self.parameters.get(name) for name in ("scale", "shift"))
        return scale + (1 if alpha is None else alpha.to(image)), shift + (0 if beta is None else beta.to(image))


class Factorised(LabelVectors):
    """Label vectors c′ = s ⊙ c + b, s and b of the image, never made: with three products of a batch,

    v·c′ / ‖c′‖ = ((v ⊙ s)·c + v·b) / √(s²·c² + 2 (s ⊙ b)·c + ‖b‖²).
    """

    def __init__(self, transformation: Transformation, rows: Tensor, text: Tensor) -> None:
        self._transformation, self._rows, self._squares = transformation, rows, rows.square()
        self._text = text  # what c′ is compared with; another than c where an MLP has moved it

    def __len__(self) -> int:
        return len(self._rows)

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """See the class."""
        scale, shift = self._transformation.factors(features if image is None else image)
        rows = self._rows.to(features)
        dots = (features * scale) @ rows.T
        dots += (features * shift).sum(dim=-1, keepdim=True)
        return dots * self._inverse_lengths(scale, shift, rows)

    def both(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, labels) `cosines`, and those of each label's text before and after, for features (batch, dim)."""
        if self._text is not self._rows:
            scale, shift = self._transformation.factors(features)
            inverse = self._inverse_lengths(scale, shift, self._rows)
            dots = (features * scale) @ self._rows.T + (features * shift).sum(dim=1, keepdim=True)
            return dots * inverse, (scale @ (self._rows * self._text).T + shift @ self._text.T) * inverse
        scale, shift = self._transformation.factors(features)
        rows, squares = self._rows.to(features), self._squares.to(features)
        # One product for all that meet c, one for all that meet c²: fewer, larger products are faster.
        with_rows = torch.cat([features * scale, scale * shift, shift]) @ rows.T
        with_squares = torch.cat([scale.square(), scale]) @ squares.T
        dots, mixed, shifted = with_rows.chunk(3)
        squared, scaled = with_squares.chunk(2)
        lengths = torch.add(squared, mixed, alpha=2) + shift.square().sum(dim=1, keepdim=True)
        inverse = lengths.clamp(min=torch.finfo(lengths.dtype).tiny).rsqrt()
        return (dots + (features * shift).sum(dim=1, keepdim=True)) * inverse, (scaled + shifted) * inverse

    def take(self, index: Tensor) -> LabelVectors:
        where = index.to(self._rows.device)
        rows = self._rows[where]
        return Factorised(self._transformation, rows, rows if self._text is self._rows else self._text[where])

    def _inverse_lengths(self, scale: Tensor, shift: Tensor, rows: Tensor) -> Tensor:
        squares = scale.square() @ self._squares.to(rows).T
        squares += 2 * ((scale * shift) @ rows.T)
        squares += shift.square().sum(dim=-1, keepdim=True)
        return squares.clamp(min=torch.finfo(squares.dtype).tiny).rsqrt()


class ByLabel(LabelVectors):
    """Label vectors c′ = u + h ⊙ c + g with u = α_c ⊙ c + β_c of each label, h and g of the image; factorised too:

    v·c′ = v·u + (v ⊙ h)·c + v·g and ‖c′‖² = ‖u‖² + 2 (h·(u ⊙ c) + g·u) + h²·c² + 2 (h ⊙ g)·c + ‖g‖².
    """

    def __init__(self, transformation: Transformation, rows: Tensor, moved: Tensor) -> None:
        self._transformation, self._rows, self._moved = transformation, rows, moved

    def __len__(self) -> int:
        return len(self._rows)

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """See the class."""
        scale, shift, inverse = self._image(features if image is None else image)
        rows, moved = self._rows.to(features), self._moved.to(features)
        own = (features * shift).sum(dim=-1, keepdim=True)
        return (features @ moved.T + (features * scale) @ rows.T + own) * inverse

    def both(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See `Factorised.both`."""
        scale, shift, inverse = self._image(features)
        rows, moved = self._rows.to(features), self._moved.to(features)
        kept = (rows * moved).sum(dim=1) + scale @ rows.square().T + shift @ rows.T
        return self.cosines(features), kept * inverse

    def take(self, index: Tensor) -> LabelVectors:
        where = index.to(self._rows.device)
        return ByLabel(self._transformation, self._rows[where], self._moved[where])

    def _image(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        scale, shift = self._transformation.nets(image)
        rows, moved = self._rows.to(image), self._moved.to(image)
        squares = moved.square().sum(dim=1) + 2 * (scale @ (moved * rows).T + shift @ moved.T)
        squares = squares + scale.square() @ rows.square().T + 2 * ((scale * shift) @ rows.T)
        squares = squares + shift.square().sum(dim=-1, keepdim=True)
        return scale, shift, squares.clamp(min=torch.finfo(squares.dtype).tiny).rsqrt()


def perceptron(parameters: Mapping[str, Tensor], name: str, rows: Tensor) -> Tensor:
    """Linear, ReLU, Linear."""
    first, second = (
        (parameters[f"{name}/{layer}/weight"].to(rows), parameters[f"{name}/{layer}/bias"].to(rows)) for layer in (0, 1)
    )
    return functional.linear(functional.linear(rows, *first).relu(), *second)


def meta_net(name: str, dim: int, hidden: int, width: int, generator: torch.Generator) -> dict[str, Tensor]:
    """The tensors of a `perceptron` at its start: dim to hidden drawn uniform in ±1/√dim, hidden to width zero."""
    found = {}
    for layer, (out, into) in enumerate(((hidden, dim), (width, hidden))):
        bound = 0.0 if layer else 1 / math.sqrt(into)
        found[f"{name}/{layer}/weight"] = draw((out, into), bound, generator)
        found[f"{name}/{layer}/bias"] = draw((out,), bound, generator)
    return found

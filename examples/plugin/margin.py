"""A scorer of one's own, in one file: ``ood-studio bench --scorers all --plugin examples/plugin/margin.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.scorers import Reference, Scorer, unit_rows


@dataclass(frozen=True)
class Margin(Scorer):
    """max_k cos(h, e_k) − λ · max_j cos(h, n_j): how much nearer the nearest ID label is than the nearest negative one.

    Attributes:
        weight: λ, how much the nearest negative label counts.
    """

    name: ClassVar[str] = "margin"
    title: ClassVar[str] = "Margin"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text")

    weight: Annotated[float, Bounds(0.0, 2.0, step=0.05, help="Weight λ of the nearest negative label")] = 1.0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None and reference.negative_text is not None
        inside, outside = unit_rows(reference.class_text), unit_rows(reference.negative_text)

        def score(features: Tensor) -> Tensor:
            nearest = [(features @ labels.to(features).T).amax(dim=1) for labels in (inside, outside)]
            return nearest[0] - self.weight * nearest[1]

        return score

"""CSP: NegLabel with a conjugated semantic pool beside its negative labels (Chen et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds
from ood_studio.scorers.base import Reference, Scorer
from ood_studio.scorers.neglabel import NegLabel


@dataclass(frozen=True)
class CSP(Scorer):
    """NegLabel's Eq. 6, grouped as there, over its negative labels and those of the conjugated pool together.

    The pool holds superclass names with an adjective ("white creature", "cozy place"): see `labels.conjugated`. In the
    paper these phrases take the place of the adjectives that NegLabel mines; leave those out of `negative_text` (a
    corpus of nouns) for its setting, or keep them for the union of all three.

    Attributes:
        tau: τ; None = 1 / logit_scale of the reference (CLIP: the paper's 0.01).
        groups: n_g over both kinds of labels together; more groups than labels become as many groups as labels.
        seed: seed of the shuffle before grouping.
    """

    name: ClassVar[str] = "csp"
    title: ClassVar[str] = "CSP"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text", "conjugated_text")

    tau: Annotated[float | None, Bounds(1e-4, 10.0, log=True, help="temperature; None = the backbone's")] = None
    groups: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="groups the negative labels are cut into")] = 100
    seed: Annotated[int, Bounds(0, 2**31 - 1, step=1, help="seed of the shuffle before grouping")] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._neglabel()

    def _neglabel(self) -> NegLabel:
        return NegLabel(tau=self.tau, groups=self.groups, seed=self.seed)

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.negative_text is not None and reference.conjugated_text is not None
        pool = torch.cat((reference.negative_text, reference.conjugated_text.to(reference.negative_text)))
        return self._neglabel()._fit(replace(reference, negative_text=pool))

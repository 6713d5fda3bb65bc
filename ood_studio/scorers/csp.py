"""CSP: NegLabel with a conjugated semantic pool beside its negative labels (Chen et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.core.parameters import Tau
from ood_studio.scorers.base import Reference
from ood_studio.scorers.label_vectors import JoinedVectors
from ood_studio.scorers.neglabel import Groups, GroupScorer, GroupSeed, NegLabel


@dataclass(frozen=True)
class CSP(GroupScorer):
    """NegLabel's Eq. 6, grouped as there, over its negative labels and those of the conjugated pool together.

    The pool holds superclass names with an adjective ("white creature", "cozy place"): see `labels.conjugated`. In the
    paper these phrases take the place of the adjectives that NegLabel mines; leave those out of `negative_text` (a
    corpus of nouns) for its setting, or keep them for the union of all three.

    Attributes:
        tau: τ; None = 1 / logit_scale of the reference (CLIP: the paper's 0.01).
        groups: n_g over both kinds of labels together; None = as many as `NegLabel` makes of the negative labels alone
            (about 100 of them each), so that the two differ by the pool alone. More groups than labels become as many
            groups as labels.
        seed: seed of the shuffle before grouping.
    """

    name: ClassVar[str] = "csp"
    title: ClassVar[str] = "CSP"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text", "conjugated_text")

    tau: Tau = None
    groups: Groups = None
    seed: GroupSeed = 0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.negative_text is not None and reference.conjugated_text is not None
        pool = JoinedVectors(reference.vectors("negative_text"), reference.vectors("conjugated_text"))
        like = NegLabel(tau=self.tau, groups=self.resolved(reference).groups, seed=self.seed)
        return like.score_of(reference, pool)

"""NegRefine: negative labels without false ones, and a score that knows pictures of several things (ICCV 2025)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Self

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Tau
from ood_studio.scorers.base import Reference, temperature
from ood_studio.scorers.neglabel import Groups, GroupScorer, GroupSeed, NegLabel
from ood_studio.scorers.remarks import remark
from ood_studio.scorers.vectors import unit_rows

_ROWS = 256  # images whose pairs are looked up at a time


@dataclass(frozen=True)
class NegRefine(GroupScorer):
    """S_NL over the refined negative labels + α S_MM, in [0, 1 + α].

    **Refined.** A negative label is dropped if it is a proper noun, or names the same as one of the N ID labels nearest
    to it or a kind of it, so that it would draw ID images away. The authors ask a language model (Qwen2.5-14B); here it
    is WordNet's or Diorama's own relations where the corpus has them, spelling otherwise, and a list of words that one
    may bring (``dropped``), such as a language model's answer.

    **Multi-matching.** With the k ID labels P and the k negative labels Q of the largest cosines to an image v, and
    e(p, q) the text feature of "p and q",

        S_MM(v) = max over p in P, q in Q of sigmoid((cos(v, e(p, q)) - cos(v, ẽ_q)) / τ)

    is high where an ID object explains what the negative label alone does not: a picture of both. A pair is encoded
    when it is first needed, and kept.

    The authors begin with CSP's candidates (15 % of WordNet without persons, quantities, groups and pertainyms, each
    adjective before a superclass name): choose those by the corpus and how it is mined. They take 100 groups, and eight
    templates for all texts; here the templates are those of the labels.

    Attributes:
        tau: τ of both parts; None = 1 / logit_scale of the reference.
        groups, seed: n_g of S_NL, as in `NegLabel`, and the seed of the shuffle before grouping.
        weight: α.
        top: k.
        nearest: N.
        dropped: further words to drop.
        refine: whether anything is dropped at all.
    """

    name: ClassVar[str] = "negrefine"
    title: ClassVar[str] = "NegRefine"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text", "texts")

    tau: Tau = None
    groups: Groups = None
    seed: GroupSeed = 0
    weight: Annotated[float, Bounds(0.0, 100.0, help="Weight of the multi-matching score")] = 2.0
    top: Annotated[int, Bounds(1, 100, step=1, help="Labels of each kind that are paired")] = 5
    nearest: Annotated[int, Bounds(1, 1000, log=True, step=1, help="ID labels a negative one is compared with")] = 10
    dropped: Annotated[tuple[str, ...], Help("Words that are no negative labels, as a language model lists them")] = ()
    refine: Annotated[bool, Help("Drop proper nouns, kinds of ID labels and their synonyms")] = True

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None and reference.negative_text is not None
        reference.check_fixed(self.title)
        texts = reference.texts
        assert texts is not None
        classes, negatives = unit_rows(reference.class_text), unit_rows(reference.negative_text)
        kept = self._kept(reference)
        negatives = negatives[kept]
        refined = Reference(classes, negatives, logit_scale=reference.logit_scale)
        like = NegLabel(tau=self.tau, groups=self.groups, seed=self.seed)
        plain = like.score_of(refined)
        scale = 1 / temperature(self.tau, reference.logit_scale)
        first, second = min(self.top, len(classes)), min(self.top, len(negatives))

        def matching(features: Tensor) -> Tensor:
            """(batch,) S_MM."""
            ours = (features @ classes.to(features).T).topk(first, dim=1).indices
            alone, theirs = (features @ negatives.to(features).T).topk(second, dim=1)
            index = torch.cartesian_prod(torch.arange(first), torch.arange(second))
            wanted = torch.stack([ours[:, index[:, 0]].cpu(), kept[theirs[:, index[:, 1]].cpu()]], dim=2)
            pairs, which = torch.unique(wanted.reshape(-1, 2), dim=0, return_inverse=True)
            found = unit_rows(texts.pairs(pairs)).to(features)[which.to(features.device)]
            both = (found.view(len(features), len(index), -1) * features[:, None]).sum(dim=2)
            return ((both - alone[:, index[:, 1]]) * scale).sigmoid().amax(dim=1)

        def score(features: Tensor) -> Tensor:
            if self.weight == 0 or not len(features):
                return plain(features)
            return plain(features) + self.weight * torch.cat([matching(rows) for rows in torch.split(features, _ROWS)])

        return score

    def resolved(self, reference: Reference) -> Self:
        """See `Scorer.resolved`; the groups are those of the negative labels that stay."""
        assert reference.negative_text is not None
        return super().resolved(replace(reference, negative_text=reference.negative_text[self._kept(reference)]))

    def settled(self, reference: Reference) -> tuple[Self, Tensor | None]:
        """See `Scorer.settled`."""
        return (replace(self, refine=False, dropped=()), self._kept(reference)) if self.refine else (self, None)

    def _kept(self, reference: Reference) -> Tensor:
        """(kept,) numbers of the negative labels that stay, on the CPU; says what went."""
        assert reference.class_text is not None and reference.negative_text is not None
        classes, negatives = unit_rows(reference.class_text), unit_rows(reference.negative_text)
        everything = torch.arange(len(negatives))
        if not self.refine:
            return everything
        assert reference.texts is not None
        cosines = negatives @ classes.to(negatives).T
        nearest = cosines.topk(min(self.nearest, len(classes)), dim=1).indices.cpu()
        reasons = reference.texts.superfluous(nearest, self.dropped)
        removed = torch.zeros(len(negatives), dtype=torch.bool)
        for which in reasons.values():
            removed |= which.cpu()
        if bool(removed.all()):
            raise StudioError(f"{self.title} drops every negative label, so none is left")
        counts = ", ".join(f"{int(which.sum()):,} {reason}" for reason, which in reasons.items() if bool(which.any()))
        count = f"{int(removed.sum()):,} of {len(negatives):,}"
        remark(
            f"{self.title} drops {count} negative labels{f': {counts}' if counts else ''}",
            refined=float(len(negatives) - int(removed.sum())),
        )
        return everything[~removed]

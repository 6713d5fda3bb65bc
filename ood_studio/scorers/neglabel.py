"""NegLabel: how much of an image's affinity goes to ID labels, against mined negative ones (Jiang et al. 2024)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self, cast, get_args

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Seed, Tau
from ood_studio.scorers.base import Reference, Scorer, temperature
from ood_studio.scorers.label_vectors import LabelVectors, sums
from ood_studio.scorers.vectors import check_features, unit_rows

Form = Literal[
    "linear-sum",
    "linear-max",
    "linear-binary",
    "count",
    "sum-softmax",
    "max-softmax",
    "ratio",
    "max-ratio",
    "binary-ratio",
    "balanced",
]
"""The rows 1 to 9 of the paper's Table 12, in its order, and the balanced score of TINS."""

FORMS: tuple[Form, ...] = get_args(Form)

GROUP_SIZE = 100
"""Negative labels in a group of the paper, whose 10,000 make 100 groups."""

Groups = Annotated[
    int | None,
    Bounds(
        1, 100_000, log=True, step=1, help="Groups that the negative labels are cut into; none = about 100 labels each"
    ),
]
GroupSeed = Annotated[Seed, Help("Seed of the shuffle before grouping")]
NegativeCount = Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="Negative labels chosen (M)")]

# One chunk's similarities: large enough for a fast product, small enough to stay out of the way.
_CHUNK_BYTES = 16 * 2**20


class GroupScorer(Scorer):
    """A score over groups of negative labels; where ``groups`` is None they hold about `GROUP_SIZE` labels each."""

    groups: int | None

    def resolved(self, reference: Reference) -> Self:
        """See `Scorer.resolved`; the number of groups is a number too."""
        assert reference.negative_text is not None
        groups = self.groups or groups_of(len(reference.negative_text))
        return cast(Self, replace(cast(Any, super().resolved(reference)), groups=groups))


@dataclass(frozen=True)
class NegLabel(GroupScorer):
    """The NegLabel score: Eq. 6 of the paper, with the grouping of its Section 3.2; or another form of its Table 12.

    With p_i = cos(h, e_i) for the K ID labels and q_j = cos(h, ẽ_j) for the negative labels of one group:

    1. linear-sum      Σ p_i − β Σ q_j
    2. linear-max      max p_i (no negative label takes part)
    3. linear-binary   Σ 1[p_i ≥ ψ] − β Σ 1[q_j ≥ ψ]
    4. count           −Σ 1[q_j ≥ ψ]
    5. sum-softmax     Σ e^(p_i/τ) / (Σ e^(p_i/τ) + Σ e^(q_j/τ)), Eq. 6, the default
    6. max-softmax     max e^(p_i/τ) / (Σ e^(p_i/τ) + Σ e^(q_j/τ))
    7. ratio           Σ p_i / (Σ p_i + Σ q_j)
    8. max-ratio       max p_i / (Σ p_i + Σ q_j)
    9. binary-ratio    Σ 1[p_i ≥ ψ] / (Σ 1[p_i ≥ ψ] + Σ 1[q_j ≥ ψ]); 0 where nothing reaches ψ

    And of TINS (arXiv 2605.10756), with the M/n_g labels of a group weighing as much as the K ID labels, so that a
    threshold does not depend on how many they are, nor can be taken from the others:

    10. balanced       Σ e^(p_i/τ) / (Σ e^(p_i/τ) + K mean e^(q_j/τ))

    Forms 5, 6, 9 and 10 lie in [0, 1]. Forms 7 and 8 mean something only where the sums are positive, as with CLIP.

    Grouping: the M negative labels are shuffled by `seed` and cut into n_g groups of ⌊M / n_g⌋, the remainder is
    dropped, and the scores of the groups are averaged. Every form is grouped alike; the paper's Table 12 is without
    grouping (`groups=1`). The authors' code differs: one group forgets the softmax, fusing n groups averages n − 1, and
    the remainder is always the last adjectives. Another seed moves one image's score by up to 0.1 and the AUROC by
    at most 0.003: the seed is part of a result.

    Attributes:
        tau: τ; None = 1 / logit_scale of the reference (CLIP: the paper's 0.01).
        form: the form of the score.
        groups: n_g; None = groups of about 100 negative labels, the paper's size (100 groups of 10,000 labels). More
            groups than negative labels become as many groups as negative labels.
        fuse: how many of the groups are averaged (Table 16), the first ones after the shuffle; None or more than there
            are = all.
        seed: seed of the shuffle.
        threshold: ψ of the binarised forms; 0.25 is the paper's for CLIP.
        weight: β of the linear forms, balancing few ID labels against many negative ones.
    """

    name: ClassVar[str] = "neglabel"
    title: ClassVar[str] = "NegLabel"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text")

    tau: Tau = None
    form: Annotated[Form, Help("Form of the score, a row of NegLabel's Table 12, or TINS' balanced")] = "sum-softmax"
    groups: Groups = None
    fuse: Annotated[
        int | None, Bounds(1, 100_000, log=True, step=1, help="Groups that are averaged; none = all of them")
    ] = None
    seed: GroupSeed = 0
    threshold: Annotated[
        float, Bounds(-1.0, 1.0, step=0.01, help="Cosine from which a label counts, in the binarised forms")
    ] = 0.25
    weight: Annotated[float, Bounds(0.0, 10.0, help="Weight of the negative labels in the linear forms")] = 0.1

    @property
    def differentiable(self) -> bool:
        """Whether the form has a gradient; the binarised ones are step functions."""
        return self.form not in ("linear-binary", "count", "binary-ratio")

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        return self.score_of(reference)

    def score_of(self, reference: Reference, pool: LabelVectors | None = None) -> Callable[[Tensor], Tensor]:
        """The score against a pool of negative labels, those of the reference unless given, of checked features."""
        if pool is None:
            assert reference.negative_text is not None
            taken, fused = self._taken(len(reference.negative_text))
            negatives = reference.vectors("negative_text", taken)  # only these are copied
        else:
            taken, fused = self._taken(len(pool))
            negatives = pool.take(taken)
        classes = reference.vectors("class_text")
        scale = 1 / temperature(self.tau, reference.logit_scale)
        if self.form in ("sum-softmax", "max-softmax", "balanced"):
            return self._softmax_form(classes, negatives, fused, scale)
        if self.form in ("linear-binary", "count", "binary-ratio"):
            return self._binary_form(classes, negatives, fused)
        return self._cosine_form(classes, negatives, fused)

    def grouped(self, negative_text: Tensor) -> tuple[Tensor, int]:
        """Unit vectors of the negative labels that take part, group after group, and the number of groups."""
        taken, fused = self._taken(len(negative_text))
        return unit_rows(negative_text, taken.to(negative_text.device)), fused

    def taken(self, total: int) -> Tensor:
        """Numbers of those of so many negative labels that take part, in the order of `grouped`."""
        return self._taken(total)[0]

    def _taken(self, total: int) -> tuple[Tensor, int]:
        """Which of so many negative labels take part, group after group, and the number of groups."""
        groups = min(self.groups or groups_of(total), total)
        fused = groups if self.fuse is None else min(self.fuse, groups)
        # On the CPU, so that a seed means the same groups on every device.
        order = torch.randperm(total, generator=torch.Generator().manual_seed(self.seed))
        return order[: fused * (total // groups)], fused

    def _softmax_form(
        self, classes: LabelVectors, negatives: LabelVectors, fused: int, scale: float
    ) -> Callable[[Tensor], Tensor]:
        weight = len(classes) * fused / len(negatives) if self.form == "balanced" else 1.0

        def score(features: Tensor) -> Tensor:
            positive = classes.cosines(features) * scale
            share = group_share(positive, negatives.cosines(features).mul_(scale), fused, weight)
            if self.form == "max-softmax":
                return (positive.amax(dim=1) - positive.logsumexp(dim=1)).exp() * share
            return share

        return _by_chunks(score, len(negatives))

    def _binary_form(self, classes: LabelVectors, negatives: LabelVectors, fused: int) -> Callable[[Tensor], Tensor]:
        size = len(negatives) // fused

        def score(features: Tensor) -> Tensor:
            matches = (classes.cosines(features) >= self.threshold).sum(dim=1, keepdim=True).to(features.dtype)
            reached = negatives.cosines(features) >= self.threshold
            counts = reached.view(features.shape[0], fused, size).sum(dim=2).to(features.dtype)
            if self.form == "linear-binary":
                scores = matches - self.weight * counts
            elif self.form == "count":
                scores = -counts
            else:
                scores = matches / (matches + counts).clamp(min=1)
            # A step function's gradient is 0, not an error: adding 0 times the features says so to autograd.
            return scores.mean(dim=1) + 0 * features.sum(dim=1)

        return _by_chunks(score, len(negatives))

    def _cosine_form(self, classes: LabelVectors, negatives: LabelVectors, fused: int) -> Callable[[Tensor], Tensor]:
        class_sum, group_sums = sums(classes, 1), sums(negatives, fused)

        def score(features: Tensor) -> Tensor:
            positive, negative = class_sum(features), group_sums(features)
            if self.form == "linear-sum":
                return (positive - self.weight * negative).mean(dim=1)
            if self.form == "ratio":
                return (positive / (positive + negative)).mean(dim=1)
            best = classes.cosines(features).amax(dim=1)
            return best if self.form == "linear-max" else best * (positive + negative).reciprocal().mean(dim=1)

        return score


def groups_of(negatives: int) -> int:
    """How many groups of about `GROUP_SIZE` labels so many negative labels make; at least one."""
    return max(1, round(negatives / GROUP_SIZE))


def group_share(positive: Tensor, negative: Tensor, groups: int, weight: float = 1.0) -> Tensor:
    """The mean over groups of Σ e^z / (Σ e^z + Σ e^z̃), with z all of `positive` and z̃ one group of `negative` (Eq. 6).

    Args:
        positive: (batch, classes), cos / τ of the ID labels.
        negative: (batch, groups * size), cos / τ of the negative labels, group after group; overwritten.
        groups: how many groups.
        weight: of the second sum.

    Returns:
        (batch,) in [0, 1].
    """
    # Measured from L⁺, the ID labels' log-sum-exp, a group's sum is e^(L_g − L⁺) and its score
    # sigmoid(L⁺ − L_g) = 1 / (1 + sum). Too large a sum for the type means a score of 0, too small a one 1.
    odds = negative.sub_(positive.logsumexp(dim=1, keepdim=True))
    if odds.requires_grad:
        # An infinite sum would make the gradient 0 · ∞; scores this close to 0 have none to speak of.
        odds = odds.clamp(max=0.7 * math.log(torch.finfo(odds.dtype).max))
    sums = odds.exp_().view(odds.shape[0], groups, odds.shape[1] // groups).sum(dim=2)
    return (1.0 + weight * sums).reciprocal().mean(dim=1)


def affinities(features: Tensor, reference: Reference, tau: float | None = None) -> Tensor:
    """The share of every label in an image: softmax of cos / τ over the ID and all negative labels (Figs. 4 and 5).

    Args:
        features: (batch, dim), joint image features.
        reference: class_text and negative_text, see `Reference`.
        tau: τ; None = 1 / logit_scale of the reference.

    Returns:
        (batch, classes + negatives), rows summing to 1; ID labels first, both in the reference's order.

    Raises:
        StudioError: as `NegLabel.fit` and its function do.
    """
    scorer = NegLabel(tau=tau)
    reason = scorer.missing(reference)
    if reason is not None:
        raise StudioError(reason)
    assert reference.class_text is not None and reference.negative_text is not None
    features = check_features(features, "joint", reference.class_text.shape[1], "the affinities")
    scale = 1 / temperature(tau, reference.logit_scale)
    if reference.conditional is not None:
        both = [reference.vectors(part).cosines(features) for part in ("class_text", "negative_text")]
        return (torch.cat(both, dim=1) * scale).softmax(dim=1)
    cosines = []
    for text in (reference.class_text.detach().to(features), reference.negative_text.detach().to(features)):
        # Dividing the few products, not the many text features: this runs at every move of a slider.
        cosines.append(features @ text.T / torch.linalg.vector_norm(text, dim=1))
    return (torch.cat(cosines, dim=1) * scale).softmax(dim=1)


def _by_chunks(score: Callable[[Tensor], Tensor], columns: int) -> Callable[[Tensor], Tensor]:
    """The same score a few rows at a time, so that (batch, negatives) similarities never stand in memory at once.

    Where gradients are recorded, autograd keeps them all the same.
    """

    def chunked(features: Tensor) -> Tensor:
        if torch.compiler.is_exporting():  # a graph takes any batch at once
            return score(features)
        room = max(64, _CHUNK_BYTES // (columns * features.element_size()))
        pieces = max(1, math.ceil(len(features) / room))
        rows = max(1, math.ceil(len(features) / pieces))  # of equal size: a small last one would waste the product
        return torch.cat([score(chunk) for chunk in torch.split(features, rows)])

    return chunked

"""Gaussians with one covariance: means, covariances and whitening in float64, distances by one matrix product.

A covariance Σ is whitened once: with W of shape (dim, dim) such that Wᵀ Σ W = I, the Mahalanobis distance of x to μ is
the squared Euclidean distance of x W to μ W. A singular Σ, one whose smallest eigenvalue is below 10⁻⁹ of the average
one (fewer images than dimensions, constant features), is replaced by Σ + ρ I with the ridge

    ρ = (10⁻⁶ tr Σ + 10⁻¹² Σ_c N_c / N ‖μ_c‖²) / dim;

the second term takes over where Σ is zero, and the distance becomes Euclidean up to a factor. Others stay untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.scorers.base import Reference
from ood_studio.scorers.logits import logits_of
from ood_studio.scorers.remarks import remark
from ood_studio.scorers.training import FeatureScorer, image_chunks
from ood_studio.scorers.vectors import Space, pieces

Covariance = Annotated[
    Literal["pooled", "classwise"], Help("Shared covariance: over all images, or the mean of the classes' own")
]
"""The shared covariance: Eq. 2 of the PLP paper, divided by N; or as in its authors' code, see `shared_covariance`."""

_ROWS = 4096  # images compared with every class at a time


@dataclass(frozen=True, eq=False)
class Groups:
    """The training images by class; classes without an image have no group.

    Attributes:
        of: (n,) the group of each image, -1 where it takes no part.
        counts: (groups,) float64, how many images each has.
        means: (groups, dim) float64.
        scale: Σ_c N_c / N ‖μ_c‖² over the classes, the size of the features.
    """

    of: Tensor
    counts: Tensor
    means: Tensor
    scale: float

    def through(self, head: Linear | None) -> Groups:
        """The same groups of the images' logits; themselves without a head."""
        if head is None:
            return self
        means = logits_of(self.means, head.weight.detach(), None if head.bias is None else head.bias.detach())
        return Groups(self.of, self.counts, means, float((self.counts @ means.square().sum(dim=1)) / self.counts.sum()))


@dataclass(frozen=True)
class GaussianScorer(FeatureScorer):
    """A distance under Gaussians of the ID training images by class, of features or of a trained head's logits.

    Attributes:
        space: "visual" (taken as they are) or "joint" (given unit length).
        covariance: see `Covariance`.
        logits: whether the Gaussians are those of the logits of `reference.head`, which reads that space.
    """

    needs: ClassVar[tuple[str, ...]] = ("images", "labels")

    covariance: Covariance = "pooled"
    logits: Annotated[bool, Help("Distances between the trained head's logits instead of between features")] = False

    def _needs(self, reference: Reference) -> tuple[str, ...]:
        return (*self.needs, "head") if self.logits else self.needs

    def _head(self, reference: Reference) -> Linear | None:
        """The head whose logits are looked at, None for the features themselves.

        Raises:
            StudioError: if it reads features of another width than the images'.
        """
        head = reference.head if self.logits else None
        assert reference.images is not None
        if head is not None and head.in_features != reference.images.shape[1]:
            width = reference.images.shape[1]
            raise StudioError(f"images must be as wide as the head of {self.title}: {head.in_features}, not {width}")
        return head


def on_logits(score: Callable[[Tensor], Tensor], head: Linear | None) -> Callable[[Tensor], Tensor]:
    """A score of logits as one of the features that a head reads; the same score without a head."""
    if head is None:
        return score
    weight, bias = head.weight.detach().clone(), None if head.bias is None else head.bias.detach().clone()
    return lambda features: score(logits_of(features, weight, bias))


def group_images(reference: Reference, space: Space, labels: Tensor) -> Groups:
    """The training images by label; negative labels take no part.

    Raises:
        StudioError: if no image has a label.
    """
    assert reference.images is not None
    labels = labels.to(reference.images.device)
    kept = labels >= 0
    if not bool(kept.any()):
        raise StudioError("no ID training image has a class; expected some labels of 0 or more")
    of = torch.full_like(labels, -1, dtype=torch.long)
    found, of[kept] = torch.unique(labels[kept], return_inverse=True)
    counts = torch.bincount(of[kept], minlength=len(found)).double()
    sums = counts.new_zeros(len(found), reference.images.shape[1])
    for where, rows in image_chunks(reference, space):
        here = kept[where]
        sums.index_add_(0, of[where][here], rows[here])
    means = sums / counts[:, None]
    return Groups(of, counts, means, float((counts @ means.square().sum(dim=1)) / counts.sum()))


def merged(groups: Groups) -> Groups:
    """One group of all images that take part."""
    total = groups.counts.sum()
    mean = groups.counts @ groups.means / total
    return Groups(groups.of.clamp(max=0), total[None], mean[None], groups.scale)


def scatter(reference: Reference, space: Space, of: Tensor, centres: Tensor, weights: Tensor) -> Tensor:
    """(dim, dim) float64: Σ_i w (x_i − μ)(x_i − μ)ᵀ with the weight w (groups,) and centre μ of each image's group."""
    total = torch.zeros_like(centres[0].outer(centres[0]))
    for where, rows in image_chunks(reference, space):
        group = of[where]
        kept = group >= 0
        group = group[kept]
        centred = (rows[kept] - centres[group]) * weights[group, None].sqrt()
        total.addmm_(centred.T, centred)
    return total


def shared_covariance(
    reference: Reference, space: Space, groups: Groups, kind: Covariance = "pooled", head: Linear | None = None
) -> Tensor:
    """(dim, dim) float64, the covariance that the groups share, with the module's ridge if it is singular.

    With a head it is that of the logits, W Σ Wᵀ, which no pass over the logits is needed for.

    pooled: 1 / N Σ_c Σ_(i in c) (x_i − μ_c)(x_i − μ_c)ᵀ.
    classwise: the unweighted mean of the groups' own covariances, each divided by N_c − 1; groups of one image have
    none and are left out, and if there are no others it is zero.
    """
    if kind == "pooled":
        weights = torch.ones_like(groups.counts) / groups.counts.sum()
    else:
        many = groups.counts > 1
        weights = torch.where(many, 1 / ((groups.counts - 1).clamp(min=1) * many.sum().clamp(min=1)), 0.0)
    found, images = scatter(reference, space, groups.of, groups.means, weights), int(groups.counts.sum())
    if head is None:
        return with_ridge(found, groups.scale, images)
    weight = head.weight.detach().to(found)
    return with_ridge(weight @ found @ weight.T, groups.through(head).scale, images)


def with_ridge(covariance: Tensor, scale: float, images: int) -> Tensor:
    """The covariance, with the module's ridge if it is singular, which is remarked.

    Args:
        covariance: (dim, dim).
        scale: `Groups.scale`.
        images: of how many training images it is.
    """
    dim = len(covariance)
    trace = float(covariance.trace())
    if float(torch.linalg.eigvalsh(covariance)[0]) >= 1e-9 * trace / dim and trace > 1e-12 * scale:
        return covariance
    ridge = (1e-6 * trace + 1e-12 * scale) / dim
    remark(
        f"the covariance of {images:,} training images in {dim:,} dimensions is singular, so a ridge of {ridge:.3g} (a "
        "millionth of the mean variance) was added: directions in which no training image varies now weigh a million "
        "times as much as others, where a pseudo-inverse would leave them out; more images need no ridge",
        ridge=ridge,
    )
    return covariance + ridge * torch.eye(dim, dtype=covariance.dtype, device=covariance.device)


def whitening(covariance: Tensor) -> Tensor:
    """(dim, dim): W = L⁻ᵀ with Σ = L Lᵀ, so that Wᵀ Σ W = I."""
    factor = torch.linalg.cholesky(covariance)
    unit = torch.eye(len(factor), dtype=factor.dtype, device=factor.device)
    return torch.linalg.solve_triangular(factor, unit, upper=False).T


def nearest(whiten: Tensor, means: Tensor, centre: Tensor, weights: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """The score −min_c ‖z − m_c‖², or with weights −(min_c ‖z − m_c‖² − ‖z‖² + Σ_j w_j z_j²), z = (x − centre) W.

    Args:
        whiten: W, (dim, dim).
        means: μ_c, (groups, dim); m_c = (μ_c − centre) W.
        centre: (dim,), subtracted first so that float32 loses nothing.
        weights: (dim,).
    """
    targets = (means - centre) @ whiten
    pull, squares = -2 * targets.T, targets.square().sum(dim=1)

    def chunk(features: Tensor) -> Tensor:
        z = (features - centre.to(features)) @ whiten.to(features)
        near = torch.addmm(squares.to(features), z, pull.to(features)).amin(dim=1)
        own = z.square().sum(dim=1) if weights is None else z.square() @ weights.to(features)
        return -(near + own)

    return lambda features: torch.cat([chunk(rows) for rows in pieces(features, _ROWS)])


def nearest_group(
    reference: Reference, space: Space, groups: Groups, kind: Covariance = "pooled", head: Linear | None = None
) -> Callable[[Tensor], Tensor]:
    """The score −min_c (x − μ_c)ᵀ Σ⁻¹ (x − μ_c) with the groups' means and the covariance that they share.

    With a head, x and the Gaussians are its logits.
    """
    whiten = whitening(shared_covariance(reference, space, groups, kind, head))
    means = groups.through(head).means
    return on_logits(nearest(whiten, means, means.mean(dim=0)), head)

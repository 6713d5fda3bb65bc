"""Where an attack leads features: near to a target, or up a score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones.base import Backbone, ImageFeatures
from ood_studio.core.errors import StudioError
from ood_studio.scorers import FittedScore, Space, read_features


@dataclass(frozen=True, eq=False)
class Objective:
    """Where one backbone's features are to go.

    Attributes:
        backbone: the model attacked.
        target: (batch, dim) or (1, dim) features to come near to in cosine, or a fitted score that is to rise.
        space: where target features live: "visual", as in the authors' code, or "joint", as features of text. A score
            reads its own space.

    Raises:
        StudioError: a target of another shape, of rows without direction, or a score that has no gradient.
    """

    backbone: Backbone
    target: Tensor | FittedScore
    space: Space = "visual"

    def __post_init__(self) -> None:
        if isinstance(self.target, FittedScore):
            scorer = self.target.scorer
            if scorer.stream or not scorer.differentiable:
                raise StudioError(
                    f"{scorer.title} cannot be raised by an attack: its score has no gradient of one picture"
                )
            return
        if self.space not in ("visual", "joint"):
            raise StudioError(f"the space of a target must be 'visual' or 'joint', not {self.space!r}")
        if self.target.ndim != 2 or not len(self.target):
            raise StudioError(f"target features must be of shape (batch, dim), not {tuple(self.target.shape)}")
        lengths = torch.linalg.vector_norm(self.target, dim=1)
        if not bool((torch.isfinite(lengths) & (lengths > 0)).all()):
            raise StudioError("target features must be finite, and no row zero")

    def nearness(self, features: ImageFeatures) -> Tensor:
        """(batch,) cosine to the target, or the score; NaN everywhere where features are not finite.

        Raises:
            StudioError: for a target of another width, or a model that lacks the space.
        """
        space = self.target.scorer.space if isinstance(self.target, FittedScore) else self.space
        found = read_features(space, features)
        if not bool(torch.isfinite(found).all()):
            return found.new_full((len(found),), math.nan)
        if isinstance(self.target, FittedScore):
            return self.target(found)
        if self.target.shape[1] != found.shape[1]:
            raise StudioError(
                f"target features must have the {found.shape[1]} numbers of {self.backbone.name}'s {space} features, "
                f"not {self.target.shape[1]}"
            )
        return functional.cosine_similarity(found, self.target.to(found), dim=1)

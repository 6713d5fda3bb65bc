"""What the near-boundary loop is guided by: the energy of a recognition model, or any score on any backbone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.backbones.resampling import resampling
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.scorers import FittedScore, read_features
from ood_studio.synthesis.losses import (
    LossForm,
    check_form,
    default_energy,
    default_target,
    energy,
    hinge_loss,
    published_loss,
    score_target_loss,
    target_loss,
)

Resize = Callable[[Tensor], Tensor]
_AT_ONCE = 16  # images scored in one pass


@dataclass(frozen=True, eq=False)
class GuideOutput:
    """What a guide makes of images.

    Attributes:
        score: (batch,), higher = more in-distribution.
        logits: (batch, classes), of a guide that has some.
    """

    score: Tensor
    logits: Tensor | None = None


class Guide(ABC):
    """A differentiable score of images, and the losses that lead away from what it takes for in-distribution.

    Attributes:
        boundary: the score that parts ID (above) from OOD (below), as `ood_studio.evaluation.metrics.threshold_at_tpr`
            finds it from ID images; None where it is not known.
    """

    boundary: float | None

    @property
    @abstractmethod
    def name(self) -> str:
        """For people."""

    @property
    def dtype(self) -> torch.dtype:
        """In which its model computes."""
        return torch.float32

    @abstractmethod
    def read(self, pixels: Tensor) -> GuideOutput:
        """What it sees in images of any one size; differentiable.

        Args:
            pixels: (batch, 3, height, width) in [0, 1]; resized as the model's own preprocessing does.
        """

    @abstractmethod
    def loss(self, reading: GuideOutput, form: LossForm = "hinge", target: float | None = None) -> Tensor:
        """(batch,), falling as images become less in-distribution (but for the published form).

        Args:
            reading: of `read`.
            form: see `ood_studio.synthesis.losses`.
            target: where to; None = the guide's own.

        Raises:
            StudioError: for an unknown form, or where there is no target.
        """

    @final
    def score(self, pixels: Tensor) -> Tensor:
        """(batch,), higher = more in-distribution; differentiable. See `read`."""
        return self.read(pixels).score


@dataclass(frozen=True, eq=False)
class EnergyGuide(Guide):
    """The energy of a recognition model with a trained classifier (Eq. 7 of SynOOD): score = −E = logsumexp(g).

    Attributes:
        backbone: with a `Backbone.head`, as any timm classifier has; see `load_classifier`.
        boundary: a score, so minus an energy.

    Raises:
        StudioError: for a model without a classifier.
    """

    backbone: Backbone
    boundary: float | None = None
    _views: dict[tuple[int, int], Resize] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.backbone.head is None:
            raise StudioError(f"{self.backbone.name} has no trained classifier to take an energy of")

    @property
    def name(self) -> str:
        """Says whose energy."""
        return f"energy of {self.backbone.name}"

    @property
    def dtype(self) -> torch.dtype:
        """That of the recognition model."""
        return self.backbone.dtype

    @property
    def classes(self) -> int:
        """How many classes the recognition model knows."""
        assert self.backbone.head is not None
        return int(self.backbone.head.out_features)

    def read(self, pixels: Tensor) -> GuideOutput:
        """The logits, and minus their energy."""
        assert self.backbone.head is not None
        resize = _view(self._views, self.backbone, pixels)
        logits = self.backbone.head(self.backbone.encode_image(resize(pixels)).visual)
        return GuideOutput(-energy(logits), logits)

    def loss(self, reading: GuideOutput, form: LossForm = "hinge", target: float | None = None) -> Tensor:
        """See `Guide.loss`.

        Args:
            target: of the form "target" the t of `target_loss`, None = `default_target`; of "hinge" an energy, m_out,
                None = `default_energy`.
        """
        check_form(form)
        assert reading.logits is not None
        if form == "target":
            return target_loss(reading.logits, default_target(self.classes) if target is None else target)
        m_out = default_energy(self.classes) if target is None else target
        if form == "hinge":
            return hinge_loss(-reading.score, m_out)
        return published_loss(reading.logits, m_out)


@dataclass(frozen=True, eq=False)
class ScorerGuide(Guide):
    """Any differentiable score on any backbone, NegLabel say.

    Attributes:
        backbone: whose features the score reads.
        fitted: the score.
        boundary: a score.

    Raises:
        StudioError: for a score that has no gradient.
    """

    backbone: Backbone
    fitted: FittedScore
    boundary: float | None = None
    _views: dict[tuple[int, int], Resize] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        scorer = self.fitted.scorer
        if scorer.stream or not scorer.differentiable:
            raise StudioError(f"{scorer.title} cannot guide: its score has no gradient of one picture")

    @property
    def name(self) -> str:
        """Says which score on what."""
        return f"{self.fitted.scorer.title} on {self.backbone.name}"

    @property
    def dtype(self) -> torch.dtype:
        """That of the backbone."""
        return self.backbone.dtype

    def read(self, pixels: Tensor) -> GuideOutput:
        """The score alone."""
        resize = _view(self._views, self.backbone, pixels)
        return GuideOutput(_scores(self.backbone, resize(pixels), {"": self.fitted})[""])

    def loss(self, reading: GuideOutput, form: LossForm = "hinge", target: float | None = None) -> Tensor:
        """See `Guide.loss`.

        Args:
            target: a score; images are brought down to it ("hinge") or to rest at it ("target"); None = the boundary.
        """
        check_form(form)
        wanted = self.boundary if target is None else target
        if wanted is None:
            raise StudioError(f"{self.name} has no boundary yet: give a target score, or a boundary from ID pictures")
        if form == "target":
            return score_target_loss(reading.score, wanted)
        if form == "hinge":
            return hinge_loss(-reading.score, -wanted)
        return wanted - reading.score


@dataclass(frozen=True, eq=False)
class Watch:
    """Scores of one backbone to look at beside the guide's; one forward pass for all of them.

    Attributes:
        backbone: whose features the scores read.
        scores: by name.
    """

    backbone: Backbone
    scores: Mapping[str, FittedScore]
    _views: dict[tuple[int, int], Resize] = field(default_factory=dict, init=False, repr=False)

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> dict[str, Tensor]:
        """(batch,) of every score of images (batch, 3, height, width) in [0, 1]."""
        return _scores(self.backbone, _view(self._views, self.backbone, pixels)(pixels), self.scores)


@torch.no_grad()
def guide_scores(guide: EnergyGuide, images: Dataset, most: int, progress: Progress = silent) -> NDArray[np.float64]:
    """(n,) scores of the first images of a set, at most ``most``; those that cannot be read are left out.

    Raises:
        StudioError: if none of them can be read.
    """
    images.prepare(progress)
    total = min(len(images), most)
    parts: list[Tensor] = []
    held: list[Tensor] = []
    for row in range(total):
        progress(f"scoring {images.name}", row, total)
        with suppress(StudioError, OSError):
            held.append(guide.backbone.preprocess([images.load(row)]))
        if held and (len(held) == _AT_ONCE or row == total - 1):
            parts.append(guide.score(torch.cat(held)).cpu())  # MPS knows no float64
            held = []
    if not parts:
        raise StudioError(f"no picture of {images.name} can be read")
    return torch.cat(parts).double().numpy()


def _view(views: dict[tuple[int, int], Resize], backbone: Backbone, pixels: Tensor) -> Resize:
    """The backbone's resizing of images of that size, worked out once."""
    height, width = pixels.shape[-2:]
    if (height, width) not in views:
        views[height, width] = resampling(backbone, height, width)
    return views[height, width]


def _scores(backbone: Backbone, pixels: Tensor, scores: Mapping[str, FittedScore]) -> dict[str, Tensor]:
    found = backbone.encode_image(pixels)
    return {name: score(read_features(score.scorer.space, found)) for name, score in scores.items()}

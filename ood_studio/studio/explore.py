"""Affinities, scores and verdicts of images."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.keyed_images import KeyedImage
from ood_studio.scorers import Reference
from ood_studio.scorers.neglabel import affinities
from ood_studio.studio.answers import Affinity, ExploreResult, ImageReport, verdict
from ood_studio.studio.requests import ExploreRequest
from ood_studio.studio.workbench import Workbench

_CLASSES = 5  # best ones told of the zero-shot classification


class ExploreService:
    """Explores images.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def explore(
        self,
        request: ExploreRequest,
        images: Sequence[tuple[str, Image.Image | KeyedImage]],
        progress: Progress = silent,
    ) -> ExploreResult:
        """See `Studio.explore`."""
        if not images:
            raise StudioError("there is no picture to explore; give at least one")
        space = self._workbench.label_space(request.labels, progress)
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        features = self._workbench.image_features(space.backbone, [image for _, image in images], progress)
        reference = space.reference()
        readings = panel.readings(features.joint)
        score = request.score.resolved(reference)
        assert score.tau is not None and score.groups is not None
        shares = affinities(features.joint, reference, score.tau)
        classes = (features.joint @ space.class_text.T * space.backbone.logit_scale).softmax(dim=1)
        words = (*space.id_labels, *space.mined.words)
        known = len(space.id_labels)
        reports = []
        for i, (name, _) in enumerate(images):
            best = shares[i].topk(min(request.top, len(words)))
            listed = [
                Affinity(words[j], float(share), j < known)
                for share, j in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            ]
            ranked = classes[i].topk(min(_CLASSES, known))
            guesses = zip(ranked.indices.tolist(), ranked.values.tolist(), strict=True)
            patches = features.patches
            reports.append(
                ImageReport(
                    name,
                    tuple(listed),
                    float(shares[i, :known].sum()),
                    tuple((space.id_labels[j], share) for j, share in guesses),
                    readings[i],
                    verdict(readings[i][0], listed[0]),
                    None if patches is None else _heatmap(patches[i], reference, score.tau, known),
                )
            )
        notes = list(space.notes)
        if not panel.compared:
            notes.append("These labels come without ID reference pictures, so there are scores but no threshold.")
        return ExploreResult(
            tuple(reports),
            panel.compared,
            score.tau,
            score.groups,
            space.id_labels,
            space.mined.words,
            tuple(notes),
        )

    def warm_up(self, request: ExploreRequest, progress: Progress = silent) -> None:
        """See `Studio.warm_up`."""
        with suppress(StudioError):
            space = self._workbench.label_space(request.labels, progress)
            self._workbench.reference_images(space, request.reference, progress)


def _heatmap(patches: Tensor, reference: Reference, tau: float, known: int) -> np.ndarray:
    """(rows, columns) share of the ID labels in each patch's own softmax."""
    rows, columns, dim = patches.shape
    shares = affinities(patches.reshape(-1, dim), reference, tau)
    return shares[:, :known].sum(dim=1).reshape(rows, columns).numpy()

"""Affinities, scores and verdicts of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.labels.negmining import NegativeLabels
from ood_studio.scorers import Reference
from ood_studio.scorers.neglabel import affinities
from ood_studio.studio.answers import Affinity, ExploreResult, PictureReport, verdict
from ood_studio.studio.requests import ExploreRequest, LabelChoice
from ood_studio.studio.workbench import Workbench


class Exploring(Workbench):
    """Pictures explored: affinities, scores and verdicts; and the negative labels alone."""

    def explore(
        self, request: ExploreRequest, pictures: Sequence[tuple[str, Image.Image]], progress: Progress = silent
    ) -> ExploreResult:
        """Affinities, scores and verdicts of pictures, given as (name, picture).

        Raises:
            StudioError: one clear sentence for anything that cannot be done.
        """
        if not pictures:
            raise StudioError("there is no picture to explore; give at least one")
        space = self.label_space(request.labels, progress)
        judges = self.judges(space, request.score, request.reference, progress)
        features = self.picture_features(space.backbone, [picture for _, picture in pictures], progress)
        reference = space.reference()
        readings = judges.readings(features.joint)
        score = request.score.resolved(reference)
        assert score.tau is not None and score.groups is not None
        shares = affinities(features.joint, reference, score.tau)
        classes = (features.joint @ space.class_text.T * space.backbone.logit_scale).softmax(dim=1)
        words = (*space.id_labels, *space.mined.words)
        known = len(space.id_labels)
        reports = []
        for i, (name, _) in enumerate(pictures):
            best = shares[i].topk(min(request.top, len(words)))
            listed = [
                Affinity(words[j], float(share), j < known)
                for share, j in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            ]
            ranked = classes[i].topk(min(5, known))
            guesses = zip(ranked.indices.tolist(), ranked.values.tolist(), strict=True)
            heatmap = None if features.patches is None else _heatmap(features.patches[i], reference, score.tau, known)
            reports.append(
                PictureReport(
                    name,
                    tuple(listed),
                    float(shares[i, :known].sum()),
                    tuple((space.id_labels[j], share) for j, share in guesses),
                    readings[i],
                    verdict(readings[i][0], listed[0]),
                    heatmap,
                )
            )
        notes = list(space.notes)
        if not judges.compared:
            notes.append("These labels come without ID reference pictures, so there are scores but no threshold.")
        return ExploreResult(
            tuple(reports), judges.compared, score.tau, score.groups, space.id_labels, space.mined.words, tuple(notes)
        )

    def warm_up(self, request: ExploreRequest, progress: Progress = silent) -> None:
        """Gets ready what the first picture needs, so that it is answered at once; leaves errors to that picture."""
        with suppress(StudioError):
            self.reference_features(self.label_space(request.labels, progress), request.reference, progress)

    def mine(self, choice: LabelChoice, progress: Progress = silent) -> NegativeLabels:
        """The negative labels of a choice, furthest first."""
        return self.label_space(choice, progress).mined


def _heatmap(patches: Tensor, reference: Reference, tau: float, known: int) -> np.ndarray:
    rows, columns, dim = patches.shape
    shares = affinities(patches.reshape(-1, dim), reference, tau)
    return shares[:, :known].sum(dim=1).reshape(rows, columns).numpy()

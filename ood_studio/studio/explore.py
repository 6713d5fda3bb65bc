"""Affinities, scores and verdicts of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.deep_images import note_of
from ood_studio.data.keyed_images import GivenImage
from ood_studio.scorers import Reference
from ood_studio.scorers.neglabel import affinities
from ood_studio.studio.answers import ExploreResult, ImageReport, drawn_to, its_class, verdict
from ood_studio.studio.classifiers import class_shares
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests import ExploreRequest
from ood_studio.studio.scores import Affinity, Reading, ScorePanel
from ood_studio.studio.workbench import EncodedImages, LabelSpace, Workbench
from ood_studio.worlds import limits_of

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
        images: Sequence[tuple[str, GivenImage]],
        progress: Progress = silent,
    ) -> ExploreResult:
        """Affinities, scores and verdicts of images, given as (name, image).

        Args:
            request: labels, score and reference.
            images: of any sizes; one that brings its key is not hashed again.
            progress: told the images encoded.

        Raises:
            StudioError: one clear sentence for anything that cannot be done.
        """
        space, features = self._seen(request, images, progress)
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        return self._answer(request, images, space, features, panel)

    def explored(
        self,
        request: ExploreRequest,
        images: Sequence[tuple[str, GivenImage]],
        progress: Progress = silent,
    ) -> Iterator[ExploreResult]:
        """The same; where reference images are still to be encoded, first without thresholds, then with them.

        Raises:
            StudioError: as `explore`.
        """
        space, features = self._seen(request, images, progress)
        if self._workbench.lacks_references(space, request.reference):
            alone = self._workbench.score_panel(space, request.score, request.reference, progress, compared=False)
            yield replace(self._answer(request, images, space, features, alone), pending=True)
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        yield self._answer(request, images, space, features, panel)

    def _seen(
        self, request: ExploreRequest, images: Sequence[tuple[str, GivenImage]], progress: Progress
    ) -> tuple[LabelSpace, EncodedImages]:
        """The labels, and the images as the model sees them."""
        if not images:
            raise StudioError("there is no picture to explore; give at least one")
        space = self._workbench.label_space(request.labels, progress)
        return space, self._workbench.image_features(space.backbone, [image for _, image in images], progress)

    def _answer(
        self,
        request: ExploreRequest,
        images: Sequence[tuple[str, GivenImage]],
        space: LabelSpace,
        features: EncodedImages,
        panel: ScorePanel,
    ) -> ExploreResult:
        reference = space.reference()
        readings = panel.readings(features.vectors, features.visual)
        limits, about = limits_of(space.backbone.name), about_model(space.backbone)
        notes = list(space.notes)
        if not panel.compared and not self._workbench.lacks_references(space, request.reference):
            notes.append("These labels come without ID reference pictures, so there are scores but no threshold.")
        if not space.backbone.reads_text:
            name = space.backbone.name
            names = [each for each, _ in images]
            reports = _noted(_of_own_head(request, space, names, features.vectors, readings, limits), images)
            return ExploreResult(
                tuple(reports), panel.compared, 1.0, 1, space.id_labels, (), tuple(notes), limits, name, about
            )
        score = request.score.resolved(reference)
        assert score.tau is not None and score.groups is not None
        shares = affinities(features.vectors, reference, score.tau)
        classes = (reference.vectors("class_text").cosines(features.vectors) * reference.logit_scale).softmax(dim=1)
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
                    verdict(readings[i][0], drawn_to(listed[0]), limits),
                    None if patches is None else _heatmap(patches[i], reference, score.tau, known),
                )
            )
        return ExploreResult(
            tuple(_noted(reports, images)),
            panel.compared,
            score.tau,
            score.groups,
            space.id_labels,
            space.mined.words,
            tuple(notes),
            limits,
            space.backbone.name,
            about,
        )

    def warm_up(self, request: ExploreRequest, progress: Progress = silent) -> None:
        """Gets ready what the first image needs, so that it is answered at once; leaves errors to that image."""
        with suppress(StudioError):
            space = self._workbench.label_space(request.labels, progress)
            self._workbench.reference_images(space, request.reference, progress)


def _noted(reports: Sequence[ImageReport], images: Sequence[tuple[str, GivenImage]]) -> list[ImageReport]:
    """The reports, each with how its image's samples are shown."""
    notes = [note_of(image) if isinstance(image, Image.Image) else image.note for _, image in images]
    return [replace(report, note=note) for report, note in zip(reports, notes, strict=True)]


def _of_own_head(
    request: ExploreRequest,
    space: LabelSpace,
    names: Sequence[str],
    visual: Tensor,
    readings: Sequence[tuple[Reading, ...]],
    limits: str,
) -> list[ImageReport]:
    """Reports of a model that reads no text: the classes of its own head in place of labels; none without a head."""
    head = space.backbone.head
    shares = class_shares(head, visual) if head is not None else visual.new_empty(len(visual), 0)
    reports = []
    for i, name in enumerate(names):
        best = shares[i].topk(min(request.top, shares.shape[1]))
        listed = [
            Affinity(space.id_labels[j], share, True)
            for share, j in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]
        classes = tuple((each.label, each.share) for each in listed[:_CLASSES])
        said = verdict(readings[i][0], its_class(*classes[0]) if classes else "", limits)
        reports.append(ImageReport(name, tuple(listed), 1.0, classes, readings[i], said, None))
    return reports


def _heatmap(patches: Tensor, reference: Reference, tau: float, known: int) -> np.ndarray:
    """(rows, columns) share of the ID labels in each patch's own softmax."""
    rows, columns, dim = patches.shape
    shares = affinities(patches.reshape(-1, dim), reference, tau)
    return shares[:, :known].sum(dim=1).reshape(rows, columns).numpy()

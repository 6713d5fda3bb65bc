"""What a guide and every score make of images that are led to the boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones import DEFAULT
from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Progress, silent
from ood_studio.data.pixels import to_pixels
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.gauge import Gauge
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests import SynthesizeImageRequest
from ood_studio.studio.scores import Affinity, Reading, ScorePanel, scorer_named
from ood_studio.studio.workbench import LabelSpace, Workbench
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.guides import EnergyGuide, Guide, ScorerGuide, guide_scores
from ood_studio.worlds import open_reference, reference_of

_REFERENCE = 300  # reference images of each side that the boundary and the gauge of an energy are read from


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a guide and every score make of an image.

    Attributes:
        image: 8 bits a channel.
        value: the guide's score, higher = more in-distribution; of the energy minus it.
        energy: of the recognition model; None where a score guides.
        gauge: what ``value`` is compared with; None without reference images.
        readings: every score of ``image`` as `Studio.explore` gives it.
        negative: the negative label that it resembles most: largest softmax of cosine similarities over the negative
            labels alone, as in SynOOD's label mining; its share of that softmax.
        model: the model that scored it, see `about_model`.
    """

    image: Image.Image
    value: float
    energy: float | None
    gauge: Gauge | None
    readings: tuple[Reading, ...]
    negative: Affinity
    model: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def inside(self) -> bool | None:
        """Whether the guide takes it for in-distribution; None without reference images."""
        return None if self.gauge is None else self.value >= self.gauge.boundary


@dataclass(frozen=True, eq=False)
class Assessor:
    """Everything that looks at images in one request.

    Attributes:
        workbench: what encodes them.
        space: the text side.
        words: whose negative labels are shown: that of ``space``, or of the default model where its own reads no text.
        guide: what the loop descends.
        gauge: where its scores lie on reference images; None without any.
        panel: the shown scores.
    """

    workbench: Workbench
    space: LabelSpace
    words: LabelSpace
    guide: Guide
    gauge: Gauge | None
    panel: ScorePanel

    @property
    def note(self) -> str:
        """Whose words are shown, where they are not those of the model asked for; else nothing."""
        if self.words is self.space:
            return ""
        return f"{self.space.backbone.name} reads no text; the words shown are those of {self.words.backbone.name}."

    def assess(self, images: Sequence[Image.Image], values: Tensor | None = None) -> list[Assessment]:
        """What guide and scores make of images.

        Args:
            images: of any sizes.
            values: (images,) the guide's scores where they are known; of the pixels before they were rounded, say.
        """
        if values is None:
            return [found for image in images for found in self.assess([image], self._guide_score(image))]
        space = self.space
        seen = self.workbench.encode(space.backbone, images)  # what a file of the image will be given
        vectors = seen.vectors
        readings = self.panel.readings(vectors, seen.visual)
        words = self.words
        joint = vectors if words is space else self.workbench.encode(words.backbone, images).vectors
        mined = (joint @ words.negative_text.T * words.backbone.logit_scale).softmax(dim=1).max(dim=1)
        found = []
        for i, image in enumerate(images):
            value = float(values[i])
            negative = Affinity(words.mined.words[int(mined.indices[i])], float(mined.values[i]), False)
            energy = -value if isinstance(self.guide, EnergyGuide) else None
            about = about_model(space.backbone)
            found.append(Assessment(image, value, energy, self.gauge, readings[i], negative, model=about))
        return found

    @torch.no_grad()
    def _guide_score(self, image: Image.Image) -> Tensor:
        return self.guide.score(to_pixels([image]))


class Assessors:
    """Makes assessors; guides with a gauge are shared between requests.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._guides: KeyedCache[tuple[Guide, Gauge | None]] = KeyedCache(limit=8)

    def of(self, request: SynthesizeImageRequest, progress: Progress = silent) -> Assessor:
        """The assessor of a request.

        Raises:
            StudioError: if a model cannot be had, or for a text side that cannot be used.
        """
        space = self._workbench.label_space(request.labels, progress)
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        words = space
        if not space.backbone.reads_text:
            words = self._workbench.label_space(replace(request.labels, backbone=DEFAULT, adapter=()), progress)
        if request.guide == "energy":
            guide, gauge = self._energy(request, space, progress)
            return Assessor(self._workbench, space, words, guide, gauge, panel)
        scorer = space.meant(scorer_named(request.guide, request.score, reads_text=space.backbone.reads_text))
        titles = [title for title, score in panel.fitted.items() if score.scorer == scorer]
        found = panel.compared.get(titles[0]) if titles else None
        gauge = None if found is None else Gauge.of(found.id, found.ood)
        guide = ScorerGuide(
            space.backbone, scorer.fit(space.reference(scorer.space)), gauge.boundary if gauge else None
        )
        return Assessor(self._workbench, space, words, guide, gauge, panel)

    def _energy(
        self, request: SynthesizeImageRequest, space: LabelSpace, progress: Progress
    ) -> tuple[Guide, Gauge | None]:
        """The recognition model's energy, its boundary from reference images where there are some."""
        progress("loading the recognition model", 0, 1)
        classifier = load_classifier(request.classifier, self._workbench.device, progress)
        own = open_dataset(request.reference, labels=()) if request.reference else None
        known = None if own is not None else reference_of(space.id_labels)
        key = (classifier.fingerprint, "" if own is None else own.key, known)

        def build() -> tuple[Guide, Gauge | None]:
            guide = EnergyGuide(classifier)
            workers = self._workbench.workers
            if known is not None:
                # The sets of the other scores' thresholds, which are drawn already.
                inside, outside = (open_reference(known, part, workers=workers) for part in (known.id, known.near))
                gauge = Gauge.of(*(guide_scores(guide, each, _REFERENCE, progress) for each in (inside, outside)))
            elif own is not None:
                gauge = Gauge.of(guide_scores(guide, own, _REFERENCE, progress), np.empty(0))
            else:
                return guide, None
            return replace(guide, boundary=gauge.boundary), gauge

        return self._guides.get(key, build, lambda: progress("waiting for the recognition model", 0, 1))

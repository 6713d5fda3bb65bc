"""The studio: one object that answers every request, where strangers are served after asking what they may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.adapters import Epoch
from ood_studio.attacks.defences import Defence
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.changeable import Changeable
from ood_studio.data.keyed_images import GivenImage
from ood_studio.evaluation.flips import Flips
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.zoo import ZooRun
from ood_studio.hub.device import Precision
from ood_studio.labels.negmining import NegativeLabels
from ood_studio.studio.answers import ExploreResult, SweepPoint
from ood_studio.studio.assessment import Assessment
from ood_studio.studio.attack_image import AttackImageStep
from ood_studio.studio.attack_results import AttackResult
from ood_studio.studio.detector import DetectorAudit, DetectorResult
from ood_studio.studio.factors import FactorResult
from ood_studio.studio.feature_map import FeatureMap
from ood_studio.studio.fit import Fit
from ood_studio.studio.hosted import Hosted
from ood_studio.studio.judge import Judge
from ood_studio.studio.requests import (
    AdaptRequest,
    AttackImageRequest,
    AttackSetRequest,
    AuditRequest,
    BenchRequest,
    DetectorRequest,
    ExploreRequest,
    FactorRequest,
    FeatureMapRequest,
    FlipRequest,
    LabelChoice,
    SynthesizeImageRequest,
    SynthesizeSetRequest,
    ZooRequest,
)
from ood_studio.studio.requests.stream import StreamRequest
from ood_studio.studio.scores import Reading
from ood_studio.studio.services import Services
from ood_studio.studio.stream import StreamResult
from ood_studio.studio.synthesize_image import SynthesizeImageStep
from ood_studio.studio.workbench import LabelSpace, Workbench
from ood_studio.studio.zoo import ZooAnswer
from ood_studio.synthesis.contexts import Contexts
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.synthetic_set import SyntheticSet


class Studio:
    """Answers every request; safe to share between threads.

    Args:
        device: ``auto`` or a torch device.
        workers: processes that draw a world's images; 0 for one a core.
        hosted: what strangers may ask for; None where whoever asks may do what they like on this machine.
        precision: what models compute with, see `ood_studio.hub.device`.

    Attributes:
        judge_again: judges adapters on fresh images, and attacks them.
        decide: reads detectors, and decides images with them.
    """

    def __init__(
        self, device: str = "auto", workers: int = 1, hosted: Hosted | None = None, precision: Precision = "auto"
    ) -> None:
        self.hosted = hosted
        self.workbench = Workbench(device, workers, precision)
        self._services = Services(self.workbench, hosted, self.allow)
        self.decide = self._services.decide
        self.judge_again = self._services.judge_again

    def allow(self, request: Any) -> None:
        """Lets a request of any kind pass, which all methods below ask first; a StudioError where strangers may not."""
        if self.hosted is not None:
            self.hosted.check(request)

    def backbone(self, name: str) -> Backbone:
        """The backbone of that name on this studio's device; a BackboneError says why it cannot be had."""
        self.allow(LabelChoice(backbone=name))
        return self.workbench.backbone(name)

    def label_space(self, choice: LabelChoice, progress: Progress = silent) -> LabelSpace:
        """The labels of a choice, encoded and mined; a StudioError where labels, corpus or prompts cannot be used."""
        self.allow(choice)
        return self.workbench.label_space(choice, progress)

    # --- explore ------------------------------------------------------------------------------------------------------
    def explore(
        self,
        request: ExploreRequest,
        images: Sequence[tuple[str, GivenImage]],
        progress: Progress = silent,
    ) -> ExploreResult:
        """Affinities, scores and verdicts of images, given as (name, image). See `ExploreService.explore`."""
        self.allow(request)
        return self._services.explore.explore(request, images, progress)

    def explored(
        self,
        request: ExploreRequest,
        images: Sequence[tuple[str, GivenImage]],
        progress: Progress = silent,
    ) -> Iterator[ExploreResult]:
        """See `ExploreService.explored`."""
        self.allow(request)
        return self._services.explore.explored(request, images, progress)

    def warm_up(self, request: ExploreRequest, progress: Progress = silent) -> None:
        """Gets ready what the first image needs, so that it is answered at once. See `ExploreService.warm_up`."""
        self._services.explore.warm_up(request, progress)

    def flips(self, request: FlipRequest, picture: Changeable, progress: Progress = silent) -> Iterator[Flips]:
        """The smallest change of a picture that turns its verdict. See `FlipService.flips`."""
        self.allow(request)
        return self._services.flips.flips(request, picture, progress)

    def factors(self, request: FactorRequest, progress: Progress = silent) -> Iterator[FactorResult]:
        """How often changing one thing alone flips each detector. See `FactorService.factors`."""
        self.allow(request)
        return self._services.factors.factors(request, progress)

    def mine(self, choice: LabelChoice, progress: Progress = silent) -> NegativeLabels:
        """The negative labels of a choice, furthest first.

        Raises:
            StudioError: for labels, corpus or prompts that cannot be used, or a model that reads no text.
        """
        space = self.label_space(choice, progress)
        if not space.backbone.reads_text:
            raise StudioError(f"{space.backbone.name} has no text tower, so there are no negative labels to mine")
        return space.mined

    # --- compare ------------------------------------------------------------------------------------------------------
    def bench(self, request: BenchRequest, progress: Progress = silent) -> BenchResult:
        """The whole of `compare`."""
        *_, last = self.compare(request, progress)
        return last

    def compare(self, request: BenchRequest, progress: Progress = silent) -> Iterator[BenchResult]:
        """Scorers compared on a suite: the result so far after every OOD set, the whole at last.

        See `BenchService.compare`.
        """
        self.allow(request)
        return self._services.bench.compare(request, progress)

    def sweep(
        self, name: str, request: BenchRequest, values: Sequence[str] = (), progress: Progress = silent
    ) -> Iterator[SweepPoint]:
        """A scorer on a suite while one parameter walks through values, those of the sweep where none are given.

        See `BenchService.sweep`.
        """
        self.allow(request)
        return self._services.bench.sweep(name, request, values, progress)

    # --- attack -------------------------------------------------------------------------------------------------------
    def attack_image(
        self,
        request: AttackImageRequest,
        image: Image.Image,
        target: Image.Image | None = None,
        mask: np.ndarray | None = None,
        progress: Progress = silent,
    ) -> Iterator[AttackImageStep]:
        """One image as it changes; to stop, stop asking. See `AttackImageService.attack_image`."""
        self.allow(request)
        return self._services.attack_image.attack_image(request, image, target, mask, progress)

    def with_defence(
        self, request: AttackImageRequest, images: Sequence[Image.Image], defence: Defence | None
    ) -> list[tuple[Reading, ...]]:
        """Every score of images as the attacked model sees them behind a defence, of several views their mean.

        See `AttackImageService.with_defence`.
        """
        self.allow(request)
        return self._services.attack_image.with_defence(request, images, defence)

    def attack_set(self, request: AttackSetRequest, progress: Progress = silent) -> AttackResult:
        """Attacked sets, and every scorer's figures on them and on the source. See `AttackSetService.attack_set`."""
        self.allow(request)
        return self._services.attack_set.attack_set(request, progress)

    def transfer(
        self, request: AttackSetRequest, backbones: Sequence[str], progress: Progress = silent
    ) -> dict[tuple[str, str], BenchResult]:
        """Attacked on one model, judged by another: (attacked, judge) -> the judge's figures, for every pair.

        See `AttackSetService.transfer`.
        """
        self.allow(replace(request, judges=tuple(backbones)))
        return self._services.attack_set.transfer(request, backbones, progress)

    # --- synthesize ---------------------------------------------------------------------------------------------------
    def contexts(
        self,
        request: SynthesizeImageRequest,
        images: Sequence[Image.Image],
        mains: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Contexts]:
        """What the context model finds in images besides their main objects (Eq. 3 of SynOOD).

        See `SynthesizeImageService.contexts`.
        """
        self.allow(request)
        return self._services.synthesize_image.contexts(request, images, mains, progress)

    def inpainter(self, request: SynthesizeImageRequest, progress: Progress = silent) -> Inpainter:
        """The inpainting model of a request. See `SynthesizeImageService.inpainter`."""
        self.allow(request)
        return self._services.synthesize_image.inpainter(request, progress)

    def synthesize_image(
        self,
        request: SynthesizeImageRequest,
        image: Image.Image,
        words: Sequence[str],
        mask: Image.Image | None = None,
        progress: Progress = silent,
    ) -> Iterator[SynthesizeImageStep]:
        """One image as it moves to the boundary; to stop, stop asking.

        See `SynthesizeImageService.synthesize_image`.
        """
        self.allow(request)
        return self._services.synthesize_image.synthesize_image(request, image, words, mask, progress)

    def assess(
        self, request: SynthesizeImageRequest, images: Sequence[Image.Image], progress: Progress = silent
    ) -> list[Assessment]:
        """What the guide and every score make of images of any sizes: the source, say, or one to compare with.

        See `SynthesizeImageService.assess`.
        """
        self.allow(request)
        return self._services.synthesize_image.assess(request, images, progress)

    def negative_image(self, request: SynthesizeImageRequest, label: str, progress: Progress = silent) -> Assessment:
        """An image straight from the text of a negative label, and its scores, "Neg Image" in SynOOD's Table 4.

        See `SynthesizeImageService.negative_image`.
        """
        self.allow(request)
        return self._services.synthesize_image.negative_image(request, label, progress)

    def synthesize_set(self, request: SynthesizeSetRequest, progress: Progress = silent) -> Iterator[SyntheticSet]:
        """A whole set, image after image; an interrupted one goes on where it was. To stop, stop asking.

        See `SynthesizeSetService.synthesize_set`.
        """
        self.allow(request)
        return self._services.synthesize_set.synthesize_set(request, progress)

    # --- adapt --------------------------------------------------------------------------------------------------------
    def adapt(self, request: AdaptRequest, progress: Progress = silent) -> Iterator[Epoch]:
        """See `AdaptService.adapt`."""
        self.allow(request)
        return self._services.adapt.adapt(request, progress)

    def fit(self, request: AdaptRequest, progress: Progress = silent) -> Iterator[Fit]:
        """The same, judged on held-out images meanwhile. See `FitService.fit`."""
        self.allow(request)
        return self._services.fit.fit(request, progress)

    def judge(
        self, request: AdaptRequest, scorer: str, count: int, ood: Mapping[str, str], progress: Progress = silent
    ) -> Judge:
        """See `JudgeService.judge`."""
        self.allow(request)
        return self._services.judge.judge(request, scorer, count, ood, progress)

    def zoo(self, request: ZooRequest, progress: Progress = silent) -> Iterator[ZooAnswer]:
        """Models measured one after the other; a model that cannot be measured costs no other, and says why.

        Figures are kept on disk by the model's weights, the images and the versions: asking again reads them.
        """
        self.allow(request)
        return self._services.zoo.measure(request, progress)

    def zoo_runs(self, request: ZooRequest, progress: Progress = silent) -> Iterator[ZooRun]:
        """The same as `zoo`, as the run so far after each model. Both keep the whole run in the file of results."""
        self.allow(request)
        return self._services.zoo.runs(request, progress)

    # --- the feature map ----------------------------------------------------------------------------------------------
    def feature_map(
        self,
        request: FeatureMapRequest,
        trail: Sequence[tuple[str, Image.Image]] = (),
        synthetic: tuple[str, Path] | None = None,
        progress: Progress = silent,
    ) -> FeatureMap:
        """ID, OOD and synthetic images in one plane. See `FeatureMapService.feature_map`."""
        self.allow(request)
        return self._services.feature_map.feature_map(request, trail, synthetic, progress)

    # --- detectors ----------------------------------------------------------------------------------------------------
    def detector(self, request: DetectorRequest, progress: Progress = silent) -> DetectorResult:
        """See `DetectorService.detector`."""
        self.allow(request)
        return self._services.detector.detector(request, progress)

    def audit(self, request: AuditRequest, progress: Progress = silent) -> DetectorAudit:
        """See `DetectorService.audit`."""
        self.allow(request)
        return self._services.detector.audit(request, progress)

    def stream(self, request: StreamRequest, progress: Progress = silent) -> StreamResult:
        """See `StreamService.play`."""
        self.allow(request)
        return self._services.stream.play(request, progress)

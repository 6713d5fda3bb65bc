"""One image attacked: as it changes, what every score makes of it, and behind defences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from ood_studio.attacks.defences import Defence, mean_of_views, views_of
from ood_studio.attacks.feature import AttackStep, Diverged
from ood_studio.attacks.fitting import fitted_mask, fitted_pixels
from ood_studio.attacks.objective import Objective
from ood_studio.attacks.smoothness import smoothness_weight
from ood_studio.attacks.targets import image_targets, label_targets
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent, tell
from ood_studio.data.deep_images import note_of
from ood_studio.data.pixels import to_images
from ood_studio.labels.prompts import read_prompts
from ood_studio.studio.notebook import change_html
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests import AttackImageRequest
from ood_studio.studio.scores import Reading, scorer_named
from ood_studio.studio.workbench import LabelSpace, Workbench


@dataclass(frozen=True, eq=False)
class AttackImageStep:
    """One image after some steps.

    Attributes:
        step, total: of the attack.
        similarity, roughness: see `AttackStep`.
        readings: every score of ``image`` as `Studio.explore` gives it, with thresholds where there are reference
            images.
        typical: by score title the median of the ID reference images; empty without them.
        weight: λ at this image's size, see `smoothness_weight`.
        image: rounded to 8 bits.
        original: the image before, at the same size.
        note: how the image's samples are shown, in one sentence; empty where there is nothing to say.
        model: which model was attacked, see `about_model`.
    """

    step: int
    total: int
    similarity: float
    roughness: float
    readings: tuple[Reading, ...]
    typical: dict[str, float]
    weight: float
    image: Image.Image
    original: Image.Image
    note: str = ""
    model: Mapping[str, str] = field(default_factory=dict)

    def change(self) -> np.ndarray:
        """(height, width, 3) the perturbation, image − original, in [-1, 1]."""
        return (np.asarray(self.image, np.float32) - np.asarray(self.original, np.float32)) / 255

    def _repr_html_(self) -> str:
        after = f"after {self.step:,} of {self.total:,} steps, similarity {self.similarity:.3f}"
        return change_html(self.original, self.image, after, self.readings)


class AttackImageService:
    """Attacks single images.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def attack_image(
        self,
        request: AttackImageRequest,
        image: Image.Image,
        target: Image.Image | None = None,
        mask: np.ndarray | None = None,
        progress: Progress = silent,
    ) -> Iterator[AttackImageStep]:
        """One image as it changes; to stop, stop asking.

        Args:
            request: with ``target_label`` or ``target_score`` where there is no target image.
            image: of any size.
            target: an ID image.
            mask: (height, width) in [0, 1] over the whole image, of any size, 0 where nothing may change.
            progress: told the steps.

        Raises:
            StudioError: for no target, a target equal to the image, or a text side that cannot be used.
            Diverged: if the attack meets numbers that are not finite; the last good image was given before.
        """
        space = self._workbench.label_space(request.labels, progress)
        backbone = space.backbone
        note = note_of(image)
        image = image.convert("RGB")
        objectives = self._objectives(request, space, image, target, progress)
        pixels = fitted_pixels(image, backbone, full_size=request.full_size, longest=request.longest)
        original = to_images(pixels)[0]
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        typical = {title: float(np.median(found.id)) for title, found in panel.compared.items()}
        about = about_model(backbone)
        weight = smoothness_weight(request.attack.smoothness, min(pixels.shape[-2:]))

        def report(step: AttackStep) -> AttackImageStep:
            changed = to_images(step.pixels)[0]
            # What a file of the image will be given, not what the attack computes with.
            seen = self._workbench.encode(backbone, [changed])
            readings = panel.readings(seen.vectors, seen.visual)[0]
            return AttackImageStep(
                step.step,
                step.total,
                float(step.similarity[0]),
                float(step.roughness[0]),
                readings,
                typical,
                weight,
                changed,
                original,
                note,
                about,
            )

        area = None if mask is None else fitted_mask(mask, image, pixels, backbone, full_size=request.full_size)
        try:
            total = request.attack.steps

            def on_step(step: int) -> None:
                progress("attacking the picture", step, total)

            for step in request.attack.run(pixels, objectives, mask=area, every=request.every, on_step=on_step):
                yield report(step)
        except Diverged as error:
            if error.last is not None:
                yield report(error.last)
            raise

    def with_defence(
        self, request: AttackImageRequest, images: Sequence[Image.Image], defence: Defence | None
    ) -> list[tuple[Reading, ...]]:
        """Every score of images as the attacked model sees them behind a defence, of several views their mean.

        Whoever hears the work is told the views encoded, and may stop it, see `heard`.

        Raises:
            StudioError: for a text side that cannot be used.
        """
        space = self._workbench.label_space(request.labels, tell)
        panel = self._workbench.score_panel(space, request.score, request.reference, tell)
        rows = []
        for image in images:
            seen = self._workbench.image_features(space.backbone, views_of(image, defence), tell)
            vectors = mean_of_views(seen.vectors, unit=space.backbone.reads_text)
            rows += panel.readings(vectors, mean_of_views(seen.visual, unit=False))
        return rows

    def _objectives(
        self,
        request: AttackImageRequest,
        space: LabelSpace,
        image: Image.Image,
        target: Image.Image | None,
        progress: Progress,
    ) -> list[Objective]:
        backbones = {space.backbone.name: space.backbone}
        for name in request.ensemble:
            backbones.setdefault(name, self._workbench.backbone(name, progress))
        if request.target_score:
            objectives = []
            for name, backbone in backbones.items():
                scorer = scorer_named(request.target_score, request.score, reads_text=backbone.reads_text)
                own = space
                if backbone is not space.backbone:
                    own = self._workbench.label_space(replace(request.labels, backbone=name, adapter=()), progress)
                scorer = own.meant(scorer)
                objectives.append(Objective(backbone, scorer.fit(own.reference(scorer.space))))
            return objectives
        if request.target_label:
            prompts = read_prompts(request.labels.prompts)
            return [
                Objective(
                    each, label_targets(each, [request.target_label], prompts), "joint" if each.reads_text else "visual"
                )
                for each in backbones.values()
            ]
        if target is None:
            raise StudioError("an attack needs a target: give an ID picture or a label")
        goal = target.convert("RGB")
        if goal.size == image.size and goal.tobytes() == image.tobytes():
            raise StudioError("the target is the picture itself; give another one")
        return [
            Objective(each, image_targets(each, [goal], request.space), request.space) for each in backbones.values()
        ]

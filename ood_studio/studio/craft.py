"""One picture attacked: as it changes, what every score makes of it, and behind defences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from ood_studio import __version__
from ood_studio.attacks.defences import Defence
from ood_studio.attacks.feature import (
    AttackStep,
    Diverged,
    Objective,
    smoothness_weight,
)
from ood_studio.attacks.quality import quality
from ood_studio.attacks.targets import picture_targets, text_targets
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.pixels import to_images, to_pixels
from ood_studio.studio.answers import Reading
from ood_studio.studio.requests import AttackImageRequest
from ood_studio.studio.scores import scorer_named
from ood_studio.studio.texts import read_prompts
from ood_studio.studio.workbench import LabelSpace, Workbench, joint_of, picture_key


@dataclass(frozen=True, eq=False)
class AttackImageStep:
    """One picture after some steps.

    Attributes:
        step, total: of the attack.
        similarity, roughness: see `AttackStep`.
        readings: every score of ``picture`` as `Studio.explore` gives it, with thresholds where there are reference
            pictures.
        typical: by score title the median of the ID reference pictures; empty without them.
        weight: λ at this picture's size, see `smoothness_weight`.
        picture: rounded to 8 bits.
        original: the picture before, at the same size.
    """

    step: int
    total: int
    similarity: float
    roughness: float
    readings: tuple[Reading, ...]
    typical: dict[str, float]
    weight: float
    picture: Image.Image
    original: Image.Image

    def change(self) -> np.ndarray:
        """(height, width, 3) the perturbation, picture − original, in [-1, 1]."""
        return (np.asarray(self.picture, np.float32) - np.asarray(self.original, np.float32)) / 255


class Crafting(Workbench):
    """Single pictures attacked."""

    def attack_image(
        self,
        request: AttackImageRequest,
        picture: Image.Image,
        target: Image.Image | None = None,
        mask: np.ndarray | None = None,
        progress: Progress = silent,
    ) -> Iterator[AttackImageStep]:
        """One picture as it changes; to stop, stop asking.

        Args:
            request: with ``target_label`` or ``target_score`` where there is no target picture.
            picture: any size.
            target: an ID picture.
            mask: (height, width) in [0, 1] over the whole picture, of any size, 0 where nothing may change.

        Raises:
            StudioError: for no target, a target equal to the picture, or a text side that cannot be used.
            Diverged: if the attack meets numbers that are not finite; the last good picture was given before.
        """
        space = self.label_space(request.labels, progress)
        backbone = space.backbone
        picture = picture.convert("RGB")
        objectives = self._craft_objectives(request, space, picture, target, progress)
        pixels = (
            to_pixels([_fitting(picture, request.longest)]) if request.full_size else backbone.preprocess([picture])
        )
        height, width = pixels.shape[-2:]
        original = to_images(pixels)[0]
        judges = self.judges(space, request.score, request.reference, progress)
        typical = {title: float(np.median(found.id)) for title, found in judges.compared.items()}

        def report(step: AttackStep) -> AttackImageStep:
            changed = to_images(step.pixels)[0]
            with torch.inference_mode():  # what a file of the picture will be given, not what the attack computes with
                joint = joint_of(backbone, backbone.encode_image(backbone.preprocess([changed])).joint).float().cpu()
            return AttackImageStep(
                step.step,
                step.total,
                float(step.similarity[0]),
                float(step.roughness[0]),
                judges.readings(joint)[0],
                typical,
                smoothness_weight(request.attack.smoothness, min(height, width)),
                changed,
                original,
            )

        area = None if mask is None else _mask(mask, backbone, request.full_size, picture.size, (width, height))
        try:
            for step in request.attack.run(pixels, objectives, mask=area, every=request.every):
                progress("attacking the picture", step.step, step.total)
                yield report(step)
        except Diverged as error:
            if error.last is not None:
                yield report(error.last)
            raise

    def with_defence(
        self, request: AttackImageRequest, pictures: Sequence[Image.Image], defence: Defence | None
    ) -> list[tuple[Reading, ...]]:
        """Every score of pictures as the attacked model sees them behind a defence, of several views their mean.

        Raises:
            StudioError: for a text side that cannot be used.
        """
        space = self.label_space(request.labels)
        judges = self.judges(space, request.score, request.reference)
        rows = []
        for picture in pictures:
            plain = picture.convert("RGB")
            views = [plain] if defence is None else [defence.apply(plain, view) for view in range(defence.views)]
            joint = self.picture_features(space.backbone, views).joint
            seen = functional.normalize(joint.mean(dim=0, keepdim=True), dim=1)
            rows += judges.readings(seen)
        return rows

    def _craft_objectives(
        self,
        request: AttackImageRequest,
        space: LabelSpace,
        picture: Image.Image,
        target: Image.Image | None,
        progress: Progress,
    ) -> list[Objective]:
        backbones = {space.backbone.name: space.backbone}
        for name in request.ensemble:
            progress("loading the model", 0, 1)
            backbones.setdefault(name, self.backbone(name))
        if request.target_score:
            objectives = []
            for name, backbone in backbones.items():
                own = space
                if backbone is not space.backbone:
                    own = self.label_space(replace(request.labels, backbone=name), progress)
                scorer = scorer_named(request.target_score, request.score)
                objectives.append(Objective(backbone, scorer.fit(own.reference())))
            return objectives
        if request.target_label:
            prompts = read_prompts(request.labels.prompts)
            return [
                Objective(each, text_targets(each, [request.target_label], prompts), "joint")
                for each in backbones.values()
            ]
        if target is None:
            raise StudioError("an attack needs a target: give an ID picture or a label")
        goal = target.convert("RGB")
        if goal.size == picture.size and goal.tobytes() == picture.tobytes():
            raise StudioError("the target is the picture itself; give another one")
        return [
            Objective(each, picture_targets(each, [goal], request.space), request.space) for each in backbones.values()
        ]


def attack_record(
    request: AttackImageRequest, source: Image.Image, target: Image.Image | None, last: AttackImageStep
) -> dict[str, Any]:
    """Plain values for JSON: what it takes to repeat an attack on one picture, and what came of it.

    Args:
        request: as it was asked for.
        source, target: the pictures given; their keys are hashes of mode, size and pixels.
        last: where it ended.
    """
    figures = quality(to_pixels([last.original]), to_pixels([last.picture]))[0]
    plain = {name: None if math.isinf(value) else value for name, value in asdict(figures).items()}
    return {
        "version": __version__,
        "torch": torch.__version__,
        "request": asdict(request),
        "source": picture_key(source),
        "target": None if target is None else picture_key(target),
        "steps_done": last.step,
        "size": list(last.picture.size),
        "smoothness_at_this_size": last.weight,
        "similarity": last.similarity,
        "quality": plain,
        "readings": [asdict(reading) for reading in last.readings],
        "picture": picture_key(last.picture),
    }


def _fitting(picture: Image.Image, longest: int) -> Image.Image:
    if max(picture.size) <= longest:
        return picture
    share = longest / max(picture.size)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _mask(
    mask: np.ndarray, backbone: Backbone, full_size: bool, size: tuple[int, int], attacked: tuple[int, int]
) -> torch.Tensor:
    """(height, width) of the picture attacked; at the model's input size the mask is cropped as the picture is."""
    levels = np.asarray(mask, np.float32)
    if levels.ndim != 2 or not levels.size or not bool(((levels >= 0) & (levels <= 1)).all()):
        raise StudioError(f"a mask must be (height, width) numbers in [0, 1], not of shape {levels.shape}")
    if not levels.any():
        raise StudioError("the mask lets nothing change; leave some of the picture open")
    picture = Image.fromarray((levels * 255).round().astype(np.uint8))
    if full_size:
        return torch.from_numpy(np.asarray(picture.resize(attacked, Image.Resampling.BILINEAR), np.float32) / 255)
    seen = backbone.preprocess([picture.resize(size, Image.Resampling.BILINEAR).convert("RGB")])
    return seen[0].mean(dim=0).clamp(0, 1)

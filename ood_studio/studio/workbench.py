"""What every request needs: models, labels in their space, features and reference pictures, each kept by content."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.pool import Pool
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset
from ood_studio.features.images import dataset_features
from ood_studio.labels.corpora import load_corpus
from ood_studio.labels.negmining import NegativeLabels, mine_corpus
from ood_studio.scorers import (
    FittedScore,
    NegLabel,
    Reference,
    Scorer,
)
from ood_studio.studio.answers import ReferenceScores
from ood_studio.studio.requests import LabelChoice
from ood_studio.studio.scores import Judges, shown_scorers
from ood_studio.studio.texts import read_labels, read_prompts
from ood_studio.worlds import ReferencePart, ReferenceSet, open_reference, reference_of

_BATCH = 64


@dataclass(frozen=True, eq=False)
class LabelSpace:
    """Labels and their vectors, both sides: what a text side comes to. ``key`` stands for all of its content."""

    key: Hashable
    backbone: Backbone
    id_labels: tuple[str, ...]
    class_text: Tensor
    mined: NegativeLabels
    negative_text: Tensor
    notes: tuple[str, ...]

    def reference(self) -> Reference:
        """What text scorers learn from."""
        return Reference(self.class_text, self.negative_text, logit_scale=self.backbone.logit_scale)


@dataclass(frozen=True, eq=False)
class ReferencePictures:
    """Joint features, (n, dim), of the pictures that set the thresholds; ``ood`` may be empty, ``key`` is a hash."""

    key: str
    id: Tensor
    ood: Tensor
    about: str


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Features of pictures: ``joint`` (n, dim), and ``patches`` (n, rows, columns, dim) where the model has them."""

    joint: Tensor
    patches: Tensor | None


class Workbench:
    """Models, label spaces and features, kept by content; safe to share between threads.

    Args:
        device: ``auto`` or a torch device.
        workers: processes that draw Diorama's pictures; 0 for one a core, which needs a main module that may be
            imported again.
    """

    def __init__(self, device: str = "auto", workers: int = 1) -> None:
        self.device = device
        self.workers = workers
        self._spaces: Pool[LabelSpace] = Pool(limit=8)
        self._features: Pool[PictureFeatures] = Pool(limit=256)
        self._references: Pool[ReferencePictures] = Pool(limit=8)
        self._reference_scores: Pool[ReferenceScores] = Pool(limit=64)
        self._conjugated_text: Pool[Tensor] = Pool(limit=8)

    def backbone(self, name: str) -> Backbone:
        """The backbone of that name on this studio's device.

        Raises:
            BackboneError: one sentence, if it cannot be had.
        """
        return load_backbone(name, device=self.device)

    def label_space(self, choice: LabelChoice, progress: Progress = silent, labels: tuple[str, ...] = ()) -> LabelSpace:
        """The labels of a choice, encoded and mined; ``labels`` in place of the choice's own where given.

        Raises:
            StudioError: for labels, corpus or prompts that cannot be used.
        """
        labels, notes = (labels, ()) if labels else read_labels(choice.labels)
        corpus = load_corpus(choice.corpus, lexnames=choice.lexnames)
        prompts = read_prompts(choice.prompts)
        progress("loading the model", 0, 1)
        backbone = self.backbone(choice.backbone)
        key = (backbone.fingerprint, labels, corpus.key, prompts.id, prompts.noun, prompts.adjective, choice.mining)

        def build() -> LabelSpace:
            mined, class_text, negative_text = mine_corpus(
                backbone,
                labels,
                corpus,
                prompts,
                mining=choice.mining,
                progress=progress,
            )
            return LabelSpace(key, backbone, labels, class_text, mined, negative_text, notes)

        return self._spaces.get(key, build, lambda: progress("waiting for the words", 0, 1))

    def picture_features(
        self, backbone: Backbone, pictures: Sequence[Image.Image], progress: Progress = silent
    ) -> PictureFeatures:
        """Features of pictures, kept by content.

        Args:
            pictures: any sizes.

        Returns:
            joint (n, dim) and patches (n, rows, columns, dim) or None, on the CPU.
        """
        keys = [(backbone.fingerprint, picture_key(picture)) for picture in pictures]
        held: dict[tuple[str, str], PictureFeatures] = {}
        todo = []
        for key, picture in dict(zip(keys, pictures, strict=True)).items():
            kept = self._features.peek(key)
            if kept is None:
                todo.append((key, picture))
            else:
                held[key] = kept
        for start in range(0, len(todo), _BATCH):
            progress("encoding pictures", start, len(todo))
            batch = todo[start : start + _BATCH]
            with torch.inference_mode():
                found = backbone.encode_image(backbone.preprocess([picture for _, picture in batch]))
            joint = joint_of(backbone, found.joint).float().cpu()
            patches = None if found.patches is None else found.patches.float().cpu()
            for i, (key, _) in enumerate(batch):
                one = PictureFeatures(joint[i : i + 1].clone(), None if patches is None else patches[i : i + 1].clone())
                self._features.put(key, one)
                held[key] = one
        rows = [held[key] for key in keys]
        maps = [row.patches for row in rows if row.patches is not None]
        return PictureFeatures(torch.cat([row.joint for row in rows]), torch.cat(maps) if maps else None)

    def reference_features(
        self, space: LabelSpace, folder: str, progress: Progress = silent
    ) -> ReferencePictures | None:
        """Features of ID and OOD reference pictures; None where there are none.

        Raises:
            StudioError: if the folder holds no picture that can be read.
        """
        backbone = space.backbone

        def waiting() -> None:
            progress("waiting for the reference pictures", 0, 1)

        if folder:
            own = open_dataset(folder, labels=())
            return self._references.get(
                (backbone.fingerprint, own.key), lambda: self._own_reference(backbone, own, progress), waiting
            )
        found = reference_of(space.id_labels)
        if found is None:
            return None
        return self._references.get(
            (backbone.fingerprint, found), lambda: self._world_reference(backbone, found, progress), waiting
        )

    def _world_reference(self, backbone: Backbone, found: ReferenceSet, progress: Progress) -> ReferencePictures:
        def features(part: ReferencePart) -> Tensor:
            pictures = open_reference(found, part, workers=self.workers)
            return joint_of(backbone, dataset_features(backbone, pictures, {"joint"}, progress).joint)

        return ReferencePictures(found.name, features(found.id), features(found.near), found.about)

    def _own_reference(self, backbone: Backbone, pictures: Dataset, progress: Progress) -> ReferencePictures:
        found = dataset_features(backbone, pictures, {"joint"}, progress)
        joint = joint_of(backbone, found.joint)
        skipped = f" ({len(found.problems)} could not be read)" if found.problems else ""
        about = f"{len(joint):,} pictures of {pictures.name}{skipped}"
        return ReferencePictures(pictures.key, joint, joint[:0], about)

    def judges(self, space: LabelSpace, score: NegLabel, folder: str, progress: Progress = silent) -> Judges:
        """The shown scores in a label space, and what reference pictures score, see `reference_features`."""
        references = self.reference_features(space, folder, progress)
        reference = space.reference()
        judges = Judges({}, {})
        for title, scorer in shown_scorers(score):
            judges.fitted[title] = fitted = scorer.fit(reference)
            if references is not None:
                judges.compared[title] = self.reference_scores(space, scorer, fitted, references)
        return judges

    def reference_scores(
        self,
        space: LabelSpace,
        scorer: Scorer,
        score: FittedScore,
        references: ReferencePictures,
    ) -> ReferenceScores:
        """Scores of the reference pictures under a scorer fitted in a label space, each computed once."""

        def compute() -> ReferenceScores:
            ood = score(references.ood).double().numpy() if len(references.ood) else np.empty(0)
            return ReferenceScores(score(references.id).double().numpy(), ood, references.about)

        return self._reference_scores.get((space.key, references.key, repr(scorer)), compute)


def picture_key(picture: Image.Image) -> str:
    """A hash of a picture's content."""
    digest = hashlib.sha256(f"{picture.mode}{picture.size}".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()


def joint_of(backbone: Backbone, joint: Tensor | None) -> Tensor:
    """Joint features, or one sentence where the model has none."""
    if joint is None:
        raise StudioError(f"{backbone.name} has no text tower, so it cannot compare pictures with labels")
    return joint

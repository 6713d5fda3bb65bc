"""What every service works with: models, labels in their space, features and reference images, each kept by content."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.adapters import Adaptation, AdapterError, load_adaptation
from ood_studio.backbones import Backbone, load_backbone, loading_stage
from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Progress, silent
from ood_studio.core.unicode import listed
from ood_studio.data.dataset import Dataset
from ood_studio.data.keyed_images import GivenImage, KeyedImage
from ood_studio.data.sources import open_dataset
from ood_studio.features.decoding import batch_size
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.hub.device import Precision
from ood_studio.labels.conjugated import conjugated_features
from ood_studio.labels.corpora import load_corpus
from ood_studio.labels.label_texts import WordsOfLabels
from ood_studio.labels.negmining import NegativeLabels, mine_corpus
from ood_studio.labels.presets import TypedLabels, read_labels
from ood_studio.labels.prompts import cut_notes, read_prompts
from ood_studio.scorers import KNN, FittedScore, NegLabel, Reference, Scorer, Space
from ood_studio.studio.classifiers import NO_NEGATIVES, own_labels, own_notes, own_scorers
from ood_studio.studio.references import ReferenceImages, joined_references, vectors_of
from ood_studio.studio.requests import LabelChoice
from ood_studio.studio.scores import ReferenceScores, ScorePanel, shown_scorers
from ood_studio.worlds import ReferencePart, ReferenceSet, open_reference, reference_of

_BYTES = 2**30  # of label spaces in memory, of reference images' features, and of phrases
_FEATURE_BYTES = 512 * 2**20  # of single images' features in memory


@dataclass(frozen=True, eq=False)
class LabelSpace:
    """Labels and their vectors, both sides: what a text side comes to.

    Without a text tower the labels are the classes of the model's own head, and there are no vectors.

    Attributes:
        key: stands for all of its content.
        backbone: the model.
        id_labels: the ID labels, and ``class_text`` (classes, dim) their vectors.
        mined: the negative labels, furthest first, and ``negative_text`` (negatives, dim) their vectors.
        adaptation: the adapters on the model, or none of them; ``backbone`` is the adapted one, the vectors are those
            before.
        notes: sentences for the person, such as labels dropped.
    """

    key: Hashable
    backbone: Backbone
    id_labels: tuple[str, ...]
    class_text: Tensor
    mined: NegativeLabels
    negative_text: Tensor
    adaptation: Adaptation
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """What its vectors and words take in memory, roughly."""
        return self.class_text.nbytes + self.negative_text.nbytes + 80 * len(self.mined.words)

    def reference(self, space: Space = "joint") -> Reference:
        """What scorers of a space learn from that need no images: the texts, or the model's own head."""
        if not self.backbone.reads_text:
            return Reference(head=self.backbone.head, logit_scale=self.backbone.logit_scale)
        plain = Reference(self.class_text, self.negative_text, logit_scale=self.backbone.logit_scale)
        return self.adaptation.reference(plain, space)

    def meant(self, scorer: Scorer) -> Scorer:
        """A scorer at its defaults as it is meant on this model: with an adapter's head its scores read that."""
        return self.adaptation.scorer(scorer)

    def features(self, images: Dataset, spaces: Collection[str], progress: Progress = silent) -> DatasetFeatures:
        """Features of a dataset as the model with its adapters sees it; those without them are kept on disk.

        Raises:
            StudioError: as `dataset_features`.
        """
        return self.adaptation.features(dataset_features(self.adaptation.backbone, images, spaces, progress))


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """Features of images: ``vectors`` (n, dim), and ``patches`` (n, rows, columns, dim) where the model has them.

    The vectors are the joint ones, of a model without a text tower the visual ones; ``visual`` (n, width) always.
    """

    vectors: Tensor
    patches: Tensor | None
    visual: Tensor

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return self.vectors.nbytes + self.visual.nbytes + (0 if self.patches is None else self.patches.nbytes)


class Workbench:
    """Models, label spaces and features, kept by content; safe to share between threads.

    Args:
        device: ``auto`` or a torch device.
        workers: processes that draw a world's images; 0 for one a core, which needs a main module that may be imported
            again.
        precision: what models compute with, see `ood_studio.hub.device`.
    """

    def __init__(self, device: str = "auto", workers: int = 1, precision: Precision = "auto") -> None:
        self.device, self.precision = device, precision
        self.workers = workers
        self._spaces: KeyedCache[LabelSpace] = KeyedCache(8, max_bytes=_BYTES, size=lambda space: space.nbytes)
        self._encoded: KeyedCache[EncodedImages] = KeyedCache(
            None, max_bytes=_FEATURE_BYTES, size=lambda found: found.nbytes
        )
        self._references: KeyedCache[ReferenceImages] = KeyedCache(8, max_bytes=_BYTES, size=lambda found: found.nbytes)
        self._reference_scores: KeyedCache[ReferenceScores] = KeyedCache(limit=64)
        self._conjugated_text: KeyedCache[Tensor] = KeyedCache(8, max_bytes=_BYTES, size=lambda text: text.nbytes)
        self._label_texts: KeyedCache[WordsOfLabels] = KeyedCache(4)

    def backbone(self, name: str, progress: Progress = silent) -> Backbone:
        """The backbone of that name on this device; where another user loads it, waiting for it can be stopped.

        Args:
            progress: told first what is to be downloaded, where that is anything.

        Raises:
            BackboneError: one sentence, if it cannot be had.
        """
        progress(loading_stage(name), 0, 1)
        return load_backbone(name, self.device, self.precision, progress=progress)

    def label_space(self, choice: LabelChoice, progress: Progress = silent, labels: tuple[str, ...] = ()) -> LabelSpace:
        """The labels of a choice, encoded and mined; ``labels`` in place of the choice's own where given.

        Of a model without a text tower the classes of its own head, whatever the choice says.

        Raises:
            StudioError: for labels, corpus or prompts that cannot be used.
        """
        backbone = self.backbone(choice.backbone, progress)
        if not backbone.reads_text:
            if choice.adapter:
                raise AdapterError(f"{backbone.name} has no text tower, and adapters are put on models with one")
            nothing = torch.empty(0, backbone.dim)
            own = own_labels(backbone)
            bare, own_key = Adaptation(backbone, ()), (backbone.fingerprint, own)
            return LabelSpace(own_key, backbone, own, nothing, NO_NEGATIVES, nothing, bare, own_notes(backbone))
        typed = TypedLabels(labels) if labels else read_labels(choice.apart_from_data)
        labels = typed.labels
        corpus = load_corpus(choice.corpus, lexnames=choice.lexnames)
        prompts = read_prompts(choice.prompts)
        key = (backbone.fingerprint, labels, corpus.key, prompts.id, prompts.noun, prompts.adjective, choice.mining)

        def build() -> LabelSpace:
            mined, class_text, negative_text = mine_corpus(
                backbone, labels, corpus, prompts, mining=choice.mining, progress=progress
            )
            notes = cut_notes(backbone, labels, prompts)
            bare = Adaptation(backbone, ())
            return LabelSpace(key, backbone, labels, class_text, mined, negative_text, bare, notes)

        space = self._spaces.get(key, build, lambda: progress("waiting for the words", 0, 1))
        space = replace(space, notes=(*typed.notes, *space.notes)) if typed.notes else space
        return _adapted(space, choice.adapter) if choice.adapter else space

    def conjugated_text(self, space: LabelSpace, choice: LabelChoice, progress: Progress = silent) -> Tensor:
        """(phrases, dim) text features of CSP's phrases, made from the adjectives of the choice's corpus.

        Raises:
            StudioError: for a corpus without adjectives.
        """

        def build() -> Tensor:
            prompts = read_prompts(choice.prompts)
            return conjugated_features(
                space.backbone,
                space.id_labels,
                choice.corpus,
                prompts,
                lexnames=choice.lexnames,
                progress=progress,
            )

        return self._conjugated_text.get(space.key, build, lambda: progress("waiting for the phrases", 0, 1))

    def label_texts(self, space: LabelSpace, choice: LabelChoice) -> WordsOfLabels:
        """The words of a label space, with the pairs of them that were encoded."""

        def build() -> WordsOfLabels:
            prompts = read_prompts(choice.prompts)
            return WordsOfLabels.of(space.backbone, space.id_labels, space.mined, prompts, choice.corpus)

        return self._label_texts.get((space.key, choice.corpus), build)

    def encode(self, backbone: Backbone, images: Iterable[Image.Image]) -> EncodedImages:
        """Features of a few images of any sizes, on the CPU; nothing is kept, and no two of them are needed at once."""
        with torch.inference_mode():
            pixels = [backbone.preprocess([image]) for image in images]
            found = backbone.encode_image(torch.cat(pixels) if pixels else backbone.preprocess([]))
            vectors = vectors_of(found.joint, found.visual).float().cpu()
            visual = found.visual.float().cpu()
        return EncodedImages(vectors, None if found.patches is None else found.patches.float().cpu(), visual)

    def image_features(
        self, backbone: Backbone, images: Sequence[GivenImage], progress: Progress = silent
    ) -> EncodedImages:
        """Features of images, each computed once whoever asks, and on the CPU.

        Args:
            images: of any sizes; their content is hashed unless they bring their key.
        """
        keyed = [KeyedImage.of(image) for image in images]
        keys = [(backbone.fingerprint, each.key) for each in keyed]
        held: dict[tuple[str, str], EncodedImages] = {}
        todo = []
        for key, each in dict(zip(keys, keyed, strict=True)).items():
            kept = self._encoded.peek(key)
            if kept is None:
                todo.append((key, each))
            else:
                held[key] = kept
        size = batch_size(backbone)
        for start in range(0, len(todo), size):
            progress("encoding pictures", start, len(todo))
            batch = todo[start : start + size]
            found = self.encode(backbone, (each.image for _, each in batch))
            for i, (key, _) in enumerate(batch):
                patches = None if found.patches is None else found.patches[i : i + 1].clone()
                row = slice(i, i + 1)
                held[key] = EncodedImages(found.vectors[row].clone(), patches, found.visual[row].clone())
                self._encoded.put(key, held[key])
        rows = [held[key] for key in keys]
        maps = [row.patches for row in rows if row.patches is not None]
        vectors, visual = (torch.cat([getattr(each, part) for each in rows]) for part in ("vectors", "visual"))
        return EncodedImages(vectors, torch.cat(maps) if maps else None, visual)

    def reference_images(self, space: LabelSpace, folder: str, progress: Progress = silent) -> ReferenceImages | None:
        """Features of ID and OOD reference images: those of a folder, or else those that come with the labels.

        Returns:
            None where there are none.

        Raises:
            StudioError: if the folder holds no image that can be read.
        """

        def waiting() -> None:
            progress("waiting for the reference pictures", 0, 1)

        own = open_dataset(folder, labels=()) if folder else None
        found = None if own is not None else reference_of(space.id_labels)
        if own is not None:
            key: Hashable = (space.backbone.fingerprint, own.key)
            return self._references.get(key, lambda: _own_reference(space, own, progress), waiting)
        if found is None:
            return None
        key = (space.backbone.fingerprint, found)
        return self._references.get(key, lambda: self._world_reference(space, found, progress), waiting)

    def lacks_references(self, space: LabelSpace, folder: str) -> bool:
        """Whether there are reference images whose features are still to be had, which may take long."""
        if folder:
            return self._references.peek((space.backbone.fingerprint, open_dataset(folder, labels=()).key)) is None
        found = reference_of(space.id_labels)
        return found is not None and self._references.peek((space.backbone.fingerprint, found)) is None

    def score_panel(
        self, space: LabelSpace, score: NegLabel, folder: str, progress: Progress = silent, *, compared: bool = True
    ) -> ScorePanel:
        """The shown scores in a label space, and where ``compared`` those of `reference_images`.

        Raises:
            StudioError: for a model that no score can read.
        """
        references = self.reference_images(space, folder, progress) if compared else None
        reference = space.reference()
        panel = ScorePanel({}, {})
        shown = tuple((title, space.meant(scorer)) for title, scorer in shown_scorers(score))
        if not space.backbone.reads_text:
            shown = own_scorers(space.backbone, references is not None)
            if references is not None:
                reference = replace(reference, images=references.id)
        for title, scorer in shown:
            own = space.reference(scorer.space) if scorer.space != "joint" and space.adaptation.parts else reference
            panel.fitted[title] = fitted = scorer.fit(own)
            if references is not None:
                panel.compared[title] = self._scores_of(space, scorer, fitted, references)
        return panel

    def _world_reference(self, space: LabelSpace, found: ReferenceSet, progress: Progress) -> ReferenceImages:
        def features(part: ReferencePart) -> DatasetFeatures:
            images = open_reference(found, part, workers=self.workers)
            return space.features(images, {"joint"}, progress)

        return joined_references(found.name, features(found.id), features(found.near), found.about)

    def _scores_of(
        self, space: LabelSpace, scorer: Scorer, score: FittedScore, references: ReferenceImages
    ) -> ReferenceScores:
        """Scores of the reference images under a scorer fitted in a label space, each computed once."""

        def compute() -> ReferenceScores:
            inside, outside = references.of(scorer.space)
            ood = score(outside).double().numpy() if len(outside) else np.empty(0)
            own = score
            if isinstance(scorer, KNN):  # each of them is the nearest to itself
                own = replace(scorer, k=scorer.k + 1).fit(Reference(images=inside))
            return ReferenceScores(own(inside).double().numpy(), ood, references.about)

        return self._reference_scores.get((space.key, references.key, repr(scorer)), compute)


def _own_reference(space: LabelSpace, images: Dataset, progress: Progress) -> ReferenceImages:
    found = space.features(images, {"joint"}, progress)
    unread = [f"{len(found.problems):,} could not be read: {listed([*found.problems])}"] if found.problems else []
    skipped = "; ".join((*unread, *images.notes))
    about = f"{len(found.rows):,} pictures of {images.name}{f' ({skipped})' if skipped else ''}"
    return joined_references(images.key, found, found.without(set(found.rows.tolist())), about)


def _adapted(space: LabelSpace, names: Sequence[str]) -> LabelSpace:
    """A label space with saved adapters on its model."""
    adaptation = load_adaptation(names, space.backbone, space.id_labels, space.mined.words)
    return replace(space, key=(space.key, adaptation.key), backbone=adaptation.model, adaptation=adaptation)

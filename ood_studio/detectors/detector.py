"""A detector: a model, labels, a score and a threshold with a promise, which decides images one by one.

>>> detector = Detector.load("birds.ood.safetensors")     # doctest: +SKIP
>>> for decision in detector(["known.jpg", "strange.jpg"]):  # doctest: +SKIP
...     print(decision.name, decision.inside, decision.p_value)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import Linear

from ood_studio import __version__
from ood_studio.adapters import Adaptation, Adapted, rebuild_adaptation
from ood_studio.backbones import Backbone, ImageFeatures, load_backbone, loading_stage
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import read_texts, texts
from ood_studio.core.progress import Progress, silent
from ood_studio.data.images import decode_image
from ood_studio.detectors.conformal import Calibration, Promise
from ood_studio.detectors.decision import Decision
from ood_studio.detectors.file import read, write
from ood_studio.hub.names import names_folder
from ood_studio.labels.label_texts import WordsOfLabels
from ood_studio.scorers import SCORERS, FittedScore, Reference, Scorer, read_features
from ood_studio.scorers.label_vectors import JoinedVectors, LabelVectors
from ood_studio.scorers.logits import logits_of

_BATCH = 64
_PARTS = ("class_text", "negative_text", "conjugated_text", "images", "labels")
_NEAREST = 3


@dataclass(frozen=True, eq=False)
class Detector:
    """Decides images; made by `fit` of the studio, or read from a file.

    Attributes:
        backbone: the model.
        labels, negative_labels: in the order of the reference's text features, or of its head.
        scorer: the score; one that depends on the order of the stream cannot be promised anything.
        reference: what the score was fitted to, without the adapters; its images are features as the adapters move
            them. What words mean is not in the file, so a score that leaves labels out for it is `Scorer.settled`.
        calibration: scores of ID images that nothing else was fitted or chosen with.
        promise: what the threshold keeps.
        about: what the calibration images are: ``calibration`` for people, ``key`` of their content, and notes.
        adapters: what was learnt on the model, put on it in this order.

    Raises:
        StudioError: for such a score, too few calibration images, or labels that are not those of the reference.
    """

    backbone: Backbone
    labels: tuple[str, ...]
    negative_labels: tuple[str, ...]
    scorer: Scorer
    reference: Reference
    calibration: Calibration
    promise: Promise
    about: Mapping[str, str] = field(default_factory=dict)
    adapters: tuple[Adapted, ...] = ()

    def __post_init__(self) -> None:
        check_promised(self.scorer)
        self.reference.check_fixed("A detector")
        for what, rows, labels in (
            ("ID labels", self.reference.class_text, self.labels),
            ("negative labels", self.reference.negative_text, self.negative_labels),
        ):
            if rows is not None and len(rows) != len(labels):
                raise StudioError(f"the detector has {len(labels):,} {what}, but vectors of {len(rows):,}")
        head = self.reference.head
        if head is not None and self.reference.class_text is None and head.out_features != len(self.labels):
            raise StudioError(f"the detector has {len(self.labels):,} ID labels, but a head of {head.out_features:,}")
        self.calibration.threshold(self.promise)

    @cached_property
    def adaptation(self) -> Adaptation:
        """The adapters on the model."""
        return Adaptation(self.backbone, self.adapters)

    @property
    def model(self) -> Backbone:
        """The backbone as it sees images with the adapters."""
        return self.adaptation.model

    @cached_property
    def adapted(self) -> Reference:
        """The reference as the adapters have it."""
        return self.adaptation.reference(self.reference, self.scorer.space)

    @cached_property
    def score(self) -> FittedScore:
        """The fitted score."""
        return self.scorer.fit(self.adapted)

    @property
    def threshold(self) -> float:
        """What an ID image's score reaches, but for as many as `promise` allows."""
        return self.calibration.threshold(self.promise)

    def __call__(self, images: Sequence[Image.Image | Path | str], progress: Progress = silent) -> list[Decision]:
        """Decides images of any sizes, or files of them.

        Raises:
            StudioError: for a single one, or a file that is no image that can be read, naming it.
        """
        if isinstance(images, (str, Path, Image.Image)):
            raise StudioError("a detector decides a list of pictures, not a single one")
        return list(self.decide(((_name(image, i), image) for i, image in enumerate(images)), len(images), progress))

    def decide(
        self, images: Iterator[tuple[str, Image.Image | Path | str]], count: int = 0, progress: Progress = silent
    ) -> Iterator[Decision]:
        """Decides images as they come, a batch at a time; of those before only what the model reads is held.

        Args:
            images: names and images.
            count: how many there will be, where that is known.
            progress: told before every batch; may raise to stop.
        """
        done, batch = 0, list[tuple[str, Tensor]]()
        most = min(_BATCH, self.model.at_once or _BATCH)
        for name, image in images:
            seen = image if isinstance(image, Image.Image) else decode_image(image)
            batch.append((name, self.model.preprocess([seen])))
            if len(batch) == most:
                progress("deciding", done, count)
                yield from self._decide(batch)
                done, batch = done + len(batch), []
        if batch:
            progress("deciding", done, count)
            yield from self._decide(batch)

    def features(self, images: Sequence[Image.Image]) -> ImageFeatures:
        """Features of images as the detector's score and labels read them."""
        return self._encoded(self.model.preprocess(images))

    def _encoded(self, pixels: Tensor) -> ImageFeatures:
        with torch.inference_mode():
            return self.model.encode_image(pixels)

    def _decide(self, batch: Sequence[tuple[str, Tensor]]) -> Iterator[Decision]:
        found = self._encoded(torch.cat([pixels for _, pixels in batch]))
        values = self.score(read_features(self.scorer.space, found).float().cpu())
        scores = values.double().numpy()
        p_values, threshold = self.calibration.p_values(scores), self.threshold
        for (name, _), score, p, near in zip(batch, scores, p_values, self._nearest(found), strict=True):
            yield Decision(name, bool(score >= threshold), float(score), float(p), near)

    def _nearest(self, found: ImageFeatures) -> list[tuple[tuple[str, float, bool], ...]]:
        with torch.inference_mode():
            values = self.likenesses(found)
        labels = (*self.labels, *self.negative_labels)
        best = values.topk(self.named_labels)
        return [
            tuple((labels[j], value, j < len(self.labels)) for j, value in zip(places, row, strict=True))
            for places, row in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    @property
    def reads_text(self) -> bool:
        """Whether its labels have vectors, so that images have cosines to them."""
        return self._vectors is not None

    @property
    def named_labels(self) -> int:
        """How many labels `Decision.nearest` names."""
        known = len(self.labels) + (len(self.negative_labels) if self.reads_text else 0)
        return min(_NEAREST, known) if self.reads_text or self.adapted.head is not None else 0

    def likenesses(self, found: ImageFeatures) -> Tensor:
        """(batch, labels) cosines to the ID and then the negative labels; without text the logits of the head, of which
        a model without one has none. On the CPU."""
        if self._vectors is not None and found.joint is not None:
            return self._vectors.cosines(found.joint.float().cpu())
        if self.adapted.head is not None:
            head = self.adapted.head  # which may lie on another device
            return logits_of(found.visual.float().cpu(), head.weight, head.bias)
        return found.visual.new_empty(found.visual.shape[0], 0).cpu()

    @cached_property
    def _vectors(self) -> LabelVectors | None:
        """Those of the ID labels, then of the negative ones; None without text."""
        if self.adapted.class_text is None:
            return None
        classes = self.adapted.vectors("class_text")
        if self.adapted.negative_text is None:
            return classes
        return JoinedVectors(classes, self.adapted.vectors("negative_text"))

    def save(self, path: Path | str) -> None:
        """Writes all but the model's weights into one file; see `ood_studio.detectors.file`.

        Raises:
            StudioError: if the disk refuses.
        """
        parts = {name: getattr(self.reference, name) for name in _PARTS}
        head = self.reference.head
        if head is not None:
            parts |= {"head.weight": head.weight.data, "head.bias": None if head.bias is None else head.bias.data}
        for place, adapter in enumerate(self.adapters):
            parts |= {f"adapter.{place}.{name}": each for name, each in adapter.tensors.items()}
        parts["calibration"] = torch.from_numpy(self.calibration.scores)
        words = self.reference.texts
        if words is not None:
            parts["adjectives"] = words.adjectives
        header = {
            "backbone": self.backbone.name,
            "fingerprint": self.backbone.fingerprint,
            "precision": str(self.backbone.dtype).removeprefix("torch."),
            "labels": self.labels,
            "negative_labels": self.negative_labels,
            "scorer": self.scorer.name,
            "parameters": texts(self.scorer),
            "logit_scale": self.reference.logit_scale,
            "promise": texts(self.promise),
            "threshold": self.threshold,
            "about": dict(self.about),
            "adapters": [adapter.record.to_json() for adapter in self.adapters],
            "templates": None if words is None else list(words.templates),
            "versions": {"ood_studio": __version__, "torch": version("torch")},
        }
        write(Path(path), header, {name: each for name, each in parts.items() if each is not None})

    @classmethod
    def load(
        cls, path: Path | str, device: str = "auto", backbone: Backbone | None = None, progress: Progress = silent
    ) -> Detector:
        """Reads a file that `save` wrote, and loads its model; nothing in it is run.

        Args:
            path: of the file.
            device: ``auto`` or a torch device, for the model.
            backbone: the model, where it is loaded already or lies elsewhere than its name says.
            progress: told before the model is loaded what is to be downloaded; may raise to stop.

        Raises:
            StudioError: one sentence, for a damaged or edited file, another version's, or a model that is missing or
                another one.
        """
        where = Path(path)
        header, tensors = read(where)
        kind = header["scorer"]
        if kind not in SCORERS:
            raise StudioError(f"{where.name} uses the score {kind}, which is not here; a plug-in may bring it")
        model = backbone if backbone is not None else _model(header, device, where, progress)
        if model.fingerprint != header["fingerprint"]:
            raise StudioError(
                f"{where.name} was made with {header['backbone']} in another version or precision than {model.name} "
                "has here; give it that model"
            )
        labels, negative_labels = tuple(header["labels"]), tuple(header["negative_labels"])
        words, templates = tensors.get("adjectives"), header.get("templates") or ()
        reference = Reference(
            tensors.get("class_text"),
            tensors.get("negative_text"),
            tensors.get("images"),
            tensors.get("labels"),
            _head(tensors.get("head.weight"), tensors.get("head.bias")),
            header["logit_scale"],
            tensors.get("conjugated_text"),
            texts=None if words is None else WordsOfLabels(model, labels, negative_labels, words, templates),
        )
        parts = [
            (text, {name.removeprefix(own): each for name, each in tensors.items() if name.startswith(own)})
            for own, text in ((f"adapter.{place}.", text) for place, text in enumerate(header["adapters"]))
        ]
        return cls(
            model,
            labels,
            negative_labels,
            read_texts(SCORERS[kind], header["parameters"]),
            reference,
            Calibration.of(tensors["calibration"].numpy()),
            read_texts(Promise, header["promise"]),
            header["about"],
            rebuild_adaptation(parts, model, labels, negative_labels, where.name).parts,
        )


def check_promised(scorer: Scorer) -> None:
    """Checks that something can be promised of a score.

    Raises:
        StudioError: for one that learns from the images that it scores.
    """
    if scorer.stream:
        raise StudioError(
            f"{scorer.title} learns from the images that it scores, so no threshold of it can be promised; take "
            "another score"
        )


def _name(image: Image.Image | Path | str, place: int) -> str:
    return f"image {place + 1}" if isinstance(image, Image.Image) else str(image)


def _model(header: Mapping[str, Any], device: str, path: Path, progress: Progress) -> Backbone:
    if names_folder(header["backbone"]):
        raise StudioError(
            f"{path.name} was made with a model in a folder, {header['backbone']}; load that model and give it: "
            "Detector.load(path, backbone=...)"
        )
    progress(loading_stage(header["backbone"]), 0, 1)
    return load_backbone(header["backbone"], device, header["precision"], progress=progress)


def _head(weight: Tensor | None, bias: Tensor | None) -> Linear | None:
    if weight is None:
        return None
    head = Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    head.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
    return head.requires_grad_(False)

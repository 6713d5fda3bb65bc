"""Everything that a zoo tells of one model, from its features of a world's datasets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.accuracy import HeadClasses, head_classes
from ood_studio.evaluation.bench import score_all
from ood_studio.evaluation.calibration import (
    calibration_figures,
    calibration_intervals,
    fit_temperature,
    halves,
    reliability,
    scaling_change,
)
from ood_studio.evaluation.neighbours import neighbour_accuracy
from ood_studio.evaluation.retrieval import RANKS, recalls
from ood_studio.evaluation.zoo.figures import Diagram, Figure, Measured, Retrieved
from ood_studio.evaluation.zoo.measurement import Measurement
from ood_studio.evaluation.zoo.parts import lacking, nearest
from ood_studio.evaluation.zoo.rules import RULES, Rule
from ood_studio.evaluation.zoo.shares import annotated_shares, mean_rates, mean_share, rates, share
from ood_studio.features.images import DatasetFeatures
from ood_studio.scorers import Reference

_VECTORS = frozenset({"joint", "visual"})
MEASURES = 2
"""Counts up when other figures are measured: what was kept of models before is measured anew."""

_NO_TRAINING = "there are no ID training pictures to look for neighbours among"
_CALIBRATION = ("ece", "adaptive_ece", "nll", "brier")


def measure(
    backbone: Backbone,
    on: Measurement,
    class_text: Tensor | None,
    encode_text: Callable[[Sequence[str]], Tensor],
    features_of: Callable[[Dataset, Collection[str]], DatasetFeatures],
    *,
    speed: Figure | None = None,
    parameters: int = 0,
) -> Measured:
    """All figures of one model; what it cannot do is left out and said.

    Args:
        backbone: the model.
        on: the datasets.
        class_text: (labels, dim) unit-norm text features of the ID labels; None without a text tower.
        encode_text: unit-norm features of captions.
        features_of: the model's features of a dataset, see `dataset_features`.
        speed: images a second, where that was measured.
        parameters: of the image tower; 0 where not known.

    Raises:
        StudioError: if no score can be had of the model, the ID or training images cannot be read, or features are not
            finite.
        Stopped: as ``features_of`` raises it.
    """
    return _Measuring(backbone, on, class_text, encode_text, features_of).run(speed, parameters)


class _Measuring:
    def __init__(
        self,
        backbone: Backbone,
        on: Measurement,
        class_text: Tensor | None,
        encode_text: Callable[[Sequence[str]], Tensor],
        features_of: Callable[[Dataset, Collection[str]], DatasetFeatures],
    ) -> None:
        self._backbone, self._on, self._class_text, self._encode_text = backbone, on, class_text, encode_text
        self._features_of = features_of
        self._head: HeadClasses | None = None
        if class_text is None and backbone.head is not None:
            self._head = head_classes(backbone.labels, backbone.head.out_features, on.labels)
        self._figures: dict[str, Figure] = {}
        self._skipped: dict[str, str] = {}
        self._diagrams: dict[str, Diagram] = {}
        self._retrieved: tuple[Retrieved, ...] = ()
        self._temperature = 1.0
        self._hits: dict[str, tuple[int, int]] = {}

    def run(self, speed: Figure | None, parameters: int) -> Measured:
        on, own_rule = self._on, self._own_rule()
        notes = [*on.notes, *lacking(on.labels, {"factor": on.factors, "style": on.shifts})]
        train, inside = None if on.train is None else self._features(on.train), self._features(on.id)
        rule = self._how_classes_are_chosen()
        if self._head is not None and self._head.by_order:
            notes.append("The classifier's classes are taken for the ID labels in their order, for want of names.")
        self._neighbours(train, inside)
        if rule:
            self._try("accuracy", partial(self._accuracy, "accuracy", on.id, inside))
            self._try("factor", partial(self._annotated, inside))
            self._calibrate(inside)
        else:
            why = "the model has neither a text tower nor a classifier that knows an ID label"
            self._skipped |= dict.fromkeys(("accuracy", "factor", "shift", *_CALIBRATION), why)
        self._detect(train, inside)
        if rule:
            for kind, sets in (("factor", on.factors), ("shift", on.shifts)):
                for name, dataset in sets.items():
                    self._try(f"{kind} {name}", partial(self._one_shift, f"{kind} {name}", name, dataset))
                self._mean(kind, sets)
        self._retrieve()
        if parameters:
            self._figures["parameters"] = Figure(float(parameters))
        if speed is not None:
            self._figures["images a second"] = speed
        rules = {"accuracy": rule or "20-nn", "ood": own_rule}
        return Measured(
            self._backbone.name,
            self._backbone.fingerprint,
            rules,
            self._figures,
            self._skipped,
            tuple(notes),
            self._diagrams,
            self._retrieved,
        )

    def _features(self, dataset: Dataset) -> DatasetFeatures:
        found = self._features_of(dataset, _VECTORS)
        for vectors in (found.joint, found.visual):
            if vectors is not None and (lost := int((~torch.isfinite(vectors)).any(dim=1).sum())):
                raise StudioError(f"features of {lost:,} of {len(vectors):,} pictures of {dataset.name} are not finite")
        return found

    def _try(self, name: str, work: Callable[[], None]) -> None:
        """Keeps the reason why something cannot be measured: it costs nothing else."""
        try:
            work()
        except Stopped:
            raise
        except StudioError as error:
            self._skipped[name] = str(error)

    def _how_classes_are_chosen(self) -> str:
        if self._class_text is not None:
            return "zero-shot"
        return "head" if self._head is not None and self._head.known else ""

    def _own_rule(self) -> str:
        """The score that stands for the model.

        Raises:
            StudioError: where it can run none.
        """
        lacks = {rule.name: self._lacks(rule) for rule in RULES}
        for name, why in lacks.items():
            if not why:
                return name
        raise StudioError(f"no score can be had of {self._backbone.name}: {'; '.join(dict.fromkeys(lacks.values()))}")

    def _lacks(self, rule: Rule) -> str:
        if rule.needs == "text" and self._class_text is None:
            return "the model has no text tower"
        if rule.needs == "head" and self._backbone.head is None:
            return "the model has no classifier"
        if rule.needs == "features" and self._on.train is None:
            return _NO_TRAINING
        return ""

    def _logits(self, dataset: Dataset, found: DatasetFeatures) -> tuple[Tensor, NDArray[np.int64]]:
        """Logits of the images of known class, and which of their columns is right."""
        return self._logits_of(dataset, found)[:2]

    def _logits_of(
        self, dataset: Dataset, found: DatasetFeatures
    ) -> tuple[Tensor, NDArray[np.int64], NDArray[np.bool_]]:
        """`_logits`, and which of the images these are."""
        if dataset.labels is None:
            raise StudioError(f"the classes of {dataset.name} are not known")
        truth = dataset.labels[found.rows]
        if self._class_text is not None and found.joint is not None:
            logits = self._backbone.logit_scale * found.joint @ self._class_text.T
        else:
            assert self._head is not None and self._backbone.head is not None and found.visual is not None
            head = self._backbone.head
            bias = None if head.bias is None else head.bias.cpu()
            logits = functional.linear(torch.as_tensor(found.visual), head.weight.cpu(), bias)
            truth = np.where(truth >= 0, self._head.of[truth], -1)
        known = truth >= 0
        if not known.any():
            raise StudioError(f"no picture of {dataset.name} is of a class that the model can choose")
        return logits[torch.from_numpy(known)], truth[known], known

    def _accuracy(self, name: str, dataset: Dataset, found: DatasetFeatures) -> None:
        logits, truth = self._logits(dataset, found)
        right = int((logits.argmax(dim=1).numpy() == truth).sum())
        self._hits[name] = right, len(truth)
        self._figures[name] = self._share(right, len(truth))

    def _share(self, hits: int, n: int) -> Figure:
        return share(hits, n, resamples=self._on.resamples, seed=self._on.seed)

    def _annotated(self, inside: DatasetFeatures) -> None:
        """Accuracy on the ID images of each annotated factor, and on all that are annotated."""
        if not self._on.annotations:
            return
        logits, truth, known = self._logits_of(self._on.id, inside)
        names = [Path(self._on.id.caption(int(row))).name for row in inside.rows[known]]
        found = annotated_shares(
            logits.argmax(dim=1).numpy() == truth, names, self._on.annotations, self._on.resamples, self._on.seed
        )
        self._figures |= found.figures
        self._skipped |= found.skipped

    def _mean(self, kind: str, names: Collection[str]) -> None:
        """The mean accuracy over factors or styles, where each of them could be measured."""
        parts = [self._hits[key] for name in names if (key := f"{kind} {name}") in self._hits]
        if parts and len(parts) == len(names):
            self._figures[f"mean {kind}"] = mean_share(parts, resamples=self._on.resamples, seed=self._on.seed)

    def _neighbours(self, train: DatasetFeatures | None, inside: DatasetFeatures) -> None:
        on = self._on

        def work() -> None:
            if on.train is None or train is None:
                raise StudioError(_NO_TRAINING)
            if on.train.labels is None or on.id.labels is None:
                raise StudioError("the classes of the ID images are not known")
            assert train.visual is not None and inside.visual is not None
            truth = on.id.labels[inside.rows]
            share = neighbour_accuracy(train.visual, on.train.labels[train.rows], inside.visual, truth)
            n = int((truth >= 0).sum())
            self._figures["accuracy 20-nn"] = self._share(round(share * n), n)

        self._try("accuracy 20-nn", work)

    def _calibrate(self, inside: DatasetFeatures) -> None:
        """The temperature from one half of the ID images, the figures on the other."""

        def work() -> None:
            logits, truth = self._logits(self._on.id, inside)
            fitting, testing = halves(len(truth), self._on.seed)
            self._temperature = fit_temperature(logits[fitting], truth[fitting])
            self._figures["temperature"] = Figure(self._temperature, n=len(fitting))
            tested = logits[testing], truth[testing]
            self._calibration(self._on.id.name, *tested)
            if self._on.resamples:
                change = scaling_change(*tested, self._temperature, resamples=self._on.resamples, seed=self._on.seed)
                self._figures[f"ece change {self._on.id.name}"] = Figure(*change, n=len(testing))

        self._try("ece", work)

    def _calibration(self, name: str, logits: Tensor, truth: NDArray[np.int64]) -> None:
        for said, temperature in (("", 1.0), ("scaled ", self._temperature)):
            found = calibration_figures(logits, truth, temperature)
            shares = torch.as_tensor(logits, dtype=torch.float64).div(temperature).softmax(dim=1)
            self._diagrams[f"{said}{name}"] = Diagram.of(reliability(shares, truth))
            around: Mapping[str, tuple[float, float]] = {}
            if self._on.resamples:
                around = calibration_intervals(
                    logits, truth, temperature, resamples=self._on.resamples, seed=self._on.seed
                )
            for kind in _CALIBRATION:
                title = kind.replace("_", " ")
                low, high = around.get(kind, (None, None))
                self._figures[f"{title} {said}{name}"] = Figure(getattr(found, kind), low, high, len(truth))

    def _one_shift(self, name: str, title: str, dataset: Dataset) -> None:
        found = self._features(dataset)
        self._accuracy(name, dataset, found)
        if name.startswith("shift"):
            self._calibration(title, *self._logits(dataset, found))

    def _detect(self, train: DatasetFeatures | None, inside: DatasetFeatures) -> None:
        images = None if train is None or train.visual is None else torch.as_tensor(train.visual)
        references = {
            "text": Reference(self._class_text, logit_scale=self._backbone.logit_scale),
            "head": Reference(head=self._backbone.head),
            "features": Reference(images=images),
        }
        for rule in RULES:
            if why := self._lacks(rule):
                self._skipped[f"auroc {rule.name}"] = why
                continue
            self._try(f"auroc {rule.name}", partial(self._by_rule, rule, references[rule.needs], inside))

    def _by_rule(self, rule: Rule, reference: Reference, inside: DatasetFeatures) -> None:
        score = rule.scorer.fit(reference)
        kept = score_all(score, inside)
        lost = []

        def against(name: str, dataset: Dataset) -> None:
            lost.append(score_all(score, self._features(dataset)))
            for kind, figure in rates(kept, lost[-1], resamples=self._on.resamples, seed=self._on.seed).items():
                self._figures[f"{kind} {rule.name} {name}"] = figure

        for name, dataset in self._on.ood.items():
            self._try(f"auroc {rule.name} {name}", partial(against, name, dataset))
        if lost and len(lost) == len(self._on.ood):
            for kind, mean in mean_rates(kept, lost, resamples=self._on.resamples, seed=self._on.seed).items():
                self._figures[f"mean {kind} {rule.name}"] = mean

    def _retrieve(self) -> None:
        dataset = self._on.captioned
        if dataset is None:
            self._skipped["recall"] = "these pictures have no captions"
            return
        if self._class_text is None:
            self._skipped["recall"] = "the model has no text tower"
            return

        def work() -> None:
            found = self._features(dataset)
            assert found.joint is not None
            said = [self._on.captions[row] for row in found.rows]
            texts = [*dict.fromkeys(said)]
            number = {text: i for i, text in enumerate(texts)}
            of = [number[text] for text in said]
            captions = self._encode_text(texts).cpu()
            for way, right, n in (
                ("image-to-text", recalls(found.joint, captions, of, range(len(texts))), len(said)),
                ("text-to-image", recalls(captions, found.joint, range(len(texts)), of), len(texts)),
            ):
                for k in RANKS:
                    self._figures[f"recall@{k} {way}"] = self._share(round(right[k] * n), n)
            self._retrieved = nearest(texts, captions, found.joint, found.rows, np.array(of))

        self._try("recall", work)

"""Benchmarks of requests on suites: what comparing scorers and attacking whole sets share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Linear

from ood_studio.adapters import Adaptation, AdapterError
from ood_studio.backbones import Backbone, BackboneError
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.plain import plain
from ood_studio.evaluation.bench import Bench, needed_spaces
from ood_studio.evaluation.choose import bench_scorers, choose_scorers, without_text
from ood_studio.evaluation.lacking import what_lacks
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.features.budget import check_patches
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.features.noise import noise_features
from ood_studio.labels.corpora import has_lexnames
from ood_studio.labels.presets import read_labels
from ood_studio.scorers import FittedScore, Reference, Scorer, Space, parts_of, read_features
from ood_studio.studio.given import GIVEN, given_features
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests import BenchRequest, LabelChoice
from ood_studio.studio.workbench import LabelSpace, Workbench
from ood_studio.worlds import OWN_SUITE

FeaturesOf = Callable[[Dataset, Collection[str]], DatasetFeatures]
"""Features of a set of images in the spaces asked for."""


class SuiteBenches:
    """Opens suites and sets benchmarks up on them.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def open(self, request: BenchRequest) -> OpenSuite:
        """The suite of a request with its data found.

        Raises:
            StudioError: for an unknown suite, data that are not there, or ID labels that are not the suite's.
        """
        own = bool(request.id_data) or request.suite == OWN_SUITE
        typed = request.labels.labels.strip()
        suite = open_suite(
            OWN_SUITE if own else request.suite,
            id_data=request.id_data,
            ood_data=request.ood_data,
            train_data=request.train_data,
            data_root=request.data_root,
            seed=request.seed,
            count=request.count,
            train_count=request.train_count,
            labels=typed if own else "",
            workers=self._workbench.workers,
        )
        if typed and not own and read_labels(typed).labels != suite.labels:
            raise StudioError(f"the suite {suite.name} brings its own ID labels; leave the labels as they are")
        if request.decode == "plain":
            train = None if suite.train is None else plain(suite.train)
            others = {name: plain(each) for name, each in suite.ood.items()}
            suite = replace(suite, id=plain(suite.id), ood=others, train=train)
        return suite

    def bench(
        self,
        request: BenchRequest,
        suite: OpenSuite,
        features_of: FeaturesOf,
        *,
        params: Mapping[str, Any] | None = None,
        training: Mapping[str, Any],
        progress: Progress = silent,
    ) -> tuple[Bench, LabelSpace | None]:
        """The benchmark of a request on an open suite, and the label space where the model reads texts.

        Args:
            request: scorers, labels and how it is measured.
            suite: whose sets are compared.
            features_of: the model's features of them.
            params: told in every row beside what the request says; ``training`` in those of scorers that learn from
                training images.
            progress: told about the words encoded.

        Raises:
            StudioError: for an unknown scorer, or a text side that cannot be used.
        """
        choice = request.labels
        backbone = self._workbench.backbone(choice.backbone, progress)
        space, no_text = self._text_side(choice, suite.labels, progress)
        known = bench_scorers(request.score)
        if space is not None:
            known = {key: space.meant(scorer) for key, scorer in known.items()}
        scorers = choose_scorers(request.scorers, known)
        given = given_features(suite, request.head)
        if given is not None and given.unnamed and space is not None and given.width != backbone.dim:
            no_text = (
                f"the given features have {given.width} dimensions, and the texts of {backbone.name} {backbone.dim}"
            )
            space = None
        if choice.adapter and space is None:
            raise AdapterError(f"the adapter {choice.adapter[0]} cannot be put on: {no_text}")
        if space is not None and space.adaptation.parts:
            scorers = {f"{'+'.join(choice.adapter)}+{key}": scorer for key, scorer in scorers.items()}
            features_of = _adapted(space.adaptation, features_of)
        if not backbone.reads_text or (given is not None and given.head is not None):
            scorers = without_text(scorers)
        head = backbone.head if given is None or given.head is None else given.head
        if given is not None and head is not None and head.in_features != given.width:
            head = None  # of the model, and not for these features
        bench = Bench(
            suite,
            choice.backbone,
            scorers,
            self._reference_of(suite, space, choice, scorers, features_of, no_text, head, progress),
            features_of,
            seed=request.seed,
            resamples=request.resamples,
            fpr_definition=request.fpr_definition,
            params={
                **(params or {}),
                **({"decode": request.decode} if request.decode != "faithful" else {}),
                **_about_adapters(space),
            },
            prompting={"prompts": choice.prompts},
            mining={
                "corpus": choice.corpus,
                **({"lexnames": choice.lexnames} if has_lexnames(choice.corpus) else {}),
                "eta": choice.mining.eta,
                "closest": choice.mining.closest,
                "per_pos": choice.mining.per_pos,
                "selection": choice.mining.selection,
                "negatives": 0 if space is None else len(space.mined),
            },
            training=dict(training),
            model=about_model(backbone),
            given="" if given is None or not given.unnamed else GIVEN,
            given_head=request.head if given is not None else "",
        )
        return bench, space

    def fit(self, scorer: Scorer, choice: LabelChoice, suite: OpenSuite, progress: Progress = silent) -> FittedScore:
        """A scorer fitted to what a suite and a choice of labels give.

        Raises:
            StudioError: for what the scorer needs and there is not.
        """
        backbone = self._workbench.backbone(choice.backbone, progress)
        space, no_text = self._text_side(choice, suite.labels, progress)
        if not backbone.reads_text:
            (scorer,) = without_text({"": scorer}).values()
        features_of: FeaturesOf = partial(dataset_features, backbone, progress=progress)
        if space is not None:
            scorer, features_of = space.meant(scorer), _adapted(space.adaptation, features_of)
        scorers = {"": scorer}
        reference_of = self._reference_of(suite, space, choice, scorers, features_of, no_text, backbone.head, progress)
        return scorer.fit(reference_of(scorer.space))

    def model(self, choice: LabelChoice, suite: OpenSuite, progress: Progress = silent) -> Backbone:
        """The model of a choice as it sees the images of a suite, with its adapters.

        Raises:
            StudioError: if it cannot be had, or an adapter does not fit.
        """
        if not choice.adapter:
            return self._workbench.backbone(choice.backbone, progress)
        return self._workbench.label_space(choice, progress, suite.labels).backbone

    def _text_side(
        self, choice: LabelChoice, labels: tuple[str, ...], progress: Progress
    ) -> tuple[LabelSpace | None, str]:
        """The label space, or None and the reason where the model reads no text or there are no labels."""
        backbone = self._workbench.backbone(choice.backbone, progress)
        if not backbone.reads_text:
            return None, f"{backbone.name} has no text tower"
        if not labels:
            return None, "there are no ID labels; name them, or sort the ID pictures into class folders"
        try:
            return self._workbench.label_space(choice, progress, labels), ""
        except BackboneError as error:
            return None, str(error)

    def _reference_of(
        self,
        suite: OpenSuite,
        space: LabelSpace | None,
        choice: LabelChoice,
        scorers: Mapping[str, Scorer],
        features_of: FeaturesOf,
        no_text: str,
        head: Linear | None,
        progress: Progress,
    ) -> Callable[[Space], Reference]:
        """What scorers of a space learn from, put together once a space and only from what some scorer needs."""
        backbone: Backbone = self._workbench.backbone(choice.backbone, progress)
        learning = [scorer for scorer in scorers.values() if "images" in scorer.needs]
        pool = any("conjugated_text" in scorer.needs for scorer in scorers.values())
        noise = any("noise" in scorer.wants for scorer in scorers.values())
        texts = any("texts" in (*scorer.needs, *scorer.wants) for scorer in scorers.values())

        @cache
        def of(which: Space) -> Reference:
            if which in ("patches", "tokens") and not backbone.has_patches:
                raise StudioError(f"it reads patches, and {backbone.name} has none")
            if which in ("patches", "tokens"):
                check_patches(backbone, [suite.id, *suite.ood.values()])
            images = labels = conjugated = None
            absent: dict[str, str] = {}
            if suite.train is not None and any(scorer.space == which for scorer in learning):
                with reason_of("images", absent):
                    images, rows = _training(suite, which, needed_spaces(learning), features_of)
                    if suite.train.labels is not None:
                        labels = torch.from_numpy(suite.train.labels[rows])
                    if space is not None and space.adaptation.parts:
                        seen = features_of(suite.train, needed_spaces(learning) | {"joint"})
                        labels = space.adaptation.classes(seen.joint, labels)
            if space is not None and pool:
                with reason_of("conjugated_text", absent):
                    conjugated = self._workbench.conjugated_text(space, choice, progress)
            own = head if which in ("visual", "both") else None
            if space is None:
                absent |= dict.fromkeys(("class_text", "negative_text", "conjugated_text", "texts"), no_text)
                scale = backbone.logit_scale
                return Reference(images=images, labels=labels, head=own, logit_scale=scale, absent=absent)
            found = Reference(
                space.class_text,
                space.negative_text,
                images=images,
                labels=labels,
                head=own,
                logit_scale=backbone.logit_scale,
                conjugated_text=conjugated,
                absent=absent,
                noise=noise_features(space.backbone) if noise and which == "joint" else None,
                texts=self._workbench.label_texts(space, choice) if texts else None,
            )
            return space.adaptation.reference(found, which)

        return of


def _adapted(adaptation: Adaptation, features_of: FeaturesOf) -> FeaturesOf:
    """Features as the adapted model sees them: those of the model itself, which are on disk, moved."""
    return lambda images, spaces: adaptation.features(features_of(images, spaces))


def _about_adapters(space: LabelSpace | None) -> dict[str, Any]:
    """What a row says of the adapters: kind, hyper-parameters, what they learnt from, and the key of each."""
    if space is None or not space.adaptation.parts:
        return {}
    adapters = [
        {
            "adapter": part.record.adapter,
            **part.record.parameters,
            "seed": part.record.seed,
            "material": part.record.about or part.record.material,
            "key": part.key,
        }
        for part in space.adaptation.parts
    ]
    return {"adapters": adapters}


@contextmanager
def reason_of(part: str, absent: dict[str, str]) -> Iterator[None]:
    """Keeps the reason why a part of a reference cannot be had: only scorers that need it go without."""
    try:
        yield
    except Stopped:
        raise
    except StudioError as error:
        absent[part] = str(error).rstrip(".")


def _training(
    suite: OpenSuite, which: Space, spaces: Collection[str], features_of: FeaturesOf
) -> tuple[Tensor, NDArray[np.int64]]:
    """Features of the training images in a space, (n, dim), and their rows.

    Raises:
        StudioError: if they cannot be read, or given ones are not as wide as those of the ID images.
    """
    assert suite.train is not None
    found = features_of(suite.train, spaces)
    if isinstance(suite.train, FeatureDataset) or isinstance(suite.id, FeatureDataset):
        inside = features_of(suite.id, spaces)
        for part in parts_of(which):
            known = getattr(inside, part)
            if known is not None and (why := what_lacks(suite.train, found, which, known.shape[-1])):
                raise StudioError(why)
    return read_features(which, found), found.rows

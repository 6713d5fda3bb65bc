"""Scorers compared on suites of pictures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import Linear

from ood_studio.backbones import Backbone, BackboneError
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts, with_values
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.bench import Bench, needed_spaces, zero_shot_accuracy
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.rows import BenchResult
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.evaluation.sweeps import find_sweep, sweep_values
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.labels.conjugated import conjugated_pool, mine_conjugated, superclasses_of
from ood_studio.labels.corpora import has_lexnames, load_corpus
from ood_studio.labels.text_features import class_features
from ood_studio.scorers import (
    Reference,
    Scorer,
    Space,
    select_features,
)
from ood_studio.studio.answers import SweepPoint
from ood_studio.studio.requests import BenchRequest, LabelChoice
from ood_studio.studio.texts import read_labels, read_prompts
from ood_studio.studio.workbench import LabelSpace, Workbench

MOST_PHRASES = 20_000  # of the conjugated pool; a corpus of more adjectives gives each only one superclass


class Comparing(Workbench):
    """Scorers compared on suites of pictures, and one parameter swept."""

    def bench(self, request: BenchRequest, progress: Progress = silent) -> BenchResult:
        """The whole of `compare`."""
        *_, last = self.compare(request, progress)
        return last

    def compare(self, request: BenchRequest, progress: Progress = silent) -> Iterator[BenchResult]:
        """Scorers compared on a suite: the result so far after every OOD set, the whole at last.

        The rows of the whole are kept in the database of results, see `ood_studio.evaluation.results`.

        Raises:
            StudioError: for an unknown suite or scorer, data that are not there, ID labels that are not the suite's, or
                a text side that cannot be used.
        """
        choose_scorers(request.scorers, bench_scorers())  # unknown ones are told before anything is loaded
        suite = self._open_suite(request)
        progress("loading the model", 0, 1)
        backbone = self.backbone(request.labels.backbone)

        def features_of(pictures: Dataset, spaces: Collection[str]) -> DatasetFeatures:
            return dataset_features(backbone, pictures, spaces, progress)

        training = {} if suite.train is None else {"train": suite.train.name, "n_train": len(suite.train)}
        bench, space = self._on_suite(request, suite, features_of, training=training, progress=progress)
        spaces = needed_spaces([*bench.scorers.values()])
        accuracy = {} if space is None else self._accuracy(request, suite, space, spaces, features_of)
        for found in bench.run(progress):
            result = replace(found, accuracy=accuracy)
            if result.finished:
                ResultStore().keep(result, texts(request))
            yield result

    def _on_suite(
        self,
        request: BenchRequest,
        suite: OpenSuite,
        features_of: Callable[[Dataset, Collection[str]], DatasetFeatures],
        *,
        params: Mapping[str, Any] | None = None,
        training: Mapping[str, Any],
        progress: Progress,
    ) -> tuple[Bench, LabelSpace | None]:
        """The benchmark of a request on an open suite, and the label space where the model reads texts.

        ``params`` and ``training`` are told in every row, beside what the request says.
        """
        choice = request.labels
        backbone = self.backbone(choice.backbone)
        space, no_text = self._text_side(choice, suite.labels, progress)
        scorers = choose_scorers(request.scorers, bench_scorers(request.score))
        bench = Bench(
            suite,
            choice.backbone,
            scorers,
            self._reference_of(backbone, suite, space, choice, scorers, features_of, no_text),
            features_of,
            seed=request.seed,
            resamples=request.resamples,
            fpr_definition=request.fpr_definition,
            params={"prompts": choice.prompts, **(params or {})},
            mining={
                "corpus": choice.corpus,
                **({"lexnames": choice.lexnames} if has_lexnames(choice.corpus) else {}),
                "eta": choice.mining.eta,
                "per_pos": choice.mining.per_pos,
                "selection": choice.mining.selection,
                "negatives": 0 if space is None else len(space.mined),
            },
            training=dict(training),
        )
        return bench, space

    def sweep(
        self, name: str, request: BenchRequest, values: Sequence[str] = (), progress: Progress = silent
    ) -> Iterator[SweepPoint]:
        """A scorer on a suite while one parameter walks through values, those of the sweep where none are given.

        Raises:
            StudioError: for an unknown sweep or values that are no numbers, and as `compare`.
        """
        walk = find_sweep(name)
        walked = sweep_values(walk, values)
        for i, value in enumerate(walked):
            progress(f"sweeping {walk.title}", i, len(walked))
            try:
                point = with_values(request, walk.at(value))
                yield SweepPoint(value, self.bench(point, progress).rows)
            except Stopped:
                raise
            except StudioError as error:
                yield SweepPoint(value, (), str(error))

    def _open_suite(self, request: BenchRequest) -> OpenSuite:
        own = bool(request.id_data) or request.suite == "folders"
        typed = "" if request.labels.labels == LabelChoice.labels else request.labels.labels
        suite = open_suite(
            "folders" if own else request.suite,
            id_data=request.id_data,
            ood_data=request.ood_data,
            train_data=request.train_data,
            data_root=request.data_root,
            seed=request.seed,
            count=request.count,
            train_count=request.train_count,
            labels="\n".join(read_labels(typed)[0]) if own and typed else "",
            workers=self.workers,
        )
        if typed and not own and read_labels(typed)[0] != suite.labels:
            raise StudioError(f"the suite {suite.name} brings its own ID labels; leave the labels as they are")
        return suite

    def _text_side(
        self, choice: LabelChoice, labels: tuple[str, ...], progress: Progress
    ) -> tuple[LabelSpace | None, str]:
        """The label space, or None and the reason where the model reads no text or there are no labels."""
        if not labels:
            return None, "it needs ID labels, and there are none; name them, or sort the ID pictures into class folders"
        try:
            return self.label_space(choice, progress, labels), ""
        except BackboneError as error:
            return None, str(error)

    def _reference_of(
        self,
        backbone: Backbone,
        suite: OpenSuite,
        space: LabelSpace | None,
        choice: LabelChoice,
        scorers: Mapping[str, Scorer],
        features_of: Callable[[Dataset, Collection[str]], DatasetFeatures],
        no_text: str,
    ) -> Callable[[Space], Reference]:
        """What scorers of a space learn from, put together once a space and only from what some scorer needs."""
        learning = [scorer for scorer in scorers.values() if "images" in scorer.needs]
        pool = any("conjugated_text" in scorer.needs for scorer in scorers.values())

        @cache
        def of(which: Space) -> Reference:
            if which in ("patches", "tokens") and not backbone.has_patches:
                raise StudioError(f"it reads patches, and {backbone.name} has none")
            images = labels = None
            if suite.train is not None and any(scorer.space == which for scorer in learning):
                found = features_of(suite.train, needed_spaces(learning))
                images = select_features(which, found.joint, found.visual, found.patches)
                if suite.train.labels is not None:
                    labels = torch.from_numpy(suite.train.labels[found.rows])
            head: Linear | None = backbone.head if which == "visual" else None
            if space is None:
                if which in ("joint", "tokens"):
                    raise StudioError(no_text)
                return Reference(images=images, labels=labels, head=head, logit_scale=backbone.logit_scale)
            return Reference(
                space.class_text,
                space.negative_text,
                images=images,
                labels=labels,
                head=head,
                logit_scale=backbone.logit_scale,
                conjugated_text=self._conjugated(space, choice) if pool else None,
            )

        return of

    def _conjugated(self, space: LabelSpace, choice: LabelChoice) -> Tensor:
        """Text features of CSP's phrases, made from the adjectives of the corpus."""

        def build() -> Tensor:
            corpus = load_corpus(choice.corpus, lexnames=choice.lexnames)
            adjectives = [word for word, pos in zip(corpus.words, corpus.pos, strict=True) if pos == "a"]
            superclasses = superclasses_of(choice.corpus)
            few = len(adjectives) * len(superclasses) <= MOST_PHRASES
            pool = conjugated_pool(adjectives, superclasses, each=None if few else 1)
            return mine_conjugated(space.backbone, space.id_labels, pool, read_prompts(choice.prompts))[1]

        return self._conjugated_text.get(space.key, build)

    def _accuracy(
        self,
        request: BenchRequest,
        suite: OpenSuite,
        space: LabelSpace,
        spaces: frozenset[str],
        features_of: Callable[[Dataset, Collection[str]], DatasetFeatures],
    ) -> dict[str, float]:
        """Zero-shot accuracies where the classes of pictures are known."""
        found = {}
        joint = frozenset({"joint"})
        if suite.id.labels is not None and (suite.id.labels >= 0).any():
            inside = features_of(suite.id, spaces | joint)  # at once all that the scorers will ask for
            assert inside.joint is not None
            truth = suite.id.labels[inside.rows]
            found["id_accuracy"] = zero_shot_accuracy(inside.joint, space.class_text, truth)
        if suite.trained is not None and suite.trained.labels is not None:
            text = class_features(space.backbone, suite.trained.classes, read_prompts(request.labels.prompts))
            seen = features_of(suite.trained, joint)
            assert seen.joint is not None
            found["all_accuracy"] = zero_shot_accuracy(seen.joint, text, suite.trained.labels[seen.rows])
        return found

"""The benchmark: features in, a row of figures for each scorer and OOD set out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, heard, pulse, silent
from ood_studio.core.versions import versions
from ood_studio.data.content import origin_of
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.bootstrap import intervals
from ood_studio.evaluation.lacking import lacking, missed_notes
from ood_studio.evaluation.metrics import FprDefinition, summary
from ood_studio.evaluation.overlap import shared_note, shared_rows
from ood_studio.evaluation.passport import passport_of
from ood_studio.evaluation.result import BenchResult, Scores
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures
from ood_studio.scorers import FittedScore, Reference, Scorer, Space, parts_of, select_features

_CHUNK = 2048  # images scored at a time, or
_CHUNK_BYTES = 64 * 2**20  # of their features as numbers of 4 bytes: memory stays bounded whatever the size of the set
_TEXTS = ("class_text", "negative_text", "conjugated_text")


@dataclass(frozen=True)
class Bench:
    """One benchmark run: what is compared, and how.

    Attributes:
        suite: the datasets.
        backbone: the model's name, for the rows.
        scorers: by key, in the order of the rows.
        reference_of: what scorers of a space learn from; raises `StudioError` where the model lacks that space.
        features_of: the features of a set in the spaces asked for.
        seed: for the rows, and of the resamples.
        resamples: bootstrap resamples of the intervals; 0 for none.
        fpr_definition: of FPR95.
        params: what else made every score; ``prompting`` the same for scorers that read texts, ``mining`` for those
            that read negative labels, ``training`` for those that learn from training images.
        model: of the rows' provenance what says which model it is and where it runs.
        given: what stands in the rows of scores that read nothing of the model, where all features are given without
            saying whose they are; empty where they are not. ``given_head`` is where a head for them comes from.
    """

    suite: OpenSuite
    backbone: str
    scorers: Mapping[str, Scorer]
    reference_of: Callable[[Space], Reference]
    features_of: Callable[[Dataset, frozenset[str]], DatasetFeatures]
    seed: int = 0
    resamples: int = 1000
    fpr_definition: FprDefinition = "exact"
    params: Mapping[str, Any] = field(default_factory=dict)
    prompting: Mapping[str, Any] = field(default_factory=dict)
    mining: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    given: str = ""
    given_head: str = ""

    def run(self, progress: Progress = silent) -> Iterator[BenchResult]:
        """The result so far after every OOD set; the last one is finished.

        A set that holds no image that can be read, and a scorer that cannot read a set, cost no other; the notes say
        which.

        Raises:
            StudioError: if no scorer can run, the ID set holds no image that can be read, no OOD set does, or features
                are of no use.
        """
        fitted, unavailable, seconds = self._fit(progress)
        _check_any(fitted, unavailable)
        sets = {self.suite.id.name: self.suite.id, **self.suite.ood}
        models = [self._model(score.scorer) for score in fitted.values()]
        result = BenchResult(
            self.suite.name,
            self.given if self.given in models and len(set(models)) == 1 else self.backbone,
            self.suite.id.name,
            self.suite.labels,
            unavailable=unavailable,
            sets=sets,
            titles={key: scorer.title for key, scorer in self.scorers.items()},
            notes=self.suite.notes,
        )
        spaces = needed_spaces([score.scorer for score in fitted.values()])
        inside = self.features_of(self.suite.id, spaces)
        if lacks := lacking(self.suite.id, inside, fitted):
            unavailable |= lacks
            fitted = {key: score for key, score in fitted.items() if key not in lacks}
            _check_any(fitted, unavailable)
        result = replace(
            result,
            rows_of={result.id: inside.rows},
            problems={result.id: inside.problems},
            scores={key: {} for key in fitted},
        )
        remarks = [*self.suite.notes, *_remarks(fitted), *self._shared(self.suite.id, inside, fitted)]
        steps = len(fitted) * len(self.suite.ood)
        done = 0
        missed: dict[str, dict[str, str]] = {}
        for name, dataset in self.suite.ood.items():
            try:
                outside = self.features_of(dataset, spaces)
            except Stopped:
                raise
            except StudioError as error:
                missed[name] = dict.fromkeys(fitted, str(error))
                continue
            missed[name] = lacking(dataset, outside, fitted)
            remarks += self._shared(dataset, outside, fitted, inside)
            rows = list(result.rows)
            scores = {key: dict(found) for key, found in result.scores.items()}
            took = {key: dict(found) for key, found in result.seconds.items()}
            origins = self._origins(dataset, progress)
            for key, score in fitted.items():
                if key in missed[name]:
                    continue
                started = time.perf_counter()
                with heard(progress) as report:
                    report("scoring", done, steps)
                    self._score(score, scores[key], name, inside, outside)
                here = scores[key].get(f"{result.id}|{name}", scores[key].get(result.id))
                assert here is not None
                rows.append(self._row(key, score, name, here, scores[key][name], origins))
                took.setdefault(key, {})[name] = seconds[key] + time.perf_counter() - started
                done += 1
            result = replace(
                result,
                rows=tuple(rows),
                scores=scores,
                seconds=took,
                rows_of=result.rows_of | {name: outside.rows},
                problems=result.problems | {name: outside.problems},
                notes=(*remarks, *missed_notes(missed, [*fitted])),
            )
            yield result
        progress("scoring", steps, steps)
        if fitted and not result.rows:
            raise StudioError(missed_notes(missed, [*fitted])[0])
        yield replace(result, notes=(*remarks, *missed_notes(missed, [*fitted])), finished=True)

    def _fit(self, progress: Progress) -> tuple[dict[str, FittedScore], dict[str, str], dict[str, float]]:
        fitted: dict[str, FittedScore] = {}
        unavailable: dict[str, str] = {}
        seconds: dict[str, float] = {}
        for i, (key, scorer) in enumerate(self.scorers.items()):
            started = time.perf_counter()
            try:
                with heard(progress) as report:
                    report("fitting the scorers", i, len(self.scorers))
                    fitted[key] = scorer.fit(self.reference_of(scorer.space))
            except Stopped:
                raise
            except StudioError as error:
                unavailable[key] = str(error)
            seconds[key] = time.perf_counter() - started
        return fitted, unavailable, seconds

    def _score(
        self, score: FittedScore, scores: dict[str, Scores], ood: str, inside: DatasetFeatures, outside: DatasetFeatures
    ) -> None:
        """Adds the scores of the OOD set, and of the ID set where they are still missing."""
        name = self.suite.id.name
        if score.scorer.stream:
            # What comes first teaches the scorer, so the two sets arrive mixed, as they would in use.
            space = score.scorer.space
            both = torch.cat([_features(inside, space), _features(outside, space)])
            order = torch.randperm(len(both), generator=torch.Generator().manual_seed(self.seed))
            found = np.empty(len(both))
            found[order.numpy()] = score(both[order]).double().numpy()
            count = len(inside.rows)
            scores[f"{name}|{ood}"], scores[ood] = found[:count], found[count:]
            return
        if name not in scores:
            scores[name] = score_all(score, inside)
        scores[ood] = score_all(score, outside)

    def _shared(
        self,
        images: Dataset,
        features: DatasetFeatures,
        fitted: Mapping[str, FittedScore],
        inside: DatasetFeatures | None = None,
    ) -> list[str]:
        """Sentences about images of a set that are training images too, or of an OOD set that are ID images."""
        notes = []
        part: tuple[Space, ...] = ("visual", "joint")
        own = len(features.rows)
        spaces = {score.scorer.space for score in fitted.values() if "images" in self._reads(score.scorer)}
        for space in [each for each in part if each in spaces][:1]:
            learnt = self.reference_of(space).images
            seen = getattr(features, space)
            if learnt is not None and seen is not None:
                notes.append(shared_note(images.name, shared_rows(seen, learnt), own, "the training pictures"))
        if inside is not None:
            for space in part:
                ours, theirs = getattr(inside, space), getattr(features, space)
                if ours is not None and theirs is not None:
                    count = shared_rows(theirs, ours)
                    notes.append(shared_note(images.name, count, own, f"the ID pictures ({self.suite.id.name})"))
                    break
        return [note for note in notes if note]

    def _reads(self, scorer: Scorer) -> tuple[str, ...]:
        return scorer.reads(self.reference_of(scorer.space))

    def _origins(self, outside: Dataset, progress: Progress) -> dict[str, dict[str, str]]:
        """Where the images of a row come from."""
        sets = {"id": self.suite.id, "ood": outside}
        if self.suite.train is not None:
            sets["train"] = self.suite.train
        return {name: asdict(origin_of(each, progress)) for name, each in sets.items()}

    def _model(self, scorer: Scorer) -> str:
        """Whose name stands in a scorer's rows: the model's, where the scorer reads anything of it."""
        reads = set(scorer.reads(self.reference_of(scorer.space)))
        own = {*_TEXTS, *(() if self.given_head else ("head",))}
        return self.backbone if not self.given or reads & own else self.given

    def _row(
        self,
        key: str,
        score: FittedScore,
        ood: str,
        inside: Scores,
        outside: Scores,
        origins: Mapping[str, Mapping[str, str]],
    ) -> Row:
        found = summary(inside, outside, self.fpr_definition)
        low: tuple[float | None, float | None] = (None, None)
        high = low
        if self.resamples:
            around = intervals(
                inside, outside, resamples=self.resamples, seed=self.seed, definition=self.fpr_definition
            )
            low, high = (around.auroc[0], around.fpr95[0]), (around.auroc[1], around.fpr95[1])
        scorer = score.scorer
        reference = self.reference_of(scorer.space)
        reads = scorer.reads(reference)
        params = _parameters(scorer, reference) | dict(self.params)
        for said in score.remarks:
            params |= said.values
        if set(_TEXTS) & set(reads):
            params |= self.prompting
        if set(_TEXTS[1:]) & set(reads):
            params |= self.mining
        if "images" in reads:
            params |= self.training
        model = self._model(scorer)
        provenance: dict[str, Any] = {
            name: dict(each) for name, each in origins.items() if name != "train" or "images" in reads
        }
        provenance |= dict(self.model) if model == self.backbone else {}
        if self.given_head and "head" in reads:
            provenance["head"] = self.given_head
        return Row(
            suite=self.suite.name,
            id=self.suite.id.name,
            ood=ood,
            backbone=model,
            scorer=key,
            params=params,
            n_id=len(inside),
            n_ood=len(outside),
            auroc=found.auroc,
            fpr95=found.fpr95,
            aupr_in=found.aupr_in,
            aupr_out=found.aupr_out,
            detection_error=found.detection_error,
            auroc_low=low[0],
            auroc_high=high[0],
            fpr95_low=low[1],
            fpr95_high=high[1],
            fpr_definition=self.fpr_definition,
            seed=self.seed,
            provenance=provenance,
            versions=versions(),
            protocol=passport_of(scorer, self.suite.id.name, len(inside), ood, len(outside), self.seed).to_dict(),
        )


def _check_any(fitted: Mapping[str, FittedScore], unavailable: Mapping[str, str]) -> None:
    if not fitted:
        whole = {key: why.rstrip(".") for key, why in unavailable.items()}
        by_cause: dict[str, list[str]] = {}
        for key, why in whole.items():  # "NAME needs WHAT: CAUSE"
            by_cause.setdefault(why.partition(": ")[2] or why, []).append(key)
        reasons = "; ".join(
            f"{', '.join(keys)}: {cause if len(keys) > 1 else whole[keys[0]]}" for cause, keys in by_cause.items()
        )
        raise StudioError(f"no scorer can run ({reasons})")


def _remarks(fitted: Mapping[str, FittedScore]) -> list[str]:
    """What scorers said about their references, each sentence once."""
    said: dict[str, list[str]] = {}
    for key, score in fitted.items():
        for each in score.remarks:
            said.setdefault(each.text, []).append(key)
    return [f"{', '.join(dict.fromkeys(keys))}: {text}." for text, keys in said.items()]


def score_all(score: FittedScore, features: DatasetFeatures) -> Scores:
    """Scores of every image of a set, (n,) float64; a chunk of images at a time, between which a stop is heard."""
    space, count = score.scorer.space, len(features.rows)
    if not count:
        return np.empty(0)
    size = min(_CHUNK, max(1, _CHUNK_BYTES // (4 * _features(features, space, slice(0, 1)).numel())))
    parts = []
    for start in range(0, count, size):
        pulse()
        parts.append(score(_features(features, space, slice(start, start + size))).double().numpy())
    return np.concatenate(parts)


def needed_spaces(scorers: list[Scorer]) -> frozenset[str]:
    """The features that these scorers read, of ``joint``, ``visual`` and ``patches``."""
    spaces: set[str] = set()
    for scorer in scorers:
        spaces |= set(parts_of(scorer.space))
    return frozenset(spaces)


def _features(features: DatasetFeatures, space: Space, rows: slice = slice(None)) -> Tensor:
    parts = (None if part is None else part[rows] for part in (features.joint, features.visual, features.patches))
    return select_features(space, *parts)


def _parameters(scorer: Scorer, reference: Reference) -> dict[str, Any]:
    # Every concrete scorer is a dataclass; the type checker sees only the abstract one.
    return asdict(cast(Any, scorer.resolved(reference)))

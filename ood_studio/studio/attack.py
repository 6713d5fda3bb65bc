"""Attacked sets, and what every scorer makes of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.attacks.attack_set import AttackedSet, attack_sets
from ood_studio.attacks.defences import Defence, defended_features, parse_defence
from ood_studio.attacks.feature import (
    Objective,
)
from ood_studio.attacks.targets import class_targets, text_targets
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.folders import FolderDataset
from ood_studio.evaluation.choose import bench_scorers, choose_scorers, parse_scorer
from ood_studio.evaluation.rows import BenchResult, Row
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.scorers import FittedScore, Space, select_features
from ood_studio.studio.compare import Comparing
from ood_studio.studio.requests import AttackSetRequest, LabelChoice
from ood_studio.studio.texts import read_prompts


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a model makes of the source and of every attacked set, behind a defence or (``""``) none."""

    backbone: str
    defence: str
    result: BenchResult


@dataclass(frozen=True, eq=False)
class AttackResult:
    """Attacked sets and their effect.

    Attributes:
        source: the name of the set attacked.
        sets: in the order of `AttackSetRequest.attacks`, for each its checkpoints and then its end.
        judgements: the attacked model's own first, each model without a defence before those with one.
    """

    source: str
    sets: tuple[AttackedSet, ...]
    judgements: tuple[Judgement, ...]

    def rows(self, backbone: str = "", defence: str = "") -> tuple[Row, ...]:
        """The rows of one judge, the attacked model's where none is named: those of ``source`` are before the attack.

        Raises:
            StudioError: if there is no such judgement.
        """
        for each in self.judgements:
            if each.backbone == (backbone or self.judgements[0].backbone) and each.defence == defence:
                return each.result.rows
        raise StudioError(f"nobody judged with {backbone!r} behind {defence!r}")

    def curve(
        self, scorer: str, over: Literal["step", "smoothness", "linf", "l2"], backbone: str = "", defence: str = ""
    ) -> list[tuple[float, float]]:
        """(value, AUROC) of a scorer, ascending: against the steps of the first attack, or λ, or a budget at the end;
        a budget of 0 is the source itself."""
        auroc = {row.ood: row.auroc for row in self.rows(backbone, defence) if row.scorer == scorer}
        points = []
        for each in self.sets:
            end = each.step == each.attack["steps"]
            norm = each.attack["norm"]
            if over == "step" and each.attack == self.sets[0].attack:
                points.append((float(each.step), auroc[each.name]))
            elif over == "smoothness" and end and norm == "none":
                points.append((each.attack["smoothness"], auroc[each.name]))
            elif over == norm and end:
                points.append((each.attack["budget"], auroc[each.name]))
        if over in ("linf", "l2"):
            points.append((0.0, auroc[self.source]))
        return sorted(points)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.source,
            "sets": [_plain(each) for each in self.sets],
            "judgements": [
                {
                    "backbone": each.backbone,
                    "defence": each.defence,
                    "results": [asdict(row) for row in each.result.rows],
                    "unavailable": each.result.unavailable,
                }
                for each in self.judgements
            ],
        }


class Attacking(Comparing):
    """Whole sets attacked, and judged by every scorer."""

    def attack_set(self, request: AttackSetRequest, progress: Progress = silent) -> AttackResult:
        """Attacked sets, and every scorer's figures on them and on the source.

        The training pictures that served as targets are taken from what scorers learn, as in the paper.

        Raises:
            StudioError: for an unknown suite, set, scorer, model or defence, or data that are not there.
            Diverged: if the attack meets numbers that are not finite.
        """
        choose_scorers(request.scorers, bench_scorers())
        defences: list[Defence | None] = [None, *map(parse_defence, request.defences)]
        suite = self._open_suite(request.bench())
        if request.source not in suite.ood:
            raise StudioError(f"{suite.name} has no OOD set {request.source!r}; it has {', '.join(suite.ood)}")
        source = suite.ood[request.source]
        if len(source) > request.count:
            source = Subset(source, request.count, request.seed)
        backbones = [self.backbone(name) for name in dict.fromkeys((request.labels.backbone, *request.ensemble))]
        targets = _choose_targets(request, suite, source, backbones[0], progress)
        objectives_for = self._objectives(request, suite, backbones, targets, progress)
        text = repr((request.labels, request.score)) if request.target_score else ""
        if request.target == "text":
            text += repr((request.labels.prompts, suite.labels))
        chosen = repr((targets.chosen.tolist(), text, "" if suite.train is None else suite.train.key))
        key = "|".join(
            [
                *(backbone.fingerprint for backbone in backbones),
                request.target_score or f"{request.target}/{request.space}",
                hashlib.sha256(chosen.encode()).hexdigest(),
            ]
        )
        sets: list[AttackedSet] = []
        for name, attack in request.attacks().items():
            sets += attack_sets(
                f"{source.name}, {name}",
                source,
                objectives_for,
                attack,
                backbones=[backbone.name for backbone in backbones],
                key=key,
                target=request.target_score or request.target,
                targets=targets.names,
                checkpoints=request.checkpoints,
                progress=progress,
            )
        others: dict[str, Dataset] = {each.name: FolderDataset(each.folder, each.name) for each in sets}
        suite = replace(suite, ood={source.name: source, **others})
        judgements = []
        for name in dict.fromkeys((request.labels.backbone, *request.judges)):
            for defence in defences:
                judgements.append(self._judge(request, suite, name, defence, targets.removed, progress))
        return AttackResult(source.name, tuple(sets), tuple(judgements))

    def transfer(
        self, request: AttackSetRequest, backbones: Sequence[str], progress: Progress = silent
    ) -> dict[tuple[str, str], BenchResult]:
        """Attacked on one model, judged by another: (attacked, judge) -> the judge's figures, for every pair.

        Raises:
            StudioError: as `attack`.
        """
        found = {}
        for attacked in dict.fromkeys(backbones):
            asked = replace(
                request, labels=replace(request.labels, backbone=attacked), judges=tuple(backbones), defences=()
            )
            for each in self.attack_set(asked, progress).judgements:
                found[attacked, each.backbone] = each.result
        return {(i, j): found[i, j] for i in dict.fromkeys(backbones) for j in dict.fromkeys(backbones)}

    def _judge(
        self,
        request: AttackSetRequest,
        suite: OpenSuite,
        name: str,
        defence: Defence | None,
        removed: frozenset[int],
        progress: Progress,
    ) -> Judgement:
        backbone = self.backbone(name)

        def features_of(pictures: Dataset, spaces: Collection[str]) -> DatasetFeatures:
            found = defended_features(backbone, pictures, defence, spaces, progress)
            return _without(found, removed) if pictures is suite.train else found

        bench, _ = self._on_suite(
            replace(request.bench(), labels=replace(request.labels, backbone=name)),
            suite,
            features_of,
            params={"defence": "" if defence is None else str(defence)},
            training={"targets_removed": len(removed)},
            progress=progress,
        )
        *_, result = bench.run(progress)
        return Judgement(name, "" if defence is None else str(defence), result)

    def _objectives(
        self,
        request: AttackSetRequest,
        suite: OpenSuite,
        backbones: Sequence[Backbone],
        targets: _Targets,
        progress: Progress,
    ) -> Callable[[Sequence[int]], list[Objective]]:
        """The objectives for pictures of the source, by their indices."""
        found: list[tuple[Backbone, Tensor | FittedScore, Space]] = []
        for backbone in backbones:
            choice = replace(request.labels, backbone=backbone.name)
            if request.target_score:
                found.append((backbone, self._climbed(request, suite, backbone, choice, targets, progress), "joint"))
                continue
            if request.target == "text":
                text = text_targets(backbone, suite.labels, read_prompts(choice.prompts))
                found.append((backbone, text[targets.chosen], "joint"))
                continue
            assert suite.train is not None
            seen = dataset_features(backbone, suite.train, {request.space}, progress)
            features = select_features(request.space, seen.joint, seen.visual, seen.patches)
            if request.target in ("class", "nearest"):
                assert suite.train.labels is not None
                labels = torch.from_numpy(suite.train.labels[seen.rows])
                rows = class_targets(features, labels, targets.chosen.tolist())
            else:
                place = {int(row): i for i, row in enumerate(seen.rows)}
                lost = [int(row) for row in targets.chosen if int(row) not in place]
                if lost:
                    raise StudioError(f"the target {suite.train.caption(lost[0])} cannot be read; try another seed")
                rows = features[[place[int(row)] for row in targets.chosen]].clone()
            found.append((backbone, rows, request.space))

        def objectives(rows: Sequence[int]) -> list[Objective]:
            return [
                Objective(backbone, target if isinstance(target, FittedScore) else target[list(rows)], space)
                for backbone, target, space in found
            ]

        return objectives

    def _climbed(
        self,
        request: AttackSetRequest,
        suite: OpenSuite,
        backbone: Backbone,
        choice: LabelChoice,
        targets: _Targets,
        progress: Progress,
    ) -> FittedScore:
        space, no_text = self._text_side(choice, suite.labels, progress)
        scorer = parse_scorer(request.target_score, bench_scorers(request.score))

        def features_of(pictures: Dataset, spaces: Collection[str]) -> DatasetFeatures:
            return dataset_features(backbone, pictures, spaces, progress)

        of = self._reference_of(backbone, suite, space, choice, {"": scorer}, features_of, no_text)
        return scorer.fit(of(scorer.space))


@dataclass(frozen=True, eq=False)
class _Targets:
    """What each picture of the source is pulled to: training pictures, classes or nothing (a score)."""

    chosen: np.ndarray  # (n,) int64
    names: list[str]
    removed: frozenset[int]  # training pictures that scorers may not learn from


def _choose_targets(
    request: AttackSetRequest, suite: OpenSuite, source: Dataset, backbone: Backbone, progress: Progress
) -> _Targets:
    """Training pictures, from at most half of them, so that scorers keep some to learn from; or classes."""
    count = len(source)
    rng = np.random.default_rng([request.seed, count])
    if request.target_score:
        return _Targets(np.zeros(count, np.int64), [request.target_score] * count, frozenset())
    if request.target != "image":
        if not suite.labels:
            raise StudioError(f"{suite.name} has no ID labels to take targets from")
        chosen = rng.integers(0, len(suite.labels), count)
        if request.target in ("class", "nearest"):
            if suite.train is None or suite.train.labels is None:
                raise StudioError(f"{suite.name} has no training pictures of known classes to take means of")
            there = np.unique(suite.train.labels[suite.train.labels >= 0])
            if not len(there):
                raise StudioError(f"{suite.name} has no training pictures of known classes to take means of")
            chosen = there[chosen % len(there)]
            if request.target == "nearest":
                chosen = _nearest_classes(request.space, backbone, source, suite.train, there, progress)
        return _Targets(chosen, [suite.labels[i] for i in chosen], frozenset())
    if suite.train is None or len(suite.train) < 2:
        raise StudioError(f"{suite.name} has no ID training pictures to take targets from")
    pool = rng.permutation(len(suite.train))[: max(1, min(count, len(suite.train) // 2))]
    chosen = np.resize(pool, count)
    return _Targets(chosen, [suite.train.caption(int(i)) for i in chosen], frozenset(pool.tolist()))


def _nearest_classes(
    space: Space, backbone: Backbone, source: Dataset, train: Dataset, classes: np.ndarray, progress: Progress
) -> np.ndarray:
    """(n,) for each picture of the source the class whose mean features are the most similar.

    Pictures that cannot be read get the first class; they are not attacked either.
    """
    assert train.labels is not None
    own, seen = (dataset_features(backbone, pictures, {space}, progress) for pictures in (source, train))
    mine, theirs = (select_features(space, f.joint, f.visual, f.patches) for f in (own, seen))
    means = class_targets(theirs, torch.from_numpy(train.labels[seen.rows]), classes.tolist())
    nearest = (functional.normalize(mine, dim=-1) @ functional.normalize(means, dim=-1).T).argmax(dim=1)
    chosen = np.full(len(source), classes[0])
    chosen[own.rows] = classes[nearest.numpy()]
    return chosen


def _plain(made: AttackedSet) -> dict[str, Any]:
    """Values for JSON, which knows no infinity: the PSNR of an unchanged picture is null."""
    found = asdict(made) | {"folder": str(made.folder)}
    if math.isinf(made.quality.psnr):
        found["quality"]["psnr"] = None
    return found


def _without(features: DatasetFeatures, removed: frozenset[int]) -> DatasetFeatures:
    """The features but for those of some pictures."""
    if not removed:
        return features
    keep = torch.tensor([i for i, row in enumerate(features.rows) if int(row) not in removed], dtype=torch.long)

    def kept(part: Tensor | None) -> Tensor | None:
        return None if part is None else part[keep]

    parts = (kept(features.joint), kept(features.visual), kept(features.patches))
    return DatasetFeatures(*parts, features.rows[keep.numpy()], features.problems)

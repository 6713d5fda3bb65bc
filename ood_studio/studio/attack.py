"""Attacked sets, and what every scorer makes of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.attacks.attack_set import AttackedSet, craft_sets
from ood_studio.attacks.defences import Defence, defended_features, parse_defence
from ood_studio.attacks.feature import (
    Draws,
    FeatureAttack,
    LearningRate,
    Noise,
    Objective,
    Seed,
    Steps,
)
from ood_studio.attacks.targets import class_targets, text_targets
from ood_studio.attacks.transforms import Kind
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, check
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.folders import FolderDataset
from ood_studio.evaluation.choose import bench_scorers, choose_scorers, parse_scorer
from ood_studio.evaluation.metrics import FprDefinition
from ood_studio.evaluation.rows import BenchResult, Row
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.scorers import FittedScore, Scorer, Space, select_features
from ood_studio.studio.compare import Comparing
from ood_studio.studio.requests import GROUP_SIZE, BenchRequest, LabelChoice, Resamples, ScoreChoice, TrainCount
from ood_studio.studio.texts import read_prompts
from ood_studio.studio.workbench import LabelSpace

TargetKind = Literal["image", "class", "nearest", "text"]


@dataclass(frozen=True)
class AttackRequest:
    """What ``python -m ood_studio attack`` asks for: attacked sets, and every scorer before and after.

    Attributes:
        suite: whose pictures, one of `SUITES` that brings training pictures.
        source: which of its OOD sets is attacked.
        smoothness: a set for each λ, in the paper's unit (224 pixels); 0 is CIFAR10-A, 5000 is CIFAR10-AS.
        linf: a set for each budget of the largest change, in 255ths, at λ = 0.
        l2: a set for each budget of the Euclidean length, at λ = 0.
        target: what features are pulled to: a random ID training picture each (``image``), the mean of a random class
            (``class``) or of the class that the model sees nearest (``nearest``), or the text of a random ID label
            (``text``, in the joint space).
        climb: a scorer to climb instead, with parameters where wanted (``neglabel``, ``knn:space=joint``).
        space: of the features pulled: visual, as in the paper's code, or joint.
        ensemble: models attacked together with ``backbone``.
        judges: models that judge the sets besides ``backbone``; whether the attack transfers.
        defences: input transformations to try: ``jpeg:75``, ``blur:1``, ``resize:0.5``, ``crops:8``.
        checkpoints: steps at which sets are kept too, for curves.
        robust: transformations that the attack learns to withstand: resize, crop, jpeg.
        draws: of them in a step.
        steps, learning_rate, noise: of the attack.
        scorers: keys of scorers, each with parameters where wanted, or ``all``.
        label: the text side; a suite brings its own ID labels.
        score: how NegLabel scores.
        data_root: where the data of public benchmarks lie.
        seed: of the scenes, of the choice of targets, of the attack's noise and of the resamples.
        count: pictures attacked, and Diorama pictures in the ID set.
        train_count: training pictures, of which the targets are taken out before scorers learn from them.
        resamples: bootstrap resamples of the 95 % intervals; 0 for none.
        fpr_definition: which of the definitions of FPR95 in circulation.
    """

    suite: str = "diorama"
    source: str = "near-ood"
    smoothness: tuple[float, ...] = (0.0, 5000.0)
    linf: tuple[float, ...] = ()
    l2: tuple[float, ...] = ()
    target: TargetKind = "image"
    climb: str = ""
    space: Literal["visual", "joint"] = "visual"
    ensemble: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    defences: tuple[str, ...] = ()
    checkpoints: tuple[int, ...] = ()
    robust: tuple[Kind, ...] = ()
    draws: Draws = FeatureAttack.draws
    steps: Steps = FeatureAttack.steps
    learning_rate: LearningRate = FeatureAttack.learning_rate
    noise: Noise = FeatureAttack.noise
    scorers: tuple[str, ...] = ("all",)
    label: LabelChoice = field(default_factory=LabelChoice)
    score: ScoreChoice = field(default_factory=ScoreChoice)
    data_root: str = ""
    seed: Seed = 1
    count: Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures attacked")] = 500
    train_count: TrainCount = 2000
    resamples: Resamples = 1000
    fpr_definition: FprDefinition = "exact"

    def __post_init__(self) -> None:
        check(self)
        if self.target not in get_args(TargetKind):
            raise StudioError(f"target must be one of {', '.join(get_args(TargetKind))}, not {self.target!r}")
        if not self.attacks():
            raise StudioError("there is nothing to attack with; give at least one smoothness or budget")

    def attacks(self) -> dict[str, FeatureAttack]:
        """Every attack asked for by its name, such as "λ = 5000" or "L∞ 8/255".

        Raises:
            StudioError: a parameter beyond its bounds.
        """
        base = FeatureAttack(
            steps=self.steps,
            learning_rate=self.learning_rate,
            noise=self.noise,
            robust=self.robust,
            draws=self.draws,
            seed=self.seed,
        )
        found = {f"λ = {value:g}": replace(base, smoothness=value) for value in self.smoothness}
        found |= {f"L∞ {value:g}/255": replace(base, norm="linf", budget=value / 255) for value in self.linf}
        return found | {f"L2 {value:g}": replace(base, norm="l2", budget=value) for value in self.l2}

    def bench(self) -> BenchRequest:
        """The benchmark that the sets are judged by."""
        return BenchRequest(
            suite=self.suite,
            scorers=self.scorers,
            label=self.label,
            score=self.score,
            data_root=self.data_root,
            seed=self.seed,
            count=self.count,
            train_count=self.train_count,
            resamples=self.resamples,
            fpr_definition=self.fpr_definition,
        )


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
        sets: in the order of `AttackRequest.attacks`, for each its checkpoints and then its end.
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

    def attack(self, request: AttackRequest, progress: Progress = silent) -> AttackResult:
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
        backbones = [self.backbone(name) for name in dict.fromkeys((request.label.backbone, *request.ensemble))]
        targets = _choose_targets(request, suite, source, backbones[0], progress)
        objectives_for = self._objectives(request, suite, backbones, targets, progress)
        text = repr((request.label, request.score)) if request.climb else ""
        if request.target == "text":
            text += repr((request.label.prompts, suite.labels))
        chosen = repr((targets.chosen.tolist(), text, "" if suite.train is None else suite.train.key))
        key = "|".join(
            [
                *(backbone.fingerprint for backbone in backbones),
                request.climb or f"{request.target}/{request.space}",
                hashlib.sha256(chosen.encode()).hexdigest(),
            ]
        )
        sets: list[AttackedSet] = []
        for name, attack in request.attacks().items():
            sets += craft_sets(
                f"{source.name}, {name}",
                source,
                objectives_for,
                attack,
                key=key,
                target=request.climb or request.target,
                targets=targets.names,
                checkpoints=request.checkpoints,
                progress=progress,
            )
        others: dict[str, Dataset] = {each.name: FolderDataset(each.folder, each.name) for each in sets}
        suite = replace(suite, ood={source.name: source, **others})
        judgements = []
        for name in dict.fromkeys((request.label.backbone, *request.judges)):
            for defence in defences:
                judgements.append(self._judge(request, suite, name, defence, targets.removed, progress))
        return AttackResult(source.name, tuple(sets), tuple(judgements))

    def transfer(
        self, request: AttackRequest, backbones: Sequence[str], progress: Progress = silent
    ) -> dict[tuple[str, str], BenchResult]:
        """Attacked on one model, judged by another: (attacked, judge) -> the judge's figures, for every pair.

        Raises:
            StudioError: as `attack`.
        """
        found = {}
        for attacked in dict.fromkeys(backbones):
            asked = replace(
                request, label=replace(request.label, backbone=attacked), judges=tuple(backbones), defences=()
            )
            for each in self.attack(asked, progress).judgements:
                found[attacked, each.backbone] = each.result
        return {(i, j): found[i, j] for i in dict.fromkeys(backbones) for j in dict.fromkeys(backbones)}

    def _judge(
        self,
        request: AttackRequest,
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
            replace(request.bench(), label=replace(request.label, backbone=name)),
            suite,
            features_of,
            params={"defence": "" if defence is None else str(defence)},
            training={"targets_removed": len(removed)},
            progress=progress,
        )
        *_, result = bench.run(progress)
        return Judgement(name, "" if defence is None else str(defence), result)

    @staticmethod
    def _scorers(request: AttackRequest, space: LabelSpace | None) -> dict[str, Scorer]:
        negatives = GROUP_SIZE if space is None else len(space.mined)
        return choose_scorers(request.scorers, bench_scorers(request.score.neglabel(negatives)))

    def _objectives(
        self,
        request: AttackRequest,
        suite: OpenSuite,
        backbones: Sequence[Backbone],
        targets: _Targets,
        progress: Progress,
    ) -> Callable[[Sequence[int]], list[Objective]]:
        """The objectives for pictures of the source, by their indices."""
        found: list[tuple[Backbone, Tensor | FittedScore, Space]] = []
        for backbone in backbones:
            choice = replace(request.label, backbone=backbone.name)
            if request.climb:
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
        request: AttackRequest,
        suite: OpenSuite,
        backbone: Backbone,
        choice: LabelChoice,
        targets: _Targets,
        progress: Progress,
    ) -> FittedScore:
        space, no_text = self._text_side(choice, suite.labels, progress)
        known: Mapping[str, Scorer] = self._scorers(replace(request, scorers=("all",)), space)
        scorer = parse_scorer(request.climb, known)

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
    request: AttackRequest, suite: OpenSuite, source: Dataset, backbone: Backbone, progress: Progress
) -> _Targets:
    """Training pictures, from at most half of them, so that scorers keep some to learn from; or classes."""
    count = len(source)
    rng = np.random.default_rng([request.seed, count])
    if request.climb:
        return _Targets(np.zeros(count, np.int64), [request.climb] * count, frozenset())
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

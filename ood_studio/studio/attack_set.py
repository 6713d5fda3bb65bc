"""Whole sets attacked, and judged by every scorer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ood_studio.attacks.attack_set import AttackedSet, attack_sets
from ood_studio.attacks.defences import Defence, defended_features, parse_defence
from ood_studio.attacks.feature import FeatureAttack
from ood_studio.attacks.objective import Objective
from ood_studio.attacks.set_targets import SetTargets, choose_targets
from ood_studio.backbones import Backbone
from ood_studio.backbones.framing import frame_shape
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts
from ood_studio.core.progress import Progress, silent
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.folders import FolderDataset
from ood_studio.evaluation.choose import bench_scorers, check_some_run, choose_scorers, parse_scorer, without_text
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures
from ood_studio.labels.prompts import read_prompts
from ood_studio.scorers import FittedScore, Space
from ood_studio.studio.attack_results import AttackResult, Evaluation
from ood_studio.studio.requests import AttackSetRequest, LabelChoice
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.workbench import Workbench


@dataclass(frozen=True, eq=False)
class AttackedSuite:
    """A suite attacked, before anything has judged it.

    Attributes:
        source: the name of the set attacked.
        suite: whose OOD sets are the source and the attacked ones.
        sets: the attacked ones.
        used: training images that were targets.
    """

    source: str
    suite: OpenSuite
    sets: tuple[AttackedSet, ...]
    used: frozenset[int]


class AttackSetService:
    """Attacks sets of images.

    Args:
        workbench: models, labels and features.
        suites: benchmarks on suites.
    """

    def __init__(self, workbench: Workbench, suites: SuiteBenches) -> None:
        self._workbench, self._suites = workbench, suites

    def attack_set(self, request: AttackSetRequest, progress: Progress = silent) -> AttackResult:
        """Attacked sets, and every scorer's figures on them and on the source.

        The training images that served as targets are taken from what scorers learn, as in the paper.

        Raises:
            StudioError: for an unknown suite, set, scorer, model or defence, or data that are not there.
            Diverged: if the attack meets numbers that are not finite.
        """
        self._check_scorers(request, progress)
        defences: list[Defence | None] = [None, *map(parse_defence, request.defences)]
        attacked = self.attacked_suite(request, progress)
        evaluations = [
            self._evaluate(request, attacked.suite, name, defence, attacked.used, progress)
            for name in dict.fromkeys((request.labels.backbone, *request.judges))
            for defence in defences
        ]
        return AttackResult(attacked.source, attacked.sets, tuple(evaluations))

    def _check_scorers(self, request: AttackSetRequest, progress: Progress) -> None:
        chosen_scorers = choose_scorers(request.scorers, bench_scorers())
        for name in dict.fromkeys((request.labels.backbone, *request.judges)):
            judge = self._workbench.backbone(name, progress)
            if not judge.reads_text:
                check_some_run(without_text(chosen_scorers), name, judge.head)

    def attacked_suite(self, request: AttackSetRequest, progress: Progress = silent) -> AttackedSuite:
        """The attacked sets alone, which nothing has judged yet.

        Raises:
            StudioError: as `Studio.attack_set`.
        """
        suite = self._suites.open(request.bench())
        chosen = request.source
        if request.id_data and chosen == AttackSetRequest.source and chosen not in suite.ood:
            chosen = next(iter(suite.ood))
        if chosen not in suite.ood:
            raise StudioError(f"{suite.name} has no OOD set {chosen!r}; it has {', '.join(suite.ood)}")
        source = suite.ood[chosen]
        if isinstance(source, FeatureDataset):
            raise StudioError(f"{source.file} holds features; only pictures can be attacked")
        if len(source) > request.count:
            source = Subset(source, request.count, request.seed)
        names = dict.fromkeys((request.labels.backbone, *request.ensemble))
        backbones = [self._suites.model(_choice(request, name), suite, progress) for name in names]
        targets = None
        if not request.target_score:
            targets = choose_targets(
                request.target,
                source,
                suite.labels,
                suite.train,
                backbone=backbones[0],
                space=request.space,
                seed=request.seed,
                whose=suite.name,
                progress=progress,
            )
        objectives_for = self._objectives(request, suite, backbones, targets, progress)
        sets: list[AttackedSet] = []
        for name, attack in request.attacks().items():
            sets += attack_sets(
                f"{source.name}, {name}",
                source,
                objectives_for,
                attack,
                backbones=[backbone.name for backbone in backbones],
                key=_key(request, suite, backbones, targets),
                target=request.target_score or request.target,
                targets=[request.target_score] * len(source) if targets is None else targets.names,
                checkpoints=request.checkpoints,
                origin=texts(_alone(request, attack)),
                progress=progress,
            )
        others: dict[str, Dataset] = {each.name: FolderDataset(each.folder, each.name) for each in sets}
        suite = replace(suite, ood={source.name: source, **others})
        return AttackedSuite(source.name, suite, tuple(sets), frozenset[int]() if targets is None else targets.used)

    def transfer(
        self, request: AttackSetRequest, backbones: Sequence[str], progress: Progress = silent
    ) -> dict[tuple[str, str], BenchResult]:
        """Attacked on one model, judged by another: (attacked, judge) -> the judge's figures, for every pair.

        Raises:
            StudioError: as `attack_set`.
        """
        found = {}
        for attacked in dict.fromkeys(backbones):
            asked = replace(
                request, labels=replace(request.labels, backbone=attacked), judges=tuple(backbones), defences=()
            )
            for each in self.attack_set(asked, progress).evaluations:
                found[attacked, each.backbone] = each.result
        return {(i, j): found[i, j] for i in dict.fromkeys(backbones) for j in dict.fromkeys(backbones)}

    def _evaluate(
        self,
        request: AttackSetRequest,
        suite: OpenSuite,
        name: str,
        defence: Defence | None,
        used: frozenset[int],
        progress: Progress,
    ) -> Evaluation:
        """The suite as a model sees it behind a defence; scorers do not learn from the training images ``used``."""
        choice = _choice(request, name)
        backbone = self._workbench.backbone(name, progress)

        def features_of(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
            found = defended_features(backbone, images, defence, spaces, progress)
            return found.without(used) if images is suite.train else found

        bench, _ = self._suites.bench(
            replace(request.bench(), labels=choice),
            suite,
            features_of,
            params={"defence": "" if defence is None else str(defence)},
            training={"targets_removed": len(used)},
            progress=progress,
        )
        *_, result = bench.run(progress)
        return Evaluation(name, "" if defence is None else str(defence), result)

    def _objectives(
        self,
        request: AttackSetRequest,
        suite: OpenSuite,
        backbones: Sequence[Backbone],
        targets: SetTargets | None,
        progress: Progress,
    ) -> Callable[[Sequence[int]], list[Objective]]:
        """The objectives for images of the source, by their indices."""
        found: list[tuple[Backbone, Tensor | FittedScore, Space]] = []
        for backbone in backbones:
            if targets is None:
                scorer = parse_scorer(request.target_score, bench_scorers(request.score))
                choice = _choice(request, backbone.name)
                found.append((backbone, self._suites.fit(scorer, choice, suite, progress), "joint"))
                continue
            rows = targets.features(backbone, request.space, read_prompts(request.labels.prompts), progress)
            of_labels: Space = "joint" if backbone.reads_text else "visual"
            found.append((backbone, rows, of_labels if request.target == "text" else request.space))

        def objectives(rows: Sequence[int]) -> list[Objective]:
            return [
                Objective(backbone, target if isinstance(target, FittedScore) else target[list(rows)], space)
                for backbone, target, space in found
            ]

        return objectives


def _choice(request: AttackSetRequest, name: str) -> LabelChoice:
    """The labels for one of the models; adapters are on the attacked one alone."""
    adapters = request.labels.adapter if name == request.labels.backbone else ()
    return replace(request.labels, backbone=name, adapter=adapters)


def _alone(request: AttackSetRequest, attack: FeatureAttack) -> AttackSetRequest:
    """A request for one of its attacks, and for no figures."""
    plain: dict[str, Any] = {name: () for name in ("smoothness", "linf", "l2", "checkpoints", "judges", "defences")}
    return replace(request, attack=attack, **plain)


def _key(request: AttackSetRequest, suite: OpenSuite, backbones: Sequence[Backbone], targets: SetTargets | None) -> str:
    """Of everything but the attack and the source that decides what becomes of the images."""
    text = repr((request.labels, request.score)) if request.target_score else ""
    if request.target == "text":
        text += repr((request.labels.prompts, suite.labels))
    chosen = repr(
        (
            None if targets is None else targets.chosen.tolist(),
            text,
            "" if suite.train is None else suite.train.key,
        )
    )
    return "|".join(
        [
            *(backbone.fingerprint for backbone in backbones),
            request.target_score or f"{request.target}/{request.space}",
            hashlib.sha256(chosen.encode()).hexdigest(),
            *(["framed"] if frame_shape(backbones[0]) != tuple(backbones[0].input_shape) else []),
        ]
    )

"""Adapted detectors measured: fitted with a seed, judged on fresh scenes, and kept on disk, so that a run resumes."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.adapters import Adaptation, Adapted, export
from ood_studio.backbones import Backbone
from ood_studio.core.files import scratch_file, scratch_folder, settle
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Bars
from ood_studio.data.dataset import Dataset
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, LOOK_ALIKES
from ood_studio.evaluation.choose import bench_scorers, parse_scorer
from ood_studio.evaluation.metrics import auroc, fpr_at_tpr
from ood_studio.evaluation.suites import open_suite
from ood_studio.features.base import DatasetFeatures
from ood_studio.features.images import dataset_features
from ood_studio.scorers import FittedScore, Reference, Space, select_features
from ood_studio.studio import AdaptRequest, LabelChoice, Studio, SynthesizeImageRequest, SynthesizeSetRequest
from ood_studio.studio.workbench import LabelSpace
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.worlds import open_split

Scores = NDArray[np.float64]

NEW_CLASSES = tuple(double for _, double in LOOK_ALIKES)
_FORMAT = 1
_TIMED = 16  # images a score is timed on


@dataclass(frozen=True)
class Ground:
    """ID images, and what is held against them: splits of the world, in equal parts of the set.

    Attributes:
        name: for people.
        labels: the ID labels.
        id: the splits of the ID set.
        ood: one split a set.
    """

    name: str
    labels: tuple[str, ...]
    id: tuple[str, ...]
    ood: tuple[str, ...] = ("near-ood", "far-ood-textures")


ANY = Ground("any style", ID_CLASSES, ("id-test",))
# SynOOD is judged where NegLabel makes mistakes: textures, told apart to 99.9 % and more without it, can show nothing.
ROOM = Ground("sets with room", ID_CLASSES, ("id-test",), ("near-ood", "unseen-ood", "far-ood-scenes"))
# What is learnt from flat scenes is judged on harder sets: it tells textures from ID without a mistake.
_HARDER = ("near-ood", "unseen-ood")
BASE = Ground("base classes", ID_CLASSES, ("id-flat",), _HARDER)
NEW = Ground("new classes", NEW_CLASSES, ("hard-20",), ("id-test", "unseen-ood"))
STYLES = Ground("new styles", ID_CLASSES, ("id-sketch", "id-painted", "id-night", "id-noisy"), _HARDER)


@dataclass(frozen=True)
class Detector:
    """What is learnt on a backbone, and the score that reads it.

    Attributes:
        score: its key, with parameters where wanted.
        methods: adapters, put on one another in this order.
        suite: whose ID training images are learnt from.
        synthetic: how the synthetic set was made (`SynthesizeSetRequest.method`), and ``pictures`` how many of it.
        apart: each adapter is learnt on the plain model, not on the one with those before it.
        negatives: how many negative labels there are; None = all that the corpus has.
    """

    score: str
    methods: tuple[str, ...] = ()
    suite: str = "diorama"
    synthetic: Literal["", "boundary", "unguided", "negative"] = ""
    pictures: int = 0
    apart: bool = True
    negatives: int | None = None

    @property
    def title(self) -> str:
        """As the command line names it."""
        return "+".join((*self.methods, self.score))


@dataclass(frozen=True, eq=False)
class Measured:
    """Scores on a ground, and what it cost.

    Attributes:
        scores: (n,) by set; ``""`` is ID.
        costs: CPU seconds of the fit, ``fit``; CPU milliseconds an image of the score on cached features, ``image``;
            and how many numbers were learnt, ``numbers``.
    """

    scores: Mapping[str, Scores]
    costs: Mapping[str, float] = field(default_factory=dict)

    @property
    def sets(self) -> list[str]:
        """The OOD sets."""
        return [name for name in self.scores if name]

    def auroc(self, name: str) -> float:
        """In percent."""
        return 100 * auroc(self.scores[""], self.scores[name])

    def fpr95(self, name: str) -> float:
        """The share of an OOD set that is taken for ID where 95 % of ID are, in percent."""
        return 100 * fpr_at_tpr(self.scores[""], self.scores[name])


@dataclass(frozen=True)
class Bench:
    """One backbone.

    Attributes:
        backbone: its name.
        count: images in every set.
        train_count: images learnt from.
        synthetic: the most synthetic pictures of a kind.
        seed: of the synthetic sets.
        device: torch device, or auto.
    """

    backbone: str
    count: int
    train_count: int
    synthetic: int
    seed: int
    device: str

    def measure(self, detector: Detector, ground: Ground, seed: int) -> Measured:
        """A detector with a seed, of the fit and of all images; kept on disk.

        Raises:
            StudioError: if it cannot be fitted.
        """
        studio = _studio(self.device)
        model = studio.workbench.backbone(self.backbone).fingerprint
        content = [_FORMAT, world_fingerprint(), model, asdict(detector), asdict(ground), asdict(self), seed]
        key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]
        return _kept(key, lambda: self._measure(studio, detector, ground, seed))

    def _measure(self, studio: Studio, detector: Detector, ground: Ground, seed: int) -> Measured:
        choice = self._choice(detector, ground.labels)
        space = studio.workbench.label_space(choice)
        parts, seconds = self._fitted(studio, detector, seed)
        moved = [part.on(space.id_labels, space.mined.words) for part in parts]
        adaptation = Adaptation(space.backbone, tuple(moved))
        fitted, reads = self._score(detector, adaptation, space, seed)
        scores, milliseconds = {}, 0.0
        for name, rows in self._rows(ground, seed, adaptation, reads).items():
            with torch.no_grad():
                scores[name] = torch.cat([fitted(each).double() for each in torch.split(rows, 256)]).numpy()
            milliseconds = milliseconds or _milliseconds(fitted, rows)
        learnt = sum(each.numel() for part in parts for name, each in part.tensors.items() if each.is_floating_point())
        return Measured(scores, {"fit": seconds, "image": milliseconds, "numbers": float(learnt)})

    def cost(self, detector: Detector, seed: int) -> Measured:
        """What a detector costs that is too slow to be judged: on no more images than a score is timed on."""
        return replace(self, count=_TIMED).measure(detector, replace(BASE, ood=()), seed)

    def _score(
        self, detector: Detector, adaptation: Adaptation, space: LabelSpace, seed: int
    ) -> tuple[FittedScore, Space]:
        scorer = adaptation.scorer(parse_scorer(detector.score, bench_scorers()))
        plain = Reference(space.class_text, space.negative_text, logit_scale=space.backbone.logit_scale)
        if "images" in scorer.needs:
            train = open_suite(detector.suite, seed=seed, train_count=self.train_count).train
            assert train is not None and train.labels is not None
            found = _features(space.backbone, train)
            classes = adaptation.classes(found.joint, torch.from_numpy(train.labels[found.rows]))
            found = adaptation.features(found)
            images = select_features(scorer.space, found.joint, found.visual, None)
            plain = replace(plain, images=images, labels=classes)
        return scorer.fit(adaptation.reference(plain, scorer.space)), scorer.space

    def _fitted(self, studio: Studio, detector: Detector, seed: int) -> tuple[list[Adapted], float]:
        """The adapters, and the CPU seconds of their fits: features, crops and synthetic pictures are not in them."""
        parts: list[Adapted] = []
        seconds = 0.0
        for method in detector.methods:
            choice = self._choice(detector, ID_CLASSES)
            if parts and not detector.apart:
                choice = replace(choice, adapter=tuple(_file_of(each) for each in parts))
            request = AdaptRequest(
                method=method,
                labels=choice,
                suite=detector.suite,
                synthetic=self._synthetic(studio, detector),
                train_count=self.train_count,
                seed=seed,
            )
            start = 0.0
            for epoch in studio.adapt(request):
                last, start = epoch, start or time.process_time()  # crops are made before the first one
            parts.append(last.adapted)
            seconds += time.process_time() - start
        return parts, seconds

    def _choice(self, detector: Detector, labels: tuple[str, ...]) -> LabelChoice:
        choice = LabelChoice(backbone=self.backbone, labels="diorama-20" if labels == ID_CLASSES else ", ".join(labels))
        if detector.negatives is None:
            return choice
        return replace(choice, mining=replace(choice.mining, count=detector.negatives))

    def _rows(self, ground: Ground, seed: int, adaptation: Adaptation, reads: Space) -> dict[str, Tensor]:
        """Features of images that no adapter has learnt from, by set, as the adapted model sees them."""
        rows = {}
        for name, splits in {"": ground.id, **{name: (name,) for name in ground.ood}}.items():
            parts = []
            for split in splits:
                images = open_split(split, seed + 1, self.count // len(splits))
                found = adaptation.features(_features(adaptation.backbone, images))
                parts.append(select_features(reads, found.joint, found.visual, None))
            rows[name] = torch.cat(parts)
        return rows

    def _synthetic(self, studio: Studio, detector: Detector) -> str:
        """The folder of so many synthetic pictures, of all classes alike."""
        if not detector.synthetic:
            return ""
        images = SynthesizeImageRequest(loop=NearBoundary(seed=self.seed))
        request = SynthesizeSetRequest(
            image=images, method=detector.synthetic, per_class=max(1, self.synthetic // 20), count=self.synthetic
        )
        with closing(Bars(quiet=False)) as bars:
            *_, built = studio.synthesize_set(request, bars)
        files = sorted(built.folder.glob("*.png"))
        step = max(1, len(files) // detector.pictures)
        folder = _folder() / f"{built.folder.name}-{detector.pictures}-of-{len(files)}"
        if not folder.is_dir():
            with scratch_folder(folder.parent) as scratch:
                for file in files[::step][: detector.pictures]:
                    shutil.copy(file, scratch / file.name)
                settle(scratch, folder)
        return str(folder)


@cache
def _studio(device: str) -> Studio:
    return Studio(device, workers=1)


def _features(backbone: Backbone, images: Dataset) -> DatasetFeatures:
    with closing(Bars(quiet=True)) as bars:
        return dataset_features(backbone, images, {"joint", "visual"}, bars)


@torch.no_grad()
def _milliseconds(score: FittedScore, rows: Tensor) -> float:
    """CPU time an image."""
    start = time.process_time()
    score(rows[:_TIMED])
    return (time.process_time() - start) * 1000 / _TIMED


def _folder() -> Path:
    return cache_dir() / "reports" / "adapters"


def _file_of(adapted: Adapted) -> str:
    path = _folder() / f"{adapted.key}.safetensors"
    if not path.is_file():
        export(adapted, path)
    return str(path)


def _kept(key: str, make: Callable[[], Measured]) -> Measured:
    path = _folder() / f"{key}.npz"
    if path.is_file():
        with np.load(path) as file:
            costs = json.loads(str(file["costs"]))
            return Measured({name[1:]: file[name] for name in file if name != "costs"}, costs)
    found = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"_{name}": each for name, each in found.scores.items()}
    with scratch_file(path) as scratch, scratch.open("wb") as out:
        np.savez(out, costs=np.array(json.dumps(dict(found.costs))), **arrays)  # type: ignore[arg-type]
    return found

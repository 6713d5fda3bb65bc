"""An adapter judged again: on what it learnt from, on fresh images of the same kind, and attacked itself.

Images that were learnt from are told apart better whatever was learnt; only fresh ones tell memory from cure, and only
an attack that knows of the adapter tells whether the detector is any harder to break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ood_studio.adapters import Adapted, export
from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.parameters import read_texts, with_values
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.folders import FolderDataset
from ood_studio.data.image_sets import ImageSet, read_set
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.metrics import auroc
from ood_studio.scorers import NegLabel
from ood_studio.studio.attack_set import AttackSetService
from ood_studio.studio.judge import Judge, Judged, Scores
from ood_studio.studio.requests import AdaptRequest, AttackSetRequest, JudgeAgainRequest, SynthesizeSetRequest
from ood_studio.studio.synthesize_set import SynthesizeSetService
from ood_studio.worlds import DrawnSuite, suites

Kind = Literal["learnt", "fresh", "repeated"]
TITLES: dict[Kind, str] = {
    "learnt": "Learnt from",
    "fresh": "Fresh ones of the same kind",
    "repeated": "The attack repeated on the adapted detector",
}
_FURTHER = 7_919  # added to a seed, so that images are others than those before
_LEVEL = 0.05  # of the sign test
_TARGETS = 200  # training images that targets are drawn from, where any will do
_GUIDE = {"energy": "maxlogit"}  # a guide called energy is the recognition model's, which no adapter changes


@dataclass(frozen=True, eq=False)
class Round:
    """Images of one kind before and after the adapter.

    Attributes:
        kind: see `TITLES`.
        about: how they were made, for people.
        images: the images, and ``rows`` which of them were scored.
        before, now: (n,) scores without the adapter and with it; ``limits`` the two thresholds, each of which keeps
            95 % of the same held-out ID images.
        areas: AUROC of those ID images against these, without the adapter and with it.
    """

    kind: Kind
    about: str
    images: Dataset
    rows: tuple[int, ...]
    before: Scores
    now: Scores
    limits: tuple[float, float]
    areas: tuple[float, float]

    @property
    def caught(self) -> tuple[int, int]:
        """How many images are flagged as OOD without the adapter, and with it."""
        return int((self.before < self.limits[0]).sum()), int((self.now < self.limits[1]).sum())

    @property
    def verdict(self) -> str:
        """What the same images before and after show, by an exact sign test at 5 %, as a sentence."""
        from scipy.stats import binomtest

        was, turned = self.before < self.limits[0], self.now < self.limits[1]
        more, fewer = int((~was & turned).sum()), int((was & ~turned).sum())
        counts = f"{more:,} more of them are caught, {fewer:,} no longer"
        if not more + fewer:
            return "No verdict changed."
        if binomtest(more, more + fewer).pvalue > _LEVEL:
            return f"Undecided: {counts}."
        return f"Shows that the adapter {'helps' if more > fewer else 'harms'} here: {counts}."


@dataclass(frozen=True)
class JudgedAgain:
    """Rounds as far as they have come, and what is to be said of them."""

    rounds: tuple[Round, ...] = ()
    notes: tuple[str, ...] = ()


class JudgeAgainService:
    """Judges adapters again.

    Args:
        attacks: attacks sets.
        synthesis: makes synthetic sets.
        allow: lets a request pass, or raises a StudioError.
    """

    def __init__(
        self, attacks: AttackSetService, synthesis: SynthesizeSetService, allow: Callable[[Any], None]
    ) -> None:
        self._attacks, self._synthesis, self._allow = attacks, synthesis, allow

    def __call__(
        self,
        request: AdaptRequest,
        asked: JudgeAgainRequest,
        score: str,
        judge: Judge,
        adapted: Adapted,
        progress: Progress = silent,
    ) -> Iterator[JudgedAgain]:
        """The result so far after every round, the whole at last; to stop, stop asking.

        Args:
            request: what was learnt, and from what.
            asked: how much is made.
            score: the score that judges, and that the repeated attack raises.
            judge: the held-out ID images.
            adapted: what was learnt.
            progress: told what is made and encoded.

        Raises:
            StudioError: for images that cannot be made or read any more.
        """
        self._allow(request)
        self._allow(asked)
        found = JudgedAgain()
        first = read_set(Path(request.synthetic)) if request.synthetic else None
        if request.synthetic:
            learnt = open_dataset(request.synthetic, name=TITLES["learnt"], labels=())
            about = f"{len(learnt):,} pictures of {learnt.name if first is None else first.name}"
            found = _with(found, judge, adapted, "learnt", about, learnt, progress)
            yield found
        recipe, note = _recipe(first, request)
        found = replace(found, notes=(note,) if note else ())
        yield (found := replace(found, notes=(*found.notes, _cost(recipe, asked.count))))
        if isinstance(recipe, SynthesizeSetRequest):
            rounds = self._painted(recipe, request, asked, score, adapted, progress)
        else:
            rounds = self._attacked(recipe, request, asked, score, adapted, progress)
        for kind, about, images in rounds:
            found = _with(found, judge, adapted, kind, about, images, progress)
            yield found

    def _attacked(
        self,
        recipe: AttackSetRequest,
        request: AdaptRequest,
        asked: JudgeAgainRequest,
        score: str,
        adapted: Adapted,
        progress: Progress,
    ) -> Iterator[tuple[Kind, str, Dataset]]:
        fewer = min(recipe.train_count, _TARGETS) if recipe.target == "image" else recipe.train_count
        fresh = replace(recipe, count=asked.count, seed=_further(recipe.seed), train_count=fewer)
        pulled = fresh.target_score or f"an ID {fresh.target}"
        where = f"other pictures of {fresh.source}"
        about = f"{where}, attacked as the first were: on the model without the adapter, toward {pulled}"
        yield "fresh", about, self._set(fresh, progress)
        changes: dict[str, Any] = {"target_score": score, "ensemble": (), "score": NegLabel()}
        labels = _labels_with(request, adapted)
        about = f"the same originals, attacked with the adapter on: the attack raises the adapted detector's {score}"
        yield "repeated", about, self._set(replace(fresh, labels=labels, **changes), progress)

    def _set(self, request: AttackSetRequest, progress: Progress) -> Dataset:
        attacked = self._attacks.attacked_suite(request, progress).sets[-1]
        return FolderDataset(attacked.folder, attacked.name)

    def _painted(
        self,
        recipe: SynthesizeSetRequest,
        request: AdaptRequest,
        asked: JudgeAgainRequest,
        score: str,
        adapted: Adapted,
        progress: Progress,
    ) -> Iterator[tuple[Kind, str, Dataset]]:
        changes = {"count": asked.count, "out": "", "image.loop.seed": _further(recipe.image.loop.seed)}
        fresh = with_values(recipe, changes)
        yield "fresh", "other pictures with other noise, made as the first were", self._painting(fresh, progress)
        guide = _GUIDE.get(score, score)
        about = f"the same originals, led to the boundary of the adapted detector's {guide}"
        against = {"image.guide": guide, "image.labels": _labels_with(request, adapted), "image.score": NegLabel()}
        yield "repeated", about, self._painting(with_values(fresh, against), progress)

    def _painting(self, request: SynthesizeSetRequest, progress: Progress) -> Dataset:
        *_, built = self._synthesis.synthesize_set(request, progress)
        return FolderDataset(built.folder, built.name)


def _with(
    found: JudgedAgain, judge: Judge, adapted: Adapted, kind: Kind, about: str, images: Dataset, progress: Progress
) -> JudgedAgain:
    """With one round more."""
    progress(f"judging: {TITLES[kind].lower()}", 0, 1)
    own = judge.on({kind: images}, progress)
    before, now = own.before(), own.after(adapted)
    rows = tuple(int(row) for row in own.plain[kind].rows)
    limits = before.threshold, now.threshold
    areas = _area(before, kind), _area(now, kind)
    further = Round(kind, about, images, rows, before.ood[kind], now.ood[kind], limits, areas)
    return replace(found, rounds=(*found.rounds, further))


def _area(judged: Judged, kind: Kind) -> float:
    return auroc(judged.id, judged.ood[kind])


def _recipe(first: ImageSet | None, request: AdaptRequest) -> tuple[AttackSetRequest | SynthesizeSetRequest, str]:
    """How more images of a kind are made, and what is to be said of that."""
    if first is not None and first.origin:
        kind: type[AttackSetRequest | SynthesizeSetRequest] = (
            SynthesizeSetRequest if "inpainter" in first.origin else AttackSetRequest
        )
        try:
            recipe = read_texts(kind, first.origin)
        except StudioError as error:
            return _usual(request), f"How {first.name} was made cannot be read ({error}); the usual attack is taken."
        if isinstance(suites().get(recipe.suite), DrawnSuite) and not getattr(recipe, "images", ""):
            return recipe, ""
        return recipe, "There are only so many pictures to choose from, so some fresh ones may be among the first."
    if request.synthetic:
        return _usual(request), "How these pictures were made is not known; the usual attack is taken."
    return _usual(request), "Nothing was learnt from attacked pictures; this is the usual attack."


def _cost(recipe: AttackSetRequest | SynthesizeSetRequest, count: int) -> str:
    if isinstance(recipe, AttackSetRequest):
        models = " and ".join(dict.fromkeys((recipe.labels.backbone, *recipe.ensemble)))
        return f"Two times {count:,} pictures are attacked, each in {recipe.attack.steps:,} steps on {models}."
    loop = recipe.image.loop
    passes = 1 if recipe.method != "boundary" else loop.iterations + 1
    steps = f"{passes * loop.steps:,} painting steps of {recipe.image.inpainter}"
    return f"Two times {count:,} pictures are painted, each in {steps}."


def _usual(request: AdaptRequest) -> AttackSetRequest:
    """An attack as everybody can make it on the model below the adapter."""
    return AttackSetRequest(suite=request.suite, smoothness=(), labels=request.labels, data_root=request.data_root)


def _labels_with(request: AdaptRequest, adapted: Adapted) -> Any:
    """The labels with the adapter on, which need not be saved under a name."""
    folder = KEPT["judged"].place
    path = folder / f"{adapted.record.adapter}@{adapted.key}.safetensors"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        export(adapted, path)
        KEPT["judged"].make_room(keep=path)
    return replace(request.labels, adapter=(*request.labels.adapter, str(path)))


def _further(seed: int) -> int:
    return (seed + _FURTHER) % 2**31

"""The service layer: a typed request in, a typed result out; interface, command line and API all call this.

Nothing here belongs to one user. What is shared (models, text features, reference pictures) is kept by content: asking
again for the same thing costs nothing, and changing one choice recomputes only what depends on it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import Linear

from ood_studio.backbones import DEFAULT, Backbone, BackboneError, Pool, load_backbone
from ood_studio.data.picture_set import PictureSet
from ood_studio.data.sources import open_pictures
from ood_studio.data.store import SetFeatures, set_features
from ood_studio.errors import StudioError
from ood_studio.evaluation.bench import Bench, BenchResult, Row, needed_spaces, zero_shot_accuracy
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.diorama_set import diorama_set
from ood_studio.evaluation.metrics import FprDefinition, threshold_at_tpr
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.evaluation.sweeps import Sweep, find_sweep, sweep_values
from ood_studio.fields import Bounds, check_bounds
from ood_studio.labels.conjugated import conjugated_pool, mine_conjugated, superclasses_of
from ood_studio.labels.corpora import DEFAULT_LEXNAMES, load_corpus
from ood_studio.labels.negmining import Count, Eta, Fraction, Mining, NegativeLabels, Selection, mine_corpus
from ood_studio.labels.presets import PRESETS, load_preset, parse_labels
from ood_studio.labels.prompts import PROMPT_SETS, PromptSet, custom_prompts, prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.progress import Progress, Stopped, silent
from ood_studio.scorers import (
    MCM,
    MSP,
    Energy,
    FittedScore,
    MaxLogit,
    NegLabel,
    Reference,
    Scorer,
    Space,
    select_features,
)
from ood_studio.scorers.neglabel import Form, affinities

_BATCH = 64
REFERENCE_COUNT = 1000  # ID reference pictures of Diorama
GROUP_SIZE = 100  # negative labels in a group of the paper
MOST_PHRASES = 20_000  # of the conjugated pool; a corpus of more adjectives gives each only one superclass
OOD_COUNT = 600  # OOD reference pictures of Diorama


@dataclass(frozen=True)
class LabelChoice:
    """What defines the text side: model, labels, and how negative labels are mined.

    Attributes:
        backbone: a name that `load_backbone` takes.
        labels: a preset (``diorama-20``, ``cifar-10``, ``cifar-100``, ``imagenet-1k``) or labels typed one a line or
            separated by commas.
        corpus: ``diorama``, ``wordnet`` or the path of a text file with one word a line.
        lexnames: WordNet's lexicographer files to search.
        prompts: a prompt set (``neglabel``, ``plp``, ``photo``) or a template with ``{}``.
        eta: percentile of NegMining.
        count: how many negative labels are kept (M).
        fraction: where given, the share of the candidates kept instead of ``count``.
        per_pos: mine nouns and adjectives separately.
        selection: ``mined`` takes the words furthest from the ID labels, ``random`` any, to compare with.
    """

    backbone: str = DEFAULT
    labels: str = "diorama-20"
    corpus: str = "diorama"
    lexnames: tuple[str, ...] = DEFAULT_LEXNAMES
    prompts: str = "neglabel"
    eta: Eta = Mining.eta
    count: Count = Mining.count
    fraction: Fraction = Mining.fraction
    per_pos: bool = False
    selection: Selection = "mined"

    def __post_init__(self) -> None:
        check_bounds(self)

    def mining(self) -> Mining:
        """The parameters of NegMining."""
        return Mining(self.eta, self.count, self.fraction, self.per_pos, self.selection)


@dataclass(frozen=True)
class ScoreChoice:
    """How NegLabel scores pictures.

    Attributes:
        tau: temperature; the model's own (1 / its logit scale) where none is given.
        form: form of the score, a row of the paper's Table 12.
        groups: how many groups the negative labels are cut into; where none is given groups of about 100 labels, the
            paper's size (100 groups of 10,000 labels).
        fuse: how many of the groups are averaged; all where none is given.
        seed: of the shuffle before grouping.
    """

    tau: Annotated[float | None, Bounds(1e-4, 10.0, log=True, help="Temperature; empty = the model's own")] = None
    form: Form = "sum-softmax"
    groups: Annotated[
        int | None,
        Bounds(1, 100_000, log=True, step=1, help="Groups of negative labels; empty = about 100 labels each"),
    ] = None
    fuse: Annotated[int | None, Bounds(1, 100_000, log=True, step=1, help="Groups averaged; empty = all")] = None
    seed: Annotated[int, Bounds(0, 2**31 - 1, step=1, help="Seed of the shuffle before grouping")] = 0

    def __post_init__(self) -> None:
        check_bounds(self)

    def neglabel(self, negatives: int) -> NegLabel:
        """The NegLabel scorer of this choice for so many negative labels."""
        groups = self.groups or max(1, round(negatives / GROUP_SIZE))
        return NegLabel(tau=self.tau, form=self.form, groups=groups, fuse=self.fuse, seed=self.seed)


@dataclass(frozen=True)
class ExploreRequest:
    """What the Explore tab and ``python -m ood_studio explore`` ask for.

    Attributes:
        labels: the text side.
        score: how NegLabel scores.
        reference: folder of ID pictures that set the thresholds; empty = Diorama's own where the labels are Diorama's.
        top: how many affinities are listed for each picture.
    """

    labels: LabelChoice = field(default_factory=LabelChoice)
    score: ScoreChoice = field(default_factory=ScoreChoice)
    reference: str = ""
    top: Annotated[int, Bounds(1, 100, step=1, help="Affinities listed for each picture")] = 12

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class BenchRequest:
    """What the Compare tab and ``python -m ood_studio bench`` ask for.

    Attributes:
        suite: which sets of pictures are compared, one of `SUITES`; own data (``id_data``) make the suite ``folders``.
        scorers: keys of scorers, each with parameters where wanted (``knn:k=5``), or ``all``.
        label: the text side; a suite brings its own ID labels.
        score: how NegLabel scores.
        id_data: own ID pictures: a folder, a zip, an OpenOOD image list, a Hugging Face dataset or features.
        ood_data: own OOD pictures, each ``NAME=PATH`` or a path.
        train_data: own ID training pictures, for scorers that learn from pictures.
        data_root: where the data of public benchmarks lie.
        seed: of Diorama's scenes and of the resamples; 0 is that of the interface's reference pictures.
        count: Diorama pictures in each set.
        train_count: Diorama pictures to learn from.
        resamples: bootstrap resamples of the 95 % intervals; 0 for none.
        fpr_definition: which of the definitions of FPR95 in circulation.
    """

    suite: str = "diorama"
    scorers: tuple[str, ...] = ("all",)
    label: LabelChoice = field(default_factory=LabelChoice)
    score: ScoreChoice = field(default_factory=ScoreChoice)
    id_data: str = ""
    ood_data: tuple[str, ...] = ()
    train_data: str = ""
    data_root: str = ""
    seed: Annotated[int, Bounds(0, 2**31 - 1, step=1, help="Seed of the scenes")] = 1
    count: Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures in each set")] = 2000
    train_count: Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures to learn from")] = 2000
    resamples: Annotated[int, Bounds(0, 100_000, log=True, step=1, help="Bootstrap resamples; 0 for none")] = 1000
    fpr_definition: FprDefinition = "exact"

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class SweepPoint:
    """NegLabel at one value of a sweep: a row for each OOD set, or the reason why there is none."""

    value: Any
    rows: tuple[Row, ...]
    reason: str = ""


@dataclass(frozen=True)
class Affinity:
    """One label's share of a picture's softmax over all ID and negative labels."""

    label: str
    share: float
    inside: bool


@dataclass(frozen=True)
class Reading:
    """One score of one picture.

    Attributes:
        scorer: its key; ``title`` its name and parameters for people.
        value: the score, higher = more in-distribution.
        threshold: keeps 95 % of the ID reference pictures; None without reference pictures.
        inside: the decision; None without a threshold.
        id_below, ood_below: shares of the ID and OOD reference pictures that score lower; None without them.
    """

    scorer: str
    title: str
    value: float
    threshold: float | None
    inside: bool | None
    id_below: float | None
    ood_below: float | None


@dataclass(frozen=True)
class PictureReport:
    """Everything about one picture.

    Attributes:
        name: file name or the like.
        affinities: the strongest labels, strongest first.
        id_share: the ID labels' share of the softmax over all labels.
        classes: zero-shot classification over the ID labels at the model's own temperature, best five.
        readings: every score, NegLabel first.
        verdict: one sentence.
        heatmap: (rows, columns) share of the ID labels in each patch's own softmax, where the model has patches.
    """

    name: str
    affinities: tuple[Affinity, ...]
    id_share: float
    classes: tuple[tuple[str, float], ...]
    readings: tuple[Reading, ...]
    verdict: str
    heatmap: np.ndarray | None


@dataclass(frozen=True)
class ReferenceScores:
    """Scores of the reference pictures under one scorer; ``ood`` is empty where there are no OOD reference pictures."""

    id: np.ndarray
    ood: np.ndarray
    about: str


@dataclass(frozen=True)
class ExploreResult:
    """What `Studio.explore` gives: a report a picture, and what they are compared with.

    Attributes:
        pictures: in the order given.
        references: scores of the reference pictures by scorer title; empty without any.
        tau: the temperature that NegLabel used; ``groups`` into how many groups it cut the negative labels.
        id_labels, negatives: the labels on both sides; negatives furthest first.
        notes: sentences for the person, such as labels dropped.
    """

    pictures: tuple[PictureReport, ...]
    references: dict[str, ReferenceScores]
    tau: float
    groups: int
    id_labels: tuple[str, ...]
    negatives: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the reports without the raw scores of the reference pictures."""
        reports = []
        for report in self.pictures:
            plain = asdict(report)
            plain["heatmap"] = None if report.heatmap is None else report.heatmap.round(4).tolist()
            reports.append(plain)
        return {
            "results": reports,
            "tau": self.tau,
            "groups": self.groups,
            "id_labels": list(self.id_labels),
            "negatives": len(self.negatives),
            "references": next((r.about for r in self.references.values()), None),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, eq=False)
class LabelSpace:
    """Labels and their vectors, both sides: what a text side comes to. ``key`` stands for all of its content."""

    key: Hashable
    backbone: Backbone
    id_labels: tuple[str, ...]
    class_text: Tensor
    mined: NegativeLabels
    negative_text: Tensor
    notes: tuple[str, ...]

    def reference(self) -> Reference:
        """What text scorers learn from."""
        return Reference(self.class_text, self.negative_text, logit_scale=self.backbone.logit_scale)


@dataclass(frozen=True, eq=False)
class ReferencePictures:
    """Joint features, (n, dim), of the pictures that set the thresholds; ``ood`` may be empty, ``key`` is a hash."""

    key: str
    id: Tensor
    ood: Tensor
    about: str


@dataclass(frozen=True, eq=False)
class _Features:
    joint: Tensor  # (n, dim)
    patches: Tensor | None  # (n, rows, columns, dim)


class Studio:
    """Answers requests; safe to share between threads.

    Args:
        device: ``auto`` or a torch device.
        workers: processes that draw Diorama's pictures; 0 for one a core, which needs a main module that may be
            imported again.
    """

    def __init__(self, device: str = "auto", workers: int = 1) -> None:
        self.device = device
        self.workers = workers
        self._spaces: Pool[LabelSpace] = Pool(limit=8)
        self._features: Pool[_Features] = Pool(limit=256)
        self._references: Pool[ReferencePictures] = Pool(limit=8)
        self._reference_scores: Pool[ReferenceScores] = Pool(limit=64)
        self._conjugated_text: Pool[Tensor] = Pool(limit=8)

    # -- pieces -----------------------------------------------------------------------------------------------------
    def backbone(self, name: str) -> Backbone:
        """The backbone of that name on this studio's device.

        Raises:
            BackboneError: one sentence, if it cannot be had.
        """
        return load_backbone(name, device=self.device)

    def label_space(self, choice: LabelChoice, progress: Progress = silent, labels: tuple[str, ...] = ()) -> LabelSpace:
        """The labels of a choice, encoded and mined; ``labels`` in place of the choice's own where given.

        Raises:
            StudioError: for labels, corpus or prompts that cannot be used.
        """
        labels, notes = (labels, ()) if labels else read_labels(choice.labels)
        corpus = load_corpus(choice.corpus, lexnames=choice.lexnames)
        prompts = read_prompts(choice.prompts)
        progress("loading the model", 0, 1)
        backbone = self.backbone(choice.backbone)
        key = (backbone.fingerprint, labels, corpus.key, prompts.id, prompts.noun, prompts.adjective, choice.mining())

        def build() -> LabelSpace:
            mined, class_text, negative_text = mine_corpus(
                backbone,
                labels,
                corpus,
                prompts,
                mining=choice.mining(),
                progress=lambda done, total: progress("encoding words", done, total),
            )
            return LabelSpace(key, backbone, labels, class_text, mined, negative_text, notes)

        return self._spaces.get(key, build)

    def picture_features(
        self, backbone: Backbone, pictures: Sequence[Image.Image], progress: Progress = silent
    ) -> _Features:
        """Features of pictures, each computed once whoever asks.

        Args:
            pictures: any sizes.

        Returns:
            joint (n, dim) and patches (n, rows, columns, dim) or None, on the CPU.
        """
        keys = [(backbone.fingerprint, picture_key(picture)) for picture in pictures]
        held: dict[tuple[str, str], _Features] = {}
        todo = []
        for key, picture in dict(zip(keys, pictures, strict=True)).items():
            try:
                held[key] = self._features.get(key, _not_there)
            except LookupError:
                todo.append((key, picture))
        for start in range(0, len(todo), _BATCH):
            progress("encoding pictures", start, len(todo))
            batch = todo[start : start + _BATCH]
            with torch.inference_mode():
                found = backbone.encode_image(backbone.preprocess([picture for _, picture in batch]))
            joint = _joint(backbone, found.joint).float().cpu()
            patches = None if found.patches is None else found.patches.float().cpu()
            for i, (key, _) in enumerate(batch):
                one = _Features(joint[i : i + 1].clone(), None if patches is None else patches[i : i + 1].clone())
                held[key] = self._features.get(key, lambda one=one: one)  # type: ignore[misc]
        rows = [held[key] for key in keys]
        maps = [row.patches for row in rows if row.patches is not None]
        return _Features(torch.cat([row.joint for row in rows]), torch.cat(maps) if maps else None)

    def split_features(
        self, backbone: Backbone, name: str, seed: int, count: int, progress: Progress = silent
    ) -> Tensor:
        """Joint features (n, dim) of a Diorama split, drawn and encoded unless kept on disk."""
        pictures = diorama_set(name, seed, count, workers=self.workers)
        return _joint(backbone, set_features(backbone, pictures, {"joint"}, progress).joint)

    def reference_features(
        self, space: LabelSpace, folder: str, progress: Progress = silent
    ) -> ReferencePictures | None:
        """Features of ID and OOD reference pictures; None where there are none.

        Raises:
            StudioError: if the folder holds no picture that can be read.
        """
        backbone = space.backbone
        if folder:
            own = open_pictures(folder, labels=())
            return self._references.get(
                (backbone.fingerprint, own.key), lambda: self._own_reference(backbone, own, progress)
            )
        if space.id_labels != load_preset("diorama-20"):
            return None
        return self._references.get((backbone.fingerprint,), lambda: self._diorama_reference(backbone, progress))

    def _diorama_reference(self, backbone: Backbone, progress: Progress) -> ReferencePictures:
        inside = self.split_features(backbone, "id-train", 0, REFERENCE_COUNT, progress)
        outside = self.split_features(backbone, "near-ood", 0, OOD_COUNT, progress)
        about = f"{REFERENCE_COUNT:,} Diorama ID pictures, {OOD_COUNT:,} of near-OOD classes"
        return ReferencePictures("diorama", inside, outside, about)

    def _own_reference(self, backbone: Backbone, pictures: PictureSet, progress: Progress) -> ReferencePictures:
        found = set_features(backbone, pictures, {"joint"}, progress)
        joint = _joint(backbone, found.joint)
        skipped = f" ({len(found.problems)} could not be read)" if found.problems else ""
        about = f"{len(joint):,} pictures of {pictures.name}{skipped}"
        return ReferencePictures(pictures.key, joint, joint[:0], about)

    # -- requests ---------------------------------------------------------------------------------------------------
    def explore(
        self, request: ExploreRequest, pictures: Sequence[tuple[str, Image.Image]], progress: Progress = silent
    ) -> ExploreResult:
        """Affinities, scores and verdicts of pictures, given as (name, picture).

        Raises:
            StudioError: one clear sentence for anything that cannot be done.
        """
        if not pictures:
            raise StudioError("there is no picture to explore; give at least one")
        space = self.label_space(request.labels, progress)
        references = self.reference_features(space, request.reference, progress)
        features = self.picture_features(space.backbone, [picture for _, picture in pictures], progress)
        reference = space.reference()
        compared = {}
        columns: list[tuple[str, str, np.ndarray]] = []
        for title, scorer in scorers_of(request.score, len(space.mined)):
            score = scorer.fit(reference)
            columns.append((scorer.name, title, score(features.joint).double().numpy()))
            if references is not None:
                compared[title] = self._score_references(space, scorer, score, references)
        tau = request.score.tau or 1 / space.backbone.logit_scale
        shares = affinities(features.joint, reference, tau)
        classes = (features.joint @ space.class_text.T * space.backbone.logit_scale).softmax(dim=1)
        words = (*space.id_labels, *space.mined.words)
        known = len(space.id_labels)
        reports = []
        for i, (name, _) in enumerate(pictures):
            best = shares[i].topk(min(request.top, len(words)))
            listed = [
                Affinity(words[j], float(share), j < known)
                for share, j in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            ]
            readings = tuple(
                _reading(scorer, title, float(values[i]), compared.get(title)) for scorer, title, values in columns
            )
            ranked = classes[i].topk(min(5, known))
            guesses = zip(ranked.indices.tolist(), ranked.values.tolist(), strict=True)
            heatmap = None if features.patches is None else _heatmap(features.patches[i], reference, tau, known)
            reports.append(
                PictureReport(
                    name,
                    tuple(listed),
                    float(shares[i, :known].sum()),
                    tuple((space.id_labels[j], share) for j, share in guesses),
                    readings,
                    verdict(readings[0], listed[0]),
                    heatmap,
                )
            )
        notes = list(space.notes)
        if references is None:
            notes.append("These labels come without ID reference pictures, so there are scores but no threshold.")
        groups = request.score.neglabel(len(space.mined)).groups
        return ExploreResult(tuple(reports), compared, tau, groups, space.id_labels, space.mined.words, tuple(notes))

    def warm_up(self, request: ExploreRequest) -> None:
        """Gets ready what the first picture needs, so that it is answered at once; leaves errors to that picture."""
        with suppress(StudioError):
            self.reference_features(self.label_space(request.labels), request.reference)

    def _score_references(
        self,
        space: LabelSpace,
        scorer: Scorer,
        score: FittedScore,
        references: ReferencePictures,
    ) -> ReferenceScores:
        def compute() -> ReferenceScores:
            ood = score(references.ood).double().numpy() if len(references.ood) else np.empty(0)
            return ReferenceScores(score(references.id).double().numpy(), ood, references.about)

        return self._reference_scores.get((space.key, references.key, repr(scorer)), compute)

    def mine(self, choice: LabelChoice, progress: Progress = silent) -> NegativeLabels:
        """The negative labels of a choice, furthest first."""
        return self.label_space(choice, progress).mined

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
        choice = request.label
        progress("loading the model", 0, 1)
        backbone = self.backbone(choice.backbone)
        space, no_text = self._text_side(choice, suite.labels, progress)
        negatives = GROUP_SIZE if space is None else len(space.mined)
        scorers = choose_scorers(request.scorers, bench_scorers(request.score.neglabel(negatives)))

        def features_of(pictures: PictureSet, spaces: Collection[str]) -> SetFeatures:
            return set_features(backbone, pictures, spaces, progress)

        bench = Bench(
            suite,
            choice.backbone,
            scorers,
            self._reference_of(backbone, suite, space, choice, scorers, features_of, no_text),
            features_of,
            seed=request.seed,
            resamples=request.resamples,
            fpr_definition=request.fpr_definition,
            params={"prompts": choice.prompts},
            mining={
                "corpus": choice.corpus,
                **({"lexnames": choice.lexnames} if choice.corpus == "wordnet" else {}),
                "eta": choice.eta,
                "per_pos": choice.per_pos,
                "selection": choice.selection,
                "negatives": negatives,
            },
            training={} if suite.train is None else {"train": suite.train.name, "n_train": len(suite.train)},
        )
        spaces = needed_spaces([*scorers.values()])
        accuracy = {} if space is None else self._accuracy(request, suite, space, spaces, features_of)
        for result in bench.run(progress):
            if result.finished:
                ResultStore().append(result.rows)
            yield replace(result, accuracy=accuracy)

    def sweep(
        self, name: str, request: BenchRequest, values: Sequence[str] = (), progress: Progress = silent
    ) -> Iterator[SweepPoint]:
        """NegLabel on a suite while one parameter walks through values, the paper's where none are given.

        Raises:
            StudioError: for an unknown sweep or values that are no numbers, and as `compare`.
        """
        walk = find_sweep(name)
        walked = sweep_values(walk, values)
        for i, value in enumerate(walked):
            progress(f"sweeping {walk.title}", i, len(walked))
            try:
                point = replace(request, scorers=("neglabel",), **self._swept(walk, value, request))
                yield SweepPoint(value, self.bench(point, progress).rows)
            except Stopped:
                raise
            except StudioError as error:
                yield SweepPoint(value, (), str(error))

    @staticmethod
    def _swept(walk: Sweep, value: Any, request: BenchRequest) -> dict[str, Any]:
        changes: dict[str, Any] = {walk.name: value}
        if walk.side == "score":
            return {"score": replace(request.score, **changes)}
        if walk.selection is not None:
            changes["selection"] = walk.selection
        return {"label": replace(request.label, **changes)}

    def _open_suite(self, request: BenchRequest) -> OpenSuite:
        own = bool(request.id_data or request.ood_data)
        typed = "" if request.label.labels == LabelChoice.labels else request.label.labels
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
        features_of: Callable[[PictureSet, Collection[str]], SetFeatures],
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
        features_of: Callable[[PictureSet, Collection[str]], SetFeatures],
    ) -> dict[str, float]:
        """Zero-shot accuracies where the classes of pictures are known."""
        found = {}
        joint = frozenset({"joint"})
        if suite.id.labels is not None and (suite.id.labels >= 0).any():
            inside = features_of(suite.id, spaces | joint)  # at once all that the scorers will ask for
            assert inside.joint is not None
            truth = suite.id.labels[inside.rows]
            found["id_accuracy"] = zero_shot_accuracy(inside.joint, space.class_text, truth)
        if suite.name in ("diorama", "diorama-hard"):
            from ood_studio.diorama.world import TRAINED_CLASSES

            everything = diorama_set("all-classes", request.seed, request.count, workers=self.workers)
            assert everything.labels is not None
            text = class_features(space.backbone, TRAINED_CLASSES, read_prompts(request.label.prompts))
            seen = features_of(everything, joint)
            assert seen.joint is not None
            found["all_accuracy"] = zero_shot_accuracy(seen.joint, text, everything.labels[seen.rows])
        return found


# -- reading what people give ---------------------------------------------------------------------------------------
def read_labels(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ID labels of a preset or as typed, and notes for the person.

    Raises:
        StudioError: if there is no label, or too many.
    """
    if text.strip() in PRESETS:
        return load_preset(text.strip()), ()
    typed = parse_labels(text)
    meant = get_close_matches(typed.labels[0], PRESETS, n=1, cutoff=0.75)
    notes = (f"Taken as a single label; the preset is called {meant[0]}.",) if meant and len(typed.labels) == 1 else ()
    return typed.labels, typed.notes + notes


def read_prompts(text: str) -> PromptSet:
    """A named prompt set, or templates with ``{}``, one a line.

    Raises:
        StudioError: for an unknown name or a template without exactly one ``{}``.
    """
    if "{" in text or "}" in text:
        return custom_prompts(text)
    names = [prompts.name for prompts in PROMPT_SETS]
    if text.strip() not in names:
        raise StudioError(f"{text!r} is neither a prompt set ({', '.join(names)}) nor a template with exactly one {{}}")
    return prompt_set(text.strip())


def picture_key(picture: Image.Image) -> str:
    """A hash of a picture's content."""
    digest = hashlib.sha256(f"{picture.mode}{picture.size}".encode())
    digest.update(picture.tobytes())
    return digest.hexdigest()


def scorers_of(choice: ScoreChoice, negatives: int) -> tuple[tuple[str, Scorer], ...]:
    """The scores shown for every picture, NegLabel over so many negative labels first, with their titles."""
    return (
        ("NegLabel", choice.neglabel(negatives)),
        ("MCM (τ = 1)", MCM(tau=1.0)),
        ("pseudo-MSP (τ = 0.01)", MCM(tau=0.01)),
        ("MSP", MSP()),
        ("MaxLogit", MaxLogit()),
        ("Energy", Energy()),
    )


def verdict(reading: Reading, strongest: Affinity) -> str:
    """A reading in one sentence."""
    drawn = f"It is drawn most to “{strongest.label}”, {'an ID' if strongest.inside else 'a negative'} label."
    if reading.inside is None or reading.threshold is None:
        return f"{reading.title} {reading.value:.3g}, without a threshold to compare with. {drawn}"
    side = "In-distribution" if reading.inside else "Out-of-distribution"
    sign = "≥" if reading.inside else "<"
    return f"{side}: {reading.title} {reading.value:.3g} {sign} threshold {reading.threshold:.3g}. {drawn}"


def _reading(scorer: str, title: str, value: float, references: ReferenceScores | None) -> Reading:
    if references is None:
        return Reading(scorer, title, value, None, None, None, None)
    threshold = threshold_at_tpr(references.id)
    below = float((references.id < value).mean())
    ood_below = float((references.ood < value).mean()) if len(references.ood) else None
    # The same picture, encoded in another batch, may score a rounding error lower.
    inside = value >= threshold or math.isclose(value, threshold, rel_tol=1e-5)
    return Reading(scorer, title, value, threshold, inside, below, ood_below)


def _heatmap(patches: Tensor, reference: Reference, tau: float, known: int) -> np.ndarray:
    rows, columns, dim = patches.shape
    shares = affinities(patches.reshape(-1, dim), reference, tau)
    return shares[:, :known].sum(dim=1).reshape(rows, columns).numpy()


def _joint(backbone: Backbone, joint: Tensor | None) -> Tensor:
    if joint is None:
        raise StudioError(f"{backbone.name} has no text tower, so it cannot compare pictures with labels")
    return joint


def _not_there() -> _Features:
    raise LookupError

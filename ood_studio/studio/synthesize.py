"""Near-boundary pictures: one as it forms, what it is compared with, and whole sets of them (SynOOD)."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio import __version__
from ood_studio.core.errors import StudioError
from ood_studio.core.pool import Pool
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.image_sets import SetImage, build_set, set_folder
from ood_studio.data.pixels import to_images, to_pixels
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.evaluation.suites import open_suite
from ood_studio.studio.answers import Affinity, Reading
from ood_studio.studio.requests import SynthesizeImageRequest, SynthesizeSetRequest
from ood_studio.studio.scores import Judges, scorer_named
from ood_studio.studio.workbench import LabelSpace, Workbench, joint_of
from ood_studio.synthesis.baselines import PROMPT, negative_label_pictures
from ood_studio.synthesis.boundary import Iteration
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.complexity import bytes_per_pixel, most_complex
from ood_studio.synthesis.contexts import Contexts
from ood_studio.synthesis.guides import EnergyGuide, Guide, ScorerGuide
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.inpainting_models import load_inpainter
from ood_studio.synthesis.noise import gradient_pictures
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.worlds import open_reference, reference_of

_REFERENCE = 300  # Diorama pictures of each side that a guide's boundary and gauge are read from
_SOURCES = 8  # Diorama pictures looked at for each one wanted, to choose the most complex from


@dataclass(frozen=True)
class Gauge:
    """Where a guide's scores lie on reference pictures.

    Attributes:
        inside: the median of ID pictures.
        boundary: what keeps 95 % of them.
        outside: the median of the OOD pictures beyond the boundary (the median of all may lie before it where the guide
            misses most of them); None where there are none.
    """

    inside: float
    boundary: float
    outside: float | None

    def place(self, value: float) -> float:
        """From 1 (the ID median) over 0 (the boundary) to -1 (``outside``, or else as far beyond)."""
        if value >= self.boundary:
            return min(1.0, (value - self.boundary) / max(self.inside - self.boundary, 1e-12))
        far = self.boundary - self.outside if self.outside is not None else self.inside - self.boundary
        return max(-1.0, (value - self.boundary) / max(far, 1e-12))


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a guide and every score make of a picture.

    Attributes:
        picture: 8 bits a channel.
        value: the guide's score, higher = more in-distribution; of the energy minus it.
        energy: of the recognition model; None where a score guides.
        gauge: what ``value`` is compared with; None without reference pictures.
        readings: every score of ``picture`` as `Studio.explore` gives it.
        negative: the negative label that it resembles most: largest softmax of cosine similarities over the negative
            labels alone, as in SynOOD's label mining; its share of that softmax.
    """

    picture: Image.Image
    value: float
    energy: float | None
    gauge: Gauge | None
    readings: tuple[Reading, ...]
    negative: Affinity

    @property
    def inside(self) -> bool | None:
        """Whether the guide takes it for in-distribution; None without reference pictures."""
        return None if self.gauge is None else self.value >= self.gauge.boundary


@dataclass(frozen=True, eq=False)
class SynthesizeImageStep(Judgement):
    """One picture after some iterations; 0 is the unguided one.

    Attributes:
        iteration, total: of the loop.
        loss: of the guide.
        original: the source as the model takes it.
        gradient: what the loss wants of the pixels, see `gradient_pictures`; None after the last update.
        prompt: what the text encoder read, and ``cut`` what it had no room for.
        notes: sentences for the person.
        flagged: whether the model's own safety checker blackened the picture.
        seconds: since the loop began.
    """

    iteration: int
    total: int
    loss: float
    original: Image.Image
    gradient: Image.Image | None
    prompt: str
    cut: str
    notes: tuple[str, ...]
    flagged: bool
    seconds: float


@dataclass(frozen=True, eq=False)
class _Panel:
    """Everything that looks at pictures in one request."""

    space: LabelSpace
    guide: Guide
    gauge: Gauge | None
    scores: Judges


class Synthesizing(Workbench):
    """Near-boundary pictures, alone and in sets."""

    def __init__(self, device: str = "auto", workers: int = 1) -> None:
        super().__init__(device, workers)
        self._guides: Pool[tuple[Guide, Gauge | None]] = Pool(limit=8)

    def contexts(
        self,
        request: SynthesizeImageRequest,
        pictures: Sequence[Image.Image],
        mains: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Contexts]:
        """What the context model finds in pictures besides their main objects (Eq. 3).

        Args:
            pictures: any sizes.
            mains: their main objects where they are known, so that they are not named.

        Raises:
            StudioError: if the model cannot be had.
        """
        from ood_studio.synthesis.context_models import load_context_model

        progress("loading the context model", 0, 1)
        model = load_context_model(request.context_model, device=self.device)
        return model.describe(pictures, mains=mains, progress=progress)

    def synthesize_image(
        self,
        request: SynthesizeImageRequest,
        picture: Image.Image,
        words: Sequence[str],
        mask: Image.Image | None = None,
        progress: Progress = silent,
    ) -> Iterator[SynthesizeImageStep]:
        """One picture as it moves to the boundary; to stop, stop asking.

        Args:
            request: how.
            picture: any size; cropped and resized to the model's, which `SynthesizeImageStep.notes` says.
            words: the contexts, p_con; the prompt is these with commas between.
            mask: of the picture's size, white where may be painted; None for everywhere.

        Raises:
            StudioError: without a context, or for what does not fit.
            LoopBroken: numbers that are not finite; the iterations before were given.
        """
        prompt = prompt_of(words)
        inpainter = self.inpainter(request, progress)
        fitted = inpainter.fit(picture, mask)
        judges = self._panel(request, progress)
        original = fitted.picture
        began = time.monotonic()
        for found in request.loop.run(
            inpainter,
            judges.guide,
            inpainter.preprocess([original]),
            [prompt],
            mask=fitted.mask,
            progress=progress,
        ):
            notes = tuple(note for note in (fitted.note, found.note) if note)
            yield self._steps(judges, found, [original], notes, time.monotonic() - began)[0]

    def judge(
        self, request: SynthesizeImageRequest, pictures: Sequence[Image.Image], progress: Progress = silent
    ) -> list[Judgement]:
        """What the guide and every score make of pictures of any sizes: the source, say, or one to compare with.

        Raises:
            StudioError: if a model cannot be had.
        """
        judges = self._panel(request, progress)
        found = []
        for picture in pictures:
            with torch.no_grad():
                value = judges.guide.score(to_pixels([picture]))
            found += self._judged(judges, value, [picture])
        return found

    def negative_picture(self, request: SynthesizeImageRequest, label: str, progress: Progress = silent) -> Judgement:
        """ "Neg Image" of SynOOD's Table 4: a picture straight from the text of a negative label, and its scores.

        Raises:
            StudioError: if a model cannot be had or runs out of memory.
        """
        pixels = negative_label_pictures(
            self.inpainter(request, progress),
            [label],
            steps=request.loop.steps,
            guidance=request.loop.guidance,
            seeds=[request.loop.seed],
            progress=progress,
        )
        return self.judge(request, to_images(pixels), progress)[0]

    def inpainter(self, request: SynthesizeImageRequest, progress: Progress = silent) -> Inpainter:
        """The inpainting model of a request.

        Raises:
            InpaintingError: one sentence, if it cannot be had.
        """
        progress("loading the inpainting model", 0, 1)
        return load_inpainter(request.inpainter, self.device)

    def synthesize_set(self, request: SynthesizeSetRequest, progress: Progress = silent) -> Iterator[SyntheticSet]:
        """A whole set, picture after picture; an interrupted one goes on where it was. To stop, stop asking.

        Raises:
            StudioError: for pictures or a folder that cannot be used; what is finished stays.
        """
        how = request.image
        source = self._sources(request)
        rows = self._chosen(request, source, progress)
        parameters = {
            "method": request.method,
            "source": source.key,
            **asdict(how),
        }
        name = f"{source.name}, {_METHODS[request.method]}"
        folder = (
            Path(request.out).expanduser()
            if request.out
            else set_folder("synthetic", name, parameters | {"rows": rows})
        )

        @functools.cache
        def models() -> tuple[Inpainter, _Panel]:  # a finished set needs none
            return self.inpainter(how, progress), self._panel(how, progress)

        def make(part: Sequence[int]) -> list[SetImage | None]:
            inpainter, judges = models()
            found: dict[int, SetImage] = {}
            pictures: dict[int, Image.Image] = {}
            for row in part:
                try:
                    pictures[row] = inpainter.fit(source.load(row)).picture
                except (StudioError, OSError):  # left out: the manifest lacks it
                    continue
            if pictures:
                found = self._made(request, inpainter, judges, source, pictures, progress)
            return [found.get(row) for row in part]

        for built in build_set(name, folder, rows, parameters, make):
            progress(f"making {name}", len(built.entries), built.wanted)
            yield built

    # --- sets ---------------------------------------------------------------------------------------------------------

    def _sources(self, request: SynthesizeSetRequest) -> Dataset:
        if request.images:
            return open_dataset(request.images)
        suite = open_suite(
            request.suite,
            data_root=request.data_root,
            seed=request.image.loop.seed,
            train_count=_SOURCES * request.count,
            workers=self.workers,
        )
        if suite.train is None:
            raise StudioError(f"{suite.name} has no ID training pictures; give pictures of your own (images)")
        return suite.train

    def _chosen(self, request: SynthesizeSetRequest, source: Dataset, progress: Progress) -> list[int]:
        """The most complex pictures of each class; the classes take turns, so that any part of them is balanced."""
        source.prepare(progress)
        complexity = []
        for row in range(len(source)):
            if row % 64 == 0:
                progress("measuring complexity", row, len(source))
            try:
                complexity.append(bytes_per_pixel(source.load(row)))
            except (StudioError, OSError):
                complexity.append(-1.0)
        labels = [0] * len(source) if source.labels is None else source.labels.tolist()
        best = [row for row in most_complex(complexity, labels, request.per_class) if complexity[row] >= 0]
        if not best:
            raise StudioError(f"{source.name} has no picture that can be read")
        rank: dict[int, int] = {}
        seen: dict[int, int] = {}
        for row in best:
            rank[row] = seen[labels[row]] = seen.get(labels[row], -1) + 1
        return sorted(best, key=lambda row: (rank[row], row))[: request.count]

    def _made(
        self,
        request: SynthesizeSetRequest,
        inpainter: Inpainter,
        judges: _Panel,
        source: Dataset,
        pictures: Mapping[int, Image.Image],
        progress: Progress,
    ) -> dict[int, SetImage]:
        how, rows, originals = request.image, list(pictures), list(pictures.values())
        loop = how.loop
        mains = [_main(source, row) for row in rows]
        if request.method == "negative":
            words = np.array(judges.space.mined.words)
            labels = [str(np.random.default_rng([how.loop.seed, row]).choice(words)) for row in rows]
            prompts, contexts = [PROMPT.replace("{}", label) for label in labels], None
            loop = replace(loop, strength=1.0, iterations=0)
        else:
            contexts = self.contexts(how, originals, mains, progress)
            # Without a context there is nothing to paint.
            some = [i for i, found in enumerate(contexts) if found.words]
            rows, originals, mains = ([part[i] for i in some] for part in (rows, originals, mains))  # type: ignore[assignment]
            contexts = [contexts[i] for i in some]
            prompts = [prompt_of(found.words) for found in contexts]
            if request.method == "unguided":
                loop = replace(loop, iterations=0)
        if not rows:
            return {}
        seeds = [(how.loop.seed + row) % 2**31 for row in rows]
        began = time.monotonic()
        per_iteration: list[list[SynthesizeImageStep]] = []
        pixels = inpainter.preprocess(originals)
        for found in loop.run(inpainter, judges.guide, pixels, prompts, seeds=seeds, progress=progress):
            per_iteration.append(self._steps(judges, found, originals, (), time.monotonic() - began))
        made = {}
        for i, row in enumerate(rows):
            steps = [each[i] for each in per_iteration]
            about = {
                "source": source.caption(row),
                "class": mains[i],
                "method": request.method,
                "contexts": [] if contexts is None else list(contexts[i].words),
                "prompt": steps[-1].prompt,
                "cut": steps[-1].cut,
                "seed": seeds[i],
                "negative_label": steps[-1].negative.label,
                "guide": judges.guide.name,
                "values": [step.value for step in steps],
                "energies": [step.energy for step in steps],
                "scores": {
                    title: [step.readings[j].value for step in steps] for j, title in enumerate(judges.scores.fitted)
                },
                "flagged": steps[-1].flagged,
                "parameters": asdict(loop) | {"inpainter": how.inpainter, "context_model": how.context_model},
                "version": __version__,
            }
            made[row] = SetImage(steps[-1].picture, about)
        return made

    # --- judging ------------------------------------------------------------------------------------------------------

    def _steps(
        self,
        judges: _Panel,
        found: Iteration,
        originals: Sequence[Image.Image],
        notes: tuple[str, ...],
        seconds: float,
    ) -> list[SynthesizeImageStep]:
        gradients = None if found.pixel_gradient is None else to_images(gradient_pictures(found.pixel_gradient))
        return [
            SynthesizeImageStep(
                **vars(judged),
                iteration=found.iteration,
                total=found.total,
                loss=float(found.loss[i]),
                original=originals[i],
                gradient=None if gradients is None else gradients[i],
                prompt=found.prompts[i],
                cut=found.cut[i],
                notes=notes,
                flagged=bool(found.flagged[i]),
                seconds=seconds,
            )
            for i, judged in enumerate(self._judged(judges, found.score, to_images(found.pixels)))
        ]

    def _judged(self, judges: _Panel, values: Tensor, pictures: Sequence[Image.Image]) -> list[Judgement]:
        """What all judges but the guide make of pictures; the guide's own values are given."""
        space = judges.space
        with torch.inference_mode():  # what a file of the picture will be given
            joint = joint_of(space.backbone, space.backbone.encode_image(space.backbone.preprocess(pictures)).joint)
            joint = joint.float().cpu()
        readings = judges.scores.readings(joint)
        mined = (joint @ space.negative_text.T * space.backbone.logit_scale).softmax(dim=1).max(dim=1)
        judged = []
        for i, picture in enumerate(pictures):
            value = float(values[i])
            negative = Affinity(space.mined.words[int(mined.indices[i])], float(mined.values[i]), False)
            energy = -value if isinstance(judges.guide, EnergyGuide) else None
            judged.append(Judgement(picture, value, energy, judges.gauge, readings[i], negative))
        return judged

    def _panel(self, request: SynthesizeImageRequest, progress: Progress) -> _Panel:
        space = self.label_space(request.labels, progress)
        scores = self.judges(space, request.score, request.reference, progress)
        if request.guide == "energy":
            guide, gauge = self._energy(request, space, progress)
        else:
            scorer = scorer_named(request.guide, request.score)
            titles = [title for title, score in scores.fitted.items() if score.scorer == scorer]
            found = scores.compared.get(titles[0]) if titles else None
            gauge = None if found is None else _gauge(found.id, found.ood)
            guide = ScorerGuide(space.backbone, scorer.fit(space.reference()), gauge.boundary if gauge else None)
        return _Panel(space, guide, gauge, scores)

    def _energy(
        self, request: SynthesizeImageRequest, space: LabelSpace, progress: Progress
    ) -> tuple[Guide, Gauge | None]:
        """The recognition model's energy, its boundary from reference pictures where there are some."""
        progress("loading the recognition model", 0, 1)
        classifier = load_classifier(request.classifier, self.device)
        own = open_dataset(request.reference, labels=()) if request.reference else None
        known = None if own is not None else reference_of(space.id_labels)
        key = (classifier.fingerprint, known if own is None else own.key)

        def build() -> tuple[Guide, Gauge | None]:
            guide = EnergyGuide(classifier)
            if own is not None:
                pictures: list[Dataset] = [own]
            elif known is not None:
                # The images of the other scores' thresholds, which are drawn already.
                pictures = [open_reference(known, part, workers=self.workers) for part in (known.id, known.near)]
            else:
                return guide, None
            sides = [*(_guide_scores(guide, each, progress) for each in pictures), np.empty(0)][:2]
            gauge = _gauge(*sides)
            return replace(guide, boundary=gauge.boundary), gauge

        return self._guides.get(key, build)


_METHODS = {"boundary": "near-boundary", "unguided": "unguided inpainting", "negative": "negative-label pictures"}


def prompt_of(words: Sequence[str]) -> str:
    """The contexts as a prompt.

    Raises:
        StudioError: if there is none.
    """
    prompt = ", ".join(word.strip() for word in words if word.strip())
    if not prompt:
        raise StudioError("no context was found in the picture; name at least one thing that surrounds its main object")
    return prompt


def synthesis_record(
    request: SynthesizeImageRequest, words: Sequence[str], steps: Sequence[SynthesizeImageStep]
) -> dict[str, Any]:
    """Plain values for JSON: what it takes to repeat a synthesis, and what came of each iteration."""
    return {
        "version": __version__,
        "torch": torch.__version__,
        "request": asdict(request),
        "contexts": list(words),
        "iterations": [
            {
                "iteration": step.iteration,
                "value": step.value,
                "energy": step.energy,
                "negative_label": step.negative.label,
                "scores": {reading.title: reading.value for reading in step.readings},
                "inside": {reading.title: reading.inside for reading in step.readings},
            }
            for step in steps
        ],
    }


def _gauge(inside: np.ndarray, outside: np.ndarray) -> Gauge:
    boundary = threshold_at_tpr(inside)
    beyond = outside[outside < boundary]
    return Gauge(float(np.median(inside)), boundary, float(np.median(beyond)) if len(beyond) else None)


def _main(source: Dataset, row: int) -> str:
    """The name of a picture's class where it is known."""
    if source.labels is None or not source.classes or source.labels[row] < 0:
        return ""
    return source.classes[int(source.labels[row])]


@torch.no_grad()
def _guide_scores(guide: EnergyGuide, pictures: Dataset, progress: Progress) -> np.ndarray:
    """(n,) of at most `_REFERENCE` pictures."""
    pictures.prepare(progress)
    held = []
    for row in range(min(len(pictures), _REFERENCE)):
        try:
            held.append(pictures.load(row))
        except (StudioError, OSError):
            continue
    if not held:
        raise StudioError(f"no picture of {pictures.name} can be read")
    parts = torch.split(guide.backbone.preprocess(held), 64)
    return torch.cat([guide.score(part) for part in parts]).double().cpu().numpy()

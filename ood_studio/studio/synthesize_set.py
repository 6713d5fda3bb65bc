"""Whole sets of near-boundary images, and of what they are compared with."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from PIL import Image

from ood_studio import __version__
from ood_studio.core.disk import touch
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts
from ood_studio.core.paths import given_path
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.image_sets import bound_sets, set_folder
from ood_studio.data.set_writer import UNREADABLE, SetImage, build_set
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.suites import open_suite
from ood_studio.studio.assessment import Assessor
from ood_studio.studio.requests import SynthesizeSetRequest
from ood_studio.studio.synthesize_image import SynthesizeImageService, SynthesizeImageStep, steps_of
from ood_studio.studio.workbench import Workbench
from ood_studio.synthesis.baselines import PROMPT
from ood_studio.synthesis.boundary import NearBoundary, at_once
from ood_studio.synthesis.complexity import choose_sources
from ood_studio.synthesis.contexts import Contexts, prompt_of
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.worlds import folder_names, is_synset

_SOURCES = 8  # drawn images looked at for each one wanted, to choose the most complex from
NO_CONTEXT = "show nothing besides their main object"
"""Why an image of a set gives none: there is nothing to paint."""
_METHODS = {"boundary": "near-boundary", "unguided": "unguided inpainting", "negative": "negative-label pictures"}


class SynthesizeSetService:
    """Makes synthetic sets.

    Args:
        workbench: models, labels and features.
        images: makes single images.
    """

    def __init__(self, workbench: Workbench, images: SynthesizeImageService) -> None:
        self._workbench, self._images = workbench, images

    def synthesize_set(self, request: SynthesizeSetRequest, progress: Progress = silent) -> Iterator[SyntheticSet]:
        """A whole set, image after image; an interrupted one goes on where it was. To stop, stop asking.

        Raises:
            StudioError: for images or a folder that cannot be used; what is finished stays.
        """
        source = self._source(request)
        rows = choose_sources(source, per_class=request.per_class, count=request.count, progress=progress)
        parameters = {"method": request.method, "source": source.key, **asdict(request.image)}
        name = f"{source.name}, {_METHODS[request.method]}"
        folder = given_path(request.out) if request.out else set_folder("synthetic", name, parameters | {"rows": rows})

        @functools.cache
        def models() -> tuple[Inpainter, Assessor]:  # a finished set needs none
            return self._images.inpainter(request.image, progress), self._images.assessor(request.image, progress)

        def make(part: Sequence[int]) -> list[SetImage | str]:
            inpainter, assessor = models()
            originals: dict[int, Image.Image] = {}
            for row in part:
                try:
                    originals[row] = inpainter.fit(source.load(row)).image
                except (StudioError, OSError):  # left out: the manifest lacks it
                    continue
            found = self._synthetic_images(request, inpainter, assessor, source, originals, progress)
            return [found.get(row, NO_CONTEXT if row in originals else UNREADABLE) for row in part]

        def batch() -> int:
            return at_once(*models()[0].size)

        for built in build_set(name, folder, rows, parameters, make, batch, texts(request)):
            progress(f"making {name}", len(built.entries), built.wanted)
            if built.complete and not request.out:
                touch(folder)
                bound_sets("synthetic", keep=folder)
            yield built

    def _source(self, request: SynthesizeSetRequest) -> Dataset:
        if request.images:
            return open_dataset(request.images)
        suite = open_suite(
            request.suite,
            data_root=request.data_root,
            seed=request.image.loop.seed,
            train_count=_SOURCES * request.count,
            workers=self._workbench.workers,
        )
        if suite.train is None:
            raise StudioError(f"{suite.name} has no ID training pictures; give pictures of your own (images)")
        return suite.train

    def _synthetic_images(
        self,
        request: SynthesizeSetRequest,
        inpainter: Inpainter,
        assessor: Assessor,
        source: Dataset,
        originals: Mapping[int, Image.Image],
        progress: Progress,
    ) -> dict[int, SetImage]:
        """Synthetic images by the rows of their originals; one without a context is left out: nothing to paint."""
        if not originals:
            return {}
        loop = _loop_of(request)
        mains = {row: _main(source, row) for row in originals}
        contexts: dict[int, Contexts] = {}
        if request.method == "negative":
            words = np.array(assessor.words.mined.words)
            labels = {row: str(np.random.default_rng([loop.seed, row]).choice(words)) for row in originals}
            prompts = {row: PROMPT.replace("{}", label) for row, label in labels.items()}
        else:
            described = self._images.contexts(request.image, [*originals.values()], [*mains.values()], progress)
            contexts = {row: found for row, found in zip(originals, described, strict=True) if found.words}
            prompts = {row: prompt_of(found.words, request.image.wording) for row, found in contexts.items()}
        if not prompts:
            return {}
        rows = [*prompts]
        seeds = [(loop.seed + row) % 2**31 for row in rows]
        taken = [originals[row] for row in rows]
        began = time.monotonic()
        iterations = [
            steps_of(assessor, found, taken, (), time.monotonic() - began)
            for found in loop.run(
                inpainter,
                assessor.guide,
                inpainter.preprocess(taken),
                [*prompts.values()],
                seeds=seeds,
                progress=progress,
            )
        ]
        images = {}
        for i, row in enumerate(rows):
            steps = [each[i] for each in iterations]
            about = {
                "source": source.caption(row),
                "class": mains[row],
                "method": request.method,
                "contexts": list(contexts[row].words) if row in contexts else [],
                "seed": seeds[i],
                "guide": assessor.guide.name,
                "parameters": asdict(loop)
                | {"inpainter": request.image.inpainter, "context_model": request.image.context_model},
                "version": __version__,
            }
            images[row] = SetImage(steps[-1].image, about | _figures(steps, [*assessor.panel.fitted]))
        return images


def _loop_of(request: SynthesizeSetRequest) -> NearBoundary:
    """The loop as a method runs it: without guidance, or with the whole image to paint."""
    loop = request.image.loop
    if request.method == "negative":
        return replace(loop, strength=1.0, iterations=0)
    return replace(loop, iterations=0) if request.method == "unguided" else loop


def _figures(steps: Sequence[SynthesizeImageStep], titles: Sequence[str]) -> dict[str, Any]:
    """What an image's line of the manifest says of its iterations."""
    last = steps[-1]
    return {
        "prompt": last.prompt,
        "cut": last.cut,
        "negative_label": last.negative.label,
        "values": [step.value for step in steps],
        "energies": [step.energy for step in steps],
        "scores": {title: [step.readings[j].value for step in steps] for j, title in enumerate(titles)},
        "flagged": last.flagged,
    }


def _main(source: Dataset, row: int) -> str:
    """The name of an image's class where it is known."""
    if source.labels is None or not source.classes or source.labels[row] < 0:
        return ""
    name = source.classes[int(source.labels[row])]
    return folder_names().get(name, "") if is_synset(name) else name

"""Models compared: each measured once, kept on disk, and read back."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ood_studio import worlds
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.files import write_text
from ood_studio.core.kept import KEPT
from ood_studio.core.locks import has_writer, sole_writer
from ood_studio.core.memory import is_out_of_memory
from ood_studio.core.parameters import texts
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.core.versions import versions
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.suites import open_suite
from ood_studio.evaluation.zoo import Figure, Measured, Measurement, ZooRun, ZooStore, measure, passport
from ood_studio.evaluation.zoo.measure import MEASURES
from ood_studio.evaluation.zoo.seen_otherwise import seen_otherwise
from ood_studio.features.images import dataset_features
from ood_studio.features.texts import TextPart, text_features
from ood_studio.labels.prompts import prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.studio.requests.zoo import ZooRequest
from ood_studio.studio.workbench import Workbench
from ood_studio.worlds import DrawnSuite, PublishedSuite

_SPEED_IMAGES = 64
_PROMPTS = "neglabel"


@dataclass(frozen=True)
class ZooAnswer:
    """What came of one model.

    Attributes:
        backbone: its name.
        measured: its figures; None where it could not be measured at all, and ``problem`` says why.
        kept: whether they lay on disk.
    """

    backbone: str
    measured: Measured | None
    problem: str = ""
    kept: bool = False


class ZooService:
    """Measures models.

    Args:
        workbench: models and texts.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def measure(self, request: ZooRequest, progress: Progress = silent) -> Iterator[ZooAnswer]:
        """See `Studio.zoo`."""
        for answer, _ in self._answers(request, progress):
            yield answer

    def runs(self, request: ZooRequest, progress: Progress = silent) -> Iterator[ZooRun]:
        """See `Studio.zoo_runs`."""
        for _, run in self._answers(request, progress):
            yield run

    def _answers(self, request: ZooRequest, progress: Progress) -> Iterator[tuple[ZooAnswer, ZooRun]]:
        """Each model's answer and the run as far as it has come; the whole run is kept."""
        names = [*dict.fromkeys(request.models)]
        if not names and isinstance(worlds.suites().get(request.suite), PublishedSuite):
            raise StudioError(
                f"name the models that are measured on {request.suite} (--models, or --list for those of a paper): the "
                "miniatures that come along have never seen a photograph"
            )
        names = names or [*worlds.zoo()]
        on = self._measurement(request)
        run = ZooRun((), asked=texts(request), passport=passport(on, _PROMPTS))
        with _alone():
            for i, name in enumerate(names):
                progress(f"measuring {name}", i, len(names))
                answer = self._answer(name, on, request, progress)
                if answer.measured is None:
                    run = replace(run, problems={**run.problems, name: answer.problem})
                else:
                    run = replace(run, measured=(*run.measured, answer.measured))
                yield answer, run
        ZooStore().keep(run)
        progress("measuring", len(names), len(names))

    def _answer(self, name: str, on: Measurement, request: ZooRequest, progress: Progress) -> ZooAnswer:
        """One model measured, or why it cannot be."""
        try:
            return self._one(name, on, request, progress)
        except Stopped:
            raise
        except StudioError as error:
            return ZooAnswer(name, None, str(error))
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return ZooAnswer(name, None, f"{name} does not fit into memory")

    def _measurement(self, request: ZooRequest) -> Measurement:
        sets = worlds.zoo_sets()
        name = request.suite or sets.suite
        if name == worlds.OWN_SUITE:
            raise StudioError("models are compared on a suite’s sets; pictures of your own are compared by bench")
        suite = open_suite(
            name,
            train_data=request.train_data,
            data_root=request.data_root,
            seed=request.seed,
            count=request.count,
            train_count=request.train_count,
            workers=self._workbench.workers,
        )
        otherwise = seen_otherwise(name, request.data_root, request.annotations)
        drawn_here = name == sets.suite

        def drawn(splits: Sequence[tuple[str, str]]) -> dict[str, Dataset]:
            if not drawn_here:
                return {}
            return {
                name: worlds.open_split(split, request.seed, request.shift_count, workers=self._workbench.workers)
                for name, split in splits
            }

        return Measurement(
            labels=suite.labels,
            id=suite.id,
            train=suite.train,
            ood={each: images for each, images in suite.ood.items() if each not in otherwise.shifts},
            factors=drawn(sets.factors),
            shifts={**drawn(sets.shifts), **otherwise.shifts},
            captioned=suite.id if isinstance(worlds.suites()[name], DrawnSuite) else None,
            annotations=otherwise.annotations,
            seed=request.seed,
            resamples=request.resamples,
            notes=tuple(dict.fromkeys((*suite.notes, *otherwise.notes))),
        )

    def _one(self, name: str, on: Measurement, request: ZooRequest, progress: Progress) -> ZooAnswer:
        backbone = self._workbench.backbone(name, progress)
        path = _file(backbone, on, request)
        if (kept := _read(path)) is not None:
            return ZooAnswer(name, kept, kept=True)

        def encode(texts: Sequence[str]) -> Tensor:
            return text_features(backbone, [TextPart(("{}",), tuple(texts))], progress)  # kept as they come

        class_text = None
        if backbone.reads_text:
            class_text = class_features(backbone, on.labels, prompt_set(_PROMPTS), progress).cpu()
        found = measure(
            backbone,
            on,
            class_text,
            encode,
            partial(dataset_features, backbone, progress=progress),
            speed=_speed(backbone, on.id),
            parameters=backbone.parameters,
        )
        with suppress(OSError):  # measured again next time
            write_text(path, json.dumps(found.to_dict()))
            KEPT["zoo"].make_room(keep=path)
        return ZooAnswer(name, found)


@contextmanager
def _alone() -> Iterator[None]:
    """One zoo at a time on this machine: two would need the memory twice, and compute the same features.

    Raises:
        StudioError: if somebody is at it already.
    """
    place = KEPT["zoo"].place
    if place.is_dir() and has_writer(place):
        raise StudioError(
            "the zoo is being measured here already, in another window or program; ask again when that has ended, or "
            "stop it: what it has measured is kept"
        )
    with ExitStack() as held:
        with suppress(OSError):  # a disk that refuses costs the figures their file, and nobody the figures
            place.mkdir(parents=True, exist_ok=True)
            held.enter_context(sole_writer(place))
        yield


def _file(backbone: Backbone, on: Measurement, request: ZooRequest) -> Path:
    """Where the figures of a model lie: they depend on its weights, the images, and what computes."""
    about = [backbone.name, backbone.fingerprint, *(each.key for each in on.datasets())]
    about += [hashlib.sha256(json.dumps(sorted(map(str, on.annotations.items()))).encode()).hexdigest()]
    about += [str(request.seed), str(request.resamples), json.dumps(versions()), str(MEASURES)]
    return KEPT["zoo"].place / f"{hashlib.sha256('/'.join(about).encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> Measured | None:
    """Figures that lie on disk; None for none, or a file that is damaged or of another version."""
    try:
        return Measured.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, StudioError):
        return None


def _speed(backbone: Backbone, images: Dataset) -> Figure:
    """Images a second through the image tower, as many at a time as it takes; the faster of two passes."""
    images.prepare()
    count = min(_SPEED_IMAGES, len(images))
    pixels = backbone.preprocess([images.load(i) for i in range(count)])
    seconds = []
    with torch.no_grad():
        for _ in range(2):
            started = time.perf_counter()
            backbone.encode_image(pixels).visual.cpu()
            seconds.append(time.perf_counter() - started)
    return Figure(count / min(seconds), n=count)

"""Streams of a suite's images that methods play side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, heard, silent
from ood_studio.core.unicode import listed
from ood_studio.data.content import origin_of
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.bench import needed_spaces
from ood_studio.evaluation.playing import FPR, Played, play
from ood_studio.evaluation.streams import Flow
from ood_studio.features.base import DatasetFeatures
from ood_studio.features.images import dataset_features
from ood_studio.scorers import Space, select_features
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests import BenchRequest
from ood_studio.studio.requests.stream import StreamRequest
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.workbench import Workbench

_CALIBRATION = 5  # of so many ID images one sets the thresholds


@dataclass(frozen=True, eq=False)
class StreamResult:
    """A stream, and what each method did with it.

    Attributes:
        request: what was asked for.
        flow: the images in their order.
        played: the methods.
        calibration: how many ID images set the thresholds.
        notes: sentences for the person.
        provenance: of the ``sets``, by name, ``place`` and a hash of the ``content``; and the model, see `about_model`.
        sets: the images of the ID set and then of each OOD set that the stream's rows count, and of those ``rows``.
    """

    request: StreamRequest
    flow: Flow
    played: tuple[Played, ...]
    calibration: int
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    sets: tuple[Dataset, ...] = ()
    rows: tuple[np.ndarray, ...] = ()

    def image(self, place: int) -> tuple[Image.Image, str]:
        """The image at a place of the stream, and what it is called.

        Raises:
            StudioError: if it cannot be read any more.
        """
        which = int(self.flow.of[place]) + 1
        row = int(self.rows[which][self.flow.rows[place]])
        return self.sets[which].load(row), self.sets[which].caption(row)

    def to_dict(self) -> dict[str, Any]:
        """As plain values; equal requests on equal data give equal ones, to the bit."""
        return {
            "suite": self.request.suite,
            "preset": self.request.preset,
            "stream": asdict(self.request.stream),
            "images": len(self.flow),
            "mix": self.flow.mix(),
            "promise": str(self.request.promise),
            "prompts": self.request.labels.prompts,
            "fpr_definition": FPR,
            "provenance": dict(self.provenance),
            "calibration": self.calibration,
            "methods": [each.figures() for each in self.played],
            "notes": list(self.notes),
        }


class StreamService:
    """Plays streams.

    Args:
        workbench: models, labels and features.
        suites: benchmarks on suites.
    """

    def __init__(self, workbench: Workbench, suites: SuiteBenches) -> None:
        self._workbench, self._suites = workbench, suites

    def play(self, request: StreamRequest, progress: Progress = silent) -> StreamResult:
        """Every method over the same stream.

        Raises:
            StudioError: one sentence, for sets, scorers or a stream that cannot be had.
        """
        asked = BenchRequest(
            request.suite,
            request.methods(),
            request.labels,
            id_data=request.id_data,
            ood_data=request.ood_data,
            seed=request.stream.seed,
            count=request.count,
        )
        suite = self._suites.open(asked)
        names = request.ood or (tuple(suite.ood)[:1] if request.preset == "published" else tuple(suite.ood))
        unknown = [name for name in names if name not in suite.ood]
        if unknown:
            raise StudioError(f"the suite {suite.name} has no OOD set {unknown[0]}; it has {', '.join(suite.ood)}")
        model = self._workbench.backbone(request.labels.backbone, progress)
        features_of = partial(dataset_features, model, progress=progress)
        bench, space = self._suites.bench(asked, suite, features_of, training={}, progress=progress)
        spaces = needed_spaces([*bench.scorers.values()])
        inside = bench.features_of(suite.id, spaces)
        outside = {name: bench.features_of(suite.ood[name], spaces) for name in names}
        order = np.random.default_rng(request.stream.seed).permutation(len(inside.rows))
        held, coming = np.sort(order[: len(order) // _CALIBRATION]), np.sort(order[len(order) // _CALIBRATION :])
        if not len(held):
            raise StudioError(
                f"of every {_CALIBRATION} ID pictures one sets the thresholds and does not come, and {suite.id.name} "
                f"has {len(order)} that can be read; give at least {_CALIBRATION}"
            )
        classes = None if suite.id.labels is None else suite.id.labels[inside.rows][coming]
        styles: tuple[list[str] | None, ...] = ()
        if request.stream.styles == "in-turn":
            styles = (_styles(suite.id, inside.rows[coming]), *(_styles(suite.ood[n], outside[n].rows) for n in names))
        counts = {name: len(found.rows) for name, found in outside.items()}
        flow = request.stream.draw(len(coming), counts, classes, styles)
        played = []
        for i, (key, scorer) in enumerate(bench.scorers.items()):
            with heard(progress) as report:
                report("playing the stream", i, len(bench.scorers))
                score = scorer.fit(bench.reference_of(scorer.space))
                stream = _stream(scorer.space, flow, inside, outside, coming)
                calibration = _rows(scorer.space, inside, held)
                shape = request.stream.shape
                for moving in (False, True) if key == "neglabel" else (False,):
                    played.append(
                        play(
                            key,
                            score,
                            stream,
                            calibration,
                            flow,
                            request.promise,
                            seed=request.stream.seed,
                            order="shuffled" if shape == "mix" else shape,
                            moving=moving,
                            words=() if space is None else space.mined.words,
                        )
                    )
        unread = [
            f"{len(found.problems):,} pictures of {name} cannot be read and do not come: {listed([*found.problems])}."
            for name, found in {suite.id.name: inside, **outside}.items()
            if found.problems
        ]
        sets = (suite.id, *(suite.ood[name] for name in names))
        return StreamResult(
            request,
            flow,
            tuple(played),
            len(held),
            (*suite.notes, *unread),
            {"sets": {each.name: asdict(origin_of(each, progress)) for each in sets}, **about_model(model)},
            sets,
            (inside.rows[coming], *(outside[name].rows for name in names)),
        )


def _styles(images: Dataset, rows: np.ndarray) -> list[str] | None:
    """The styles of some images, None where they are not known."""
    return None if images.styles is None else [images.styles[row] for row in rows.tolist()]


def _rows(space: Space, found: DatasetFeatures, rows: np.ndarray) -> torch.Tensor:
    taken = torch.from_numpy(rows)
    parts = (None if part is None else part[taken] for part in (found.joint, found.visual, found.patches))
    return select_features(space, *parts).float()


def _stream(
    space: Space, flow: Flow, inside: DatasetFeatures, outside: Mapping[str, DatasetFeatures], coming: np.ndarray
) -> torch.Tensor:
    """Features in the stream's order."""
    parts = {-1: _rows(space, inside, coming[flow.rows[flow.of == -1]])}
    for i, name in enumerate(flow.ood):
        parts[i] = _rows(space, outside[name], flow.rows[flow.of == i])
    found = torch.empty(len(flow), *parts[-1].shape[1:])
    for i, part in parts.items():
        found[torch.from_numpy(flow.of == i)] = part
    return found

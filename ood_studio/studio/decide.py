"""Images decided by a detector that was made here or brought as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.images import decode_image
from ood_studio.detectors import Decision, Detector, RateAlarm, SimpleJumper, discoveries
from ood_studio.detectors.file import read
from ood_studio.studio.hosted import Hosted
from ood_studio.studio.requests import DecideRequest
from ood_studio.studio.workbench import Workbench

MISS = 0.01
"""Of the bound of the false-alarm rate, and of the drift alarm each."""
LEVEL = 0.1
"""The false discovery rate at which a batch's images are called OOD."""
RUN_LENGTH = 1_000
"""Images between two alarms of the restarting kind while nothing drifts, on average at least."""


@dataclass(frozen=True, eq=False)
class Decided:
    """What a detector says of images, in the order given.

    Attributes:
        detector: which.
        decisions: of the images that could be read; ``problems`` why others could not, by name.
    """

    detector: Detector
    decisions: tuple[Decision, ...]
    problems: dict[str, str]

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """(n,) whether each image scores below the threshold."""
        return np.array([not each.inside for each in self.decisions], dtype=np.bool_)

    @property
    def discovered(self) -> int:
        """How many images are called OOD so that at most a share of `LEVEL` of these calls is wrong on average."""
        return int(discoveries([each.p_value for each in self.decisions], LEVEL).sum())

    def wealth(self, alarm: str = "rate") -> tuple[NDArray[np.float64], float]:
        """The logarithm of the wealth of a drift alarm after each image, and where the alarm goes.

        Args:
            alarm: ``rate``: the detector flags more than its calibration allows. ``jumper``: p-values are not uniform,
                the calibration set growing with the stream. ``restarting``: the same, to be watched for ever.
        """
        held = self.detector.calibration
        if alarm == "rate":
            bound = min(max(held.bound(self.detector.threshold, MISS), 1e-6), 0.999)
            found = RateAlarm(bound, MISS)
            return found.wealth(self.flagged), found.line
        jumper = SimpleJumper(held.scores)
        for each in self.decisions:
            jumper.add(each.score)
        if alarm == "jumper":
            return np.array(jumper.logs), float(-np.log(MISS))
        return np.array(jumper.restarts), float(np.log(RUN_LENGTH))

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        logs, line = self.wealth()
        rang = np.flatnonzero(logs >= line)
        return {
            "decisions": [each.to_json() for each in self.decisions],
            "problems": self.problems,
            "promise": str(self.detector.promise),
            "threshold": self.detector.threshold,
            "drift_alarm": int(rang[0]) + 1 if rang.size else None,
            "about": about(self.detector),
        }


class DecideService:
    """Reads detectors and decides with them.

    Args:
        workbench: where models run.
        hosted: what strangers may ask for; None for anything.
    """

    def __init__(self, workbench: Workbench, hosted: Hosted | None) -> None:
        self._workbench, self._hosted = workbench, hosted

    def load(self, request: DecideRequest, progress: Progress = silent) -> Detector:
        """A detector from its file.

        What the file says of its model is only said: where strangers are served, the model is one that they may have.

        Raises:
            StudioError: one sentence, for a file that is none, damaged, edited or of another version, or a model that
                is missing or not to be had here.
        """
        if not request.detector:
            raise StudioError("there is no detector; make one, or give a detector's file")
        if self._hosted is not None:
            self._hosted.check(request)
            header, _ = read(Path(request.detector))
            self._hosted.check_model("labels.backbone", str(header["backbone"]))
        return Detector.load(request.detector, self._workbench.device, progress=progress)

    def __call__(self, detector: Detector, images: Iterable[tuple[str, Path]], progress: Progress = silent) -> Decided:
        """Decisions on image files; one that cannot be read is named and costs no other.

        Args:
            detector: which.
            images: names and files, in the order of the stream.
            progress: told the images decided.

        Raises:
            StudioError: where none can be read.
        """
        given = list(images)
        if not given:
            raise StudioError("there is no picture to decide; give at least one")
        problems: dict[str, str] = {}

        def read_ones() -> Iterator[tuple[str, Any]]:
            for name, path in given:
                try:
                    yield name, decode_image(path, name=name)
                except StudioError as error:
                    problems[name] = str(error)

        decisions = tuple(detector.decide(read_ones(), len(given), progress))
        if not decisions:
            raise StudioError(next(iter(problems.values())))
        return Decided(detector, decisions, problems)


def about(detector: Detector) -> dict[str, Any]:
    """What a detector is, as plain values."""
    return {
        "scorer": detector.scorer.title,
        "backbone": detector.backbone.name,
        "labels": list(detector.labels),
        "negative_labels": len(detector.negative_labels),
        "calibration": detector.about.get("calibration", ""),
        "calibration_images": len(detector.calibration),
        "expected_false_alarms": detector.promise.expected(len(detector.calibration)),
    }

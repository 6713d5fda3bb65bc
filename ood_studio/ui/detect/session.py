"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.detectors import Detector
from ood_studio.studio import DetectorRequest
from ood_studio.studio.decide import Decided

MOST_PICTURES = 500


@dataclass(frozen=True, eq=False)
class Ready:
    """A detector that decides.

    Attributes:
        detector: the detector, and ``path`` its file.
        notes: what is to be said of how it was made.
        request: what it was made of; None where it was read from a file.
    """

    detector: Detector
    path: Path
    notes: tuple[str, ...] = ()
    request: DetectorRequest | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """A detector, and what it made of the pictures; None where there were none."""

    ready: Ready
    decided: Decided | None = None


@dataclass
class Session:
    """One user's detector and pictures; it changes in place.

    Attributes:
        pictures: (name, path) in the order of the stream.
        outcome: the detector and its decisions; None before there is one.
        alarm: which drift alarm is drawn.
    """

    pictures: list[tuple[str, str]] = field(default_factory=list)
    outcome: Outcome | None = None
    alarm: str = "rate"

    def add(self, pictures: list[tuple[str, str]]) -> str:
        """Takes further pictures at the end of the stream; says where there are too many."""
        self.pictures = [*self.pictures, *pictures]
        if len(self.pictures) <= MOST_PICTURES:
            return ""
        self.pictures = self.pictures[:MOST_PICTURES]
        return f"At most {MOST_PICTURES} pictures at a time; the first {MOST_PICTURES} are kept."

    def ready(self) -> Ready:
        """The detector.

        Raises:
            StudioError: if there is none yet.
        """
        if self.outcome is None:
            raise StudioError("there is no detector yet; make one, or load a detector's file")
        return self.outcome.ready

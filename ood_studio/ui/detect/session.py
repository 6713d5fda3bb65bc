"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.detectors import Detector
from ood_studio.studio import DetectorRequest
from ood_studio.studio.decide import Decided
from ood_studio.ui.opening import Opening

MOST_PICTURES = 500


@dataclass(frozen=True, eq=False)
class Ready:
    """A detector that decides.

    Attributes:
        detector: the detector, and ``path`` its file.
        notes: what is to be said of how it was made.
        request: what it was made of; None where it was read from a file.
        example: whether nobody asked for it: the tab began with it.
    """

    detector: Detector
    path: Path
    notes: tuple[str, ...] = ()
    request: DetectorRequest | None = None
    example: bool = False


@dataclass(frozen=True, eq=False)
class Outcome:
    """A detector, and what it made of the pictures; None where there were none.

    Attributes:
        examples: names and files of the pictures that an example brought along.
    """

    ready: Ready
    decided: Decided | None = None
    examples: tuple[tuple[str, str], ...] = ()


@dataclass
class Session:
    """One user's detector and pictures; it changes in place.

    Attributes:
        pictures: (name, path) in the order of the stream.
        outcome: the detector and its decisions; None before there is one.
        alarm: which drift alarm is drawn.
        examples: whether the pictures are those that the tab began with: the first of one's own take their place.
        opening: whether the tab is to begin with an example.
    """

    pictures: list[tuple[str, str]] = field(default_factory=list)
    outcome: Outcome | None = None
    alarm: str = "rate"
    examples: bool = False
    opening: Opening = field(default_factory=Opening)

    def add(self, pictures: list[tuple[str, str]]) -> str:
        """Takes further pictures at the end of the stream; says where there are too many."""
        self.pictures = [*([] if self.examples else self.pictures), *pictures]
        self.examples = False
        if len(self.pictures) <= MOST_PICTURES:
            return ""
        self.pictures = self.pictures[:MOST_PICTURES]
        return f"At most {MOST_PICTURES} pictures at a time; the first {MOST_PICTURES} are kept."

    def take(self, outcome: Outcome) -> None:
        """What came of the pictures; those of an example are there where one's own are not."""
        self.outcome = outcome
        if outcome.examples and not self.pictures:
            self.pictures, self.examples = [*outcome.examples], True

    def ready(self) -> Ready:
        """The detector.

        Raises:
            StudioError: if there is none yet.
        """
        if self.outcome is None:
            raise StudioError("there is no detector yet; make one, or load a detector's file")
        return self.outcome.ready

"""What belongs to one user of the tab: the attack as far as it has come, and the pictures to choose from."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from ood_studio.studio import AttackImageRequest, AttackImageStep, AttackResult, AttackSetRequest
from ood_studio.ui.pictures.galleries import Offered
from ood_studio.ui.running import StopFlag


@dataclass
class Session:
    """One user's attack. It changes in place while steps stream in.

    Attributes:
        stop: asked to stop.
        running: whether an attack is under way.
        offered: what the galleries show.
        request, source, target: what was asked; pictures as they were given, under ``names``.
        first, last: where the attack began and how far it has come.
        steps, similarity, scores: what the curves show; scores by title.
        note: why the attack ended early; empty where it did not.
        batch_request, batch: the last attack on a batch.
    """

    stop: StopFlag = field(default_factory=StopFlag)
    running: bool = False
    offered: Offered = field(default_factory=Offered)
    request: AttackImageRequest | None = None
    source: Image.Image | None = None
    target: Image.Image | None = None
    names: tuple[str, str] = ("", "")
    first: AttackImageStep | None = None
    last: AttackImageStep | None = None
    steps: list[int] = field(default_factory=list)
    similarity: list[float] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=dict)
    note: str = ""
    batch_request: AttackSetRequest | None = None
    batch: AttackResult | None = None

    def begin(
        self, request: AttackImageRequest, source: Image.Image, target: Image.Image | None, names: tuple[str, str]
    ) -> None:
        """Forgets the attack before, and takes in what is asked now."""
        self.request, self.source, self.target, self.names = request, source, target, names
        self.first = self.last = None
        self.steps, self.similarity, self.scores, self.note = [], [], {}, ""

    def take(self, step: AttackImageStep) -> None:
        """The next step, or the last good one once more."""
        self.first = self.first or step
        if self.last is None or step.step > self.last.step:
            self.steps.append(step.step)
            self.similarity.append(step.similarity)
            for reading in step.readings:
                self.scores.setdefault(reading.title, []).append(reading.value)
        self.last = step

    def thresholds(self) -> dict[str, float]:
        """By score title; empty without reference pictures."""
        readings = () if self.last is None else self.last.readings
        return {reading.title: reading.threshold for reading in readings if reading.threshold is not None}

    def flipped(self, title: str) -> int | None:
        """The step from which on a score takes the picture for ID; None where it does not, or did from the start."""
        threshold = self.thresholds().get(title)
        if threshold is None or self.scores[title][-1] < threshold or self.scores[title][0] >= threshold:
            return None
        below = max(i for i, value in enumerate(self.scores[title]) if value < threshold)
        return self.steps[below + 1]

"""An attack as far as it has come: what was asked, where it began and is now, and what its curves show."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from ood_studio.studio import AttackImageRequest, AttackImageStep, ExploreResult


@dataclass(frozen=True, eq=False)
class AttackTrace:
    """One attack; `after` gives the next, nothing changes in place, so that it may be drawn while the attack goes on.

    Attributes:
        request, source, target: what was asked; pictures as they were given, under ``names``.
        first, last: where it began and how far it has come.
        steps, similarity, scores: what the curves show; scores by title.
        explored: the picture before and after as the Explore tab sees them, once it has ended.
    """

    request: AttackImageRequest
    source: Image.Image
    target: Image.Image | None
    names: tuple[str, str]
    first: AttackImageStep | None = None
    last: AttackImageStep | None = None
    steps: tuple[int, ...] = ()
    similarity: tuple[float, ...] = ()
    scores: dict[str, tuple[float, ...]] | None = None
    explored: ExploreResult | None = None

    def after(self, step: AttackImageStep) -> AttackTrace:
        """The next step, or the last good one once more."""
        if self.last is not None and step.step <= self.last.step:
            return replace(self, last=step)
        held = self.scores or {}
        return replace(
            self,
            first=self.first or step,
            last=step,
            steps=(*self.steps, step.step),
            similarity=(*self.similarity, step.similarity),
            scores={each.title: (*held.get(each.title, ()), each.value) for each in step.readings},
        )

    def thresholds(self) -> dict[str, float]:
        """By score title; empty without reference pictures."""
        readings = () if self.last is None else self.last.readings
        return {reading.title: reading.threshold for reading in readings if reading.threshold is not None}

    def flipped(self, title: str) -> int | None:
        """The step from which on a score takes the picture for ID; None where it does not, or did from the start."""
        threshold, values = self.thresholds().get(title), (self.scores or {}).get(title, ())
        if threshold is None or not values or values[-1] < threshold or values[0] >= threshold:
            return None
        below = max(i for i, value in enumerate(values) if value < threshold)
        return self.steps[below + 1]

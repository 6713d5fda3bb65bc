"""A synthesis as far as it has come: what was asked, the original, every iteration, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from ood_studio.studio import Assessment, SynthesizeImageRequest, SynthesizeImageStep


@dataclass(frozen=True, eq=False)
class SynthesisTrace:
    """One synthesis; `after` gives the next, nothing changes in place, so that it may be drawn while the loop goes on.

    Attributes:
        request, source, mask, words: what was asked; the picture as it was given, a file at ``path``.
        first: what is made of the original, as the model takes it; None until that is known.
        steps: the iterations so far.
        baselines: pictures to compare with, by their titles; None for one that is on its way.
    """

    request: SynthesizeImageRequest
    source: Image.Image
    mask: Image.Image | None
    words: tuple[str, ...]
    path: str
    first: Assessment | None = None
    steps: tuple[SynthesizeImageStep, ...] = ()
    baselines: Mapping[str, Assessment | None] = field(default_factory=dict)

    def after(self, step: SynthesizeImageStep, first: Assessment) -> SynthesisTrace:
        """With one more iteration."""
        return replace(self, first=first, steps=(*self.steps, step))

    def with_baseline(self, title: str, found: Assessment | None) -> SynthesisTrace:
        """With a picture to compare with."""
        return replace(self, baselines={**self.baselines, title: found})

    @property
    def name(self) -> str:
        """Of the picture."""
        return Path(self.path).stem

    @property
    def last(self) -> SynthesizeImageStep | None:
        """Where the picture is now."""
        return self.steps[-1] if self.steps else None

    def trail(self) -> list[Assessment]:
        """The original and every iteration."""
        return [*([] if self.first is None else [self.first]), *self.steps]

    def names(self) -> list[str]:
        """Short names of the trail's pictures."""
        return [*([] if self.first is None else ["original"]), *(str(step.iteration) for step in self.steps)]

    def crossed(self) -> int | None:
        """The iteration from which on the guide takes the picture for OOD; None where it does not, or always did."""
        if self.first is None or self.first.inside is not True or not self.steps or self.steps[-1].inside is not False:
            return None
        inside = [step.iteration for step in self.steps if step.inside]
        return (inside[-1] + 1) if inside else 0

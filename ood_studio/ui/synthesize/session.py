"""What belongs to one user of the tab: the picture as far as it has come, and the sets they build."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from ood_studio.studio import Assessment, SynthesizeImageRequest, SynthesizeImageStep, SynthesizeSetRequest
from ood_studio.synthesis.contexts import Contexts
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.ui.pictures.galleries import Offered
from ood_studio.ui.running import StopFlag


@dataclass
class Session:
    """One user's synthesis. It changes in place while iterations stream in.

    Attributes:
        stop, stop_set: asked to stop the picture, or the set.
        running: whether a picture is under way.
        offered: what the gallery shows.
        found: what the context model said of the picture chosen.
        request, source, mask, words, name: what was asked; the picture as it was given.
        first: what is made of the original, as the model takes it; None until that is known.
        steps: the iterations so far.
        beside: pictures to compare with, by their titles; None for one that is on its way.
        note: why it ended early; empty where it did not.
        set_request, made: the last set, as far as it has come.
    """

    stop: StopFlag = field(default_factory=StopFlag)
    stop_set: StopFlag = field(default_factory=StopFlag)
    running: bool = False
    offered: Offered = field(default_factory=Offered)
    found: Contexts | None = None
    request: SynthesizeImageRequest | None = None
    source: Image.Image | None = None
    mask: Image.Image | None = None
    words: tuple[str, ...] = ()
    name: str = ""
    first: Assessment | None = None
    steps: list[SynthesizeImageStep] = field(default_factory=list)
    beside: dict[str, Assessment | None] = field(default_factory=dict)
    note: str = ""
    set_request: SynthesizeSetRequest | None = None
    made: SyntheticSet | None = None

    def begin(
        self,
        request: SynthesizeImageRequest,
        source: Image.Image,
        mask: Image.Image | None,
        words: tuple[str, ...],
        name: str,
    ) -> None:
        """Forgets the picture before, and takes in what is asked now."""
        self.request, self.source, self.mask, self.words, self.name = request, source, mask, words, name
        self.first, self.steps, self.beside, self.note = None, [], {}, ""

    @property
    def last(self) -> SynthesizeImageStep | None:
        """Where the picture is now."""
        return self.steps[-1] if self.steps else None

    def trail(self) -> list[Assessment]:
        """The original and every iteration."""
        return [*([] if self.first is None else [self.first]), *self.steps]

    def crossed(self) -> int | None:
        """The iteration from which on the guide takes the picture for OOD; None where it does not, or always did."""
        if self.first is None or self.first.inside is not True or not self.steps or self.steps[-1].inside is not False:
            return None
        inside = [step.iteration for step in self.steps if step.inside]
        return (inside[-1] + 1) if inside else 0

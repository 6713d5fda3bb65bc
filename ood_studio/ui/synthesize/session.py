"""What belongs to one user of the tab: the picture as far as it has come, its contexts, and the sets they build."""

from __future__ import annotations

from dataclasses import dataclass, field

from ood_studio.core.errors import StudioError
from ood_studio.studio import SynthesizeSetRequest
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.ui.pictures.galleries import Offered
from ood_studio.ui.synthesize.trace import SynthesisTrace


@dataclass
class Session:
    """One user's synthesis. It changes in place.

    Attributes:
        offered: what the gallery shows.
        seen: whether the tab was ever opened; before that nothing is computed for it.
        picture: the picture, a path, whose contexts were asked for last; ``named`` whether there was an answer,
            ``found`` its words, and ``emptied`` whether a person took all of them away since.
        words, words_of: what the box of words was given or told last, and of which picture that is, a path.
        linked, wanted: the example that a link opens, and the contexts that it names for it.
        trace: the synthesis; None before there is one.
        running: whether it is under way.
        note: why it ended early; empty where it did not.
        set_request, built: the last set, as far as it has come.
    """

    offered: Offered = field(default_factory=Offered)
    seen: bool = False
    picture: str = ""
    named: bool = False
    found: tuple[str, ...] = ()
    emptied: bool = False
    words: tuple[str, ...] = ()
    words_of: str = ""
    linked: str = ""
    wanted: tuple[str, ...] = ()
    trace: SynthesisTrace | None = None
    running: bool = False
    note: str = ""
    set_request: SynthesizeSetRequest | None = None
    built: SyntheticSet | None = None

    def finished(self) -> SynthesisTrace:
        """The synthesis, where there is a picture of it.

        Raises:
            StudioError: if there is none yet.
        """
        if self.trace is None or self.trace.last is None:
            raise StudioError("there is no result yet; press Synthesize first")
        return self.trace

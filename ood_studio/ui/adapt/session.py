"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass, field

from ood_studio.core.errors import StudioError
from ood_studio.studio.fit import Fit
from ood_studio.ui.opening import Opening


@dataclass
class Session:
    """One user's fit. It changes in place.

    Attributes:
        fit: as far as it has come; None before there is one.
        running: whether that is still being trained.
        note: why it ended early; empty where it did not.
        saved: the name that it was saved under.
        example: the name of the bundled adapter that the fit is read from; empty for a fit of one's own.
        asked: what ``example`` is once what was asked for last has something to show.
        job: the job that the fit is of.
        opening: whether the tab is to begin with an example.
    """

    fit: Fit | None = None
    running: bool = False
    note: str = ""
    saved: str = ""
    example: str = ""
    asked: str = ""
    job: str = ""
    opening: Opening = field(default_factory=Opening)

    def take(self, fit: Fit, job: str, running: bool) -> None:
        """The fit of a job as far as it has come; until there is one, that of the job before stays."""
        if job != self.job:
            self.job, self.saved, self.example = job, self.asked, self.asked
        self.fit, self.running = fit, running

    def finished(self) -> Fit:
        """The fit, where something is learnt.

        Raises:
            StudioError: if there is none yet.
        """
        if self.fit is None or self.fit.adapted is None:
            raise StudioError("nothing is learnt yet; press Train first")
        return self.fit

"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass

from ood_studio.core.errors import StudioError
from ood_studio.studio.fit import Fit


@dataclass
class Session:
    """One user's fit. It changes in place.

    Attributes:
        fit: as far as it has come; None before there is one.
        running: whether it is under way.
        note: why it ended early; empty where it did not.
        saved: the name that it was saved under.
    """

    fit: Fit | None = None
    running: bool = False
    note: str = ""
    saved: str = ""

    def finished(self) -> Fit:
        """The fit, where something is learnt.

        Raises:
            StudioError: if there is none yet.
        """
        if self.fit is None or self.fit.adapted is None:
            raise StudioError("nothing is learnt yet; press Train first")
        return self.fit

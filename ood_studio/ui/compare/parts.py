"""The Compare tab as the parts of its wiring see it."""

from __future__ import annotations

from typing import Any

from ood_studio.ui.compare.chooser import Chooser
from ood_studio.ui.compare.link import TAB, view_of
from ood_studio.ui.compare.panels import Panels
from ood_studio.ui.compare.session import Session
from ood_studio.ui.parts import TabParts
from ood_studio.ui.share import share_update
from ood_studio.ui.wiring import Updates


class Parts(TabParts[Chooser, Panels]):
    """See `TabParts`."""

    tab = TAB

    @property
    def outputs(self) -> list[Any]:
        """All panels."""
        return self.panels.all()

    def share(self, mine: Session) -> Updates:
        """The link and the command of what is seen."""
        view = view_of(self.sidebar, self.chooser.form.layout.boxes, mine)
        return {self.panels.share: share_update(self.panels.share, view)}

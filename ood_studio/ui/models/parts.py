"""The Models tab as the parts of its wiring see it."""

from __future__ import annotations

import shlex
from typing import Any

from ood_studio.studio import ZooRequest
from ood_studio.studio.commands import command_line
from ood_studio.ui.form import query_of
from ood_studio.ui.models.earlier import earlier_html, earlier_runs
from ood_studio.ui.models.layout import LAYOUT, START
from ood_studio.ui.models.panels import Chooser, Panels
from ood_studio.ui.models.session import Session
from ood_studio.ui.models.view import View
from ood_studio.ui.parts import TabParts
from ood_studio.ui.share import share_update, shared_view
from ood_studio.ui.wiring import Updates

TAB = "models"


class Parts(TabParts[Chooser, Panels]):
    """See `TabParts`."""

    tab = TAB

    @property
    def outputs(self) -> list[Any]:
        """All panels, and what shares the view."""
        return [*self.panels.all(), self.chooser.share]

    def share(self, mine: Session) -> Updates:
        """The link and the command of what is seen."""
        box, request = self.chooser.share, mine.request()
        if request is None:
            return {box: share_update(box, "")}
        query = self.sidebar.query(request, LAYOUT.boxes, START) | query_of(mine.view, View())
        return {box: share_update(box, shared_view(TAB, query, command(request, mine.view)))}

    def listed(self, mine: Session) -> Updates:
        """The list of earlier results."""
        strangers = self.page.strangers
        return {self.chooser.earlier: earlier_html(mine, earlier_runs(strangers), strangers)}


def command(request: ZooRequest, view: View) -> str:
    """The command that measures the same and tells the same trend."""
    return f"{command_line('zoo', request)} --x {shlex.quote(view.x)} --y {shlex.quote(view.y)}"

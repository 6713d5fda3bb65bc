"""What the parts of the tab's wiring have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.compare.chooser import Chooser
from ood_studio.ui.compare.link import view_of
from ood_studio.ui.compare.panels import Panels
from ood_studio.ui.compare.session import Session
from ood_studio.ui.page import Page
from ood_studio.ui.share import share_update
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates


@dataclass(frozen=True)
class Parts:
    """The page, the sidebar, and the tab's own state and components."""

    page: Page
    sidebar: Sidebar
    session: gr.State
    chooser: Chooser
    panels: Panels

    def share(self, mine: Session) -> Updates:
        """The link and the command of what is seen."""
        view = view_of(self.sidebar, self.chooser.form.layout.boxes, mine)
        return {self.panels.share: share_update(self.panels.share, view)}

    def on(self, events: Any, look: Callable[..., Updates], inputs: Sequence[Any] = (), *, name: str) -> None:
        """Wires a handler that looks at the result in another way; without a result nothing happens.

        Args:
            events: one, or several.
            look: told the session, the values of ``inputs`` and what it asks gradio for; changes the session.
            inputs: components.
            name: of the handler."""

        @functools.wraps(look)
        def shown(mine: Session, *values: Any) -> Updates:
            if not mine.ready:
                return {}
            found = look(mine, *values)
            return found | self.share(mine) if found else found

        self.page.on(events, shown, [self.session, *inputs], self.panels.all(), name=f"compare_{name}")

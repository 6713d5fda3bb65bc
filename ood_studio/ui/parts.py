"""What the parts of a tab's wiring have in common, where a tab is wired in several files."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import gradio as gr

from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates

Chooser = TypeVar("Chooser")
Panels = TypeVar("Panels")


@dataclass(frozen=True)
class TabParts(ABC, Generic[Chooser, Panels]):
    """The page, the sidebar, and the tab's own state and components.

    Attributes:
        tab: its id.
        session: the state with what belongs to one user; ``ready`` says whether there is a result to look at.
        chooser: components that say what is computed.
        panels: components that show what came of it.
    """

    tab: ClassVar[str]

    page: Page
    sidebar: Sidebar
    session: gr.State
    chooser: Chooser
    panels: Panels

    @property
    @abstractmethod
    def outputs(self) -> list[Any]:
        """What looking at a result in another way may change."""

    @abstractmethod
    def share(self, mine: Any) -> Updates:
        """The link and the command of what is seen."""

    def on(self, events: Any, look: Callable[..., Updates], inputs: Sequence[Any] = (), *, name: str) -> None:
        """Wires a handler that looks at the result in another way; without a result nothing happens.

        Args:
            events: one, or several.
            look: told the session, the values of ``inputs`` and what it asks gradio for; changes the session.
            inputs: components.
            name: of the handler, after the tab's.
        """

        @functools.wraps(look)
        def shown(mine: Any, *values: Any) -> Updates:
            if not mine.ready:
                return {}
            found = look(mine, *values)
            return found | self.share(mine) if found else found

        self.page.on(events, shown, [self.session, *inputs], self.outputs, name=f"{self.tab}_{name}")

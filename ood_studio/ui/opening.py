"""The first opening of a tab, and what a link asks for, read in the page that it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.form import Form, changes_of, read_query
from ood_studio.ui.page import Page
from ood_studio.ui.run import GO_ON, Run
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import SEARCH, Updates, once_changed


def first_opened(tab: gr.Tab) -> Any:
    """The event that a tab is opened for the first time on its page."""
    return once_changed(tab.select, None, "() => 'opened'")


@dataclass
class Opening:
    """Whether a tab is to begin with its example: once, when it is first looked at, and only if no link says what is
    wanted there. It changes in place.

    Attributes:
        restored: whether the boxes hold what the link, the browser or another tab puts into them.
        looked_at: whether the tab was.
        over: whether it has begun, or something else has.
    """

    restored: bool = False
    looked_at: bool = False
    over: bool = False

    def begins(self, looked_at: bool = False) -> bool:
        """Whether the example is to be shown now; True once at most."""
        self.looked_at = self.looked_at or looked_at
        if self.over or not (self.restored and self.looked_at):
            return False
        self.over = True
        return True


def begin_with_example(
    run: Run, selected: Any, begin: Callable[..., Any], inputs: Sequence[Any], tab: str
) -> Callable[[Any, str], Any]:
    """Lets a tab begin with its example when it is first looked at; its session has an `Opening` as ``opening``.

    Args:
        run: of the tab.
        selected: the event of the tab that comes into sight.
        begin: told the session and the values of ``inputs``; gives what is asked for, or `GO_ON` for no example.
        inputs: components.
        tab: its id.

    Returns:
        What wires an event, under a name, at whose end the boxes hold what a link, the browser or another tab puts into
        them; the example waits for one.
    """

    def seen(mine: Any, *values: Any) -> Any:
        """The tab came into sight."""
        return begin(mine, *values) if mine.opening.begins(looked_at=True) else GO_ON

    def filled(mine: Any, *values: Any) -> Any:
        """The boxes hold what they are to hold, perhaps later than that."""
        mine.opening.restored = True
        return begin(mine, *values) if mine.opening.begins() else GO_ON

    run.on(selected, seen, inputs, name=f"{tab}_seen", quiet=True)
    return lambda event, name: run.on(event, filled, inputs, name=name, quiet=True)


def wire_opening(page: Page, sidebar: Sidebar, form: Form[Any], tab: str, session: gr.State | None = None) -> Any:
    """What a link to a tab asks for is put into the boxes of its form.

    Args:
        session: of a tab that begins with an example; its ``opening`` is told.

    Returns:
        The event at whose end it is there.
    """
    search = gr.Textbox(visible=False)

    def follow(*values: Any) -> Updates:
        *first, search = values
        query = read_query(search)
        linked = query.pop("tab", "") == tab
        for mine in first:
            mine.opening.over = mine.opening.over or (linked and bool(query))
        if not linked:
            return {}
        changes = changes_of(type(form.start), query, form.layout.boxes)
        return form.updates({path: value for path, value in changes.items() if path in form.paths})

    inputs = [search] if session is None else [session, search]
    return page.on(sidebar.restored.then, follow, inputs, form.inputs(), js=SEARCH, name=f"{tab}_opening")

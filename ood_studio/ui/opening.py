"""The first opening of a tab, and what a link asks for, read in the page that it opens."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.ui.form import Form, changes_of, read_query
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import SEARCH, Updates, once_changed


def first_opened(tab: gr.Tab) -> Any:
    """The event that a tab is opened for the first time on its page."""
    return once_changed(tab.select, None, "() => 'opened'")


def wire_opening(page: Page, sidebar: Sidebar, form: Form[Any], tab: str) -> None:
    """What a link to a tab asks for is put into the boxes of its form."""
    search = gr.Textbox(visible=False)

    def follow(search: str) -> Updates:
        query = read_query(search)
        if query.pop("tab", "") != tab:
            return {}
        changes = changes_of(type(form.start), query, form.layout.boxes)
        return form.updates({path: value for path, value in changes.items() if path in form.paths})

    page.on(sidebar.restored.then, follow, search, form.inputs(), js=SEARCH, name=f"{tab}_opening")

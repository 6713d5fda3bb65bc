"""An adapter saved under a name, and chosen in the sidebar of all tabs."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.adapters import keep_file, save, saved_adapters
from ood_studio.core.errors import StudioError
from ood_studio.ui.adapt.drawing import saved
from ood_studio.ui.adapt.panels import Panels
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates

ADAPTER = "labels.adapter"
MOST_STRANGERS = 200
"""Adapters that are kept of strangers."""


def wire_saving(page: Page, sidebar: Sidebar, session: gr.State, p: Panels) -> None:
    """The three buttons."""
    chosen = sidebar.form[ADAPTER]

    def keep(mine: Session, name: str) -> Updates:
        """Saves what is learnt."""
        fit = mine.finished()
        assert fit.adapted is not None
        _check_room(page)
        record = fit.adapted.record
        kept = save(fit.adapted, name.strip() or f"{record.adapter}-{record.key[:8]}")
        mine.saved = kept.name
        names = [each.name for each in saved_adapters()]
        return {p.saved: saved(kept.name), p.use: gr.Button(interactive=True), chosen: gr.update(choices=names)}

    def use(mine: Session, *values: Any) -> Updates:
        """Puts it on the model of all tabs, over what is there."""
        if not mine.saved or mine.fit is None:
            raise StudioError("save it first")
        below = mine.fit.request.labels.adapter
        names = [each.name for each in saved_adapters()]
        updates = sidebar.updates({ADAPTER: (*below, mine.saved)}, values)
        return updates | {chosen: gr.update(choices=names, value=[*below, mine.saved])}

    page.on(p.save.click, keep, [session, p.name], [p.saved, p.use, chosen], mode="once", name="adapt_save")
    page.on(p.use.click, use, [session, *sidebar.inputs], sidebar.outputs, mode="once", name="adapt_use")


def wire_loading(page: Page, sidebar: Sidebar, load: gr.UploadButton, said: gr.HTML) -> None:
    """An adapter's file of one's own is kept, and put on the model of all tabs."""
    chosen = sidebar.form[ADAPTER]

    def take(file: str, *values: Any) -> Updates:
        """Keeps the file under the name that it has."""
        _check_room(page)
        kept = keep_file(Path(file))
        record = kept.record
        about = f"{record.adapter}, learnt on {record.backbone} from {record.about or record.material}"
        status = f'<p class="studio-about" role="status">Loaded <b>{escape(kept.name)}</b>: {escape(about)}.</p>'
        names = [each.name for each in saved_adapters()]
        updates = sidebar.updates({ADAPTER: (kept.name,)}, values)
        return updates | {said: status, chosen: gr.update(choices=names, value=[kept.name])}

    page.on(load.upload, take, [load, *sidebar.inputs], [*sidebar.outputs, said], mode="once", name="adapt_load")


def _check_room(page: Page) -> None:
    if page.strangers and sum(not each.bundled for each in saved_adapters()) >= MOST_STRANGERS:
        raise StudioError("this server keeps no more adapters; download it, and use it on your own machine")

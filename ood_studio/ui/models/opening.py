"""What the tab shows when it is opened first: what its link looks at, of the bundled zoo or else the newest run."""

from __future__ import annotations

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves
from ood_studio.evaluation.zoo import ZooRun
from ood_studio.ui.form import read_query, request_of
from ood_studio.ui.models import drawing
from ood_studio.ui.models.cards import origin_of
from ood_studio.ui.models.earlier import BUNDLED, earlier_runs
from ood_studio.ui.models.looking import opened
from ood_studio.ui.models.parts import TAB, Parts
from ood_studio.ui.models.session import Session
from ood_studio.ui.models.view import View
from ood_studio.ui.notices import tell
from ood_studio.ui.opening import first_opened
from ood_studio.ui.opening import wire_opening as wire_boxes
from ood_studio.ui.wiring import SEARCH, Updates


def wire_opening(parts: Parts, tab: gr.Tab) -> None:
    """Wires the opening of the tab, the first time it is seen."""
    page, chooser, p = parts.page, parts.chooser, parts.panels
    search = gr.Textbox(visible=False)

    def seen(mine: Session, search: str) -> Updates:
        """Shows what is there at once."""
        if mine.ready or mine.running:
            return {}
        try:
            mine.wanted = looked_at(search)
        except StudioError as error:
            tell("error", str(error))
        run = first_run(page.strangers)
        if run is not None:
            mine.take(run, origin_of(run))
            mine.order = mine.view.y
        return drawing.everything(p, mine) | parts.share(mine) | parts.listed(mine)

    outputs = [*parts.outputs, chooser.earlier]
    page.on(first_opened(tab), seen, [parts.session, search], outputs, js=SEARCH, name="models_seen")
    wire_boxes(page, parts.sidebar, chooser.form, TAB)


def first_run(strangers: bool) -> ZooRun | None:
    """The bundled zoo, or else the newest run that can be opened; None where there is none."""
    runs = [BUNDLED, *(run.number for run in earlier_runs(strangers) if not run.problem)]
    for number in runs:
        try:
            return opened(number, strangers)
        except StudioError:
            continue
    return None


def looked_at(search: str) -> View:
    """What a link looks at; the usual for a link of another tab.

    Raises:
        StudioError: for a text that is no value of its part.
    """
    query = read_query(search)
    if query.get("tab") != TAB:
        return View()
    return request_of(View(), {name: text for name, text in query.items() if name in leaves(View)})

"""The Adapt tab: something small is learnt on the frozen model, and judged while it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.studio import AdaptRequest
from ood_studio.ui.adapt.again import wire_again
from ood_studio.ui.adapt.example import wire_example
from ood_studio.ui.adapt.layout import LAYOUT, START, parameters_said, score_choices
from ood_studio.ui.adapt.panels import build_panels
from ood_studio.ui.adapt.running import wire_run
from ood_studio.ui.adapt.saving import wire_loading, wire_saving
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.form import Form
from ood_studio.ui.image_sets import folder_choices
from ood_studio.ui.opening import first_opened, wire_opening
from ood_studio.ui.page import Page
from ood_studio.ui.run import Buttons
from ood_studio.ui.share import share_box
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates

TAB = "adapt"
_LEARNS_FROM_SETS = "synood-projection"


Sender = tuple[gr.Button, gr.State, Callable[[Any], Path]]
"""A button of another tab, the session that it is told, and what gives the folder of the set there."""


@dataclass(frozen=True)
class AdaptTab:
    """What the rest of the app needs of the tab."""

    page: Page
    form: Form[AdaptRequest]
    tabs: gr.Tabs
    own: gr.State

    def receive(self, button: gr.Button, session: gr.State, folder_of: Callable[[Any], Path], name: str) -> None:
        """Wires a button of another tab that brings a set here, to be learnt from.

        Args:
            button: which.
            session: of the other tab, told ``folder_of``, which gives the set's folder or raises a StudioError.
            name: of the other tab.
        """
        synthetic, method = self.form["synthetic"], self.form["method"]

        def send(mine: Any, own: Session) -> Updates:
            folder = str(folder_of(mine))
            own.opening.over = True  # what is learnt from a set of one's own is no example
            return {
                synthetic: gr.update(choices=folder_choices(), value=folder),
                method: _LEARNS_FROM_SETS,
                self.tabs: gr.Tabs(selected=TAB),
            }

        given, changed = [session, self.own], [synthetic, method, self.tabs]
        self.page.on(button.click, send, given, changed, mode="once", name=f"{name}_adapt")


def build(page: Page, sidebar: Sidebar, tab: gr.Tab, tabs: gr.Tabs) -> AdaptTab:
    """Draws the tab inside the current `gr.Blocks`, which is ``tab``, one of ``tabs``."""
    sidebar.kinds[TAB] = AdaptRequest
    session = gr.State(Session())
    form: Form[AdaptRequest] = Form(START, LAYOUT)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            with gr.Row(elem_classes="studio-buttons"):
                run = gr.Button("Train", variant="primary", elem_id="adapt-run")
                stop = gr.Button("Stop", variant="stop", elem_id="adapt-stop", interactive=False)
            form.draw("main")
            form.draw("material")
            with gr.Accordion("More", open=False, elem_id="adapt-more"):
                form.draw("more")
            share = share_box("adapt")
            load = gr.UploadButton(
                "Load an adapter", file_types=[".safetensors"], size="sm", variant="secondary", elem_id="adapt-load"
            )
            loaded = gr.HTML(elem_id="adapt-loaded")
        with gr.Column(scale=7, min_width=300):
            panels = build_panels()
    form.wire()
    method, score = form["method"], form["score"]

    def fitting(name: Any) -> Updates:
        """What the method can be told, and which score judges it."""
        return {method: gr.update(info=parameters_said(name)), score: gr.update(choices=score_choices(name))}

    page.on([method.focus, method.change], fitting, method, [method, score], name="adapt_method")
    training = wire_run(page, sidebar, session, form, panels, Buttons((run,), stop, panels.progress), share)
    wire_again(page, session, panels.again)
    wire_saving(page, sidebar, session, panels)
    wire_loading(page, sidebar, load, loaded)
    synthetic = form["synthetic"]
    page.on(synthetic.focus, lambda: gr.update(choices=folder_choices()), None, synthetic, name="adapt_sets")
    restored = wire_opening(page, sidebar, form, TAB, session)
    wire_example(page, sidebar, form, training, first_opened(tab), restored.then)
    return AdaptTab(page, form, tabs, session)

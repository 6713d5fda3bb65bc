"""The Detect tab: a detector is made or loaded, and decides pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.studio import DetectorRequest
from ood_studio.ui.detect.panels import Chooser, build_chooser, build_panels
from ood_studio.ui.detect.running import wire_run
from ood_studio.ui.detect.session import Session
from ood_studio.ui.opening import wire_opening
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates

TAB = "detect"


@dataclass(frozen=True)
class DetectTab:
    """What the rest of the app needs of the tab."""

    page: Page
    chooser: Chooser
    tabs: gr.Tabs

    def receive(self, button: gr.Button, session: gr.State, scorer_of: Callable[[Any], str], name: str) -> None:
        """Wires a button of another tab that makes a detector of what is looked at there.

        Args:
            button: which.
            session: of the other tab, told ``scorer_of``, which gives the score that decides.
            name: of the other tab.
        """
        scorer = self.chooser.form["scorer"]

        def send(mine: Any) -> Updates:
            return {scorer: scorer_of(mine), self.tabs: gr.Tabs(selected=TAB)}

        self.page.on(button.click, send, session, [scorer, self.tabs], mode="once", name=f"{name}_detector")


def build(page: Page, sidebar: Sidebar, tabs: gr.Tabs) -> DetectTab:
    """Draws the tab inside the current `gr.Blocks`; it is one of ``tabs``."""
    sidebar.kinds[TAB] = DetectorRequest
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            chooser = build_chooser(page.strangers)
        with gr.Column(scale=7, min_width=300):
            panels = build_panels()
    wire_run(page, sidebar, session, chooser, panels)
    wire_opening(page, sidebar, chooser.form, TAB)
    return DetectTab(page, chooser, tabs)

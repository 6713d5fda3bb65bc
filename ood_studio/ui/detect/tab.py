"""The Detect tab: a detector is made or loaded, and decides pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.studio import DetectorRequest
from ood_studio.ui.detect.example import wire_example
from ood_studio.ui.detect.panels import Chooser, build_chooser, build_panels
from ood_studio.ui.detect.running import wire_run
from ood_studio.ui.detect.session import Session
from ood_studio.ui.opening import first_opened, wire_opening
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
    own: gr.State
    filled: Callable[[Any, str], Any]

    def receive(self, button: gr.Button, session: gr.State, scorer_of: Callable[[Any], str], name: str) -> None:
        """Wires a button of another tab that makes a detector of what is looked at there.

        Args:
            button: which.
            session: of the other tab, told ``scorer_of``, which gives the score that decides.
            name: of the other tab.
        """
        scorer = self.chooser.form["scorer"]

        def send(mine: Any, own: Session) -> Updates:
            own.opening.restored = False  # an example waits for the score
            return {scorer: scorer_of(mine), self.tabs: gr.Tabs(selected=TAB)}

        sent = [session, self.own], [scorer, self.tabs]
        there = self.page.on(button.click, send, *sent, mode="once", name=f"{name}_detector")
        self.filled(there.then, f"{name}_detector_filled")


def build(page: Page, sidebar: Sidebar, tab: gr.Tab, tabs: gr.Tabs) -> DetectTab:
    """Draws the tab inside the current `gr.Blocks`, which is ``tab``, one of ``tabs``."""
    sidebar.kinds[TAB] = DetectorRequest
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            chooser = build_chooser(page.strangers)
        with gr.Column(scale=7, min_width=300):
            panels = build_panels()
    run = wire_run(page, sidebar, session, chooser, panels)
    filled = wire_example(page, sidebar, chooser, run, first_opened(tab))
    filled(wire_opening(page, sidebar, chooser.form, TAB, session).then, "detect_filled")
    return DetectTab(page, chooser, tabs, session, filled)

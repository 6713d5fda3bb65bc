"""The Models tab: its components put together."""

from __future__ import annotations

import gradio as gr

from ood_studio.studio import ZooRequest
from ood_studio.ui.models.looking import wire_earlier, wire_looking
from ood_studio.ui.models.opening import wire_opening
from ood_studio.ui.models.panels import build_chooser, build_panels
from ood_studio.ui.models.parts import TAB, Parts
from ood_studio.ui.models.running import wire_run
from ood_studio.ui.models.session import Session
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar


def build(page: Page, sidebar: Sidebar, tab: gr.Tab) -> None:
    """Draws the tab inside the current `gr.Blocks`, which is ``tab``."""
    sidebar.kinds[TAB] = ZooRequest
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=260):
            chooser = build_chooser(page.strangers)
        with gr.Column(scale=8, min_width=300):
            panels = build_panels()
    parts = Parts(page, sidebar, session, chooser, panels)
    wire_run(parts)
    wire_looking(parts)
    wire_earlier(parts)
    wire_opening(parts, tab)

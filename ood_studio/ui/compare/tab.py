"""The Compare tab: scorers compared on suites of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from ood_studio.studio import BenchRequest
from ood_studio.ui.compare.chooser import build_chooser
from ood_studio.ui.compare.clicks import wire_clicks
from ood_studio.ui.compare.earlier_panel import wire_earlier
from ood_studio.ui.compare.galleries import wire_galleries
from ood_studio.ui.compare.link import TAB
from ood_studio.ui.compare.looking import wire_looking
from ood_studio.ui.compare.opening import wire_opening
from ood_studio.ui.compare.panels import build_panels
from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.running import wire_run
from ood_studio.ui.compare.session import Session
from ood_studio.ui.compare.stream import build_stream, wire_stream
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar


@dataclass(frozen=True)
class CompareTab:
    """What the rest of the app needs of the tab.

    Attributes:
        suite: the component with the suite's name.
        added: the component with the OOD sets added to it.
        session: the state with what belongs to one user.
        detector: the button that makes a detector of the scorer that is looked at.
    """

    suite: gr.Dropdown
    added: gr.Dropdown
    session: gr.State
    detector: gr.Button


def build(page: Page, sidebar: Sidebar, tabs: gr.Tabs, explorer: ExploreTab) -> CompareTab:
    """Draws the tab inside the current `gr.Blocks`.

    Pictures open in ``explorer``, the Explore tab, which is one of ``tabs``.
    """
    sidebar.kinds[TAB] = BenchRequest
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=260):
            chooser = build_chooser(page)
            detector = gr.Button("Make it a detector", size="sm", elem_id="compare-detector")
        with gr.Column(scale=8, min_width=300):
            panels = build_panels()
            stream = build_stream(page)
    parts = Parts(page, sidebar, session, chooser, panels)
    run = wire_run(parts)
    wire_looking(parts)
    wire_clicks(parts)
    wire_galleries(parts, tabs, explorer)
    wire_earlier(parts)
    wire_opening(parts, run)
    wire_stream(page, sidebar, stream, chooser.form["scorers"])
    return CompareTab(chooser.form["suite"], chooser.form["ood_data"], session, detector)


def scorer_of(mine: Session) -> str:
    """The scorer that is looked at, without the adapters on the model, which the sidebar holds."""
    return mine.view.scorer.rpartition("+")[2] if mine.ready else "neglabel"

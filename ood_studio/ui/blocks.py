"""The whole app: header, sidebar and tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from ood_studio import __version__
from ood_studio.core.plugins import notes
from ood_studio.studio import LabelChoice, Studio
from ood_studio.studio.jobs import Jobs
from ood_studio.ui.adapt import tab as adapt
from ood_studio.ui.api import only_public
from ood_studio.ui.attack import tab as attack
from ood_studio.ui.compare import stream
from ood_studio.ui.compare import tab as compare
from ood_studio.ui.compare.link import TAB as COMPARE
from ood_studio.ui.detect import tab as detect
from ood_studio.ui.endpoints import PUBLIC, build_endpoints
from ood_studio.ui.explore import tab as explore
from ood_studio.ui.html_props import keep_html_props
from ood_studio.ui.lean_blocks import LeanBlocks, shorten_examples, spare_copies
from ood_studio.ui.models import tab as models
from ood_studio.ui.page import Page
from ood_studio.ui.server_start import wait_for_servers
from ood_studio.ui.sidebar import Shared, Sidebar
from ood_studio.ui.sidebar.meaning import world_html
from ood_studio.ui.synthesize import tab as synthesize


def build(studio: Studio, backbone: str, jobs: Jobs | None = None) -> gr.Blocks:
    """The app as `gr.Blocks`, not launched; ``jobs`` runs the work that pages ask for."""
    keep_html_props()
    shorten_examples()
    wait_for_servers()
    spare_copies()
    start = Shared(LabelChoice(backbone=backbone))
    with LeanBlocks(title="OOD Studio", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)) as blocks:
        page = Page(studio, jobs or Jobs(), blocks)
        with gr.Row(elem_classes="studio-top"):
            gr.HTML(_HEADER)
            world = gr.HTML(world_html(backbone), elem_id="world")
        if (left_out := notes()) and not page.strangers:  # their owner has them in the terminal
            gr.HTML(_plugin_notes(left_out), elem_id="plugin-notes")
        sidebar = Sidebar(page, start, world)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Explore", id="explore"):
                explorer = explore.build(page, sidebar)
            with gr.Tab("Compare", id="compare", render_children=True):
                comparison = compare.build(page, sidebar, tabs, explorer)
            with gr.Tab("Synthesize", id="synthesize", render_children=True) as tab:
                synthetic = synthesize.build(page, sidebar, tab, tabs, explorer, comparison)
            with gr.Tab("Attack", id="attack", render_children=True):
                attacked = attack.build(page, sidebar, tabs, explorer, comparison)
            with gr.Tab("Adapt", id="adapt", render_children=True) as tab:
                adaptation = adapt.build(page, sidebar, tab, tabs)
            with gr.Tab("Detect", id="detect", render_children=True) as tab:
                decided = detect.build(page, sidebar, tab, tabs)
            with gr.Tab("Models", id="models", render_children=True) as zoo:
                models.build(page, sidebar, zoo)
        decided.receive(explorer.detector, explorer.session, explore.scorer_of, "explore")
        decided.receive(comparison.detector, comparison.session, compare.scorer_of, "compare")
        adaptation.receive(*synthetic, "synthesize")
        adaptation.receive(*attacked, "attack")
        asked = gr.Textbox(visible=False, label="tab")
        page.load(_opening(tabs), asked, tabs, js=_TAB_OF_LINK, name="open_tab")
        if page.job_list is not None:
            page.job_list.wire(page, tabs)
        build_endpoints(studio)
        only_public(blocks, PUBLIC)
    return blocks


_TAB_OF_LINK = "() => new URLSearchParams(window.location.search).get('tab') || ''"


def _opening(tabs: gr.Tabs) -> Callable[[str], Any]:
    names = {tab.id: tab.id for tab in tabs.children if isinstance(tab, gr.Tab)} | {stream.VIEW: COMPARE}

    def opened(tab: str) -> Any:
        """Opens the tab that a link such as ``/?tab=attack`` names."""
        return gr.Tabs(selected=names[tab]) if tab in names else gr.skip()

    return opened


def _plugin_notes(left_out: Sequence[str]) -> str:
    """What became of plug-ins that could not be used."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in left_out)
    return f'<div class="studio-notes" role="status"><ul>{lines}</ul></div>'


_HEADER = (
    f'<header class="studio-head" title="version {__version__}"><h1>OOD Studio</h1>'
    "<p>See what an out-of-distribution detector sees.</p></header>"
)

"""The whole app: header and tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from ood_studio import __version__
from ood_studio.core.plugins import notes
from ood_studio.studio import Studio
from ood_studio.ui.attack import tab as attack
from ood_studio.ui.compare import tab as compare
from ood_studio.ui.explore import tab as explore
from ood_studio.ui.running import QUICK
from ood_studio.ui.synthesize import tab as synthesize
from ood_studio.worlds import world_of_backbone


def build(studio: Studio, backbone: str) -> gr.Blocks:
    """The app as `gr.Blocks`, not launched."""
    with gr.Blocks(title="OOD Studio", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)) as blocks:
        with gr.Row(elem_classes="studio-top"):
            gr.HTML(_HEADER)
            world = gr.HTML(_world(backbone), elem_id="world")
        if left_out := notes():
            gr.HTML(_plugin_notes(left_out), elem_id="plugin-notes")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Explore", id="explore"):
                explorer = explore.build(studio, backbone, world, _world)
            with gr.Tab("Compare", id="compare", render_children=True):
                comparison = compare.build(studio, backbone, tabs, explorer)
            with gr.Tab("Synthesize", id="synthesize", render_children=True):
                fill_gallery = synthesize.build(studio, backbone, tabs, explorer, comparison)
            with gr.Tab("Attack", id="attack", render_children=True):
                fill_galleries = attack.build(studio, backbone, tabs, explorer, comparison)
        asked = gr.Textbox(visible=False, label="tab")
        blocks.load(_opening(tabs), asked, tabs, js=_TAB_OF_LINK, api_name="open_tab", **QUICK)
        explorer.start(blocks.load)
        comparison.start(blocks.load)
        fill_galleries(blocks.load)
        fill_gallery(blocks.load)
    return blocks


_TAB_OF_LINK = "() => new URLSearchParams(window.location.search).get('tab') || ''"


def _opening(tabs: gr.Tabs) -> Callable[[str], Any]:
    names = {tab.id for tab in tabs.children if isinstance(tab, gr.Tab)}

    def opened(tab: str) -> Any:
        """Opens the tab that a link such as ``/?tab=attack`` names."""
        return gr.Tabs(selected=tab) if tab in names else gr.skip()

    return opened


def _plugin_notes(left_out: Sequence[str]) -> str:
    """What became of plug-ins that could not be used."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in left_out)
    return f'<div class="studio-notes" role="status"><ul>{lines}</ul></div>'


_HEADER = (
    f'<header class="studio-head" title="version {__version__}"><h1>OOD Studio</h1>'
    "<p>See what an out-of-distribution detector sees.</p></header>"
)


def _world(backbone: str) -> str:
    """Which world the chosen model belongs to, so that a miniature is never taken for the real thing."""
    world = world_of_backbone(str(backbone))
    title = escape(str(backbone)) if world is None else escape(world.title)
    name = f"<b>{title}</b>" + (f": {escape(world.models)}" if world is not None and world.models else "")
    return f'<p class="studio-world" role="status">{name}</p>'

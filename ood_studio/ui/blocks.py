"""The whole app: header and tabs."""

from __future__ import annotations

from html import escape

import gradio as gr

from ood_studio import __version__
from ood_studio.backbones import BUNDLED
from ood_studio.studio import Studio
from ood_studio.ui import explore


def build(studio: Studio, backbone: str) -> gr.Blocks:
    """The app as `gr.Blocks`, not launched."""
    with gr.Blocks(title="OOD Studio", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(_header(backbone))
        with gr.Tabs(elem_id="tabs"), gr.Tab("Explore", id="explore"):
            start = explore.build(studio, backbone)
        start(blocks.load)
    return blocks


def _header(backbone: str) -> str:
    world = (
        "<b>Diorama world</b>: a small model of a drawn world, not real CLIP"
        if backbone in BUNDLED
        else f"<b>{escape(backbone)}</b>"
    )
    return (
        '<header class="studio-head"><h1>OOD Studio</h1><p>See what an out-of-distribution detector sees.</p>'
        f'<span class="studio-world" title="version {__version__}">{world}</span></header>'
    )

"""The components that show a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.adapt.again import AgainPanel, build_again
from ood_studio.ui.plot import click_plot

EMPTY = (
    '<div class="studio-empty"><h2>Repair a detector</h2><p>Something small is learnt on the frozen model: a head, a '
    "projection or other text features. While it trains, pictures that it does not learn from tell what that "
    "does, near and far from ID.</p><p>Near-boundary pictures come from the Synthesize and Attack tabs: "
    "<b>Train on these</b> there brings them here.</p></div>"
)
_ABOUT_SAVED = (
    '<p class="studio-about">A saved adapter is in the sidebar of all tabs, and <code>--adapter NAME</code> of every '
    "command.</p>"
)


@dataclass(frozen=True)
class Panels:
    """The components by name."""

    progress: Any
    verdict: Any
    losses: Any
    rates: Any
    ready: Any
    table: Any
    histogram_before: Any
    histogram_after: Any
    right_title: Any
    right: Any
    wrong_title: Any
    wrong: Any
    map: Any
    map_about: Any
    again: AgainPanel
    name: Any
    save: Any
    use: Any
    download: Any
    saved: Any

    def shown(self) -> list[Any]:
        """What a fit changes."""
        kept = {"progress", "save", "again"}
        return [*(getattr(self, name) for name in self.__dataclass_fields__ if name not in kept), self.again.shown]


def build_panels() -> Panels:
    """Draws the components inside the current `gr.Blocks`."""
    p: dict[str, Any] = {}
    p["progress"] = gr.HTML(elem_id="adapt-progress")
    p["verdict"] = gr.HTML(EMPTY, elem_id="adapt-verdict")
    with gr.Row(equal_height=False, elem_id="adapt-curves"):
        with gr.Column(scale=1, min_width=280):
            p["losses"] = click_plot("Losses by epoch", elem_id="adapt-losses", height=320)
        with gr.Column(scale=1, min_width=280):
            p["rates"] = click_plot("Held-out pictures by epoch", elem_id="adapt-rates", height=320)
    # The column is hidden by the style sheet until there is something to show.
    with gr.Column(elem_id="adapt-results"):
        p["ready"] = gr.HTML(elem_id="adapt-ready")
        with gr.Tabs(elem_id="adapt-tabs"):
            with gr.Tab("Before and after", render_children=True):
                p["table"] = gr.HTML(elem_id="adapt-table")
                with gr.Row(equal_height=False):
                    with gr.Column(scale=1, min_width=430):
                        p["histogram_before"] = click_plot("Scores before", elem_id="adapt-before", height=330)
                    with gr.Column(scale=1, min_width=430):
                        p["histogram_after"] = click_plot("Scores after", elem_id="adapt-after", height=330)
            with gr.Tab("Changed verdicts", render_children=True):
                for side in ("right", "wrong"):
                    p[f"{side}_title"] = gr.HTML(elem_id=f"adapt-{side}-title")
                    p[side] = gr.Gallery(
                        elem_id=f"adapt-{side}",
                        show_label=False,
                        columns=6,
                        object_fit="cover",
                        allow_preview=False,
                        interactive=False,
                        buttons=[],
                        elem_classes="studio-gallery studio-set-gallery",
                    )
            with gr.Tab("Judge again", render_children=True):
                p["again"] = build_again()
            with gr.Tab("What moved", render_children=True):
                p["map"] = click_plot("Where features moved", elem_id="adapt-map", height=520)
                p["map_about"] = gr.HTML(elem_id="adapt-map-about")
            with gr.Tab("Save", render_children=True):
                gr.HTML(_ABOUT_SAVED)
                p["name"] = gr.Textbox(label="Name", elem_id="adapt-name", placeholder="repaired")
                with gr.Row(elem_classes="studio-buttons"):
                    p["save"] = gr.Button("Save", variant="primary", size="sm", elem_id="adapt-save")
                    p["use"] = gr.Button("Use it in all tabs", size="sm", elem_id="adapt-use", interactive=False)
                    p["download"] = gr.DownloadButton("Download", size="sm", elem_id="adapt-download")
                p["saved"] = gr.HTML(elem_id="adapt-saved")
    return Panels(**p)

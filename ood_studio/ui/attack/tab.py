"""The Attack tab: its components put together."""

from __future__ import annotations

import gradio as gr

from ood_studio.studio import AttackImageRequest
from ood_studio.ui.adapt.tab import Sender
from ood_studio.ui.attack import live, save
from ood_studio.ui.attack.batch import build_batch, folder_of, wire_batch, wire_compare
from ood_studio.ui.attack.choices import Choices
from ood_studio.ui.attack.defend import wire_defences
from ood_studio.ui.attack.layout import smoothness_notes
from ood_studio.ui.attack.panels import Panels, build_live, build_results
from ood_studio.ui.attack.running import wire_run
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.strip import build_strip, wire_strip
from ood_studio.ui.attack.transfer import wire_transfer
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.galleries import wire_galleries
from ood_studio.ui.run import Buttons
from ood_studio.ui.share import share_box
from ood_studio.ui.sidebar import Sidebar


def build(page: Page, sidebar: Sidebar, tabs: gr.Tabs, explorer: ExploreTab, comparison: CompareTab) -> Sender:
    """Draws the tab inside the current `gr.Blocks`.

    The attacked picture opens in ``explorer``, the Explore tab, and an attacked batch in ``comparison``, the Compare
    tab; both are among ``tabs``. Returns what brings an attacked batch to another tab.
    """
    session = gr.State(Session())
    choices = Choices(sidebar)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            with gr.Row(elem_classes="studio-buttons"):
                run = gr.Button("Attack", variant="primary", elem_id="attack-run")
                stop = gr.Button("Stop", variant="stop", elem_id="attack-stop", interactive=False)
            choices.draw()
            choices.draw_more()
            share = share_box("attack")
            gr.HTML(live.NOTE)
        with gr.Column(scale=6, min_width=300):
            shown = build_live()
    panels = Panels(**shown, **build_results())
    with gr.Tabs(elem_id="attack-more-attacks"):
        with gr.Tab("From patchy to smooth", render_children=True):
            strip = build_strip()
        with gr.Tab("Attack a batch", render_children=True):
            batch = build_batch()
    sidebar.kinds["attack"] = AttackImageRequest
    wire_run(page, session, choices, panels, Buttons((run,), stop, panels.progress), share)
    wire_transfer(page, session, panels.transfer)
    wire_defences(page, session, panels.defence, panels.saved)
    explorer.receive(panels.explore, session, lambda mine: save.picture_file(mine.finished()), tabs, "attack")
    wire_strip(page, session, choices, strip)
    wire_batch(page, session, choices, batch)
    wire_compare(page, session, batch, tabs, comparison)
    wire_galleries(page, session, choices.pictures, "attack", take_first=True)
    _wire_notes(page, sidebar, choices)
    return batch.adapt, session, folder_of


def _wire_notes(page: Page, sidebar: Sidebar, choices: Choices) -> None:
    """What λ comes to at the size of the chosen model's pictures."""
    smoothness = choices.form["attack.smoothness"]

    def converted(model: str) -> object:
        notes = [list(note) for note in smoothness_notes(str(model or "").strip())]
        return gr.update(**{**smoothness.props, "notes": notes})

    model = sidebar.form["labels.backbone"]
    page.on(model.change, converted, model, smoothness, name="attack_convert")

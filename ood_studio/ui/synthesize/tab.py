"""The Synthesize tab: its components put together."""

from __future__ import annotations

import gradio as gr

from ood_studio.studio import SynthesizeImageRequest
from ood_studio.studio.hosted import allow_model
from ood_studio.ui.adapt.tab import Sender
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.opening import first_opened
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.galleries import wire_galleries
from ood_studio.ui.run import Buttons
from ood_studio.ui.share import share_box
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.synthesize import live, save
from ood_studio.ui.synthesize.choices import Choices
from ood_studio.ui.synthesize.layout import model_of
from ood_studio.ui.synthesize.link import wire_link
from ood_studio.ui.synthesize.models import costs, only_bundled
from ood_studio.ui.synthesize.panels import Panels, build_live, build_results
from ood_studio.ui.synthesize.plane import wire_map
from ood_studio.ui.synthesize.running import wire_baselines, wire_run
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.sets import build_sets, folder_of, wire_compare, wire_sets
from ood_studio.ui.synthesize.words import wire_words
from ood_studio.ui.wiring import Updates

_MODELS = ("inpainter", "context_model", "classifier")


def build(
    page: Page, sidebar: Sidebar, tab: gr.Tab, tabs: gr.Tabs, explorer: ExploreTab, comparison: CompareTab
) -> Sender:
    """Draws the tab inside the current `gr.Blocks`, which is ``tab``.

    The result opens in ``explorer``, the Explore tab, and a set in ``comparison``, the Compare tab; all are among
    ``tabs``. Returns what brings a set to another tab.
    """
    session = gr.State(Session())
    choices = Choices(sidebar)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            with gr.Row(elem_classes="studio-buttons"):
                run = gr.Button("Synthesize", variant="primary", elem_id="synth-run")
                stop = gr.Button("Stop", variant="stop", elem_id="synth-stop", interactive=False)
            choices.draw()
            cost = gr.HTML(elem_id="synth-costs")
            bundled = gr.Button("Use the bundled models", size="sm", visible=False, elem_id="synth-bundled")
            choices.draw_more()
            share = share_box("synth")
            gr.HTML(live.NOTE)
        with gr.Column(scale=8, min_width=300):
            shown = build_live()
            panels = Panels(**shown, **build_results())
    sets = build_sets()
    sidebar.kinds["synthesize"] = SynthesizeImageRequest
    wire_words(page, session, first_opened(tab), choices.changed, choices.source.image, choices.form, choices.words)
    _wire_models(page, choices, cost, bundled)
    wire_run(page, session, choices, panels, Buttons((run,), stop, panels.progress), share)
    wire_baselines(page, session, panels)
    wire_map(page, session, sidebar, panels.map)
    wire_sets(page, session, choices, sets)
    wire_compare(page, session, sets, tabs, comparison)
    explorer.receive(panels.explore, session, lambda mine: save.picture_file(mine.finished()), tabs, "synthesize")
    opened = wire_galleries(page, session, (choices.source,), "synthesize", take_first=False)
    wire_link(page, opened.then, session, choices)
    return sets.adapt, session, folder_of


def _wire_models(page: Page, choices: Choices, cost: gr.HTML, bundled: gr.Button) -> None:
    """What models cost is said before any is loaded."""
    form = choices.form
    boxes = [form[path] for path in _MODELS]

    def said(*values: str | None) -> Updates:
        names = [model_of(path, each) for path, each in zip(_MODELS, values, strict=True)]
        for path, name in zip(_MODELS, names, strict=True):
            allow_model(page.studio.hosted, path, name)
        return {cost: costs(*names), bundled: gr.Button(visible=not only_bundled(*names))}

    def back() -> Updates:
        """The models that come with the app."""
        names = [model_of(path, "") for path in _MODELS]
        return form.updates(dict(zip(_MODELS, names, strict=True))) | said(*names)

    page.on([box.change for box in boxes], said, boxes, [cost, bundled], name="synthesize_costs")
    page.on(bundled.click, back, None, [*boxes, cost, bundled], name="synthesize_bundled")

"""The Synthesize tab: its components put together."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.studio import SynthesizeImageRequest
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.box import picture_box
from ood_studio.ui.pictures.galleries import wire_galleries
from ood_studio.ui.pictures.mask import wire_mask
from ood_studio.ui.running import QUICK
from ood_studio.ui.synthesize import live, save
from ood_studio.ui.synthesize.api import build_api
from ood_studio.ui.synthesize.choices import Choices, build_more, build_sliders
from ood_studio.ui.synthesize.models import costs, only_bundled
from ood_studio.ui.synthesize.panels import Panels, build_live, build_results
from ood_studio.ui.synthesize.plane import wire_map
from ood_studio.ui.synthesize.running import wire_run
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.sets import build_sets, wire_sets
from ood_studio.ui.synthesize.words import build_words, wire_words
from ood_studio.worlds import gallery_of


def build(page: Page, backbone: str, tabs: gr.Tabs, explorer: ExploreTab, comparison: CompareTab) -> None:
    """Draws the tab inside the current `gr.Blocks`.

    The result opens in ``explorer``, the Explore tab, and a set in ``comparison``, the Compare tab; both are among
    ``tabs``.
    """
    studio = page.studio
    session = gr.State(Session())
    gr.HTML(live.INTRO)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            source = picture_box(gallery_of("id").name, "ID picture", "synth-source", "Other ID pictures")
            words = build_words()
            with gr.Row(elem_classes="studio-buttons"):
                run_button = gr.Button("Synthesize", variant="primary", size="lg", elem_id="synth-run")
                stop_button = gr.Button("Stop", variant="stop", size="lg", elem_id="synth-stop", interactive=False)
            cost = gr.HTML(costs(*_default_models()), elem_id="synth-costs")
            bundled = gr.Button("Use the bundled models", size="sm", visible=False, elem_id="synth-bundled")
            sliders = build_sliders()
            choices = build_more(backbone, source.image, words.words, sliders)
            gr.HTML(live.NOTE)
        with gr.Column(scale=7, min_width=300):
            shown = build_live()
            results = build_results()
    panels = Panels(**shown, **results)
    with gr.Accordion("Build a whole set", open=False, elem_id="synth-sets"):
        sets = build_sets()
    wire_words(studio, session, choices, words)
    _wire_choices(choices, cost, bundled)
    wire_run(studio, session, choices, panels, run_button, stop_button)
    wire_map(studio, session, choices.backbone, panels.map)
    wire_sets(studio, session, choices, sets, tabs, comparison)
    explorer.receive(panels.explore, session, save.picture_file, tabs, "synthesize")
    build_api(studio)
    wire_galleries(page, session, (source,), "synthesize", take_first=False)


def _wire_choices(choices: Choices, cost: gr.HTML, bundled: gr.Button) -> None:
    def said(inpainter: str, context_model: str, classifier: str) -> tuple[str, Any]:
        default, given = _default_models(), (inpainter, context_model, classifier)
        names = [str(each or "").strip() or usual for each, usual in zip(given, default, strict=True)]
        return costs(*names), gr.Button(visible=not only_bundled(*names))

    def back() -> tuple[Any, ...]:
        names = _default_models()
        return *names, costs(*names), gr.Button(visible=False)

    models = [choices.inpainter, choices.context_model, choices.classifier]
    wire_mask(choices.source, choices.mask, "synthesize_canvas")
    for component in models:
        component.input(said, models, [cost, bundled], api_name="synthesize_costs", **QUICK)
    bundled.click(back, None, [*models, cost, bundled], api_name="synthesize_bundled", **QUICK)


def _default_models() -> tuple[str, str, str]:
    default = SynthesizeImageRequest()
    return default.inpainter, default.context_model, default.classifier

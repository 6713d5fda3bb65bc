"""The Attack tab: its components put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ood_studio.studio import Studio
from ood_studio.ui.attack import live, save
from ood_studio.ui.attack.after import wire_batch, wire_compare, wire_defences, wire_strip, wire_transfer
from ood_studio.ui.attack.api import build_api
from ood_studio.ui.attack.batch import build_batch
from ood_studio.ui.attack.choices import Choices, build_choices, build_more, smoothness_notes
from ood_studio.ui.attack.panels import Panels, build_live, build_results
from ood_studio.ui.attack.running import wire_run
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.strip import build_strip
from ood_studio.ui.attack.target import build_kind, build_target
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.pictures.box import picture_box
from ood_studio.ui.pictures.galleries import wire_galleries
from ood_studio.ui.pictures.mask import wire_mask
from ood_studio.ui.running import QUICK
from ood_studio.worlds import gallery_of


def build(
    studio: Studio, backbone: str, tabs: gr.Tabs, explorer: ExploreTab, comparison: CompareTab
) -> Callable[[Callable[..., Any]], None]:
    """Draws the tab inside the current `gr.Blocks`; returns what wires the galleries to the app's load event.

    The attacked picture opens in ``explorer``, the Explore tab, and an attacked batch in ``comparison``, the Compare
    tab; both are among ``tabs``.
    """
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            kind = build_kind()
            with gr.Row(equal_height=False):
                with gr.Column(min_width=200):
                    source = picture_box(gallery_of("near").name, "OOD picture", "attack-source", "Other OOD pictures")
                with gr.Column(min_width=200):
                    target = build_target(kind)
            smoothness = build_choices(backbone)
            with gr.Row(elem_classes="studio-buttons"):
                run_button = gr.Button("Attack", variant="primary", size="lg", elem_id="attack-run")
                stop_button = gr.Button("Stop", variant="stop", size="lg", elem_id="attack-stop", interactive=False)
            choices = build_more(backbone, source, target, smoothness)
            gr.HTML(live.NOTE)
        with gr.Column(scale=6, min_width=300):
            shown = build_live()
    panels = Panels(**shown, **build_results())
    with gr.Tabs(elem_id="attack-beside"):
        with gr.Tab("From patchy to smooth", render_children=True):
            strip = build_strip()
        with gr.Tab("Attack a batch", render_children=True):
            batch = build_batch()
    _wire_choices(choices)
    done = wire_run(studio, session, choices, panels, run_button, stop_button)
    wire_transfer(studio, session, panels)
    wire_defences(studio, session, panels, done)
    explorer.receive(panels.explore, session, save.picture_file, tabs, "attack")
    wire_strip(studio, session, choices, strip)
    wire_batch(studio, session, choices, batch)
    wire_compare(session, batch, tabs, comparison)
    build_api(studio)
    return wire_galleries(session, (source, target.picture), "attack", take_first=True)


def _wire_choices(choices: Choices) -> None:
    def converted(backbone: str) -> Any:
        return gr.update(notes=smoothness_notes(backbone))

    def budgets(norm: str) -> tuple[Any, Any]:
        # With their own properties: gradio forgets those of a component that was not there yet.
        linf = gr.update(visible=norm == "linf", **choices.linf.props)
        return linf, gr.update(visible=norm == "l2", **choices.l2.props)

    choices.backbone.change(converted, choices.backbone, choices.smoothness, api_name="attack_convert", **QUICK)
    choices.norm.change(budgets, choices.norm, [choices.linf, choices.l2], api_name="attack_norm", **QUICK)
    wire_mask(choices.source, choices.mask, "attack_canvas")

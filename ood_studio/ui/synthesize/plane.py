"""The map: where ID, OOD and synthetic pictures lie in the backbone's features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, stoppable
from ood_studio.figures.feature_map import feature_map_figure
from ood_studio.studio import FeatureMapRequest, LabelChoice, Studio
from ood_studio.synthesis.synthetic_set import synthetic_sets
from ood_studio.ui.plot import click_plot, figure_update
from ood_studio.ui.running import MODEL_SLOT, QUICK, message, progress_on
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.zerogpu import on_gpu


@dataclass(frozen=True)
class MapPanel:
    """The components."""

    button: Any
    made: Any
    plot: Any


def build_map() -> MapPanel:
    """Draws the components inside the current `gr.Blocks`."""
    gr.HTML(
        '<p class="studio-about">UMAP lays out the backbone’s features of ID, OOD and synthetic pictures in a plane: '
        "neighbours there are neighbours for the model, distances between groups mean little. "
        "Point at a mark to see its picture.</p>"
    )
    with gr.Row(equal_height=True, elem_classes="studio-buttons studio-few"):
        made = gr.Dropdown(
            set_choices(),
            value="",
            label="Also show a set",
            scale=2,
            elem_id="synth-map-set",
        )
        button = gr.Button("Draw the map", variant="primary", elem_id="synth-map-draw")
    made.focus(lambda: gr.update(choices=set_choices()), None, made, api_visibility="private", **QUICK)
    plot = click_plot(
        "Map of ID, OOD and synthetic pictures",
        elem_id="synth-map",
        height=620,
        empty="About 600 pictures as the backbone sees them; the first map of a session takes half a minute.",
    )
    return MapPanel(button, made, plot)


def set_choices() -> list[tuple[str, str]]:
    """Titles and folders of the sets that were built, the newest first."""
    return [("none", ""), *((f"{each.name} ({len(each.entries):,})", str(each.folder)) for each in synthetic_sets())]


def wire_map(studio: Studio, session: gr.State, backbone: Any, panel: MapPanel) -> None:
    """One click: the session's picture and a set among the others."""

    @on_gpu
    def draw(
        mine: Session,
        chosen: str | None,
        name: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Any:
        """The map with this session's picture."""
        try:
            mine.stop.set(False)
            labels = LabelChoice() if mine.request is None else mine.request.labels
            request = FeatureMapRequest(labels=replace(labels, backbone=name or labels.backbone))
            titles = [*(["original"] if mine.first else []), *(f"iteration {step.iteration}" for step in mine.steps)]
            trail = [(title, each.image) for title, each in zip(titles, mine.trail(), strict=True)]
            sets = {str(each.folder): each for each in synthetic_sets()}
            made = sets.get(chosen or "")
            told = stoppable(progress_on(progress), mine.stop.asked)
            found = studio.feature_map(request, trail, None if made is None else (made.name, made.folder), told)
            return figure_update(panel.plot, feature_map_figure(found.groups, found.backbone))
        except Stopped:
            return gr.skip()
        except StudioError as error:
            raise message(error) from None

    panel.button.click(
        draw,
        [session, panel.made, backbone],
        panel.plot,
        api_name="synthesize_map",
        show_progress="full",
        **MODEL_SLOT,
    )

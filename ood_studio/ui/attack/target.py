"""What the picture is to become for the model: an ID picture, a label, or simply a higher score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.labels.presets import load_preset
from ood_studio.scorers import NegLabel
from ood_studio.studio import LabelChoice
from ood_studio.studio.scores import shown_scorers
from ood_studio.ui.pictures.box import PictureBox, picture_box
from ood_studio.ui.running import QUICK
from ood_studio.worlds import gallery_of


@dataclass(frozen=True)
class TargetBox:
    """The components: ``kind`` says which of the others counts."""

    kind: Any
    picture: PictureBox
    label: Any
    score: Any


def build_kind() -> gr.Radio:
    """Draws the choice of what the picture is pulled to."""
    return gr.Radio(
        [("an ID picture", "image"), ("an ID label", "label"), ("whatever scores higher", "score")],
        value="image",
        label="Make the model see",
        elem_id="attack-kind",
    )


def build_target(kind: gr.Radio) -> TargetBox:
    """Draws the other components inside the current `gr.Blocks`."""
    with gr.Column() as pictures:
        picture = picture_box(gallery_of("id").name, "ID picture to take it for", "attack-target", "Other ID pictures")
    label = gr.Dropdown(
        list(load_preset(LabelChoice.labels)),
        value="fish",
        allow_custom_value=True,
        label="Label",
        info="Features are pulled to this word’s text; any word may be typed.",
        visible=False,
        elem_id="attack-label",
    )
    titles = {scorer.name: title.split(" (")[0] for title, scorer in reversed(shown_scorers(NegLabel()))}
    score = gr.Dropdown(
        [(title, name) for name, title in reversed(titles.items())],
        value="neglabel",
        label="Score to climb",
        info="There is no target: the score itself is raised.",
        visible=False,
        elem_id="attack-score",
    )

    def show(chosen: str) -> tuple[Any, Any, Any]:
        return tuple(gr.update(visible=chosen == name) for name in ("image", "label", "score"))  # type: ignore[return-value]

    kind.change(show, kind, [pictures, label, score], api_name="attack_kind", **QUICK)
    return TargetBox(kind, picture, label, score)

"""How the picture is attacked: the tab's own boxes, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.deep_images import note_of
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest
from ood_studio.studio.commands import command_line
from ood_studio.ui.attack.layout import LAYOUT, START
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.form import Form
from ood_studio.ui.notices import tell
from ood_studio.ui.pictures.box import PictureBox, picture_box
from ood_studio.ui.pictures.mask import mask_editor, read_mask, wire_mask
from ood_studio.ui.sidebar import Sidebar
from ood_studio.worlds import gallery_of

_KINDS = [("an ID picture", "image"), ("an ID label", "label"), ("whatever scores higher", "score")]
_SHOW = f"""(kind) => {[kind for _, kind in _KINDS]}.map((each) => (
  {{ __type__: 'update', visible: each === kind }}))"""


@dataclass(frozen=True)
class Asked:
    """A request and its pictures, with their names."""

    request: AttackImageRequest
    source: Image.Image
    target: Image.Image | None
    mask: np.ndarray | None
    names: tuple[str, str]


class Choices:
    """The tab's own boxes, drawn inside the current `gr.Blocks` by `draw_target` and `draw_more`.

    Attributes:
        source, target: boxes for pictures.
        kind: what the picture is pulled to.
        inputs: components whose values `read` takes, the sidebar's first.
    """

    def __init__(self, sidebar: Sidebar) -> None:
        self.sidebar = sidebar
        self.form = Form(START, LAYOUT)

    def draw(self) -> None:
        """Draws the pictures and the target."""
        self.kind = gr.Radio(_KINDS, value="image", label="Make the model see", elem_id="attack-kind")
        self.form.draw("main")
        with gr.Row(equal_height=False):
            with gr.Column(min_width=150):
                self.source = picture_box(gallery_of("near").name, "OOD picture", "attack-source", "Other OOD pictures")
            with gr.Column(min_width=150):
                with gr.Column() as pictures:
                    name = gallery_of("id").name
                    self.target = picture_box(name, "ID target", "attack-target", "Other ID pictures")
                with gr.Column(visible=False) as label:
                    self.form.draw("label")
                with gr.Column(visible=False) as score:
                    self.form.draw("score")
        shown = [pictures, label, score]
        self.kind.change(None, self.kind, shown, js=_SHOW, api_visibility="private", queue=False)

    def draw_more(self) -> None:
        """Draws the other choices."""
        with gr.Accordion("More", open=False, elem_id="attack-more"):
            self.form.draw("more")
            with gr.Accordion("Change only a part: paint it", open=False, elem_id="attack-mask-box"):
                hint = "Paint the part that may change. Left blank, it is the whole picture."
                self.mask = mask_editor(hint, "attack-mask")
        self.form.wire()
        wire_mask(self.source.changed(), self.source.image, self.mask)

    @property
    def pictures(self) -> tuple[PictureBox, PictureBox]:
        """The boxes for pictures."""
        return self.source, self.target

    @property
    def inputs(self) -> list[Any]:
        """Components, in the order in which `read` takes their values."""
        own = [self.source.image, self.kind, self.target.image, self.mask]
        return [*own, *self.form.inputs(), *self.sidebar.inputs]

    def command(self, trace: AttackTrace) -> str:
        """The command that attacks a picture in the same way; pictures stand in it by their names."""
        names = [f"{name}.png" for name in (trace.names if trace.target is not None else trace.names[:1])]
        return command_line("attack-image", self.sidebar.shown(trace.request), *names)

    def request(self, values: Sequence[Any]) -> AttackImageRequest:
        """The request that values of `inputs` stand for; of the three kinds of target only the chosen one counts.

        Raises:
            StudioError: one sentence.
        """
        kind, count = values[1], len(self.form.inputs())
        own = self.form.changes(values[4 : 4 + count])
        if kind != "label":
            own["target_label"] = ""
        elif not own["target_label"].strip():
            raise StudioError("there is no target; choose a label or type one")
        if kind != "score":
            own["target_score"] = ""
        return self.sidebar.read(values[4 + count :], START, own)

    def read(self, values: Sequence[Any]) -> Asked:
        """What values of `inputs` stand for.

        Raises:
            StudioError: for a value outside its bounds, a picture that is missing or cannot be read, or a model that a
                public server does not load.
        """
        source, kind, target, mask = values[:4]
        if not source:
            raise StudioError("there is no picture to attack; upload one, or take one from the gallery")
        if kind == "image" and not target:
            raise StudioError("there is no target; give an ID picture or a label")
        request = self.request(values)
        goal = decode_image(Path(target)) if kind == "image" else None
        said = Path(target).stem if kind == "image" else request.target_label or request.target_score
        picture = decode_image(Path(source))
        if note := note_of(picture):
            tell("info", f"In {Path(source).name}, {note}.")
        return Asked(request, picture, goal, read_mask(mask), (Path(source).stem, said))

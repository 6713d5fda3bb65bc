"""How the picture is made: the tab's own boxes, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.studio import SynthesizeImageRequest
from ood_studio.studio.commands import command_line, flag
from ood_studio.ui.form import Form
from ood_studio.ui.pictures.box import picture_box
from ood_studio.ui.pictures.mask import mask_editor, read_mask, wire_mask
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.synthesize.layout import LAYOUT, START
from ood_studio.ui.synthesize.trace import SynthesisTrace
from ood_studio.ui.synthesize.words import WordsPanel, build_words, named_words
from ood_studio.worlds import gallery_of


@dataclass(frozen=True)
class Asked:
    """A request and its picture, with its name; no words where nobody has named any yet."""

    request: SynthesizeImageRequest
    path: str
    source: Image.Image
    mask: Image.Image | None
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the picture."""
        return Path(self.path).stem


class Choices:
    """The tab's own boxes, drawn inside the current `gr.Blocks` by `draw` and `draw_more`.

    Attributes:
        form: of the request's own part.
        source: the box for the picture; ``changed`` is the event that it is another.
        words: the contexts.
    """

    def __init__(self, sidebar: Sidebar) -> None:
        self.sidebar = sidebar
        self.form = Form(START, LAYOUT)

    def draw(self) -> None:
        """Draws the picture and the words."""
        self.source = picture_box(gallery_of("id").name, "ID picture", "synth-source", "Other ID pictures")
        self.words: WordsPanel = build_words()

    def draw_more(self) -> None:
        """Draws the other choices."""
        self.form.draw("main")
        with gr.Accordion("More: models, guide, mask, seed", open=False, elem_id="synth-more"):
            self.form.draw("more")
            with gr.Accordion("Repaint only a part: mark it", open=False, elem_id="synth-mask-box"):
                hint = "Paint over the part to repaint. Left blank, it is the whole picture."
                self.mask = mask_editor(hint, "synth-mask")
        self.form.wire()
        self.changed = self.source.changed()
        wire_mask(self.changed, self.source.image, self.mask)

    @property
    def inputs(self) -> list[Any]:
        """Components, in the order in which `read` takes their values."""
        return [self.source.image, self.words.words, self.mask, *self.settings]

    @property
    def settings(self) -> list[Any]:
        """Components, in the order in which `request` takes their values."""
        return [*self.form.inputs(), *self.sidebar.inputs]

    def request(self, values: Sequence[Any]) -> SynthesizeImageRequest:
        """The request that values of `settings` stand for.

        Raises:
            StudioError: one sentence.
        """
        count = len(self.form.inputs())
        return self.sidebar.read(values[count:], START, self.form.changes(values[:count]))

    def read(self, values: Sequence[Any]) -> Asked:
        """What values of `inputs` stand for.

        Raises:
            StudioError: for a value outside its bounds, a picture that is missing or cannot be read, or a model that a
                public server does not load.
        """
        source, words, mask = values[:3]
        if not source:
            raise StudioError("there is no picture to start from; upload one, or take one from the gallery")
        request = self.request(values[3:])
        return Asked(request, source, decode_image(Path(source)), mask_picture(read_mask(mask)), named_words(words))

    def command(self, trace: SynthesisTrace) -> str:
        """The command that makes the same picture; the pictures stand in it by their names."""
        words = ",".join(word.replace(",", r"\,") for word in trace.words)
        given = [f"{trace.name}.png", f"{flag('contexts')}={words}"]
        if trace.mask is not None:
            given += [flag("mask"), f"{trace.name}-mask.png"]
        return command_line("synthesize-image", self.sidebar.shown(trace.request), *given)


def mask_picture(painted: np.ndarray | None) -> Image.Image | None:
    """White where something was painted; None for everywhere."""
    return None if painted is None else Image.fromarray(np.where(painted > 0, 255, 0).astype(np.uint8))

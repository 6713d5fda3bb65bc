"""The endpoint ``/synthesize`` for programs: a picture in, its near-boundary double, filmstrip and figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.studio import LabelChoice, Studio, SynthesizeImageRequest
from ood_studio.synthesis.answers import parse_typed
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.running import MODEL_SLOT
from ood_studio.ui.synthesize import save
from ood_studio.ui.synthesize.choices import request_of
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.zerogpu import on_gpu


def build_api(studio: Studio) -> None:
    """Draws the endpoint's hidden components."""
    default = SynthesizeImageRequest()
    loop = default.loop
    picture = gr.File(type="filepath", visible=False, label="picture")
    contexts = gr.Textbox("", visible=False, label="contexts separated by commas; empty asks the context model")
    mask = gr.File(type="filepath", visible=False, label="mask of the picture's size, white may be painted; or none")
    numbers = {
        "strength": gr.Number(loop.strength, visible=False, label="strength, 0 to 1"),
        "guidance": gr.Number(loop.guidance, visible=False, label="guidance"),
        "iterations": gr.Number(loop.iterations, visible=False, label="guided iterations"),
        "step_size": gr.Number(loop.step_size, visible=False, label="step size r times rho"),
        "target": gr.Textbox("", visible=False, label="target of the loss; empty for the guide's own"),
        "steps": gr.Number(loop.steps, visible=False, label="steps of the noise schedule"),
        "seed": gr.Number(loop.seed, visible=False, label="seed"),
    }
    texts = {
        "loss": gr.Textbox(loop.loss, visible=False, label="loss: target, hinge or published"),
        "step": gr.Textbox(loop.step, visible=False, label="step: normalised or raw"),
        "direction": gr.Textbox(loop.direction, visible=False, label="direction: gradient or random"),
        "guide": gr.Textbox(default.guide, visible=False, label="guide: energy, or a score such as neglabel"),
        "inpainter": gr.Textbox(default.inpainter, visible=False, label="inpainting model"),
        "context_model": gr.Textbox(default.context_model, visible=False, label="context model"),
        "classifier": gr.Textbox(default.classifier, visible=False, label="classifier"),
        "backbone": gr.Textbox(default.labels.backbone, visible=False, label="backbone"),
        "labels": gr.Textbox(LabelChoice.labels, visible=False, label="ID labels"),
    }
    trigger = gr.Button(visible=False)
    result = gr.File(visible=False, label="result")
    strip = gr.File(visible=False, label="filmstrip")
    answer = gr.JSON(visible=False, label="what came of it")

    @on_gpu
    def synthesize(path: str | None, typed: str | None, drawn: str | None, *values: Any) -> tuple[str, str, Any]:
        """One picture led to the boundary: the PNG, the filmstrip, and what it takes to repeat it, with every score."""
        try:
            if not path:
                raise StudioError("there is no picture to start from; give one")
            request = request_of(dict(zip((*numbers, *texts), values, strict=True)))
            source = decode_image(Path(path))
            words = parse_typed(typed or "")
            if not words:
                words = studio.contexts(request, [source])[0].words
            mine = Session()
            mine.begin(request, source, decode_image(Path(drawn)) if drawn else None, words, Path(path).stem)
            for step in studio.synthesize_image(request, source, words, mine.mask):
                mine.first = mine.first or studio.assess(request, [step.original])[0]
                mine.steps.append(step)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        assert mine.last is not None
        path = str(save.picture_file(mine, folder := download_folder()))
        save.picture(mine).save(folder / "filmstrip.png")
        told = {"prompt": mine.last.prompt, "cut": mine.last.cut, "notes": list(mine.last.notes)}
        return path, str(folder / "filmstrip.png"), save.record(mine) | told

    trigger.click(
        synthesize,
        [picture, contexts, mask, *numbers.values(), *texts.values()],
        [result, strip, answer],
        api_name="synthesize",
        **MODEL_SLOT,
    )

"""How the picture is made: the components that make up a `SynthesizeImageRequest`, and reading them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, bounds_of
from ood_studio.data.images import decode_image
from ood_studio.hub.names import names_folder
from ood_studio.scorers import NegLabel, Scorer
from ood_studio.studio import LabelChoice, SynthesizeImageRequest
from ood_studio.studio.scores import shown_scorers
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.synthesis.classifier_models import offered_classifiers
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.ui.inputs import backbone_box, backbone_name, given, number_box, whole
from ood_studio.ui.log_slider import log_slider, slider_number
from ood_studio.ui.pictures.mask import mask_editor, read_mask


@dataclass(frozen=True)
class Choices:
    """The components in the order in which handlers get them."""

    source: Any
    words: Any
    strength: Any
    guidance: Any
    iterations: Any
    step_size: Any
    target: Any
    steps: Any
    seed: Any
    loss: Any
    step: Any
    direction: Any
    guide: Any
    inpainter: Any
    context_model: Any
    classifier: Any
    backbone: Any
    labels: Any
    mask: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


@dataclass(frozen=True)
class Asked:
    """A request, its picture with a name, and the contexts."""

    request: SynthesizeImageRequest
    source: Image.Image
    mask: Image.Image | None
    words: tuple[str, ...]
    name: str


def read(*values: Any) -> Asked:
    """What the components' values stand for, in the order of `Choices`.

    Raises:
        StudioError: for a value outside its bounds, a picture that is missing or cannot be read, no context, or a model
            that a public server does not load.
    """
    v = dict(zip(Choices.__dataclass_fields__, values, strict=True))
    if not v["source"]:
        raise StudioError("there is no picture to start from; upload one, or take one from the gallery")
    request = request_of(v)
    words = tuple(word for word in (str(each).strip() for each in v["words"] or ()) if word)
    if not words:
        raise StudioError("there is no context; type at least one thing that surrounds the main object, such as: grass")
    source = decode_image(Path(v["source"]))
    return Asked(request, source, mask_picture(read_mask(v["mask"])), words, Path(v["source"]).stem)


def request_of(v: dict[str, Any]) -> SynthesizeImageRequest:
    """The request that values by the names of `Choices` stand for; empty numbers are the defaults.

    Raises:
        StudioError: for a value outside its bounds, or a model that a public server does not load.
    """
    default = SynthesizeImageRequest()
    loop = default.loop
    return SynthesizeImageRequest(
        labels=LabelChoice(
            backbone=backbone_name(v["backbone"]) or default.labels.backbone,
            labels=str(v["labels"] or "").strip() or LabelChoice.labels,
        ),
        inpainter=model_name(v["inpainter"]) or default.inpainter,
        context_model=model_name(v["context_model"]) or default.context_model,
        guide=str(v["guide"] or "").strip() or default.guide,
        classifier=backbone_name(v["classifier"]) or default.classifier,
        loop=NearBoundary(
            strength=given(v["strength"], loop.strength),
            steps=whole(v["steps"], "steps", loop.steps),
            guidance=given(v["guidance"], loop.guidance),
            iterations=whole(v["iterations"], "iterations", loop.iterations),
            step_size=loop.step_size if v["step_size"] is None else slider_number(v["step_size"], "step_size"),
            step=v["step"] or loop.step,
            loss=v["loss"] or loop.loss,
            target=_target(v["target"]),
            direction=v["direction"] or loop.direction,
            seed=whole(v["seed"], "seed", loop.seed),
        ),
    )


def model_name(text: Any) -> str:
    """A model's name as typed.

    Raises:
        StudioError: for a folder, on a public server.
    """
    name = str(text or "").strip()
    if os.environ.get("SPACE_ID") and names_folder(name):
        raise StudioError("a Space loads no model from its own folders; give ORG/REPO of the Hugging Face Hub")
    return name


def mask_picture(painted: np.ndarray | None) -> Image.Image | None:
    """White where something was painted; None for everywhere."""
    return None if painted is None else Image.fromarray(np.where(painted > 0, 255, 0).astype(np.uint8))


def build_sliders() -> dict[str, Any]:
    """Draws the choices that are always in sight, inside the current `gr.Blocks`."""
    bounds, loop = bounds_of(NearBoundary), NearBoundary()
    p: dict[str, Any] = {}
    with gr.Row():
        p["strength"] = _slider(
            "Strength",
            loop.strength,
            bounds["strength"],
            "synth-strength",
            "0 keeps the picture, 1 forgets it.",
        )
        p["guidance"] = _slider(
            "Guidance", loop.guidance, bounds["guidance"], "synth-guidance", "How much the words count."
        )
    with gr.Row():
        p["iterations"] = _slider(
            "Iterations", loop.iterations, bounds["iterations"], "synth-iterations", "0: unguided alone.", high=10
        )
        # Not a number box: an empty one comes as 0, which is a target.
        p["target"] = gr.Textbox(
            label="Target energy",
            info="Where the loss leads to.",
            placeholder="the loss’s own",
            elem_id="synth-target",
        )
    p["step_size"] = log_slider(
        "Step size r·ρ",
        loop.step_size,
        bounds["step_size"],
        elem_id="synth-step-size",
        info="How far the noise moves in an iteration.",
        low=0.1,
        high=1000,
    )
    return p


def build_more(backbone: str, source: Any, words: Any, sliders: dict[str, Any]) -> Choices:
    """Draws the other choices; defaults and bounds come from the request's own fields."""
    bounds, default = bounds_of(NearBoundary), SynthesizeImageRequest()
    loop = default.loop
    with gr.Accordion("More: models, guide, mask, seed", open=False, elem_id="synth-more"):
        guide = gr.Dropdown(
            [("energy of the classifier", "energy"), *((f"{title} of the backbone", key) for title, key in guides())],
            value=default.guide,
            label="Guide",
            info="What the noise is moved against.",
            elem_id="synth-guide",
        )
        with gr.Row():
            classifier = gr.Dropdown(
                offered_classifiers(),
                value=default.classifier,
                allow_custom_value=True,
                label="Classifier",
                info="Any timm:NAME with trained classes.",
                elem_id="synth-classifier",
            )
            model = backbone_box(backbone, "synth-backbone")
        inpainter = _models("Inpainting model", INPAINTING.offered, default.inpainter, "synth-inpainter")
        contexts = _models("Context model", CONTEXTS.offered, default.context_model, "synth-context-model")
        with gr.Row():
            steps = number_box("Steps", loop.steps, bounds["steps"], "synth-steps")
            seed = number_box("Seed", loop.seed, bounds["seed"], "synth-seed")
        with gr.Row():
            loss = gr.Dropdown(
                [
                    ("hinge (Liu et al.)", "hinge"),
                    ("to a target (the authors’ code)", "target"),
                    ("as published (Eq. 7: wrong sign)", "published"),
                ],
                value=loop.loss,
                label="Loss",
                elem_id="synth-loss",
            )
            step = gr.Dropdown(
                [("normalised", "normalised"), ("raw (Eq. 10 as it stands)", "raw")],
                value=loop.step,
                label="Step",
                elem_id="synth-step",
            )
        direction = gr.Radio(
            [("against the gradient", "gradient"), ("random, to compare with", "random")],
            value=loop.direction,
            label="Direction",
            elem_id="synth-direction",
        )
        labels = gr.Textbox(
            LabelChoice.labels,
            label="ID labels",
            info="A preset’s name, or your own separated by commas (these have no boundary).",
            elem_id="synth-labels",
        )
        with gr.Accordion("Repaint only a part: mark it", open=False, elem_id="synth-mask-box"):
            mask = mask_editor("Paint over the part to repaint. Left blank, it is the whole picture.", "synth-mask")
    return Choices(
        source=source,
        words=words,
        **sliders,
        steps=steps,
        seed=seed,
        loss=loss,
        step=step,
        direction=direction,
        guide=guide,
        inpainter=inpainter,
        context_model=contexts,
        classifier=classifier,
        backbone=model,
        labels=labels,
        mask=mask,
    )


def guides() -> list[tuple[str, str]]:
    """Titles and keys of the backbone's scores that can guide."""
    found: dict[str, tuple[str, Scorer]] = {}
    for title, scorer in shown_scorers(NegLabel()):
        if scorer.differentiable and not scorer.stream:
            found.setdefault(scorer.name, (title.split(" (")[0], scorer))
    return [(title, key) for key, (title, _) in found.items()]


def _models(label: str, names: Sequence[str], value: str, elem_id: str) -> gr.Dropdown:
    return gr.Dropdown(
        list(names),
        value=value,
        allow_custom_value=True,
        label=label,
        info="diorama comes with the app; any ORG/REPO of the Hugging Face Hub loads as well.",
        elem_id=elem_id,
    )


def _slider(label: str, value: float, bounds: Bounds, elem_id: str, info: str, high: float | None = None) -> gr.Slider:
    return gr.Slider(
        bounds.low,
        bounds.high if high is None else high,
        value,
        step=bounds.step,
        label=label,
        info=info,
        elem_id=elem_id,
        buttons=[],
    )


def _target(text: Any) -> float | None:
    """None for nothing: the guide's own."""
    if text is None or not str(text).strip():
        return None
    try:
        return float(str(text).replace(",", ".").replace("−", "-"))
    except ValueError:
        raise StudioError(f"target must be a number or empty for the guide's own, not {text!r}") from None

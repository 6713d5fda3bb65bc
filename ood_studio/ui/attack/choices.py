"""How the picture is attacked: the components that make up a `AttackImageRequest`, and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ood_studio.attacks.feature import PAPER_HEIGHT, FeatureAttack, smoothness_weight
from ood_studio.attacks.transforms import KINDS
from ood_studio.backbones import BUNDLED, bundled_names
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest, LabelChoice
from ood_studio.ui.attack.target import TargetBox
from ood_studio.ui.inputs import backbone_box, backbone_name, number_box, whole
from ood_studio.ui.log_slider import log_slider, slider_number
from ood_studio.ui.pictures.box import PictureBox
from ood_studio.ui.pictures.mask import mask_editor, read_mask
from ood_studio.worlds import corpora

SMOOTHNESS = 5000.0  # of CIFAR10-AS: hardly seen
_BUNDLED_SIZE = 64  # pixels that the bundled models see


@dataclass(frozen=True)
class Choices:
    """The components in the order in which handlers get them."""

    source: Any
    kind: Any
    target: Any
    label: Any
    score: Any
    smoothness: Any
    backbone: Any
    steps: Any
    learning_rate: Any
    norm: Any
    linf: Any
    l2: Any
    seed: Any
    ensemble: Any
    robust: Any
    draws: Any
    own_size: Any
    space: Any
    labels: Any
    corpus: Any
    mask: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


@dataclass(frozen=True)
class Asked:
    """A request and its pictures, with their names."""

    request: AttackImageRequest
    source: Image.Image
    target: Image.Image | None
    mask: np.ndarray | None
    names: tuple[str, str]


def read(*values: Any) -> Asked:
    """What the components' values stand for, in the order of `Choices`.

    Raises:
        StudioError: for a value outside its bounds, a picture that is missing or cannot be read, or a model that a
            public server does not load.
    """
    v = dict(zip(Choices.__dataclass_fields__, values, strict=True))
    if not v["source"]:
        raise StudioError("there is no picture to attack; upload one, or take one from the gallery")
    kind = v["kind"]
    if kind == "image" and not v["target"]:
        raise StudioError("there is no target; give an ID picture or a label")
    label = str(v["label"] or "").strip() if kind == "label" else ""
    if kind == "label" and not label:
        raise StudioError("there is no target; choose a label or type one")
    default = AttackImageRequest()
    norm = str(v["norm"])
    budgets = {name: slider_number(v[name], "budget") for name in ("linf", "l2")}
    request = AttackImageRequest(
        labels=LabelChoice(
            backbone=backbone_name(v["backbone"]),
            labels=str(v["labels"] or "").strip() or LabelChoice.labels,
            corpus=str(v["corpus"]),
        ),
        attack=FeatureAttack(
            smoothness=slider_number(v["smoothness"], "smoothness"),
            steps=round(slider_number(v["steps"], "steps")),
            learning_rate=slider_number(v["learning_rate"], "learning_rate"),
            norm=norm,  # type: ignore[arg-type]
            budget=budgets.get(norm, default.attack.budget),
            robust=tuple(v["robust"] or ()),
            draws=whole(v["draws"], "draws", default.attack.draws),
            seed=whole(v["seed"], "seed", default.attack.seed),
        ),
        target_label=label,
        target_score=str(v["score"]) if kind == "score" else "",
        space=v["space"],
        ensemble=tuple(backbone_name(name) for name in v["ensemble"] or ()),
        full_size=bool(v["own_size"]),
        every=5,
    )
    source = decode_image(Path(v["source"]))
    target = decode_image(Path(v["target"])) if kind == "image" else None
    said = Path(v["target"]).stem if kind == "image" else label or request.target_score
    return Asked(request, source, target, read_mask(v["mask"]), (Path(v["source"]).stem, said))


def smoothness_notes(backbone: Any, height: int | None = None) -> list[list[Any]]:
    """What λ comes to elsewhere than at the paper's 224 pixels: texts with factors, for `log_slider`."""
    notes = []
    if str(backbone) in BUNDLED:
        notes.append([f"= {{}} at the model’s {_BUNDLED_SIZE} pixels", smoothness_weight(1.0, _BUNDLED_SIZE)])
    if height:
        notes.append([f"{{}} at the picture’s {height:,}", smoothness_weight(1.0, height)])
    return notes or [[f"stated for {PAPER_HEIGHT} pixels; converted once the model is loaded", 1.0]]


def build_choices(backbone: str) -> gr.HTML:
    """Draws the slider of λ, the one choice that is always in sight."""
    return log_slider(
        "Smoothness λ",
        SMOOTHNESS,
        bounds_of(FeatureAttack)["smoothness"],
        elem_id="attack-smoothness",
        info="0: strong and patchy. More: smoother, harder to see, harder to do. In the paper’s unit, 224 pixels.",
        low=1,
        notes=[(text, factor) for text, factor in smoothness_notes(backbone)],
    )


def build_more(backbone: str, source: PictureBox, target: TargetBox, smoothness: gr.HTML) -> Choices:
    """Draws the other choices; defaults and bounds come from the request's own fields."""
    bounds, default = bounds_of(FeatureAttack), AttackImageRequest()
    attack = default.attack
    with gr.Accordion("More", open=False, elem_id="attack-more"):
        with gr.Row():
            model = backbone_box(backbone, "attack-backbone")
            ensemble = gr.Dropdown(
                bundled_names(),
                multiselect=True,
                allow_custom_value=True,
                label="Fool these models too",
                info="An ensemble: the mean similarity is raised.",
                elem_id="attack-ensemble",
            )
        with gr.Row():
            steps = log_slider("Steps", attack.steps, bounds["steps"], elem_id="attack-steps", high=2000)
            learning_rate = log_slider(
                "Learning rate",
                attack.learning_rate,
                bounds["learning_rate"],
                elem_id="attack-rate",
                low=1e-5,
                high=0.1,
            )
        with gr.Row():
            norm = gr.Radio(
                [("none", "none"), ("L∞", "linf"), ("L2", "l2")],
                value=attack.norm,
                label="Budget",
                info="How far the picture may change.",
                elem_id="attack-norm",
            )
            seed = number_box("Seed", attack.seed, bounds["seed"], "attack-seed")
        linf = log_slider(
            "Largest change of a value, in 255ths",
            8,
            bounds["budget"],
            elem_id="attack-linf",
            low=0.5,
            high=255,
            visible=False,
        )
        l2 = log_slider(
            "Euclidean length of the change",
            3,
            bounds["budget"],
            elem_id="attack-l2",
            low=0.01,
            high=1000,
            visible=False,
        )
        with gr.Row():
            robust = gr.CheckboxGroup(
                list(KINDS),
                label="Withstand",
                info="Every step averages over random transformations, so that the attack survives them.",
                elem_id="attack-robust",
            )
            draws = number_box("Transformations a step", attack.draws, bounds["draws"], "attack-draws")
        with gr.Row():
            own_size = gr.Checkbox(
                True,
                label="Keep the picture’s own size",
                info=f"Up to {default.longest:,} pixels; else it is attacked at the model’s.",
                elem_id="attack-own-size",
            )
            space = gr.Radio(
                ["visual", "joint"],
                value=default.space,
                label="Features pulled",
                info="Before or after CLIP’s projection; a label’s are joint.",
                elem_id="attack-space",
            )
        with gr.Row():
            labels = gr.Textbox(
                LabelChoice.labels,
                label="ID labels",
                info="A preset’s name, or your own separated by commas (these have no thresholds).",
                elem_id="attack-labels",
            )
            corpus = gr.Dropdown(
                [(corpus.title, corpus.name) for corpus in corpora().values()],
                value=LabelChoice.corpus,
                label="Negative labels from",
                elem_id="attack-corpus",
            )
        with gr.Accordion("Change only a part: paint it", open=False, elem_id="attack-mask-box"):
            mask = mask_editor("Paint the part that may change. Left blank, it is the whole picture.", "attack-mask")
    return Choices(
        source.image,
        target.kind,
        target.picture.image,
        target.label,
        target.score,
        smoothness,
        model,
        steps,
        learning_rate,
        norm,
        linf,
        l2,
        seed,
        ensemble,
        robust,
        draws,
        own_size,
        space,
        labels,
        corpus,
        mask,
    )

"""The endpoint ``/attack`` for programs: a picture and a target in, the attacked picture and figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.studio import LabelChoice, Studio
from ood_studio.studio.craft import CraftRequest, craft_record
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.inputs import backbone_name, given, whole
from ood_studio.ui.running import MODEL_SLOT
from ood_studio.ui.zerogpu import on_gpu


def build_api(studio: Studio) -> None:
    """Draws the endpoint's hidden components."""
    default = CraftRequest()
    picture = gr.File(type="filepath", visible=False, label="picture")
    target = gr.File(type="filepath", visible=False, label="target picture, or none")
    label = gr.Textbox("", visible=False, label="target label, where there is no target picture")
    climb = gr.Textbox("", visible=False, label="score to climb, where there is no target")
    backbone = gr.Textbox(default.labels.backbone, visible=False, label="backbone")
    smoothness = gr.Number(default.smoothness, visible=False, label="smoothness, in the paper's unit")
    steps = gr.Number(default.steps, visible=False, label="steps")
    learning_rate = gr.Number(default.learning_rate, visible=False, label="learning rate")
    norm = gr.Textbox(default.norm, visible=False, label="norm of the budget: none, linf or l2")
    budget = gr.Number(default.budget, visible=False, label="budget")
    seed = gr.Number(default.seed, visible=False, label="seed")
    full_size = gr.Checkbox(True, visible=False, label="keep the picture's size")
    labels = gr.Textbox(LabelChoice.labels, visible=False, label="ID labels")
    trigger = gr.Button(visible=False)
    attacked = gr.File(visible=False, label="attacked picture")
    answer = gr.JSON(visible=False, label="what came of it")

    @on_gpu
    def attack(*values: Any) -> tuple[str, dict[str, Any]]:
        """One picture attacked: the PNG, and what it takes to repeat it, with every score before and after."""
        names = "picture target label climb backbone smoothness steps learning_rate norm budget seed full_size labels"
        v = dict(zip(names.split(), values, strict=True))
        try:
            if not v["picture"]:
                raise StudioError("there is no picture to attack; give one")
            request = CraftRequest(
                labels=LabelChoice(
                    backbone=backbone_name(v["backbone"]), labels=str(v["labels"] or LabelChoice.labels)
                ),
                target_label=str(v["label"] or "").strip(),
                climb=str(v["climb"] or "").strip(),
                full_size=bool(v["full_size"]),
                smoothness=given(v["smoothness"], default.smoothness),
                steps=whole(v["steps"], "steps", default.steps),
                learning_rate=given(v["learning_rate"], default.learning_rate),
                norm=v["norm"] or default.norm,
                budget=given(v["budget"], default.budget),
                seed=whole(v["seed"], "seed", default.seed),
                every=default.every,
            )
            source = decode_image(Path(v["picture"]))
            goal = decode_image(Path(v["target"])) if v["target"] else None
            first, *_, last = studio.craft(request, source, goal)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        path = download_folder() / "attacked.png"
        last.picture.save(path)
        before = [
            {"scorer": each.scorer, "title": each.title, "value": each.value, "inside": each.inside}
            for each in first.readings
        ]
        return str(path), craft_record(request, source, goal, last) | {"before": before}

    inputs = [
        picture,
        target,
        label,
        climb,
        backbone,
        smoothness,
        steps,
        learning_rate,
        norm,
        budget,
        seed,
        full_size,
        labels,
    ]
    trigger.click(attack, inputs, [attacked, answer], api_name="attack", **MODEL_SLOT)

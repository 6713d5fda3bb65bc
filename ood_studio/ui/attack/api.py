"""The endpoint ``/attack`` for programs: a picture and a target in, the attacked picture and figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.attacks import FeatureAttack
from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest, LabelChoice, Studio
from ood_studio.studio.records import attack_record
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.inputs import backbone_name, given, whole
from ood_studio.ui.running import MODEL_SLOT
from ood_studio.ui.zerogpu import on_gpu


def build_api(studio: Studio) -> None:
    """Draws the endpoint's hidden components."""
    default = AttackImageRequest()
    usual = default.attack
    picture = gr.File(type="filepath", visible=False, label="picture")
    target = gr.File(type="filepath", visible=False, label="target picture, or none")
    label = gr.Textbox("", visible=False, label="target label, where there is no target picture")
    target_score = gr.Textbox("", visible=False, label="score to raise, where there is no target")
    backbone = gr.Textbox(default.labels.backbone, visible=False, label="backbone")
    smoothness = gr.Number(usual.smoothness, visible=False, label="smoothness, in the paper's unit")
    steps = gr.Number(usual.steps, visible=False, label="steps")
    learning_rate = gr.Number(usual.learning_rate, visible=False, label="learning rate")
    norm = gr.Textbox(usual.norm, visible=False, label="norm of the budget: none, linf or l2")
    budget = gr.Number(usual.budget, visible=False, label="budget, of linf in 255ths")
    seed = gr.Number(usual.seed, visible=False, label="seed")
    full_size = gr.Checkbox(True, visible=False, label="keep the picture's size")
    labels = gr.Textbox(LabelChoice.labels, visible=False, label="ID labels")
    trigger = gr.Button(visible=False)
    attacked = gr.File(visible=False, label="attacked picture")
    answer = gr.JSON(visible=False, label="what came of it")

    @on_gpu
    def attack(*values: Any) -> tuple[str, dict[str, Any]]:
        """One picture attacked: the PNG, and what it takes to repeat it, with every score before and after."""
        names = "picture target label target_score backbone smoothness steps learning_rate norm budget seed"
        v = dict(zip((*names.split(), "full_size", "labels"), values, strict=True))
        try:
            if not v["picture"]:
                raise StudioError("there is no picture to attack; give one")
            request = AttackImageRequest(
                labels=LabelChoice(
                    backbone=backbone_name(v["backbone"]), labels=str(v["labels"] or LabelChoice.labels)
                ),
                target_label=str(v["label"] or "").strip(),
                target_score=str(v["target_score"] or "").strip(),
                full_size=bool(v["full_size"]),
                attack=FeatureAttack(
                    smoothness=given(v["smoothness"], usual.smoothness),
                    steps=whole(v["steps"], "steps", usual.steps),
                    learning_rate=given(v["learning_rate"], usual.learning_rate),
                    norm=v["norm"] or usual.norm,
                    budget=given(v["budget"], usual.budget),
                    seed=whole(v["seed"], "seed", usual.seed),
                ),
                every=default.every,
            )
            source = decode_image(Path(v["picture"]))
            goal = decode_image(Path(v["target"])) if v["target"] else None
            first, *_, last = studio.attack_image(request, source, goal)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        path = download_folder() / "attacked.png"
        last.picture.save(path)
        before = [
            {"scorer": each.scorer, "title": each.title, "value": each.value, "inside": each.inside}
            for each in first.readings
        ]
        return str(path), attack_record(request, source, goal, last) | {"before": before}

    inputs = [
        picture,
        target,
        label,
        target_score,
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

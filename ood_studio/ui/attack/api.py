"""The endpoints ``/attack`` and ``/attack_set`` for programs: one picture attacked, or many, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest, AttackSetRequest, Studio
from ood_studio.studio.lanes import PICTURE, SET
from ood_studio.studio.records import attack_record
from ood_studio.ui.api import RARE, REFERENCES, Given, endpoint, lane_of
from ood_studio.ui.attack.batch import START
from ood_studio.ui.attack.layout import LAYOUT
from ood_studio.ui.downloads import download_folder, zipped
from ood_studio.ui.sidebar.layout import LAYOUT as SHARED
from ood_studio.ui.sidebar.reference import uploaded_reference


def build_api(studio: Studio) -> None:
    """Makes the endpoints inside the current `gr.Blocks`."""

    def attack(
        request: AttackImageRequest,
        progress: Progress,
        picture: str | None,
        target: str | None,
        references: list[str] | None,
    ) -> tuple[str, dict[str, Any]]:
        """One picture attacked: the PNG, and what it takes to repeat it, with every score before and after."""
        if not picture:
            raise StudioError("there is no picture to attack; give one")
        folder, _ = uploaded_reference(references, progress)
        source = decode_image(Path(picture))
        goal = decode_image(Path(target)) if target else None
        asked = replace(request, reference=folder)
        first, *_, last = studio.attack_image(asked, source, goal, progress=progress)
        path = download_folder() / "attacked.png"
        last.image.save(path)
        before = [
            {"scorer": each.scorer, "title": each.title, "value": each.value, "inside": each.inside}
            for each in first.readings
        ]
        return str(path), attack_record(asked, source, goal, last) | {"before": before}

    endpoint(
        "attack",
        AttackImageRequest(),
        attack,
        [gr.File(visible=False, label="attacked picture"), gr.JSON(visible=False, label="what came of it")],
        given=(
            Given("picture", "Picture to attack", "file"),
            Given("target", "ID picture to take it for, or none", "file"),
            Given("references", REFERENCES, "files"),
        ),
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        without=RARE,
        **lane_of(studio, PICTURE),
    )
    _build_set(studio)


def _build_set(studio: Studio) -> None:
    def attack_set(request: AttackSetRequest, progress: Progress) -> tuple[str, dict[str, Any]]:
        """Many OOD pictures of a suite attacked: a zip of the last set, and scorers before and after every attack."""
        result = studio.attack_set(request, progress)
        sets = {each.name: each.folder for each in result.sets}
        answer = result.to_dict()
        for each in answer["sets"]:
            each["made_set"] = Path(each.pop("folder")).name
        *_, last = sets.values()
        return str(zipped(last, sorted(last.glob("*.png")))), answer

    endpoint(
        "attack_set",
        START,
        attack_set,
        [gr.File(visible=False, label="last set"), gr.JSON(visible=False, label="sets and scorers")],
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        without=(*RARE, *_OF_THIS_MACHINE, "linf", "l2"),
        **lane_of(studio, SET),
    )


_OF_THIS_MACHINE = ("id_data", "ood_data", "train_data", "data_root")

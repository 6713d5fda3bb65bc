"""The endpoint ``/attack`` for programs: a picture and a target in, the attacked picture and figures out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.data.images import decode_image
from ood_studio.studio import AttackImageRequest, Studio
from ood_studio.studio.records import attack_record
from ood_studio.ui.api import API_LANE, Given, endpoint
from ood_studio.ui.attack.layout import LAYOUT
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.sidebar.layout import LAYOUT as SHARED
from ood_studio.ui.sidebar.reference import uploaded_reference


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

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
            Given("references", "ID reference pictures of your own, or none", "files"),
        ),
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        longest=None if studio.hosted is None else studio.hosted.longest,
        **API_LANE,
    )

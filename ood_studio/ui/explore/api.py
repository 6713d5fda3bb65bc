"""The tab for programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.studio import Studio
from ood_studio.ui.explore.reference import own_reference
from ood_studio.ui.explore.settings import Settings, request_from
from ood_studio.ui.running import MODEL_SLOT
from ood_studio.ui.zerogpu import on_gpu


def build_api(studio: Studio, settings: Settings) -> None:
    """The endpoint ``/explore`` for programs: files and settings in, JSON out."""
    files = gr.File(file_count="multiple", type="filepath", visible=False, label="pictures")
    trigger = gr.Button(visible=False)
    own = gr.File(file_count="multiple", type="filepath", visible=False, label="ID reference pictures")
    answer = gr.JSON(visible=False, label="reports")

    @on_gpu
    def explore(paths: list[str] | None, *values: Any) -> dict[str, Any]:
        """Affinities, scores and verdicts of pictures; the last value is own ID reference pictures, or null."""
        try:
            pictures = [(Path(path).name, decode_image(Path(path), name=Path(path).name)) for path in paths or []]
            reference, _ = own_reference(values[-1], None)
            result = studio.explore(replace(request_from(*values[:-1]), reference=reference), pictures)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return result.to_dict()

    trigger.click(explore, [files, *settings.all(), own], answer, api_name="explore", **MODEL_SLOT)

"""The endpoint ``/detect`` for programs: a detector's file and pictures in, decisions out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.progress import Progress
from ood_studio.studio import DecideRequest, Studio
from ood_studio.studio.lanes import ANSWER
from ood_studio.ui.api import Given, endpoint, lane_of


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

    def detect(
        request: DecideRequest, progress: Progress, detector_file: str | None, pictures: list[str] | None
    ) -> dict[str, Any]:
        """Decisions of a detector on pictures, in their order: verdict, p-value, score and nearest labels."""
        detector = studio.decide.load(DecideRequest(detector_file or ""), progress)
        given = [(Path(path).name, Path(path)) for path in pictures or []]
        return studio.decide(detector, given, progress).to_dict()

    endpoint(
        "detect",
        DecideRequest(),
        detect,
        [gr.JSON(visible=False, label="decisions")],
        given=(
            Given("detector_file", "File of a detector, as detect-fit or the Detect tab writes it", "file"),
            Given("pictures", "Pictures, in the order of the stream", "files"),
        ),
        without=("detector",),
        **lane_of(studio, ANSWER),
    )

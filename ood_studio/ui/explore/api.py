"""The endpoint ``/explore`` for programs: pictures and settings in, reports out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.data.images import open_images
from ood_studio.studio import ExploreRequest, Studio
from ood_studio.ui.api import API_LANE, Given, endpoint
from ood_studio.ui.sidebar.layout import LAYOUT
from ood_studio.ui.sidebar.reference import uploaded_reference


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

    def explore(
        request: ExploreRequest,
        progress: Progress,
        pictures: list[str] | None,
        references: list[str] | None,
        corpus_file: str | None,
    ) -> dict[str, Any]:
        """Affinities, scores and verdicts of pictures; those that cannot be read are named and cost no other."""
        decoded, problems = open_images(pictures or [])
        if problems and not decoded:
            first = next(iter(problems.values()))
            raise StudioError(
                first if len(problems) == 1 else f"none of {len(problems):,} pictures can be read: {first}"
            )
        folder, left_out = uploaded_reference(references, progress)
        if corpus_file:
            request = with_values(request, {"labels.corpus": corpus_file})
        answer = studio.explore(replace(request, reference=folder), list(decoded.items()), progress).to_dict()
        return answer | {"problems": problems, "reference_problems": left_out}

    endpoint(
        "explore",
        ExploreRequest(),
        explore,
        [gr.JSON(visible=False, label="reports")],
        given=(
            Given("pictures", "Pictures", "files"),
            Given("references", "ID reference pictures of your own, or none", "files"),
            Given("corpus_file", "Text file with one word a line, in place of the corpus, or none", "file"),
        ),
        boxes=LAYOUT.boxes,
        longest=None if studio.hosted is None else studio.hosted.longest,
        **API_LANE,
    )

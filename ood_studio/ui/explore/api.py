"""The endpoints ``/explore`` and ``/labels`` for programs: pictures in, reports out; labels in, negative ones out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.data.images import open_images
from ood_studio.labels.negmining import Mining
from ood_studio.studio import ExploreRequest, LabelChoice, Studio
from ood_studio.studio.lanes import ANSWER
from ood_studio.studio.records import labels_record
from ood_studio.ui.api import CORPUS_FILE, REFERENCES, Given, endpoint, lane_of
from ood_studio.ui.sidebar.layout import LAYOUT
from ood_studio.ui.sidebar.reference import uploaded_reference


def build_api(studio: Studio) -> None:
    """Makes the endpoints inside the current `gr.Blocks`."""

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
            Given("references", REFERENCES, "files"),
            Given("corpus_file", CORPUS_FILE, "file"),
        ),
        boxes=LAYOUT.boxes,
        **lane_of(studio, ANSWER),
    )
    _build_labels(studio)


def _build_labels(studio: Studio) -> None:
    def labels(request: LabelChoice, progress: Progress, corpus_file: str | None) -> dict[str, Any]:
        """Mines negative labels for ID labels (NegMining): words far from all of them, the furthest first."""
        choice = replace(request, corpus=corpus_file) if corpus_file else request
        return labels_record(studio.mine(choice, progress), studio.label_space(choice, progress))

    endpoint(
        "labels",
        LabelChoice(mining=Mining(count=1000)),
        labels,
        [gr.JSON(visible=False, label="negative labels")],
        given=(Given("corpus_file", CORPUS_FILE, "file"),),
        boxes={path.removeprefix("labels."): box for path, box in LAYOUT.boxes.items()},
        **lane_of(studio, ANSWER),
    )

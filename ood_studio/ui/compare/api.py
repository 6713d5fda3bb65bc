"""The endpoint ``/compare`` for programs: files and settings in, rows out as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.evaluation.report import result_dict
from ood_studio.studio import BenchRequest, Studio
from ood_studio.studio.lanes import SET
from ood_studio.ui.api import CORPUS_FILE, RARE, Given, endpoint, lane_of
from ood_studio.ui.compare.layout import START, layout
from ood_studio.ui.compare.uploads import own_sets
from ood_studio.ui.sidebar.layout import LAYOUT
from ood_studio.worlds import OWN_SUITE


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

    def compare(
        request: BenchRequest,
        progress: Progress,
        id_files: list[str] | None,
        ood_files: list[str] | None,
        corpus_file: str | None,
    ) -> dict[str, Any]:
        """AUROC, FPR95 and more of scorers on every OOD set; files of one's own take the place of the suite."""
        left_out: dict[str, str] = {}
        if corpus_file:
            request = with_values(request, {"labels.corpus": corpus_file})
        if id_files or ood_files or request.suite == OWN_SUITE:
            own = own_sets(id_files, ood_files, request.id_data, request.ood_data)
            request = replace(request, suite=OWN_SUITE, id_data=own.id_data, ood_data=own.ood_data)
            left_out = own.problems
        result = studio.bench(request, progress)
        answer = result_dict(result)
        return answer | {"problems": answer["problems"] | ({"uploads": left_out} if left_out else {})}

    boxes = layout(studio.hosted is not None).boxes
    shown = {path: replace(box, private=False) if path == "id_data" else box for path, box in boxes.items()}
    endpoint(
        "compare",
        START,
        compare,
        [gr.JSON(visible=False, label="rows")],
        given=(
            Given("id_files", "ID pictures of your own, or a zip of them", "files"),
            Given("ood_files", "OOD pictures of your own; each zip is a set of its own", "files"),
            Given("corpus_file", CORPUS_FILE, "file"),
        ),
        boxes={**LAYOUT.boxes, **shown},
        without=RARE,
        **lane_of(studio, SET),
    )

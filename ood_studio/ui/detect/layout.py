"""How a detector's boxes are ordered and drawn; model, labels, score and calibration pictures are the sidebar's."""

from __future__ import annotations

from typing import Any

from ood_studio.evaluation.choose import bench_scorers
from ood_studio.studio import DetectorRequest
from ood_studio.ui.form import Box, Layout

START = DetectorRequest()


def _scorers() -> list[tuple[str, Any]]:
    return [(scorer.title, key) for key, scorer in bench_scorers().items() if not scorer.stream]


LAYOUT = Layout(
    "detect",
    {
        "main": (("scorer",), ("promise.rate", "promise.miss")),
        "more": (("train_data",),),
    },
    {
        "scorer": Box("Score that decides", choices=_scorers, free=True),
        "promise.rate": Box("False alarms, α"),
        "promise.miss": Box("Miss, δ"),
        "train_data": Box("ID pictures to learn from: a folder of this machine", private=True, local=True),
    },
)

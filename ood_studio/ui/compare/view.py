"""How a result is looked at: the part of a link that is not the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.ui.form import Box, Layout

Metric = Literal["auroc", "fpr95", "aupr_in", "aupr_out", "detection_error"]
METRICS: dict[Metric, tuple[str, bool]] = {
    "auroc": ("AUROC", True),
    "fpr95": ("FPR95", False),
    "aupr_in": ("AUPR-in (average precision)", True),
    "aupr_out": ("AUPR-out (average precision)", True),
    "detection_error": ("Detection error", False),
}
"""Metrics by their field in a row: the name for people, and whether higher is better."""


@dataclass(frozen=True)
class View:
    """What is looked at of a result.

    Attributes:
        set, scorer, against: the OOD set, the scorer and the second scorer; "" for the first there is.
        metric: what the table and the bars show.
        log: whether the ROC's FPR is logarithmic.
        keep: percent of ID pictures above the threshold.
    """

    set: Annotated[str, Help("OOD set that is looked at")] = ""
    scorer: Annotated[str, Help("Scorer that is looked at")] = ""
    against: Annotated[str, Help("Second scorer, on the same pictures")] = ""
    metric: Annotated[Metric, Help("What the table shows")] = "auroc"
    log: Annotated[bool, Help("Whether small rates are drawn apart")] = False
    keep: Annotated[float, Bounds(1, 100, step=0.5, help="Percent of ID pictures kept")] = 95.0

    def __post_init__(self) -> None:
        check(self)


LAYOUT = Layout(
    "compare",
    {"metric": (("metric",),), "threshold": (("keep",),), "log": (("log",),)},
    {
        "metric": Box(
            "What the table shows",
            "radio",
            choices=lambda: [(title, metric) for metric, (title, _) in METRICS.items()],
            more={"container": False, "show_label": False},
        ),
        "keep": Box("Threshold", "slider"),
        "log": Box("Logarithmic false positive rate", more={"container": False}),
    },
)

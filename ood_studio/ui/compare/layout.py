"""How the boxes of what is compared are ordered and drawn; model, labels and score are the sidebar's."""

from __future__ import annotations

from typing import Any

from ood_studio.evaluation.suites import suites
from ood_studio.studio import BenchRequest
from ood_studio.ui.compare.names import known_scorers, scorer_title
from ood_studio.ui.compare.uploads import is_upload
from ood_studio.ui.form import Box, Layout, When
from ood_studio.ui.image_sets import ood_choices
from ood_studio.worlds import OWN_SUITE

START = BenchRequest(scorers=("neglabel", "mcm", "energy", "knn", "mahalanobis", "rmd"), count=500)
"""What the tab begins with: enough pictures to see something, quick to draw."""


def _suites(strangers: bool) -> list[tuple[str, Any]]:
    return [
        (f"{name}: {suite.about}" if name != OWN_SUITE else "My own pictures", name)
        for name, suite in suites().items()
        if name == OWN_SUITE or not (strangers and suite.needs_data)
    ]


def _scorers() -> list[tuple[str, Any]]:
    return [(scorer_title(key), key) for key in known_scorers()]


def _folder(path: Any) -> str:
    """A folder of this machine as it was typed; uploads are told apart from it by where they lie."""
    return str(path or "").strip()


def layout(strangers: bool = False) -> Layout:
    """The layout; suites and scorers of plug-ins are in it.

    Args:
        strangers: whether others than the owner of this machine choose, who may name no folder of it.
    """
    folders = When("suite", (OWN_SUITE,))
    downloaded = [name for name, suite in suites().items() if suite.needs_data and name != OWN_SUITE]
    drawn = [name for name, suite in suites().items() if not suite.needs_data]
    boxes = {
        "suite": Box("Pictures", choices=lambda: _suites(strangers)),
        "id_data": Box("Or a folder of this machine", guard=_folder, private=is_upload, when=folders, local=True),
        "train_data": Box("Training pictures: a folder of this machine", guard=_folder, when=folders, local=True),
        "head": Box("Head for given features: a file of this machine", guard=_folder, when=folders, local=True),
        "data_root": Box(
            "Folder of the benchmark’s pictures",
            guard=_folder,
            when=When("suite", tuple(downloaded)),
            local=True,
        ),
        "ood_data": Box(
            "OOD sets to add",
            choices=ood_choices,
            free=not strangers,
            more={"elem_id": "compare-added"},
        ),
        "scorers": Box("Scorers", "checks", choices=_scorers, more={"show_select_all": True}),
        "count": Box("Pictures a set", when=When("suite", tuple(drawn)), more=_NARROW),
        "seed": Box(more=_NARROW),
        "train_count": Box("Pictures to learn from", more=_NARROW),
        "resamples": Box("Resamples", more=_NARROW),
        "fpr_definition": Box("Definition of FPR95"),
        "decode": Box("Decoding"),
    }
    return Layout("compare", _GROUPS, boxes)


_NARROW = {"min_width": 90}
_GROUPS = {
    "suite": (("suite",),),
    "own": (("id_data",), ("train_data",), ("head",)),
    "sets": (("data_root",), ("ood_data",)),
    "scorers": (("scorers",),),
    "size": (("count", "seed"),),
    "measure": (("train_count", "resamples"), ("fpr_definition", "decode")),
}

"""What is compared: the components that make up a `BenchRequest`, and reading them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.attacks.attack_set import AttackedSet, attacked_sets
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.evaluation.metrics import FPR_DEFINITIONS
from ood_studio.evaluation.suites import suites
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.synthesis.synthetic_set import SyntheticSet, synthetic_sets
from ood_studio.ui.compare.names import known_scorers, scorer_title
from ood_studio.ui.compare.parameters import parameter_boxes, scorer_from
from ood_studio.ui.compare.uploads import is_upload, own_sets
from ood_studio.ui.inputs import backbone_box, backbone_name, number_box, whole
from ood_studio.ui.running import QUICK, message

OWN = "folders"
COUNT = 500  # pictures in a set: enough to see, quick to draw
FIRST = ("neglabel", "mcm", "energy", "knn", "mahalanobis", "rmd")


@dataclass(frozen=True)
class Choices:
    """The components in the order in which handlers get them; the fields of `Choices` name the parts of a link."""

    suite: Any
    backbone: Any
    count: Any
    seed: Any
    scorers: Any
    added: Any
    id_files: Any
    ood_files: Any
    id_data: Any
    ood_data: Any
    train_data: Any
    labels: Any
    data_root: Any
    train_count: Any
    resamples: Any
    fpr: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def request_from(*values: Any) -> BenchRequest:
    """The request that the components' values stand for; an empty number is the default.

    Raises:
        StudioError: for a value outside its bounds, or one that a public server does not take.
    """
    v = dict(zip(Choices.__dataclass_fields__, values, strict=True))
    default, own = BenchRequest(), v["suite"] == OWN
    folders = {name: str(v[name] or "").strip() for name in ("id_data", "ood_data", "train_data", "data_root")}
    if os.environ.get("SPACE_ID") and any(folders.values()):
        raise StudioError("a Space reads no pictures from its own folders; upload them")
    ood_data = tuple(part.strip() for part in folders["ood_data"].split(",") if part.strip())
    id_data = folders["id_data"]
    added = tuple(v["added"] or ())
    if os.environ.get("SPACE_ID") and not set(added) <= {value for _, value in added_choices()}:
        raise StudioError(
            "this set is not among those made in the Attack and Synthesize tabs; choose one from the list"
        )
    if own:
        id_data, ood_data = own_sets(v["id_files"], v["ood_files"], id_data, ood_data)
    return BenchRequest(
        suite=str(v["suite"]),
        scorers=tuple(v["scorers"] or ()),
        id_data=id_data if own else "",
        ood_data=ood_data if own else added,
        train_data=folders["train_data"] if own else "",
        data_root=folders["data_root"],
        labels=LabelChoice(
            backbone=backbone_name(v["backbone"]),
            labels=(str(v["labels"] or "").strip() if own else "") or LabelChoice.labels,
        ),
        seed=whole(v["seed"], "seed", default.seed),
        count=whole(v["count"], "count", COUNT),
        train_count=whole(v["train_count"], "train_count", default.train_count),
        resamples=whole(v["resamples"], "resamples", default.resamples),
        fpr_definition=v["fpr"],
    )


def attacked_choices() -> list[tuple[str, str]]:
    """Titles and values of the sets that attacks left behind, the newest first."""
    return [
        (f"{each.name}, on {' and '.join(each.backbones)} ({each.count:,} pictures)", attacked_value(each))
        for each in attacked_sets()
    ]


def attacked_value(each: AttackedSet) -> str:
    """An attacked set as ``NAME=FOLDER``, its name without what separates sets."""
    return f"{each.name.replace(' = ', ' ').replace(',', '')}={each.folder}"


def synthetic_choices() -> list[tuple[str, str]]:
    """Titles and values of the sets that were synthesised, the newest first."""
    return [
        (f"{each.name} ({len(each.entries):,} synthetic pictures)", synthetic_value(each)) for each in synthetic_sets()
    ]


def synthetic_value(each: SyntheticSet) -> str:
    """A synthetic set as ``NAME=FOLDER``, its name without what separates sets."""
    return f"{each.name.replace('=', ' ').replace(',', '')}={each.folder}"


def added_choices() -> list[tuple[str, str]]:
    """Titles and values of all sets that were made here."""
    return [*synthetic_choices(), *attacked_choices()]


def build_choices(backbone: str) -> Choices:
    """Draws the components; defaults and bounds come from the request's own fields."""
    bounds, default = bounds_of(BenchRequest), BenchRequest()
    titles = [
        (f"{name}: {suite.about}" if name != OWN else "My own pictures", name) for name, suite in suites().items()
    ]
    with gr.Row(equal_height=True):
        suite = gr.Dropdown(
            titles,
            value=default.suite,
            label="Pictures",
            info="One ID set, and OOD sets held against it.",
            scale=3,
            elem_id="compare-suite",
        )
        with gr.Column(scale=2, min_width=220):
            model = backbone_box(backbone, "compare-backbone")
        count = number_box("Pictures a set", COUNT, bounds["count"], "compare-count")
        seed = number_box("Seed", default.seed, bounds["seed"], "compare-seed")
    with gr.Row(visible=False, equal_height=False, elem_id="compare-own") as own:
        id_files, ood_files, id_data, ood_data, train_data, labels = _own_pictures()
    data_root = gr.Textbox(
        label="Folder of the benchmark’s pictures",
        info="Holds the downloaded sets; what is missing is said with where to get it.",
        visible=False,
        elem_id="compare-data-root",
    )
    added = gr.Dropdown(
        added_choices(),
        value=[],
        multiselect=True,
        allow_custom_value=not os.environ.get("SPACE_ID"),
        label="OOD sets to add",
        info="Sets made in the Attack and Synthesize tabs, or NAME=FOLDER; held against the same ID pictures.",
        elem_id="compare-added",
    )
    added.focus(lambda: gr.update(choices=added_choices()), None, added, api_visibility="private", **QUICK)
    known = known_scorers()
    scorers = gr.CheckboxGroup(
        [(scorer_title(key), key) for key in known],
        value=[key for key in FIRST if key in known],
        label="Scorers",
        show_select_all=True,
        elem_id="compare-scorers",
    )
    with gr.Accordion("A scorer with other parameters, and how it is measured", open=False, elem_id="compare-more"):
        _variants(scorers)
        with gr.Row():
            train_count = number_box(
                "Pictures to learn from", default.train_count, bounds["train_count"], "compare-train-count"
            )
            resamples = number_box(
                "Resamples of the intervals", default.resamples, bounds["resamples"], "compare-resamples"
            )
            fpr = gr.Dropdown(
                list(FPR_DEFINITIONS),
                value=default.fpr_definition,
                label="Definition of FPR95",
                info="Five circulate and differ by up to ten points.",
                elem_id="compare-fpr",
            )

    def show(chosen: str) -> tuple[Any, Any, Any]:
        known = suites()
        needs = chosen in known and known[chosen].needs_data and chosen != OWN and not os.environ.get("SPACE_ID")
        return gr.update(visible=chosen == OWN), gr.update(visible=needs), gr.update(visible=chosen != OWN)

    suite.change(show, suite, [own, data_root, added], api_name="compare_suite", **QUICK)
    return Choices(
        suite,
        model,
        count,
        seed,
        scorers,
        added,
        id_files,
        ood_files,
        id_data,
        ood_data,
        train_data,
        labels,
        data_root,
        train_count,
        resamples,
        fpr,
    )


def _own_pictures() -> tuple[Any, ...]:
    local = not os.environ.get("SPACE_ID")
    with gr.Column(min_width=280):
        id_files = _files("Your ID pictures, or a zip of them", "compare-id-files")
        id_data = gr.Textbox(
            label="Or a folder of this machine",
            info="Folders in it are taken as the classes.",
            visible=local,
            elem_id="compare-id-data",
        )
    with gr.Column(min_width=280):
        ood_files = _files("Your OOD pictures; each zip is a set of its own", "compare-ood-files")
        ood_data = gr.Textbox(
            label="Or folders of this machine",
            info="NAME=FOLDER, several separated by commas.",
            visible=local,
            elem_id="compare-ood-data",
        )
    with gr.Column(min_width=280):
        labels = gr.Textbox(
            label="ID labels",
            info="One a line, or separated by commas; empty takes the names of the class folders.",
            lines=3,
            elem_id="compare-labels",
        )
        train_data = gr.Textbox(
            label="ID training pictures",
            info="A folder of this machine, for scorers that learn from pictures.",
            visible=local,
            elem_id="compare-train-data",
        )
    return id_files, ood_files, id_data, ood_data, train_data, labels


def _files(label: str, name: str) -> gr.File:
    return gr.File(label=label, file_count="multiple", type="filepath", height=140, elem_id=name)


def _variants(scorers: gr.CheckboxGroup) -> None:
    known = known_scorers()
    able = [key for key, scorer in known.items() if getattr(scorer, "__dataclass_fields__", None)]
    with gr.Row(equal_height=False):
        base = gr.Dropdown(
            [(scorer_title(key), key) for key in able],
            value=able[0],
            label="Scorer",
            info="Add it again with other parameters, and compare it with itself.",
            scale=1,
            elem_id="compare-base",
        )
        with gr.Column(scale=4, min_width=280):

            @gr.render(inputs=base, **QUICK)  # type: ignore[untyped-decorator]
            def draw(key: str) -> None:
                with gr.Row(equal_height=True):
                    boxes = parameter_boxes(key)
                add = gr.Button("Add to the comparison", size="sm", elem_id="compare-add")

                def take(ticked: list[str], *values: Any) -> Any:
                    try:
                        text = scorer_from(key, dict(zip(boxes, values, strict=True)))
                    except StudioError as error:
                        raise message(error) from None
                    return with_scorers([*ticked, text])

                add.click(take, [scorers, *boxes.values()], scorers, api_visibility="private", show_progress="hidden")


def with_scorers(ticked: Sequence[str]) -> Any:
    """The scorers' boxes with these ticked, and with a box for each that has parameters of its own."""
    ticked = list(dict.fromkeys(ticked))
    keys = list(dict.fromkeys([*known_scorers(), *ticked]))
    return gr.CheckboxGroup(choices=[(scorer_title(key), key) for key in keys], value=ticked)


def shown_request(request: BenchRequest) -> BenchRequest:
    """The request for a person to repeat: uploads by their names, not by where the server keeps them."""

    def shown(path: str) -> str:
        head, sign, tail = path.rpartition("=")
        return f"{head}{sign}{Path(tail).name}" if is_upload(path) else path

    return replace(request, id_data=shown(request.id_data), ood_data=tuple(map(shown, request.ood_data)))

"""The Compare tab without a browser: what its boxes stand for, links, what was left out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr
import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, names, value_at, with_values
from ood_studio.evaluation.result import BenchResult
from ood_studio.studio import BenchRequest, LabelChoice, Studio
from ood_studio.studio.hosted import Hosted
from ood_studio.studio.jobs import Jobs
from ood_studio.studio.requests.labels import USUAL_LABELS
from ood_studio.ui.compare import drawing
from ood_studio.ui.compare.chooser import Chooser, build_chooser
from ood_studio.ui.compare.layout import START, layout
from ood_studio.ui.compare.link import looked_at, read_link, view_of
from ood_studio.ui.compare.matrix import Matrix
from ood_studio.ui.compare.notes import notes_html
from ood_studio.ui.compare.panels import Panels, build_panels
from ood_studio.ui.compare.session import Session
from ood_studio.ui.compare.uploads import is_upload, own_sets, with_names, without_uploads
from ood_studio.ui.compare.variants import variant_form, with_scorers
from ood_studio.ui.compare.view import View
from ood_studio.ui.form import changes_of
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Shared, Sidebar
from ood_studio.ui.sidebar.meaning import world_html
from ood_studio.worlds import OWN_SUITE
from tests.evaluation.rows import row


@dataclasses.dataclass
class Drawn:
    """The sidebar and the chooser of a page that nobody looks at."""

    sidebar: Sidebar
    chooser: Chooser

    def values(self, changes: dict[str, Any] | None = None, **own: Any) -> list[Any]:
        """What the components hold at first, or with other values: of boxes by path, of uploads by name."""
        changes = changes or {}
        held: list[Any] = []
        for form in (self.sidebar.form, self.chooser.form):
            if form is self.chooser.form:
                held += ["", own.get("id_files"), own.get("ood_files"), own.get("class_labels", False)]
            for path in form.paths:
                first, *rest = form._drawn[path]
                held += [changes.get(path, first.value), *(each.value for each in rest)]
        return held

    def read(self, changes: dict[str, Any] | None = None, **own: Any) -> BenchRequest:
        return self.chooser.read(self.sidebar, self.values(changes, **own))


@pytest.fixture(scope="module")
def drawn() -> Iterator[Drawn]:
    start = Shared(LabelChoice(backbone="diorama-conv"))
    with gr.Blocks() as blocks:
        page = Page(Studio("cpu", workers=0), Jobs(), blocks)
        sidebar = Sidebar(page, start, gr.HTML(world_html("diorama-conv")))
        chooser = build_chooser(page)
    yield Drawn(sidebar, chooser)


def test_boxes_at_first_stand_for_the_start_and_the_sidebars_choices(drawn: Drawn) -> None:
    assert drawn.read() == with_values(START, {"labels.backbone": "diorama-conv"})
    changed = drawn.read({"labels.corpus": "wordnet", "score.tau": "0.5", "count": 40, "fpr_definition": "openood"})
    assert (changed.labels.corpus, changed.score.tau, changed.count) == ("wordnet", 0.5, 40)
    assert changed.fpr_definition == "openood"
    with pytest.raises(StudioError, match="count must lie between 10 and 100,000, not 3"):
        drawn.read({"count": 3})


def test_a_suite_brings_its_labels_and_own_pictures_take_those_of_the_sidebar(drawn: Drawn, tmp_path: Path) -> None:
    assert drawn.read({"labels.labels": "cifar-10"}).labels.labels == LabelChoice.labels
    folders = {"suite": OWN_SUITE, "id_data": str(tmp_path), "ood_data": ["a=/b"]}
    own = drawn.read({**folders, "labels.labels": "cifar-10"})
    assert (own.labels.labels, own.id_data, own.ood_data) == ("cifar-10", str(tmp_path), ("a=/b",))
    assert drawn.read(folders).labels.labels == USUAL_LABELS  # the preset that is there at first is one like any other
    assert drawn.read(folders, class_labels=True).labels.labels == LabelChoice.labels
    with pytest.raises(StudioError, match="there are no ID pictures"):
        drawn.read({"suite": OWN_SUITE})


def test_what_belongs_to_another_suite_does_not_count(drawn: Drawn) -> None:
    hidden = {"id_data": "/somewhere", "train_data": "/there", "data_root": "/data"}
    assert drawn.read(hidden) == drawn.read()
    assert drawn.read({**hidden, "suite": "imagenet-ood"}).data_root == "/data"


def test_strangers_name_no_folders_and_add_only_what_was_made_there() -> None:
    with gr.Blocks() as blocks:
        page = Page(Studio("cpu", workers=0, hosted=Hosted()), Jobs(), blocks)
        sidebar = Sidebar(page, Shared(), gr.HTML(world_html("diorama")))
        hosted = Drawn(sidebar, build_chooser(page))
    with pytest.raises(StudioError, match="there are no ID pictures"):
        hosted.read({"suite": OWN_SUITE, "id_data": "/etc"})
    with pytest.raises(StudioError, match="ood_data must be files that you upload"):
        hosted.read({"ood_data": ["x=/etc"]})
    with pytest.raises(StudioError, match="no model from its own folders"):
        hosted.read({"labels.backbone": "open_clip:local-dir:/etc"})
    form = hosted.chooser.form
    for path in ("id_data", "train_data", "data_root"):
        assert form[path].visible == "hidden"
        assert form.updates({"suite": OWN_SUITE, path: "/etc"})[form[path]]["visible"] == "hidden"
    assert not layout(strangers=True).boxes["ood_data"].free
    suites = [value for _, value in form["suite"].choices]
    assert OWN_SUITE in suites and "imagenet-ood" not in suites


def test_uploads_are_in_no_link_and_by_their_names_in_the_command(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.png", "b.png", "set.zip")]
    for file in files:
        file.write_bytes(b"x")
    own = own_sets([str(files[0])], [str(files[1])], "", ("mine=/data/mine",))
    id_data, ood_data = own.id_data, own.ood_data
    assert is_upload(id_data) and is_upload(ood_data[0]) and not is_upload(ood_data[1]) and not is_upload("")
    request = BenchRequest(suite=OWN_SUITE, id_data=id_data, ood_data=ood_data)
    assert without_uploads(request) == BenchRequest(suite=OWN_SUITE, ood_data=("mine=/data/mine",))
    assert with_names(request).id_data == "pictures"
    assert with_names(request).ood_data == ("uploaded=pictures", "mine=/data/mine")


def test_a_link_gives_back_the_request_and_the_view(drawn: Drawn) -> None:
    request = with_values(
        START,
        {
            "suite": "diorama-hard",
            "scorers": ("mcm", "gen:gamma=0.2"),
            "count": 2000,
            "labels.mining.eta": 0.1,
            "seed": 4,
        },
    )
    mine = Session(wanted=View(set="far", scorer="mcm", keep=80, metric="fpr95", log=True))
    mine.take(request, BenchResult("diorama-hard", "diorama", "in"))
    shared = json.loads(view_of(drawn.sidebar, drawn.chooser.form.layout.boxes, mine))
    query = read_link(shared["query"] + "&__theme=dark")
    assert "__theme" not in query and looked_at(query) == mine.wanted
    paths = {name: path for path, name in names(BenchRequest).items()}
    asked = {
        paths[name]: leaves(BenchRequest)[paths[name]].parse(text) for name, text in query.items() if name in paths
    }
    assert with_values(with_values(START, {"labels.backbone": "diorama-conv"}), asked) == request
    assert shared["command"].startswith("python -m ood_studio bench --suite diorama-hard --scorers mcm gen:gamma=0.2")
    assert read_link("?tab=attack&count=4") == {} and read_link("?tab=compare") == {}
    for broken, sentence in (("keep=200", "keep must lie between 1 and 100"), ("metric=f1", "metric must be one of")):
        with pytest.raises(StudioError, match=sentence):
            looked_at(dict(parse_qsl(broken)))


def test_a_scorer_with_other_parameters_is_added_once() -> None:
    with gr.Blocks():
        form = variant_form("gen")
        form.draw("all")
    assert form.paths and all(form.parameters[path].help for path in form.paths)
    held = [value_at(form.start, path) for path in form.paths]
    assert form.read(held) == form.start
    boxes = with_scorers(["all", "mcm", "gen:gamma=0.2", "gen:gamma=0.2"])
    assert boxes["value"].count("gen:gamma=0.2") == 1 and "mcm" in boxes["value"] and "all" not in boxes["value"]
    assert ("GEN (γ = 0.2)", "gen:gamma=0.2") in boxes["choices"]


# --- earlier results ---------------------------------------------------------------------------------------------


def test_what_was_left_out_is_said_and_escaped() -> None:
    assert notes_html(None) == "" and notes_html(BenchResult("s", "b", "in")) == ""
    html = notes_html(
        BenchResult(
            "s",
            "b",
            "in",
            unavailable={"vim": "it needs <training> pictures"},
            problems={"in": {"a.png": "broken"}, "far": {"b.png": "empty", "c.png": "empty"}, "near": {}},
            notes=("SUN is missing.",),
        )
    )
    for part in (
        "SUN is missing.",
        "could not run: it needs &lt;training&gt; pictures",
        "<b>in</b>: one picture could not be read and is left out: a.png (broken)",
        "<b>far</b>: 2 pictures could not be read and are left out: b.png (empty), c.png (empty)",
    ):
        assert part in html, part


def test_the_table_is_sorted_and_marks_the_best() -> None:
    rows = [row(scorer=scorer, ood="near", auroc=value) for scorer, value in (("mcm", 0.7), ("energy", 0.9))]
    best_first = Matrix(rows, "auroc").html()
    assert best_first.index("Energy") < best_first.index("MCM") and "<b>90.0</b>" in best_first
    assert 'aria-sort="descending"' in best_first
    by_name = Matrix(rows, "auroc", order="scorer").html()
    assert by_name.index("Energy") < by_name.index("MCM") and 'aria-sort="ascending"' in by_name
    backward = Matrix(rows, "auroc", order="scorer", reverse=True).html()
    assert backward.index("MCM") < backward.index("Energy") and 'aria-sort="descending"' in backward
    low = Matrix([row(scorer="mcm", fpr95=0.2), row(scorer="energy", fpr95=0.4)], "fpr95").html()
    assert low.index("MCM") < low.index("Energy") and 'aria-sort="ascending"' in low


@pytest.fixture(scope="module")
def panels() -> Panels:
    with gr.Blocks():
        return build_panels()


@pytest.mark.parametrize(("n_id", "n_ood"), [(20, 1), (1, 20), (1, 1), (20, 10)])
def test_a_result_without_intervals_and_of_single_pictures_is_drawn(panels: Panels, n_id: int, n_ood: int) -> None:
    bare = {f"{metric}_{end}": None for metric in ("auroc", "fpr95") for end in ("low", "high")}
    rng = np.random.default_rng(0)
    scores = {key: {"in": rng.normal(1, 1, n_id), "near": rng.normal(0, 1, n_ood)} for key in ("mcm", "energy")}
    result = BenchResult(
        suite="toy",
        backbone="model",
        id="in",
        rows=tuple(row(scorer=key, n_id=n_id, n_ood=n_ood, **bare) for key in scores),
        scores=scores,
        rows_of={"in": np.arange(n_id), "near": np.arange(n_ood)},
    )
    mine = Session(running=True)  # whose galleries are still to come
    mine.take(BenchRequest(resamples=0), result)
    drawn = drawing.everything(panels, mine)
    assert "97.5" in drawn[panels.table] and "95&nbsp;% intervals" not in drawn[panels.table]
    verdict = drawn[panels.verdict]
    assert ("No test on near" in verdict and "needs at least two" in verdict) is (min(n_id, n_ood) == 1)


def test_notes_over_a_table_are_folded_and_whole() -> None:
    result = BenchResult("toy", "model", "in", rows=(row(),), notes=("ridge <b>", "another"))
    folded = notes_html(result)
    assert folded.count("ridge &lt;b&gt;") == 2 and "<li>another</li>" in folded and "2 notes: ridge" in folded
    assert "<details" not in notes_html(dataclasses.replace(result, rows=()))


@pytest.mark.parametrize("query", [{"suite": "<b>x</b>"}, {"suite": "no-such-suite"}])
def test_a_link_names_only_what_a_box_offers(query: dict[str, str]) -> None:
    with pytest.raises(StudioError, match="the link’s suite must be one of diorama, ") as error:
        changes_of(BenchRequest, query, layout().boxes)
    assert "<b>" not in str(error.value) and ("no-such-suite" in str(error.value)) is ("<" not in query["suite"])
    assert changes_of(BenchRequest, {"suite": "folders", "scorers": "knn:k=3"}, layout().boxes)["scorers"] == (
        "knn:k=3",
    )

"""The Compare tab and results that were kept, without a browser: the example, what runs were, what they lack."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts, with_values
from ood_studio.core.progress import Progress, silent
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.results import ResultStore
from ood_studio.scorers import NegLabel
from ood_studio.studio import BenchRequest, Studio
from ood_studio.ui.compare import cards
from ood_studio.ui.compare.earlier import (
    EXAMPLE,
    delete,
    earlier_runs,
    example_run,
    kept_run,
    newest,
    opened,
    request_of,
    show_newest,
)
from ood_studio.ui.compare.earlier_list import earlier_html
from ood_studio.ui.compare.layout import START
from ood_studio.ui.compare.matrix import Matrix
from ood_studio.ui.compare.running import asked
from ood_studio.ui.compare.session import Session
from ood_studio.ui.compare.view import View
from ood_studio.worlds import OWN_SUITE, open_split
from tests.evaluation.rows import row


def result(suite: str = "diorama", backbone: str = "diorama", **changes: Any) -> BenchResult:
    rows = tuple(
        row(suite=suite, backbone=backbone, ood=ood, scorer=scorer, **changes)
        for ood in ("near", "far")
        for scorer in ("mcm", "knn:k=5")
    )
    return BenchResult(
        suite, backbone, "in", ("cat",), rows, {"id_accuracy": 0.9}, {"vim": "no training"}, finished=True
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResultStore:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    return ResultStore()


def test_the_example_is_what_the_tab_would_compute_today_and_gives_way_to_any_result(store: ResultStore) -> None:
    run = example_run()
    assert run is not None
    example = ResultStore(EXAMPLE).open(run)
    assert request_of(run, example) == START  # what the first click on Compare asks for
    backbone = load_backbone(run.backbone, device="cpu")
    for each in example.rows:  # else it has to be measured again, see docs/training.md
        assert each.provenance["weights"] == backbone.fingerprint
        for part, name in (("id", each.id), ("ood", each.ood)):
            assert each.provenance[part]["place"] == open_split(name, START.seed, START.count).key

    mine = Session()
    show_newest(mine, "diorama-conv")
    assert not mine.ready  # it is of another model
    show_newest(mine, run.backbone)
    assert mine.stored == run and "An example that comes with the package" in cards.stored(mine)
    store.keep(result(), texts(BenchRequest()))
    show_newest(mine, run.backbone)
    assert mine.stored == store.runs()[0] and "An earlier result" in cards.stored(mine)


def test_a_run_is_opened_with_what_it_was_asked_for(store: ResultStore) -> None:
    request = BenchRequest(scorers=("mcm", "knn:k=5"), count=40, score=NegLabel(tau=0.5), resamples=0, id_data="/x")
    store.keep(result(), texts(request))
    (run,) = earlier_runs()
    found = opened(run.first)
    assert found.request == request and found.result.rows == result().rows and found.run == run
    with pytest.raises(StudioError, match="not kept any more"):
        opened(run.first + 1)


def test_a_run_of_before_is_asked_for_as_its_rows_say(store: ResultStore) -> None:
    store.append(result(seed=7, n_id=60, fpr_definition="nearest").rows)
    request = opened(earlier_runs()[0].first).request
    assert (request.suite, request.scorers, request.seed, request.count) == ("diorama", ("mcm", "knn:k=5"), 7, 60)
    assert request.fpr_definition == "nearest" and request.labels.backbone == "diorama"


def test_the_tab_opens_with_the_bundled_suite_and_the_chosen_model_if_it_can(store: ResultStore) -> None:
    assert newest(earlier_runs(), "diorama") is None
    for kept in (result("diorama", "diorama-conv"), result(), result(), result("toy", "diorama-conv")):
        store.keep(kept)
    toy, second, _, conv = earlier_runs()
    assert newest(earlier_runs(), "diorama") == second and newest(earlier_runs(), "diorama-conv") == conv
    assert newest((toy,), "other") == toy


def test_a_server_of_many_lists_nobodys_own_pictures_and_no_folders(store: ResultStore) -> None:
    store.keep(result(OWN_SUITE))
    store.keep(result())
    assert len(earlier_runs()) == 2
    store.keep(result(), texts(BenchRequest(ood_data=("mine=/home/somebody/pictures",))))
    assert len(earlier_runs()) == 3
    assert [(run.suite, run.asked) for run in earlier_runs(strangers=True)] == [("diorama", {})]


def test_a_run_is_taken_away_by_the_owner_and_no_other_in_its_place(store: ResultStore) -> None:
    store.keep(result(seed=1))
    store.keep(result(seed=2))
    newer, older = earlier_runs()
    html = earlier_html([newer, older], older.first, models=2)
    picks = [json.loads(unescape(each)) for each in re.findall(r'data-pick="([^"]*)"', html)]
    assert picks == [newer.first, ["delete", newer.first, newer.added], older.first]  # the one that is open stays
    assert "data-filter" in html and "Models has 2 comparisons of models to open" in html
    assert "Delete" not in earlier_html([newer, older], 0, owner=False)
    with pytest.raises(StudioError, match="not kept any more"):
        delete(newer.first, "2020-01-01T00:00:00Z", strangers=False)  # another has its number since
    with pytest.raises(StudioError, match="only the owner"):
        delete(newer.first, newer.added, strangers=True)
    delete(newer.first, newer.added, strangers=False)
    assert earlier_runs() == (older,) and ResultStore().open(older).rows
    store.keep(result(seed=3))
    assert [run.seed for run in earlier_runs()] == [3, 1]


def test_the_list_says_what_each_run_was(store: ResultStore) -> None:
    store.keep(result(seed=9, fpr_definition="openood"))
    (run,) = earlier_runs()
    html = earlier_html([run], run.first)
    for part in ("<b>diorama</b> on diorama", run.added[:10], "k-NN (k = 5)", "seed 9", "FPR95 openood"):
        assert part in html, part
    assert f'data-pick="{run.first}" aria-pressed="true"' in html
    assert "kept here" in earlier_html([], 0)


def test_today_is_held_against_an_earlier_result() -> None:
    earlier = [row(scorer="mcm", ood=ood, auroc=0.9) for ood in ("near", "far")]
    today = [row(scorer="mcm", ood="near", auroc=0.95), row(scorer="mcm", ood="far", auroc=0.89)]
    html = Matrix(earlier, "auroc", picks=False, against=today).html()
    assert [part.split("<")[0] for part in html.split("<small>")[1:]] == ["+2.0", "+5.0", "-1.0"]
    assert "data-pick" not in html and "today" in html
    assert "+" not in Matrix(earlier, "auroc", picks=False, against=[row(scorer="knn")]).html().split("<tbody>")[1]


def test_a_result_of_before_has_a_table_but_no_scores() -> None:
    mine = Session()
    mine.take(BenchRequest(), result())
    assert mine.ready and not mine.scored
    scores = {"mcm": {"in": np.ones(3), "near": np.zeros(3), "far": np.zeros(3)}}
    mine.take(BenchRequest(), dataclasses.replace(result(), scores=scores))
    assert mine.scored


def test_a_comparison_that_left_the_memory_opens_with_its_table() -> None:
    whole = dataclasses.replace(result(), scores={"mcm": {"in": np.ones(3)}}, rows_of={"in": np.arange(3)})

    class Bench(Studio):
        def compare(self, request: BenchRequest, progress: Progress = silent) -> Iterator[BenchResult]:
            yield dataclasses.replace(whole, rows=whole.rows[:2], finished=False)
            yield whole

    request = BenchRequest(scorers=("mcm", "knn:k=5"))
    work = asked(Bench("cpu", workers=0), request)
    assert work.title == "diorama on diorama, 2 scorers" and work.key == request and work.reopen is not None
    assert [(each[0], each[1].finished) for each in work.work(silent)] == [(request, False), (request, True)]
    mine = Session()
    mine.take(*work.reopen())
    assert mine.rows() == whole.rows and not mine.scored
    assert "had to leave the memory" in cards.stored(mine)


def test_what_a_link_looks_at_is_kept_until_it_is_there() -> None:
    mine = Session(wanted=View(set="far", scorer="knn:k=5"))
    near = dataclasses.replace(result(), rows=result().rows[:2])
    mine.take(BenchRequest(), near)
    assert (mine.view.set, mine.view.scorer, mine.view.against) == ("near", "knn:k=5", "mcm")
    mine.take(BenchRequest(), result())
    assert (mine.view.set, mine.view.scorer) == ("far", "knn:k=5")
    mine.look(scorer="mcm")
    assert (mine.view.set, mine.view.scorer, mine.view.against) == ("far", "mcm", "knn:k=5")


def test_what_was_kept_of_a_request_is_found_again(store: ResultStore) -> None:
    request = with_values(START, {"suite": "diorama-hard", "count": 12, "resamples": 0})
    result = BenchResult("diorama-hard", "diorama", "in", rows=(row(suite="diorama-hard", seed=77),))
    store.keep(result, texts(request))
    found = kept_run(request)
    assert found is not None and found.request == request and found.result.rows
    assert kept_run(with_values(request, {"count": 13})) is None

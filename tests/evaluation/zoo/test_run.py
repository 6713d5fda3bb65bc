"""Runs of the zoo: kept with their passports, listed, opened, compared, taken away; and what axes there are."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.versions import versions
from ood_studio.evaluation.result_file import ResultFile
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.zoo import (
    Diagram,
    Figure,
    Measured,
    Retrieved,
    ZooRun,
    ZooStore,
    compare_runs,
    other_versions,
)
from ood_studio.evaluation.zoo.axes import axes, figures_of, lower_is_better, said
from ood_studio.evaluation.zoo.bundled import bundled_run
from ood_studio.worlds import zoo
from tests.evaluation.rows import row


def model(name: str, accuracy: float = 0.9, **skipped: str) -> Measured:
    figures = {
        "accuracy": Figure(accuracy, accuracy - 0.02, accuracy + 0.02, 100),
        "auroc mcm near": Figure(0.8, 0.7, 0.9, 50),
        "auroc mcm far": Figure(0.9, 0.8, 1.0, 50),
        "images a second": Figure(1234.5, n=64),
    }
    diagram = Diagram((3, 97), (0.25, 0.75), (None, 0.7))
    found = (Retrieved("a red cat", (4, 2), (True, False)),)
    rules = {"accuracy": "zero-shot", "ood": "mcm"}
    return Measured(name, "f", rules, figures, skipped, ("said",), {"id": diagram}, found)


RUN = ZooRun((model("a"), model("b", 0.5)), {"c": "it is broken"}, {"count": "100"}, {"versions": versions()})


def test_a_run_comes_back_is_kept_once_and_taken_away(tmp_path: Path) -> None:
    store = ZooStore(path := tmp_path / "results.sqlite3")
    assert store.runs() == () and store.keep(ZooRun(())) and not path.exists()
    assert store.keep(RUN)
    (one,) = store.runs()
    assert one.models == ("a", "b") and not one.problem and one.added.endswith("Z")
    assert replace(store.open(one.number), added="", number=0) == RUN
    # The same once more, but for its speed, is the same run; another one stands before it.
    figures = {**RUN.measured[0].figures, "images a second": Figure(9.0, n=64)}
    assert store.keep(replace(RUN, measured=(replace(RUN.measured[0], figures=figures), RUN.measured[1])))
    assert len(store.runs()) == 1
    assert store.keep(replace(RUN, asked={"count": "200"}))
    newest, oldest = store.runs()
    assert newest.number > oldest.number == one.number
    store.delete(one.number)
    assert [each.number for each in store.runs()] == [newest.number]
    for ask in (store.open, store.delete):
        with pytest.raises(StudioError, match="not kept any more"):
            ask(one.number)


def test_comparisons_and_zoos_share_a_file_whichever_came_first(tmp_path: Path) -> None:
    for first in ("zoo", "rows"):
        path = tmp_path / f"{first}.sqlite3"
        work = [lambda path=path: ZooStore(path).keep(RUN), lambda path=path: ResultStore(path).append([row()])]
        for keep in work if first == "zoo" else reversed(work):
            assert keep()
        assert len(ZooStore(path).runs()) == len(ResultStore(path).runs()) == 1
    # A file of before has no zoo, and gets one when it is needed.
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE zoo")
    assert ZooStore(path).runs() == () and ZooStore(path).keep(RUN) and len(ZooStore(path).runs()) == 1


def test_what_another_version_kept_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ZooStore(path := tmp_path / "results.sqlite3")
    store.keep(RUN)
    with sqlite3.connect(path) as db:
        db.execute("""UPDATE zoo SET run = replace(run, '"version":2', '"version":7')""")
    (old,) = store.runs()
    assert old.models == ("a", "b") and "of version 7, and this program reads 2" in old.problem
    with pytest.raises(StudioError, match="of version 7"):
        store.open(old.number)
    assert other_versions(RUN) == ""
    then = {"versions": {**versions(), "torch": "1.0"}}
    assert f"torch 1.0 (here {versions()['torch']})" in other_versions(replace(RUN, passport=then))
    assert "does not say" in other_versions(replace(RUN, passport={}))
    monkeypatch.setattr(ResultFile, "has", lambda *_: True)  # and then the file goes away
    assert ZooStore(tmp_path / "gone").count() == 0
    for text in ("[]", '{"measured": [[]]}'):
        with pytest.raises(StudioError, match="no run of the zoo"):
            ZooRun.from_json(text)


def test_two_runs_differ_first_where_their_intervals_are_apart() -> None:
    later = replace(RUN, measured=(model("a", 0.7), replace(model("b", 0.51), backbone="b"), model("new")))
    far, near = compare_runs(RUN, later)
    assert (far.model, far.figure, far.before, far.after, far.apart) == ("a", "accuracy", 0.9, 0.7, True)
    assert (near.model, near.apart) == ("b", False)
    assert compare_runs(RUN, later, ["auroc mcm near"]) == () == compare_runs(RUN, RUN)


def test_means_are_there_only_where_all_their_sets_are() -> None:
    assert figures_of(model("a"))["mean auroc"].value == pytest.approx(0.85)
    assert "mean auroc" not in figures_of(model("a", **{"auroc mcm far": "features are not finite"}))
    found = axes([model("a")])
    assert [*found][:2] == ["accuracy", "mean auroc"] and found["auroc mcm near"] == "AUROC on near, MCM"
    assert lower_is_better("ece scaled id") and lower_is_better("fpr95 mcm near") and not lower_is_better("accuracy")
    assert said("accuracy", Figure(0.9, 0.88, 0.92), interval=True) == "90.0 (88.0 to 92.0)"
    assert said("nll id", Figure(0.1234)) == "0.123" and said("accuracy", None) == "–"
    assert said("parameters", Figure(1234567.0)) == "1,234,567"


def test_the_package_brings_results_of_the_models_it_brings() -> None:
    run = bundled_run()
    assert run is not None, "written by another version: python -m ood_studio.training.reports zoo makes it anew"
    assert {each.backbone for each in run.measured} <= {*zoo()} and not run.problems
    assert min(run.passport["sets"].values()) >= 500 and run.passport["sets"]["id-test"] >= 1000
    assert all(each.figures["accuracy 20-nn"].low is not None for each in run.measured)

"""The database of results: what goes in comes out, and what can go wrong with a file costs no more than a warning."""

from __future__ import annotations

import dataclasses
import logging
import math
import multiprocessing
import resource
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation import export, results
from ood_studio.evaluation.report import result_dict, result_text
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.result_file import ResultFile
from ood_studio.evaluation.results import ResultStore
from tests.evaluation.rows import row


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "new" / "results.sqlite3")


def test_rows_come_back_as_they_were_and_can_be_asked_for(store: ResultStore) -> None:
    rows = (row(), row(ood="far'; DROP TABLE results; --"), row(scorer="energy", seed=4))
    assert store.read() == ()
    assert store.append(rows[:2]) and store.append(rows[2:]) and store.append(())
    assert store.read() == rows
    assert store.read(scorer="mcm") == rows[:2]
    assert store.read(suite="toy", seed=4) == rows[2:]
    assert store.read(ood=rows[1].ood, id="in", backbone="model") == (rows[1],)
    assert store.read(suite="other") == ()


def test_an_unknown_number_stays_unknown(store: ResultStore) -> None:
    store.append([row(aupr_in=math.nan, auroc_low=None, fpr95=0.0)])
    (found,) = store.read()
    assert math.isnan(found.aupr_in) and found.auroc_low is None and found.fpr95 == 0.0


def test_the_usual_place_is_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    assert ResultStore().append([row()])
    assert (tmp_path / "results.sqlite3").exists() and len(ResultStore().read()) == 1


def write(path: Path, first: int) -> None:
    for seed in range(first, first + 15):
        assert ResultStore(path).append([row(seed=seed)] * 3)


def test_two_processes_write_at_once(store: ResultStore) -> None:
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=write, args=(store.path, first)) for first in (0, 100)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert sorted(found.seed for found in store.read()) == sorted([*range(15), *range(100, 115)] * 3)


def test_a_row_that_cannot_be_kept_leaves_none_of_its_batch(
    store: ResultStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.append([row()])
    assert not store.append([row(), row(scorer=object())])
    assert len(store.read()) == 1 and len(caplog.records) == 1


@pytest.mark.parametrize("damage", [b"this is no database at all, " * 200, None])
def test_a_damaged_file_is_put_aside(
    store: ResultStore, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    store.append([row()] * 200)
    whole = store.path.read_bytes()
    broken = damage or whole[:4096] + b"\xff" * (len(whole) - 4096)
    store.path.write_bytes(broken)
    assert store.read() == ()
    assert store.append([row(seed=9)])
    assert [found.seed for found in store.read()] == [9]
    read, wrote = (record.getMessage() for record in caplog.records)
    assert "could not be read" in read and "were damaged" in wrote
    (aside,) = store.path.parent.glob("results.sqlite3.damaged-*")
    assert aside.read_bytes() == broken and str(aside) in wrote


def test_a_damaged_file_is_put_aside_once(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes meet it; what the faster one has kept by then stays where it is."""
    store.path.parent.mkdir()
    store.path.write_bytes(b"this is no database at all, " * 200)
    write_ours = ResultFile._write

    def slower(self: ResultFile, work: Any) -> None:
        monkeypatch.setattr(ResultFile, "_write", write_ours)
        try:
            write_ours(self, work)
        finally:
            assert ResultStore(store.path).append([row(seed=1)])

    monkeypatch.setattr(ResultFile, "_write", slower)
    assert store.append([row(seed=2)]) and [found.seed for found in store.read()] == [1, 2]
    assert len([*store.path.parent.glob("results.sqlite3.damaged-*")]) == 1


def test_a_full_disk_costs_a_warning(store: ResultStore, caplog: pytest.LogCaptureFixture) -> None:
    store.append([row()])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size, hard))
    try:
        assert not store.append([row()] * 500)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "could not be kept in" in caplog.text and "save them elsewhere" in caplog.text
    assert len(store.read()) == 1 and store.append([row()])


def test_a_folder_that_cannot_be_made_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not ResultStore(tmp_path / "file" / "results.sqlite3").append([row()])
    assert len(caplog.records) == 1 and "could not be kept" in caplog.text


def test_a_file_of_another_version_is_left_alone(store: ResultStore, caplog: pytest.LogCaptureFixture) -> None:
    store.append([row()])
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    assert not store.append([row()]) and store.read() == ()
    assert caplog.text.count("it is of version 99, this OOD Studio writes version 3") == 2


# --- runs --------------------------------------------------------------------------------------------------------


def result(**changes: Any) -> BenchResult:
    """A finished benchmark of two scorers on two sets."""
    rows = tuple(row(ood=ood, scorer=scorer, **changes) for ood in ("near", "far") for scorer in ("mcm", "knn:k=5"))
    return BenchResult(
        rows[0].suite,
        rows[0].backbone,
        "in",
        ("cat", "dog"),
        rows,
        {"id_accuracy": 0.91},
        {"vim": "it needs training images"},
        titles={"mcm": "MCM", "knn:k=5": "KNN"},
        notes=("SUN is missing.",),
        finished=True,
    )


def test_runs_are_told_apart_the_newest_first(store: ResultStore) -> None:
    assert store.runs() == ()
    for kept in (result(), result(), result(seed=4, fpr_definition="openood"), result(backbone="other")):
        assert store.keep(kept)  # within one second, and the first two alike
    other, third, second, first = store.runs()
    assert (first.first, first.last, second.first, second.last) == (1, 4, 5, 8)
    assert first.ood == ("near", "far") and first.scorers == ("mcm", "knn:k=5") and first.labels == ("cat", "dog")
    assert (third.seed, third.fpr_definition, third.suite, third.id) == (4, "openood", "toy", "in")
    assert datetime.fromisoformat(first.added).tzinfo is not None
    assert store.runs(backbone="other") == (other,) and store.runs(suite="toy", backbone="model")[-1] == first
    assert store.runs(suite="elsewhere") == ()


def test_a_run_says_what_it_was_asked_for(store: ResultStore) -> None:
    asked = {"suite": "toy", "scorers": "mcm,knn:k=5", "tau": "none"}
    store.keep(result(), asked)
    store.keep(result())
    assert [run.asked for run in store.runs()] == [{}, asked]


def test_a_run_comes_back_but_for_its_scores_and_gives_the_same_tables(store: ResultStore) -> None:
    fresh = result(params={"tau": 0.01, "lexnames": ["noun.act"]}, auroc_low=None, auroc_high=None)
    store.keep(result(seed=9))
    store.keep(dataclasses.replace(fresh, scores={"mcm": {"in": np.ones(3)}}))
    opened = store.open(store.runs()[0])
    assert dataclasses.asdict(opened) == dataclasses.asdict(dataclasses.replace(fresh, rows=opened.rows))
    for write in (export.to_csv, export.to_text, export.to_markdown, export.to_latex, export.to_json):
        assert write(opened.rows) == write(fresh.rows)
    for form in ("table", "markdown", "latex", "csv"):
        assert result_text(opened, form) == result_text(fresh, form)
    assert result_dict(opened) == result_dict(fresh)
    assert opened.scores == {} and opened.sets == {} and opened.finished


def test_rows_of_before_runs_were_told_apart(store: ResultStore) -> None:
    for kept in (result(), result(seed=5)):
        store.append(kept.rows)
    with sqlite3.connect(store.path) as db:
        db.execute("DROP TABLE runs")
    db.close()
    second, first = store.runs()
    assert (first.first, first.last, second.first, second.seed) == (1, 4, 5, 5) and first.labels == ()
    opened = store.open(second)
    assert opened.rows == result(seed=5).rows and opened.accuracy == {} and opened.notes == ()
    store.keep(result(seed=5))
    assert [run.labels for run in store.runs()] == [("cat", "dog"), (), ()]


def test_a_run_that_is_gone_is_said(store: ResultStore) -> None:
    store.keep(result())
    (run,) = store.runs()
    store.path.unlink()
    with pytest.raises(StudioError, match=r"the run of 2.* is not in .* any more"):
        store.open(run)
    store.keep(result(backbone="other"))
    with pytest.raises(StudioError, match="any more"):
        store.open(run)


def test_a_run_that_was_taken_away_is_not_the_next_one(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep(result())
    (run,) = store.runs()
    store.delete(run)
    monkeypatch.setattr(results, "now", lambda: "2999-01-01T00:00:00Z")
    store.keep(result())
    assert store.runs()[0].first == run.first
    with pytest.raises(StudioError, match="any more"):
        store.open(run)


def test_a_result_for_people() -> None:
    text = result_text(result()).splitlines()
    assert text[:3] == [
        "Suite toy, backbone model, seed 3; all figures in percent. Pictures: 20 of in, 10 of near, 10 of far.",
        "2 ID labels: cat, dog.",
        "91.0 % zero-shot accuracy over the ID labels.",
    ]
    assert text[-2:] == ["vim could not run: it needs training images.", "SUN is missing."]
    assert "mcm" in "\n".join(text[4:-3])
    none = BenchResult("toy", "model", "in", unavailable={"mcm": "it reads texts."})
    assert result_text(none, "markdown").splitlines() == [
        "Suite `toy`, backbone `model`; all figures in percent.",
        "",
        "mcm could not run: it reads texts.",
    ]
    real = result(backbone="open_clip:ViT-B-16/openai", suite="imagenet-ood")
    assert "Published for this setting" in result_text(real) and "Published" not in result_text(real, "latex")
    with pytest.raises(StudioError, match="written as table, markdown, latex, csv, not 'html'"):
        result_text(none, "html")  # type: ignore[arg-type]


def test_a_file_that_is_no_database_has_no_runs(store: ResultStore, caplog: pytest.LogCaptureFixture) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database, " * 400)
    assert store.runs() == () and "could not be read" in caplog.text

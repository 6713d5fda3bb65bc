"""What stands beside the rows: scores of every image, figures of classes, DeLong of any two, several seeds."""

from __future__ import annotations

import csv
import json
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.evaluation.by_class import class_figures
from ood_studio.evaluation.per_image import COLUMNS, check_file, image_scores, write_image_scores
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.seeds import spread_lines, spreads
from ood_studio.evaluation.significance import compare_scorers, delong
from tests.evaluation.rows import row
from tests.evaluation.test_bench import FAR, INSIDE, whole


class Named(type(INSIDE)):  # type: ignore[misc]
    """A set whose images lie in folders."""

    def caption(self, index: int) -> str:
        return f"{'cat' if index % 2 else 'dog'}/{index}.png"


@pytest.fixture(scope="module")
def result() -> BenchResult:
    return whole(resamples=0)


def test_every_score_of_every_image_is_a_line(result: BenchResult, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    lines = write_image_scores(result, str(path))
    with open(path, newline="") as file:
        read = list(csv.DictReader(file))
    assert tuple(read[0]) == COLUMNS and len(read) == lines == 5 * (50 + 40 + 30)
    for name, side in (("in", "id"), ("far", "ood")):
        own = [line for line in read if line["set"] == name and line["scorer"] == "mcm"]
        assert {line["side"] for line in own} == {side} and own[3]["image"] == f"{name} 3"
        assert [float(line["score"]) for line in own] == result.scores["mcm"][name].tolist()


def test_scores_as_parquet_are_the_same(result: BenchResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "scores.parquet"
    write_image_scores(result, str(path))
    table = parquet.read_table(path).to_pylist()
    assert [tuple(line.values()) for line in table] == list(image_scores(result))
    with pytest.raises(StudioError, match=r"written as \.csv or \.parquet, not 'scores\.txt'"):
        check_file("scores.txt")
    with pytest.raises(StudioError, match="cannot write"):
        write_image_scores(result, str(tmp_path / "gone" / "scores.csv"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(StudioError, match="needs the package pyarrow: pip install pyarrow"):
        check_file("scores.parquet")  # before the work


def test_id_scores_of_streams_say_which_set_they_were_mixed_with() -> None:
    scores = {"adaneg": {"i|n|far": np.zeros(50), "far": np.ones(30)}}
    rows_of = {"i|n": np.arange(50), "far": np.arange(30)}
    made = BenchResult("toy", "model", "i|n", scores=scores, rows_of=rows_of, sets={"i|n": INSIDE, "far": FAR})
    lines = list(image_scores(made))
    assert lines[0][:2] == ("i|n", "id") and lines[0][6] == "far" and lines[-1][6] == "" and len(lines) == 80


def test_figures_of_classes_are_those_of_their_images(result: BenchResult) -> None:
    sets = {**result.sets, "far": Named("far", 30, 4)}
    found = class_figures(replace(result, sets=sets))
    cats = next(each for each in found if (each.scorer, each.set, each.name) == ("mcm", "far", "cat"))
    inside, outside = result.scores["mcm"]["in"], result.scores["mcm"]["far"][1::2]
    truth = np.r_[np.ones(50), np.zeros(15)]
    assert cats.count == 15 and cats.side == "ood"
    assert cats.auroc == pytest.approx(roc_auc_score(truth, np.r_[inside, outside]))
    kept = np.sort(inside)[50 - 48]  # 95 % of 50 are at least 48
    assert cats.fpr95 == pytest.approx((outside >= kept).mean())
    everything = next(each for each in found if (each.scorer, each.set, each.against) == ("mcm", "in", "near"))
    assert everything.name == "(no class)" and everything.fpr95 == pytest.approx((inside < kept).mean())


def test_any_two_scorers_are_held_against_each_other(result: BenchResult) -> None:
    found = compare_scorers(result, ["energy", "mcm"])
    assert list(found) == [("near", "energy", "mcm"), ("far", "energy", "mcm")]
    a, b = result.scores["energy"], result.scores["mcm"]
    assert found["far", "energy", "mcm"] == delong(a["in"], a["far"], b["in"], b["far"])
    assert len(compare_scorers(result, ["all"])) == 2 * 10
    for wanted, message in ((["mcm"], "at least two"), (["mcm", "knn"], "knn did not run; there are neglabel, mcm")):
        with pytest.raises(StudioError, match=message):
            compare_scorers(result, wanted)


def test_seeds_have_a_mean_and_a_spread() -> None:
    values = [0.9, 0.95, 0.88]
    runs = [[row(seed=i, auroc=value), row(seed=i, ood="far")] for i, value in enumerate(values)]
    near, far = spreads(runs)
    assert near.seeds == (0, 1, 2) and near.mean["auroc"] == pytest.approx(statistics.fmean(values))
    assert near.spread["auroc"] == pytest.approx(np.std(values, ddof=1)) and far.spread["auroc"] == 0
    assert spread_lines([near, far])[1][1].startswith("91.0 ± 3.6 / 12.0 ± 0.0")
    assert spreads(runs[:1])[0].spread["auroc"] == 0


def test_the_command_line_has_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for name, middle in (("id", 1), ("ood", -1), ("train", 1)):
        np.save(tmp_path / f"{name}.npy", rng.normal(middle, 2, (40, 6)).astype(np.float32))
    data = ["bench", "--id-data", f"{tmp_path}/id.npy", "--ood-data", f"{tmp_path}/ood.npy", "--resamples", "0"]
    data += ["--train-data", f"{tmp_path}/train.npy", "--quiet"]
    files = ["--scores", f"{tmp_path}/s.csv", "--timings", f"{tmp_path}/t.json", "--classes"]
    asked = [*data, "--scorers", "knn", "knn:k=5", *files, "--delong", "all"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "DeLong" in said and "(no class)" in said and len((tmp_path / "s.csv").read_text().splitlines()) == 161
    assert set(json.loads((tmp_path / "t.json").read_text())) == {"knn", "knn:k=5"}
    assert main([*asked, "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["delong"][0]["a"] == "knn" and plain["classes"][0]["side"] == "id"
    assert "seconds" not in plain["results"][0]

    assert main([*data, "--scorers", "knn", "--seeds", "1", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"][0]["seeds"] == [1, 2]
    assert main([*data, "--sweep", "knn:k", "--values", "1", "5", "30", "--json"]) == 0
    assert [each["value"] for each in json.loads(capsys.readouterr().out)["results"]] == [1, 5, 30]
    page = tmp_path / "walk.html"  # of what is typed as a word too there is a curve
    walk = ["--head", "logits", "--sweep", "vim:principal", "--values", "none", "2", "--figure", str(page)]
    assert main([*data, *walk, "--format", "csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [each["scorer"] for each in rows] == ["principal=none", "principal=2"]
    assert '"none","2"' in page.read_text(encoding="utf-8")
    assert main([*data, "--scorers", "knn", "vim", "--delong", "knn", "vim"]) == 2
    told = capsys.readouterr()
    assert "knn" in told.out and "vim did not run" in told.err  # what was found is not lost
    for wrong, said in (
        (("--seeds", "1", "--scores", f"{tmp_path}/s.csv"), "--scores is of a single run; leave out --seeds"),
        (("--seeds", "1", "--sweep", "knn:k"), "--seeds and --sweep do not go together"),
        (("--figure", str(page)), "--figure is of a sweep; say which with --sweep"),
        (("--values", "1"), "--values is of a sweep"),
    ):
        assert main([*data, "--scorers", "knn", *wrong]) == 2
        assert said in capsys.readouterr().err

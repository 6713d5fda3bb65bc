"""The Models tab: what is drawn of a run, how it is looked at, and what its lists do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.published import published_by
from ood_studio.evaluation.zoo import Diagram, Figure, Measured, StoredZoo, ZooRun
from ood_studio.evaluation.zoo.claims import EVERY
from ood_studio.studio import ZooRequest
from ood_studio.ui.models import earlier, pair
from ood_studio.ui.models.cards import model_html, run_html
from ood_studio.ui.models.looking import picked
from ood_studio.ui.models.opening import looked_at
from ood_studio.ui.models.parts import command
from ood_studio.ui.models.scatter import scatter
from ood_studio.ui.models.session import OTHER, Session
from ood_studio.ui.models.table import columns, ordered, table_html, to_csv, to_latex
from ood_studio.ui.models.view import View
from ood_studio.worlds import zoo

EVIL = "<img src=x onerror=alert(1)>"


def model(name: str, accuracy: float, *, text: bool = True, **more: float) -> Measured:
    figures = {
        "accuracy": Figure(accuracy, accuracy - 0.01, accuracy + 0.01, 500),
        "auroc 1-nn near": Figure(0.5 + accuracy / 3, n=500),
        "fpr95 1-nn near": Figure(0.9 - accuracy / 2, n=500),
        "factor pose": Figure(accuracy - 0.1, accuracy - 0.2, accuracy, 50),
        "factor style": Figure(accuracy - 0.3, accuracy - 0.4, accuracy - 0.2, 50),
        "parameters": Figure(1e6 * accuracy),
        **{name: Figure(value) for name, value in more.items()},
    }
    skipped = {} if text else {"recall": "the model has no text tower", "ece": "it has no classes"}
    if text:
        figures |= {"auroc mcm near": Figure(0.8), "ece id": Figure(0.1), "ece scaled id": Figure(0.02)}
        figures |= {"temperature": Figure(1.5)}
    diagrams = {
        "id": Diagram((3, 200), (0.3, 0.8), (0.1, 0.9)),
        "scaled id": Diagram((0, 203), (None, 0.8), (None, 0.9)),
    }
    rules = {"accuracy": "zero-shot", "ood": "mcm" if text else "1-nn"}
    return Measured(name, "0", rules, figures, skipped, (), diagrams if text else {})


def looking(*models: Measured, **more: object) -> Session:
    mine = Session()
    mine.take(replace(ZooRun(models), **more), "measured now")  # type: ignore[arg-type]
    return mine


def looking_at_three() -> Session:
    return looking(model("diorama", 0.9), model("diorama-conv", 0.8), model("diorama-classifier", 0.95, text=False))


def test_every_figure_is_an_axis_and_models_without_it_are_named() -> None:
    mine, known = looking_at_three(), zoo()
    mine.look(x="accuracy", y="auroc mcm near")
    figure, said = scatter(mine)
    drawn = {trace.meta: list(trace.customdata) for trace in figure.data if trace.customdata is not None}
    assert drawn == {known["diorama"].group: ["diorama", "diorama-conv"]}
    assert "Not in the figure: diorama-classifier: it has no auroc mcm near." in said
    assert said.count("no trend: it takes 3 models") == 2
    mine.look(y="auroc 1-nn near", by="source")
    figure, said = scatter(mine)
    assert {trace.meta for trace in figure.data} >= {known["diorama"].source, EVERY}  # the line over all models
    sizes = [size for trace in figure.data if trace.customdata is not None for size in trace.marker.size]
    low, high = figure.layout.yaxis.range  # of the models: bands of few reach anywhere
    assert 0.6 < low < 0.8 < high < 0.9
    assert len(set(sizes)) == 3 and "AUROC on near, 1-NN" in figure.layout.yaxis.title.text
    # An axis that this run does not have leaves the usual one, and comes back with a run that has it.
    mine.look(x="recall@1 text-to-image")
    assert mine.view.x == "accuracy" and mine.wanted.x == "recall@1 text-to-image"


def test_one_model_has_no_trend_and_that_is_said() -> None:
    figure, said = scatter(looking(model("diorama", 0.9)))
    assert said.count("no trend: it takes 3 models") == 2 and "differ" not in said.partition("</table>")[2]
    assert [trace.mode for trace in figure.data] == ["markers"]


def test_the_table_is_sorted_says_what_is_lacking_and_is_taken_away() -> None:
    mine = looking_at_three()
    mine.order = "accuracy"
    assert [each.backbone for each in ordered(mine)] == ["diorama-classifier", "diorama", "diorama-conv"]
    mine.order = "ece id"  # less is better; a model without it comes last, also the other way round
    mine.reverse = True
    assert ordered(mine)[-1].backbone == "diorama-classifier"
    text = table_html(mine)
    assert 'aria-sort="descending"' in text and '<span title="it has no classes">–</span>' in text
    assert "No paper prints numbers" in text and "AUROC published" not in text
    assert "mean auroc 1-nn" in columns(mine) and "ece scaled id" in columns(mine)
    lines = to_csv(mine.models(), mine.groups()).splitlines()
    assert lines[0] == "model,group,figure,value,low,high,images"
    assert f"diorama,{zoo()['diorama'].group},accuracy,0.9,0.89,0.91,500" in lines
    latex = to_latex(mine)
    assert r"\textbf{95.0}" in latex and latex.count(r" \\") == 4 and r"\bottomrule" in latex


def test_published_numbers_stand_where_there_are_some() -> None:
    real = "open_clip:ViT-B-16/openai"
    assert published_by(real) and not published_by("diorama")
    text = table_html(looking(model(real, 0.7), model("diorama", 0.9)))
    assert "AUROC published" in text and re.search(r"MCM 9\d\.\d, \d sets", text)
    mine = looking(model(real, 0.7))
    assert "Papers print " in model_html(mine) and mine.groups() == {real: OTHER}


def test_two_models_side_by_side_and_what_one_lacks() -> None:
    mine = looking_at_three()
    mine.look(first="diorama", second="diorama-classifier")
    figure, said = pair.factors(mine)
    assert figure is not None and [trace.meta for trace in figure.data] == ["diorama", "diorama-classifier"]
    assert list(figure.data[0].x) == pytest.approx([-30, -10]) and "diorama 90.0%" in said
    figure, said = pair.reliability(mine)
    assert figure is not None and {trace.meta for trace in figure.data} - {None} == {"diorama"}
    assert "ECE 10.0 % before, 2.0 % at temperature 1.50; 1 bins hold fewer than 10 pictures" in said
    assert "diorama-classifier has no probabilities: it has no classes." in said
    before = next(trace for trace in figure.data if trace.meta == "diorama")
    assert list(before.marker.symbol) == ["circle-open", "circle"]
    # The pictures of a run that says not which they were, or was drawn otherwise, are not shown.
    assert pair.retrieval(mine) == ""
    mine.take(replace(mine.run, asked={"count": "10"}, passport={"content": "another"}), "")  # type: ignore[type-var]
    assert "cannot be shown: they are drawn in another way since" in pair.retrieval(mine)
    mine.take(replace(mine.run, asked={"suite": "imagenet-ood"}), "")  # type: ignore[type-var]
    assert pair.retrieval(mine) == ""


def test_names_from_outside_are_shown_and_never_run() -> None:
    mine = looking(model(EVIL, 0.5), problems={EVIL: EVIL}, passport={"versions": {"torch": EVIL}})
    figure, said = scatter(mine)
    shown = [run_html(mine), model_html(mine), table_html(mine), said, pair.factors(mine)[1], pair.reliability(mine)[1]]
    shown += [earlier.earlier_html(mine, [StoredZoo(1, EVIL, (EVIL,), EVIL)], False)]
    shown += [str([trace.name, trace.text]) for trace in figure.data] + [str(figure.layout.xaxis)]
    assert not [text for text in shown if "<img" in text]
    mine.compared = mine.run
    assert "<img" not in earlier.changes_html(mine)


def test_earlier_results_are_listed_compared_and_taken_away_by_the_owner_alone() -> None:
    mine, runs = (
        looking_at_three(),
        [StoredZoo(7, "2026-01-02T03:04:05Z", ("a", "b")), StoredZoo(5, "2026", ("c",), "of version 1")],
    )
    text = earlier.earlier_html(mine, runs, False)
    picks = [json.loads(each.replace("&quot;", '"')) for each in re.findall(r'data-pick="([^"]*)"', text)]
    assert picks[:4] == [["open", 7], ["compare", 7], ["delete", 7], ["delete", 5]]
    assert "Cannot be opened: of version 1" in text and "data-filter" in text
    assert "delete" not in earlier.earlier_html(mine, runs, True)
    mine.compared = replace(
        looking_at_three().run, measured=(model("diorama", 0.5),), number=7, added="2026-01-02T03:04:05Z"
    )  # type: ignore[type-var]
    said = earlier.changes_html(mine)
    assert "from 2026-01-02 03:04 UTC" in said and "<td>50.0%</td><td><b>90.0%</b></td><td>yes</td>" in said
    mine.compared = replace(mine.compared, measured=(model("other", 0.5),))
    assert "No model is in both" in earlier.changes_html(mine)


def test_strangers_see_no_runs_on_data_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = (
        StoredZoo(3, "2026", ("a",), asked={"suite": "imagenet-ood"}),
        StoredZoo(2, "2026", ("timm:local-dir:/home/me",)),
        StoredZoo(1, "2026", ("a",), asked={"count": "10", "suite": ""}),
    )
    monkeypatch.setattr(earlier.ZooStore, "runs", lambda self: runs)
    assert [run.number for run in earlier.earlier_runs(True)] == [1] and earlier.earlier_runs(False) == runs


def test_a_link_and_a_command_say_what_is_looked_at() -> None:
    found = looked_at("?tab=models&x=fpr95%20mcm%20near&by=source&first=diorama-conv&count=50")
    assert found == View(x="fpr95 mcm near", by="source", first="diorama-conv")
    assert looked_at("?tab=compare&by=group") == View() == looked_at("")
    with pytest.raises(StudioError, match="by"):
        looked_at("?tab=models&by=colour")
    said = command(ZooRequest(models=("diorama",), count=50), View(y="auroc 1-nn near"))
    assert said.endswith("zoo --models diorama --count 50 --x accuracy --y 'auroc 1-nn near'")
    with pytest.raises(StudioError, match="reload the page"):
        picked(SimpleNamespace(value="{"))  # type: ignore[arg-type]
    assert "torch 0.1 (here" in run_html(looking(model("a", 1), passport={"versions": {"torch": "0.1"}}))

"""The adapters that come with the studio: each is what its command fits, and tells it without being fitted again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch.nn import functional

from ood_studio.adapters import AdapterError, SavedAdapter, parse_adapter, saved_adapters
from ood_studio.adapters.heads import head_of
from ood_studio.adapters.plp import pseudo_labels
from ood_studio.adapters.store import BUNDLED
from ood_studio.studio import AdaptRequest, LabelChoice, Studio
from ood_studio.studio.adapt import AdaptService
from ood_studio.studio.commands import command_line
from ood_studio.studio.earlier_fit import asked_of, earlier_fit
from ood_studio.studio.repeatable import repeatable
from ood_studio.studio.workbench import LabelSpace
from ood_studio.ui.adapt import drawing
from ood_studio.ui.adapt.example import example_of
from ood_studio.ui.adapt.layout import START
from ood_studio.ui.adapt.session import Session

FEW = 15


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture(scope="module")
def saved() -> SavedAdapter:
    found = example_of(START)
    assert found is not None and found.bundled and found.name == "diorama-plp"
    return found


def asked(saved: SavedAdapter) -> AdaptRequest:
    request = asked_of(saved)
    assert request is not None
    return request


def test_the_command_that_is_told_is_what_each_was_asked_for() -> None:
    about = (BUNDLED / "README.md").read_text(encoding="utf-8")
    for each in saved_adapters():
        if each.bundled:
            assert f"| `{each.name}` | `{command_line('adapt-fit', asked(each))} --name mine` |" in about
            assert each.path.stat().st_size < 100_000 and each.record.finished


def test_its_figures_follow_from_its_scores(studio: Studio, saved: SavedAdapter) -> None:
    fit, told = earlier_fit(studio, saved), saved.record.validation
    assert told is not None and fit.validation == told and fit.judge is None
    assert fit.before is not None and fit.now is not None
    for found, rates in ((fit.before, told.before), (fit.now, told.after)):
        assert len(found.id) == asked(saved).held_out == 300
        for name in rates.auroc:
            assert found.auroc(name) == pytest.approx(rates.auroc[name], abs=1e-9)
            assert found.fpr95(name) == pytest.approx(rates.fpr95[name], abs=1e-9)
    assert told.auroc["near-ood"][-1] == told.after.auroc["near-ood"] and told.epochs[-1] == fit.epochs[-1] == 100
    assert saved.record.notes[-1] == fit.harm != ""


def test_the_adapter_gives_the_scores_that_its_file_holds(studio: Studio, saved: SavedAdapter) -> None:
    """On the first of the held-out pictures, drawn and encoded here."""
    fit = earlier_fit(studio, saved)
    assert fit.adapted is not None and fit.before is not None and fit.now is not None
    judge = studio.judge(asked(saved), fit.score, FEW, {})
    for here, kept in ((judge.before(), fit.before), (judge.after(fit.adapted), fit.now)):
        assert here.id == pytest.approx(kept.id[:FEW], rel=1e-3)
        for name in kept.ood:
            assert here.ood[name] == pytest.approx(kept.ood[name][:FEW], rel=1e-3)


def test_it_was_learnt_from_the_pictures_that_its_request_names(
    studio: Studio, saved: SavedAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key of what it learnt from is that of the request; and its head gives the pseudo-labels of such pictures."""
    request, adapted = asked(saved), earlier_fit(studio, saved).adapted
    assert adapted is not None
    adapter = parse_adapter(request.method)
    assert adapted.adapter == adapter and saved.record.seed == request.seed
    few, _ = AdaptService(studio.workbench).material(replace(request, train_count=3 * FEW), adapter)
    assert few.visual is not None and few.joint is not None and few.pseudo_text is not None
    found = head_of(adapted)(few.visual)
    classes = pseudo_labels(few.joint, few.pseudo_text)
    assert float(functional.cross_entropy(found, classes)) < 0.5 < saved.record.history[0]["cross-entropy"]
    assert saved.record.history[-1]["cross-entropy"] < 0.2
    found_features = studio.judge(request, "energy", FEW, {}).plain[""]
    monkeypatch.setattr(LabelSpace, "features", lambda *_: found_features)  # the key does not depend on them
    whole, _ = AdaptService(studio.workbench).material(request, adapter)
    assert whole.key == saved.record.material != few.key


def test_the_tab_shows_it_only_where_the_boxes_ask_for_it(studio: Studio, saved: SavedAdapter) -> None:
    for other in (
        replace(START, method="probe"),
        replace(START, seed=2),
        replace(START, labels=LabelChoice(backbone="diorama-conv")),
    ):
        assert example_of(other) is None
    mine = Session(fit=earlier_fit(studio, saved), example=saved.name)
    text = drawing.verdict(mine)
    assert "An example that comes with the studio: <b>diorama-plp</b>" in text
    assert "<code>python -m ood_studio adapt-fit --train-count 1000</code>" in text
    assert "Pseudo-label probing: OOD is told apart worse" in text and text.count("It does harm") == 1
    fit = mine.fit
    assert fit is not None and fit.validation is not None and fit.adapted is not None
    assert "energy on 300 ID pictures and 300 a set" in drawing.table(fit.validation)
    assert "It moves no features" in drawing.map_about(None, fit.adapted)
    assert [len(rows) for _, rows in fit.sets.values()] == [300] * 3


def test_what_names_files_of_one_machine_is_repeated_by_nobody(studio: Studio, saved: SavedAdapter) -> None:
    for own in (
        replace(START, images="/home/me/pictures"),
        replace(START, synthetic="/home/me/twins"),
        replace(START, labels=LabelChoice(corpus="/home/me/words.txt")),
        replace(START, labels=LabelChoice(adapter=("mine",))),
        replace(START, labels=LabelChoice(backbone="open_clip:local-dir:/home/me/model")),
    ):
        assert repeatable(own) is None
    unknown = replace(saved, record=replace(saved.record, asked=None))
    with pytest.raises(AdapterError, match="how the adapter diorama-plp was fitted is not known"):
        earlier_fit(studio, unknown)

"""An adapter judged on images that it has not learnt from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ood_studio.adapters import Adapted, save
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.evaluation.metrics import auroc
from ood_studio.scorers import Reference, RelativeMahalanobis
from ood_studio.studio import AdaptRequest, BenchRequest, LabelChoice, Studio
from ood_studio.studio.fit import LEARNT, Fit, Kept
from ood_studio.studio.judge import Judge, Judged
from ood_studio.ui.adapt import drawing
from ood_studio.ui.adapt.changed import changed
from ood_studio.ui.adapt.drawing import verdict
from ood_studio.ui.adapt.session import Session

REQUEST = AdaptRequest(method="probe:epochs=3", labels=LabelChoice(backbone="diorama-conv"), train_count=60, seed=4)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture(scope="module")
def judge(studio: Studio) -> Judge:
    return studio.judge(REQUEST, "energy", 30, {})


@pytest.fixture(scope="module")
def adapted(studio: Studio) -> Adapted:
    *_, last = studio.adapt(REQUEST)
    return last.adapted


def test_it_says_what_a_benchmark_says(studio: Studio, judge: Judge, adapted: Adapted) -> None:
    kept = save(adapted, "judged")
    bench = BenchRequest(scorers=("energy",), labels=REQUEST.labels, seed=REQUEST.seed + 1, count=30, resamples=0)
    plain = studio.bench(bench)
    with_adapter = studio.bench(
        BenchRequest(**{**vars(bench), "labels": LabelChoice(backbone="diorama-conv", adapter=(kept.name,))})
    )
    for found, rows in ((judge.before(), plain.rows), (judge.after(adapted), with_adapter.rows)):
        said = {row.ood: row for row in rows}
        assert len(found.ood) == 2
        for name in found.ood:
            assert found.auroc(name) == pytest.approx(said[name].auroc, abs=1e-6)
            assert found.fpr95(name) == pytest.approx(said[name].fpr95, abs=1e-6)
    assert judge.before().accuracy == pytest.approx(plain.accuracy["id_accuracy"])


def test_accuracy_is_that_of_the_trained_head(judge: Judge, adapted: Adapted) -> None:
    found = judge.plain[""]
    assert found.visual is not None and judge.id.labels is not None
    logits = found.visual @ adapted.tensors["weight"].T + adapted.tensors["bias"]
    truth = torch.from_numpy(judge.id.labels[found.rows])
    assert judge.after(adapted).accuracy == pytest.approx(float((logits.argmax(dim=1) == truth).double().mean()))


def test_images_are_others_than_those_learnt_from_and_own_sets_take_part(studio: Studio, tmp_path: Path) -> None:
    from ood_studio.diorama.render import render
    from ood_studio.diorama.splits import scenes

    for i, scene in enumerate(scenes("near-ood", 9, 5)):
        render(scene, 64).save(tmp_path / f"{i}.png")
    found = studio.judge(REQUEST, "neglabel", 10, {"mine": str(tmp_path)})
    assert [*found.ood][-1] == "mine" and len(found.before().ood["mine"]) == 5
    with pytest.raises(StudioError, match=r"GL-MCM reads parts of pictures.* judge with another score"):
        studio.judge(REQUEST, "gl-mcm", 10, {})


def judged(inside: list[float], outside: list[float]) -> Judged:
    return Judged(None, np.array(inside), {"odd": np.array(outside)})


def test_changed_verdicts_are_found_in_both_directions() -> None:
    before = judged([*np.linspace(1, 2, 40)], [0.0, 1.5, 3.0])
    now = judged([-1.0, 0.5, *np.linspace(1, 2, 38)], [1.4, 0.1, 3.0])
    assert before.threshold == pytest.approx(np.linspace(1, 2, 40)[2]) and now.threshold == pytest.approx(1.0)
    found = changed(before, now)
    assert ("odd", 1) in found.right and ("odd", 0) in found.wrong
    assert set(found.right) | set(found.wrong) == {
        (name, i)
        for name, old, new in (("", before.id, now.id), ("odd", before.ood["odd"], now.ood["odd"]))
        for i in range(len(old))
        if (old[i] >= before.threshold) != (new[i] >= now.threshold)
    }


def test_a_fit_grows_epoch_by_epoch(studio: Studio, judge: Judge) -> None:
    fit = Fit(REQUEST, "energy", judge, judge.before())
    for epoch in studio.adapt(REQUEST):
        fit = fit.after(epoch, judge.after(epoch.adapted) if epoch.number != 1 else None)
    assert fit.epochs == (0, 1, 2, 3) and fit.judged == (0, 2, 3) and fit.total == 3
    assert all(len(values) == 4 for values in fit.losses.values())
    assert fit.now is not None and fit.accuracy[-1] == fit.now.accuracy and len(fit.accuracy) == 3
    name = next(iter(fit.now.ood))
    assert fit.auroc[name][-1] == auroc(fit.now.id, fit.now.ood[name]) and fit.fpr95[name][-1] == fit.now.fpr95(name)
    near, far = fit.now.ood
    figure = drawing._rates(fit)
    lines = {(line.name, line.yaxis): line for line in figure.data}
    assert {*lines} == {("ID accuracy", "y"), *((each, side) for each in (near, far) for side in ("y", "y2"))}
    assert lines[far, "y2"].y == fit.fpr95[far] and lines[far, "y"].y == fit.auroc[far]
    assert lines[far, "y"].line.color == lines[far, "y2"].line.color != lines[near, "y"].line.color
    assert f"FPR95 {far} {fit.now.fpr95(far):.1%}" in figure.layout.meta["summary"]


@pytest.mark.parametrize(("now", "said"), [(0.0, "as before"), (-3.0, "better"), (3.0, "worse")])
def test_the_card_speaks_of_differences_that_there_are(now: float, said: str) -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(1.0, 1.0, 200), rng.normal(0.0, 1.0, 200)
    record = SimpleNamespace(adapter="probe", about="some", notes=())
    before, after = judged([*inside], [*outside]), judged([*inside], [*(outside + now)])
    fit = Fit(REQUEST, "energy", None, before, after, 1, (0, 1), adapted=SimpleNamespace(record=record))  # type: ignore[arg-type]
    assert f"OOD is told apart {said}" in verdict(Session(fit))


def test_the_best_epoch_is_kept_where_held_out_pictures_fall_and_harm_is_said(adapted: Adapted) -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(2.0, 1.0, 200), rng.normal(0.0, 1.0, 200)
    plain, good, bad = (judged([*inside], [*(outside + by)]) for by in (0.0, -0.5, 1.5))
    first, last = (replace(adapted, record=replace(adapted.record, epochs=epoch)) for epoch in (1, 2))
    fit = Fit(REQUEST, "energy", None, plain, bad, 2, (0, 1, 2), judged=(0, 1, 2), adapted=last)
    harmful = fit.settled().adapted
    assert harmful is not None and harmful.tensors is last.tensors and fit.harm in harmful.record.notes
    assert "It does harm: on held-out pictures the AUROC of odd fell from 9" in fit.harm
    assert verdict(Session(fit.settled())).count("It does harm") == 1
    settled = (fit := replace(fit, best=Kept(1, first, good))).settled()
    assert settled.adapted is not None and settled.adapted.record.epochs == 1 and settled.now is good
    assert "Kept is epoch 1 of 2, the best on held-out pictures: after it the AUROC of odd fell" in verdict(
        Session(settled)
    )
    assert not settled.harm and "It does harm" in verdict(Session(fit))
    assert "It does harm" not in verdict(Session(fit, running=True))
    # What was learnt from proves nothing, and as good as before is no reason to go back.
    memorised = Judged(None, bad.id, {LEARNT: bad.ood["odd"]})
    assert not Fit(REQUEST, "energy", None, Judged(None, plain.id, {LEARNT: plain.ood["odd"]}), memorised).harm
    kept = replace(fit, now=good).settled().adapted
    assert kept is not None and kept.tensors is last.tensors and kept.record.notes == last.record.notes


def test_a_fit_that_is_asked_for_is_judged_and_remembers_its_best_epoch(studio: Studio, judge: Judge) -> None:
    fits = [*studio.fit(replace(REQUEST, held_out=30))]
    epochs = {fit.epochs[-1]: fit for fit in fits}  # the last one comes twice: as it is, and settled
    assert [fit.epochs[-1] for fit in fits] == [0, 1, 2, 3, 3] and fits[-1].score == "energy"
    assert fits[-1].before is not None and np.array_equal(fits[-1].before.id, judge.before().id)
    means = {}
    for number, fit in epochs.items():
        assert fit.adapted is not None and fit.judged[-1] == number
        now = judge.after(fit.adapted)
        means[number] = sum(map(now.auroc, now.ood))
        assert (fit.now is not None and number == 3) or np.array_equal(fit.now.id, now.id)
    best = fits[-1].best
    assert best is not None and best.adapted.record.epochs == best.epoch > 0
    assert best.epoch == max((1, 2, 3), key=means.__getitem__)
    effect = fits[-1].effect()
    assert effect["score"] == "energy" and {*effect["sets"]} == {*judge.ood}
    assert all(len(pair) == 2 for found in effect["sets"].values() for pair in found.values())


def test_a_fit_that_is_stopped_settles_and_one_that_nobody_judges_keeps_its_end(studio: Studio) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith("training") and done == 2:
            raise Stopped("enough")

    found = []
    with pytest.raises(Stopped):
        for fit in studio.fit(replace(REQUEST, held_out=30, method="probe:epochs=3:rate=0.002"), stop):
            found.append(fit)
    assert [fit.epochs[-1] for fit in found] == [0, 1, 2, 2] and found[-1].judged == (0, 1, 2)
    *_, last = studio.fit(replace(REQUEST, held_out=0))
    assert last.adapted is not None and last.adapted.record.finished and last.now is None and last.effect() == {}


def test_scores_that_learn_from_images_judge_too(studio: Studio, adapted: Adapted) -> None:
    judge = studio.judge(REQUEST, "rmd", 30, {})
    assert judge.train is not None
    found, classes = judge.train
    assert len(found.rows) == 60 and found.visual is not None
    weight, bias = adapted.tensors["weight"], adapted.tensors["bias"]
    rows = [each.visual @ weight.T + bias for each in (found, judge.plain[""])]  # type: ignore[operator]
    wanted = RelativeMahalanobis().fit(Reference(images=rows[0], labels=classes))(rows[1])
    assert np.corrcoef(judge.after(adapted).id, wanted)[0, 1] > 0.999

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
from ood_studio.evaluation.metrics import auroc
from ood_studio.studio import AdaptRequest, BenchRequest, LabelChoice, Studio
from ood_studio.studio.judge import Judge, Judged
from ood_studio.ui.adapt.changed import changed
from ood_studio.ui.adapt.drawing import verdict
from ood_studio.ui.adapt.fitting import ACCURACY, LEARNT, Fit, Kept
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
    with pytest.raises(StudioError, match="judge with another score"):
        studio.judge(REQUEST, "knn", 10, {})


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
    assert fit.now is not None and fit.rates[ACCURACY][-1] == fit.now.accuracy
    name = next(iter(fit.now.ood))
    assert fit.rates[f"AUROC {name}"][-1] == auroc(fit.now.id, fit.now.ood[name])


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
    assert fit.settled() is fit and "It does harm: on held-out pictures the AUROC of odd fell from 9" in fit.harm
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
    assert replace(fit, now=good).settled().adapted is last


def test_the_best_judged_epoch_is_remembered(studio: Studio, judge: Judge) -> None:
    fit = Fit(REQUEST, "energy", judge, judge.before())
    means = {}
    for epoch in studio.adapt(REQUEST):
        now = judge.after(epoch.adapted)
        fit, means[epoch.number] = fit.after(epoch, now), sum(map(now.auroc, now.ood))
    assert fit.best is not None and fit.best.adapted.record.epochs == fit.best.epoch > 0
    assert fit.best.epoch == max((1, 2, 3), key=means.__getitem__)

"""The loop by itself, on a line fitted to points."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ood_studio.core.errors import StudioError
from ood_studio.training.loop import Batch, Task, TrainingRun, fingerprint
from ood_studio.training.optimisation import learning_rate
from ood_studio.training.recipe import Recipe

RECIPE = Recipe(steps=7, batch=4, lr=0.1, average=0.9, measure_every=3, checkpoint_seconds=0.0)


@dataclass
class Line(Task):
    """y = 2x + 1, with dropout; its second loss begins in the middle."""

    recipe: Recipe
    broken_at: int = -1

    def batch(self, step: int) -> Batch:
        return {"x": torch.from_numpy(self.recipe.rng(step).random((self.recipe.batch, 1))).float()}

    def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
        if step == self.broken_at:
            raise KeyboardInterrupt
        error = model(nn.functional.dropout(batch["x"], 0.2)) - (2 * batch["x"] + 1)
        losses = {"squared": error.square().mean()}
        return losses | ({"absolute": error.abs().mean()} if step >= 4 else {})

    def constrain(self, model: Any) -> None:
        model.weight.clamp_(max=1.5)

    def measure(self, model: Any) -> Mapping[str, float]:
        return {"weight": model.weight.item()}


def line(recipe: Recipe = RECIPE, broken_at: int = -1, inputs: str = "") -> TrainingRun[nn.Linear]:
    torch.manual_seed(0)
    return TrainingRun(recipe, "line", nn.Linear(1, 1), Line(recipe, broken_at), inputs=inputs)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))


def curves(run: TrainingRun[nn.Linear]) -> list[dict[str, str]]:
    with open(run.folder / "curves.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("broken_at", range(7))
def test_an_interrupted_run_ends_with_the_same_weights_and_curves(average: float, broken_at: int) -> None:
    recipe = replace(RECIPE, average=average)
    straight = line(recipe)
    wanted = {name: tensor.clone() for name, tensor in straight.finish().state_dict().items()}
    figures = (straight.folder / "curves.csv").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        line(replace(recipe, restart=True), broken_at).finish()
    resumed = line(recipe)
    assert resumed.step == broken_at and resumed.folder == straight.folder
    found = resumed.finish().state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    assert (resumed.folder / "curves.csv").read_bytes() == figures


def test_rows_of_the_curves_after_the_checkpoint_are_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that died between a row of the curves and the next checkpoint has no row twice."""
    rarely = replace(RECIPE, checkpoint_seconds=1e6)
    with pytest.raises(KeyboardInterrupt):
        line(rarely, broken_at=5).finish()
    assert [row["step"] for row in curves(line(rarely))] == ["3"]
    run = line(rarely)
    assert run.step == 0
    run.finish()
    assert [row["step"] for row in curves(run)] == ["3", "6", "7"]


def test_curves_hold_mean_losses_and_what_is_measured() -> None:
    run = line()
    run.finish()
    first, second, last = curves(run)
    assert first["absolute"] == "" and float(second["absolute"]) > 0
    assert float(last["weight"]) == pytest.approx(run.kept.weight.item(), rel=1e-5)
    assert float(first["squared"]) > 0


def test_the_average_is_kept_and_weights_stay_where_they_may_be() -> None:
    run = line(replace(RECIPE, steps=200, lr=0.2))
    kept = run.finish()
    assert not kept.training and not any(p.requires_grad for p in kept.parameters())
    assert kept.weight.item() <= 1.5 and kept.weight.item() != run._model.weight.item()


def test_a_finished_run_is_not_repeated_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = line().finish().weight.clone()
    again = line(broken_at=0)
    assert torch.equal(again.finish().weight, wanted)
    assert "already finished" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):
        line(replace(RECIPE, restart=True), broken_at=0).finish()


def test_a_run_belongs_to_recipe_weights_and_inputs() -> None:
    folder = line().folder
    assert line(replace(RECIPE, threads=1, measure_every=5, out=Path("elsewhere"))).folder == folder
    others = {line(replace(RECIPE, lr=0.2)).folder, line(replace(RECIPE, seed=1)).folder, line(inputs="other").folder}
    torch.manual_seed(1)
    others.add(TrainingRun(RECIPE, "line", nn.Linear(1, 1), Line(RECIPE)).folder)
    assert len(others) == 4 and folder not in others


def test_a_loss_that_is_not_finite_is_refused_and_never_saved() -> None:
    class Broken(Line):
        def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
            found = super().losses(model, batch, step)
            return {"squared": found["squared"] * (float("nan") if step == 2 else 1.0)}

    run = TrainingRun(RECIPE, "line", nn.Linear(1, 1), Broken(RECIPE))
    with pytest.raises(StudioError, match="the loss squared is not finite at step 3"):
        run.finish()
    state = torch.load(run.folder / "checkpoint.pt", weights_only=True)
    assert state["step"] == 2 and all(torch.isfinite(tensor).all() for tensor in state["model"].values())


def test_the_learning_rate_warms_up_and_decays() -> None:
    rates = [learning_rate(step, 2.0, 1000) for step in range(1000)]
    assert rates[:30] == pytest.approx([2.0 * (step + 1) / 30 for step in range(30)])
    assert max(rates) == rates[29] == pytest.approx(2.0)
    assert rates[30:] == sorted(rates[30:], reverse=True) and rates[-1] == pytest.approx(0.02, rel=0.01)


def test_a_fingerprint_sees_every_bit() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).to(torch.bfloat16)
    before = fingerprint(module)
    assert fingerprint(module) == before
    with torch.no_grad():
        module[1].running_mean += 1
    assert fingerprint(module) != before

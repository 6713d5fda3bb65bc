"""Optimisers, rates, batches and the last good state of the training loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.adapters import loop
from ood_studio.adapters.loop import Diverged, Learner, Passed, State, run
from ood_studio.adapters.optimisers import Recipe
from ood_studio.core.memory import OutOfMemory
from ood_studio.core.progress import Stopped, pulse
from tests.adapters.oracles import Adam, Momentum


class Bowl(Learner):
    """The mean over a batch of ½ (θ − x)² a, of points x."""

    def __init__(self, count: int = 12, steep: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(0)
        self.points = torch.randn(count, 3, generator=generator, dtype=torch.float64)
        self.count, self.steep, self.seen = count, steep, []  # type: ignore[var-annotated]
        self.parameters = {"theta": torch.ones(3, dtype=torch.float64, requires_grad=True)}

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        self.seen.append(rows.tolist())
        away = self.parameters["theta"] - self.points[rows]
        return {"loss": 0.5 * self.steep * away.square().sum(dim=1).mean(), "first": away[:, 0].mean()}


@pytest.mark.parametrize(
    ("recipe", "oracle"),
    [
        (Recipe("adam", 0.1, 1, 4, weight_decay=0.05), Adam(0.05, beside=False)),
        (Recipe("adamw", 0.1, 1, 4, weight_decay=0.05), Adam(0.05, beside=True)),
        (Recipe("sgd", 0.1, 1, 4, weight_decay=0.05), Momentum(0.05)),
    ],
)
def test_three_steps_of_each_optimiser_are_its_equations(recipe: Recipe, oracle: Any) -> None:
    learner = Bowl()
    *_, last = run(learner, recipe, seed=5, stage="")
    at = {"theta": np.ones(3)}
    losses = []
    for step, rows in enumerate(learner.seen[1:]):  # the first batch is looked at before any step
        x = learner.points.numpy()[rows]
        losses.append(0.5 * ((at["theta"] - x) ** 2).sum(axis=1).mean())
        rate = 0.1 * 0.5 * (1 + math.cos(math.pi * step / 3))
        at = oracle.step(at, {"theta": (at["theta"] - x).mean(axis=0)}, rate)
    assert len(losses) == 3
    np.testing.assert_allclose(learner.parameters["theta"].detach().numpy(), at["theta"], atol=1e-12)
    assert last.losses["loss"] == pytest.approx(np.mean(losses), abs=1e-12)


def test_an_epoch_sees_every_example_once_in_an_order_of_its_own() -> None:
    learner = Bowl(10)
    assert [passed.number for passed in run(learner, Recipe("sgd", 0.1, 3, 4), seed=1, stage="")] == [0, 1, 2, 3]
    epochs = [learner.seen[1 + 3 * i : 4 + 3 * i] for i in range(3)]
    for epoch in epochs:
        assert sorted(row for rows in epoch for row in rows) == [*range(10)]
        assert all(rows == sorted(rows) for rows in epoch)
    assert epochs[0] != epochs[1] != epochs[2]


def test_rates_rise_and_fall_as_the_papers_say() -> None:
    plp = Recipe("adam", 1e-3, 100, 256, warm_up=0.1)
    rates = [plp.rate_at(step, 200) for step in range(200)]
    np.testing.assert_allclose(rates[:20], 1e-3 * np.arange(1, 21) / 20)
    assert rates[20] == pytest.approx(1e-3) and rates[110] == pytest.approx(0.5e-3) and 0 < rates[199] < 1e-6
    synood = Recipe("adam", 1e-3, 3, 128, floor=1e-5)
    assert synood.rate_at(0, 30) == 1e-3 and synood.rate_at(30, 30) == pytest.approx(1e-5)
    assert {Recipe("sgd", 0.3, 1, 1, floor=None).rate_at(step, 9) for step in range(9)} == {0.3}
    assert Recipe("adam", 1e-3, 1, 8192, rate_for=256).of(512).rate == pytest.approx(2e-3)


def test_a_run_that_runs_away_ends_with_its_last_good_state() -> None:
    learner = Bowl(steep=1.0)
    kept = []
    for passed in run(learner, Recipe("sgd", 2.3, 200, 4, momentum=0.0, floor=None), seed=0, stage=""):
        kept.append((passed, learner.parameters["theta"].detach().clone()))
    last, theta = kept[-1]
    assert "the loss ran away in epoch" in last.diverged and "lower the rate of 2.3" in last.diverged
    assert 0 < last.number < 200 and last.number == kept[-2][0].number
    assert torch.equal(theta, kept[-2][1]) and torch.isfinite(theta).all()
    assert all(not passed.diverged for passed, _ in kept[:-1])


def test_one_that_runs_away_at_once_has_learnt_nothing() -> None:
    with pytest.raises(
        Diverged, match=r"nothing was learnt: the loss ran away in epoch 1 of 5; lower the rate of 1e\+30"
    ):
        list(run(Bowl(), Recipe("sgd", 1e30, 5, 4), seed=0, stage=""))


@pytest.mark.parametrize("every", [-1.0, 1e9], ids=["by time", "when stopped"])
def test_a_long_epoch_is_gone_on_with_where_it_was(every: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_KEEP_SECONDS", every)
    monkeypatch.setattr(loop, "_KEEP_FROM", 1e9 if every < 0 else -1.0)
    recipe: Any = (Recipe("adam", 0.1, 3, 4), 5)
    kept: list[State] = []

    def stop(stage: str, done: int, total: int) -> None:
        if done == 5:  # the third of three steps of the second epoch
            raise Stopped(stage)

    def go(learner: Bowl, **more: Any) -> list[Passed]:
        return [*run(learner, recipe[0], seed=recipe[1], stage="", **more)]

    with pytest.raises(Stopped):
        go(Bowl(), progress=stop, keep=kept.append)
    state = kept[-1]
    assert (state.epoch, state.step) == (1, 2)
    loose, whole = Bowl(), Bowl()
    resumed, passed = go(loose, resume=state), go(whole)
    assert torch.equal(loose.parameters["theta"], whole.parameters["theta"])
    assert [each.losses for each in resumed] == [each.losses for each in passed[2:]]
    assert resumed[-1].history == passed[-1].history and len(loose.seen) == 4
    # One that runs away goes back to where its epoch began, not to where it was taken up.
    steep = Bowl(steep=1e9)
    (last,) = go(steep, resume=state)
    assert last.diverged and torch.equal(steep.parameters["theta"], state.tensors["good/theta"])


def test_a_step_hears_of_a_stop_and_a_lack_of_memory_is_one_sentence() -> None:
    class Deep(Bowl):
        def losses(self, rows: Tensor) -> dict[str, Tensor]:
            if len(self.seen) == 2:
                raise torch.OutOfMemoryError
            pulse()
            return super().losses(rows)

    told: list[int] = []
    with pytest.raises(OutOfMemory, match=r"^training a bowl ran out of memory with 4 examples in a step; take fewer"):
        [
            *run(
                Deep(),
                Recipe("sgd", 0.1, 1, 4),
                seed=1,
                stage="training a bowl",
                progress=lambda *at: told.append(at[1]),
            )
        ]
    assert told == [0, 0, 1]  # before the step, and within it

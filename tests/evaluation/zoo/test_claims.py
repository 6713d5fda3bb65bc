"""Trends over a zoo: by group, and what is not there."""

from __future__ import annotations

from ood_studio.evaluation.zoo import Figure, Measured
from ood_studio.evaluation.zoo.claims import EVERY, differences, points, trends


def model(name: str, **figures: float) -> Measured:
    return Measured(name, "0", {}, {key: Figure(value) for key, value in figures.items()}, {"auroc": "it cannot"})


def test_points_by_group_and_who_is_left_out() -> None:
    measured = [model(f"m{i}", accuracy=i / 10, auroc=i / 20 + (i > 3)) for i in range(8)]
    measured.append(model("lost", accuracy=0.5))
    groups = {f"m{i}": "low" if i < 4 else "high" for i in range(8)}
    found, left_out = points(measured, groups, "accuracy", "auroc")
    assert [(each.group, len(each.models)) for each in found] == [(EVERY, 8), ("low", 4), ("high", 4)]
    assert left_out == {"lost": "it cannot"}
    lines = trends(found, resamples=5)
    low, high = lines["low"], lines["high"]
    assert low is not None and high is not None
    assert abs(low.slope - 0.5) < 1e-3 and abs(low.r2 - 1) < 1e-6 and abs(high.intercept - 1) < 1e-2
    (test,) = differences(found, permutations=40).values()
    assert test is not None and test.p < 0.05


def test_one_model_has_no_trend() -> None:
    found, _ = points([model("m", accuracy=0.5, auroc=0.5)], {"m": "alone"}, "accuracy", "auroc")
    assert trends(found) == {EVERY: None, "alone": None} and differences(found) == {}

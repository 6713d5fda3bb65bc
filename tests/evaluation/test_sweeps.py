"""Sweeps: one parameter walks, the rest stays."""

from __future__ import annotations

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, parameters
from ood_studio.evaluation.sweeps import SWEEPS, find_sweep, sweep_values
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import SCORERS
from ood_studio.studio import BenchRequest, LabelChoice, Studio

LABELS = LabelChoice("diorama-conv", mining=Mining(count=60))
REQUEST = BenchRequest("diorama-hard", labels=LABELS, seed=2, count=40, resamples=0)


def points(name: str, values: tuple[str, ...]) -> list[tuple[object, float | None, str]]:
    found = Studio("cpu").sweep(name, REQUEST, values)
    return [(p.value, p.rows[0].auroc if p.rows else None, p.reason) for p in found]


def test_every_sweep_names_a_field_of_its_choice() -> None:
    for sweep in SWEEPS.values():
        assert {sweep.path, *sweep.changes} <= leaves(BenchRequest).keys()
        assert sweep.values and sweep.source.startswith("NegLabel, Table")


def test_a_point_is_the_benchmark_at_that_value() -> None:
    (value, auroc, _), other = points("tau", ("0.02", "1.0"))
    alone = BenchRequest(**{**vars(REQUEST), "scorers": ("neglabel:tau=0.02",)})
    assert value == 0.02 and auroc == Studio("cpu").bench(alone).rows[0].auroc != other[1]


def test_random_and_mined_labels_differ() -> None:
    assert points("count", ("20",))[0][1] != points("random-count", ("20",))[0][1]


def test_a_value_that_cannot_be_is_told_and_the_others_go_on() -> None:
    first, second = points("tau", ("99", "0.1"))
    assert first[1] is None and "tau must lie between" in first[2] and second[1] is not None


def test_any_scorer_walks_through_a_parameter_of_its_own() -> None:
    (value, auroc, _), other = points("energy:temperature", ("0.02", "1"))
    alone = BenchRequest(**{**vars(REQUEST), "scorers": ("energy:temperature=0.02",)})
    assert value == 0.02 and auroc == Studio("cpu").bench(alone).rows[0].auroc != other[1]
    for scorer in SCORERS.values():
        for name, parameter in parameters(scorer).items():
            sweep = find_sweep(f"{scorer.name}:{name}")
            of_text = parameter.kind is str and not parameter.choices  # one's own values alone
            assert sweep.usual == parameter.default and scorer.title in sweep.title
            assert (len(set(sweep.values)) > 1) != of_text
            for value in sweep.values:
                parameter.check(value)


def test_values_and_names_are_checked() -> None:
    assert sweep_values(find_sweep("knn:k"), ("3", "7")) == (3, 7)
    words = find_sweep("negrefine:dropped")
    given = sweep_values(words, ("haze", "pink"))
    assert given == (("haze",), ("pink",)) and words.at(given[0]) == {"scorers": ("negrefine:dropped=haze",)}
    with pytest.raises(StudioError, match="k must be a whole number, not 'many'"):
        sweep_values(find_sweep("knn:k"), ("many",))
    with pytest.raises(StudioError, match=r"unknown sweep 'knn:kk'; .*; did you mean knn:k\?"):
        find_sweep("knn:kk")
    with pytest.raises(StudioError, match="the values of count must be whole numbers, not many"):
        sweep_values(SWEEPS["count"], ("many",))
    with pytest.raises(StudioError, match="unknown sweep 'warmth'; expected one of count, "):
        find_sweep("warmth")

"""``python -m ood_studio zoo`` on models that are made up: its table, its trends, its JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ood_studio.cli.zoo import Zoo
from ood_studio.evaluation.zoo import Figure, Measured
from ood_studio.studio import Studio, ZooAnswer
from ood_studio.worlds import zoo


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each model that comes along, on lines that differ by group; one is broken."""
    groups = [*dict.fromkeys(model.group for model in zoo().values())]

    def answers(self: Studio, request: Any, progress: Any) -> Any:
        for i, (name, model) in enumerate(zoo().items()):
            x, level = 0.5 + i / 50, groups.index(model.group)
            figures = {"accuracy": Figure(x), "auroc 1-nn near-ood": Figure(0.3 + 0.5 * x + 0.05 * level)}
            yield ZooAnswer(
                name, Measured(name, "0", {"accuracy": "head", "ood": "1-nn"}, figures, notes=("One note.",))
            )
        yield ZooAnswer("broken", None, "it is broken")

    monkeypatch.setattr(Studio, "zoo", answers)


def test_trends_and_whether_they_differ_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Zoo(quiet=True).run()
    told = capsys.readouterr()
    assert told.err == "broken was left out: it is broken\n" and told.out.count("One note.") == 1
    assert "all models: slope " in told.out and "no trend; it takes 3 models" in told.out
    assert "the lines of" in told.out and "differ (p = " in told.out


def test_json_holds_models_trends_and_differences(capsys: pytest.CaptureFixture[str]) -> None:
    Zoo(quiet=True, json=True, y=("mean auroc 1-nn",)).run()
    told = json.loads(capsys.readouterr().out)
    assert len(told["models"]) == len(zoo()) and told["problems"] == {"broken": "it is broken"}
    found = told["trends"]["mean auroc 1-nn"]
    assert found["trends"]["all models"]["n"] == len(zoo()) and found["left_out"] == {}
    assert all(0 < each["p"] <= 1 and len(each["groups"]) == 2 for each in found["differences"])

"""Claims asked of made-up zoos whose answer is known; the report's text and the results it puts into the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.zoo import Diagram, Figure, Measured, ZooRun
from ood_studio.evaluation.zoo.bundled import RESULTS
from ood_studio.studio import Studio
from ood_studio.training.reports import zoo_claims
from ood_studio.training.reports.document import Documents
from ood_studio.training.reports.zoo import ZooReport
from ood_studio.training.reports.zoo_claims import Gap, Zoo, claims


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo_claims, "_RESAMPLES", 200)


def model(
    name: str,
    accuracy: float,
    ood: float,
    *,
    text: bool = True,
    parameters: float = 1e5,
    gap: float = 0.1,
    ece: float = 0.2,
) -> Measured:
    figures = {
        "accuracy": Figure(accuracy),
        "accuracy 20-nn": Figure(accuracy),
        "auroc 1-nn near": Figure(ood, ood - 0.01, ood + 0.01),
        "factor pose": Figure(accuracy - gap),
        "shift sketch": Figure(accuracy - 0.2),
        "ece id": Figure(ece, ece - 0.01, ece + 0.01),
        "ece scaled id": Figure(ece / 4, ece / 4 - 0.005, ece / 4 + 0.005),
        "ece change id": Figure(-ece * 3 / 4, -ece, -ece / 2),
        "parameters": Figure(parameters),
    }
    if text:
        figures |= {"auroc mcm near": Figure(ood), "recall@5 image-to-text": Figure(1 - accuracy)}
    rules = {"accuracy": "zero-shot" if text else "head", "ood": "mcm" if text else "1-nn"}
    return Measured(name, "0", rules, figures, diagrams={"id": Diagram((1,), (0.5,), (0.5,))})


def zoo() -> Zoo:
    """Two sources far apart, two quantities alike; tuned models off the line, by way of all classes back on it."""
    models, known = [], {}

    def add(found: Measured, group: str, source: str, pictures: int) -> None:
        models.append(found)
        known[found.backbone] = SimpleNamespace(group=group, source=source, pictures=pictures)

    for source, level in (("books", 0.0), ("sketches", 0.2)):
        for size in range(4):
            for pictures, less in ((1000, 0.0), (100, 0.004)):
                accuracy = 0.6 + 0.05 * size - less
                made = model(f"{source}-{size}-{pictures}", accuracy, accuracy - level, parameters=size)
                add(made, f"CLIP of {source}", source, pictures)
        add(model(f"{source}-tuned", 0.95, 0.3, text=False, gap=0.3), "fine-tuned CLIP", source, 1000)
        around = model(f"{source}-all", 0.95, 0.8, text=False, gap=0.3)
        add(around, "CLIP fine-tuned by way of all classes", source, 1000)
    for i in range(3):
        add(model(f"head-{i}", 0.7 + i / 20, 0.6, text=False, gap=0.3, ece=0.05), "supervised", "books", 1000)
    return Zoo(tuple(models), known)  # type: ignore[arg-type]


def test_claims_are_answered_as_the_zoo_was_made() -> None:
    told = {each.text: each for each in claims(zoo())}
    expected = {
        "Over all models OOD detection by 1-NN": "undecided",
        "OOD detection by each model's own score follows accuracy, source by source": "shows",
        "OOD detection by each model's own score follows accuracy, within": "shows",
        "OOD detection by 1-NN follows accuracy of 20 neighbours, within": "shows",
        "For OOD detection the training source matters": "shows",
        "For accuracy on other styles the source": "does not show",
        "Fine-tuning on the ID classes alone weakens": "undecided",
        "Fine-tuned by way of all classes": "shows",
        "CLIPs keep more accuracy on visual factors": "shows",
        "Temperature scaling repairs": "shows",
        "CLIPs are better calibrated than others before": "does not show",
        "Retrieval follows accuracy, source by source": "does not show",
        "Retrieval follows accuracy, within": "does not show",
    }
    for beginning, verdict in expected.items():
        (found,) = (each for text, each in told.items() if text.startswith(beginning))
        assert found.verdict == verdict, found
    own = "OOD detection by each model's own score follows accuracy"
    assert "books: slope 1.00 (1.00 to 1.00), R² 1.00" in told[f"{own}, source by source"].evidence
    assert "16 models of 2 sources" in told[f"{own}, within all sources together"].evidence
    assert "over 8 pairs" in told["For OOD detection the training source matters more than its quantity"].evidence


def test_one_set_or_model_of_several_does_not_decide_a_claim() -> None:
    """The rule of every report: more than half of the tests, adjusted over the claim."""
    found = zoo()
    models = []
    for each in found.measured:
        sets = {f"auroc 1-nn {i}": Figure(0.6, 0.58, 0.62) for i in range(3)}
        if each.backbone == "books-all":
            sets["auroc 1-nn 0"] = Figure(0.8, 0.78, 0.82)
        figures = {**each.figures, **sets, "ece change id": Figure(0.0, -0.1, 0.1)}
        if each.backbone == "books-0-1000":
            figures["ece change id"] = Figure(-0.1, -0.11, -0.09)
        models.append(replace(each, figures={name: f for name, f in figures.items() if name != "auroc 1-nn near"}))
    told = {each.text: each for each in claims(Zoo(tuple(models), found.known))}
    for text, count in (("Fine-tuned by way of all classes, CLIPs", 6), ("Temperature scaling repairs", 23)):
        (claim,) = (each for beginning, each in told.items() if beginning.startswith(text))
        assert claim.verdict == "undecided"
        assert claim.evidence.startswith(f"of {count} tests 1 say so, 0 the contrary;")


def test_p_values_of_errors_and_of_resamples() -> None:
    one = Gap.of_errors(0.3, (0.0, 0.392), (0.0, 0.294))  # standard errors 0.1 and 0.075 -> 0.125, z 2.4
    assert one.p == pytest.approx(0.0164, abs=2e-4) and one.high - one.low == pytest.approx(0.49, abs=1e-3)
    assert Gap.of_errors(0.0, (0.1, 0.1)).p == 1 and Gap.of_errors(0.1, (0.1, 0.1)).p == 0
    draws = np.linspace(-0.1, 0.9, 1001)
    assert Gap.of_draws(0.4, draws).p == pytest.approx(0.2, abs=0.01) and Gap.of_draws(0.4, draws + 1).p < 0.003


def test_a_zoo_too_small_decides_nothing() -> None:
    alone = zoo()
    found = [*claims(Zoo(alone.measured[:1], alone.known))]
    assert {each.verdict for each in found if "scaling repairs" not in each.text} == {"undecided"}
    assert [*claims(Zoo((), {}))]


def test_the_report_writes_its_part_and_the_results_of_the_package(tmp_path: Path, monkeypatch: Any) -> None:
    made = zoo().measured
    run = ZooRun(made, {"broken": "it is broken"}, {"count": "10"}, {"sets": {"id": 1000}, "seed": 1})
    asked = []

    def runs(self: Studio, request: Any, progress: Any) -> Any:
        asked.append(request)
        yield ZooRun(made[:1])
        yield run

    monkeypatch.setattr(Studio, "zoo_runs", runs)
    report = ZooReport(out=tmp_path, count=20, shift_count=10)
    (tmp_path / "docs").mkdir()
    report.write(Documents(tmp_path))
    text = (tmp_path / "docs/figures.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- zoo:start -->") and "- `broken` was left out: it is broken" in text
    assert f"| `{made[0].backbone}` |" in text and "| *undecided* |" in text
    kept = ZooRun.from_json((tmp_path / RESULTS).read_text(encoding="utf-8"))
    assert [each.backbone for each in kept.measured] == [each.backbone for each in made]
    assert kept.measured[0].figures["accuracy"].value == pytest.approx(0.6, abs=1e-6)
    assert (asked[0].count, asked[0].shift_count) == (20, 10)
    run = ZooRun(())
    with pytest.raises(StudioError, match="no model of the zoo could be measured"):
        report.write(Documents(tmp_path))

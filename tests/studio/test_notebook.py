"""What notebooks show of results; texts from outside stay texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.attacks.attack_set import AttackedSet
from ood_studio.attacks.quality import Quality
from ood_studio.evaluation.result import BenchResult
from ood_studio.studio.answers import ExploreResult, ImageReport
from ood_studio.studio.attack_image import AttackImageStep
from ood_studio.studio.attack_results import AttackResult, Evaluation
from ood_studio.studio.scores import Affinity, Reading, ReferenceScores
from ood_studio.studio.synthesize_image import SynthesizeImageStep
from tests.evaluation.rows import row

READINGS = (
    Reading("neglabel", "NegLabel", 0.25, 0.5, False, 0.0, 0.4),
    Reading("mcm", "MCM (τ = 1)", 0.051, None, None, None, None),
)
AFFINITIES = (Affinity("<b>cat</b>", 0.75, True), Affinity("wheel", 0.25, False))
IMAGE = Image.new("RGB", (6, 6), "red")


def report(name: str) -> ImageReport:
    return ImageReport(name, AFFINITIES, 0.75, (("cat", 1.0),), READINGS, f"Out-of-distribution: {name}.", None)


def explored(count: int) -> ExploreResult:
    about = ReferenceScores(np.zeros(3), np.zeros(0), "1,000 ID pictures")
    names = tuple(f"{i}<x>.png" for i in range(count))
    return ExploreResult(
        tuple(map(report, names)), {"NegLabel": about}, 0.02, 4, ("cat",), ("wheel", "door"), ("one label was dropped",)
    )


def test_reports_say_labels_scores_and_the_verdict() -> None:
    made = explored(1)._repr_html_()
    assert "Out-of-distribution: 0&lt;x&gt;.png." in made and "<x>" not in made
    assert "&lt;b&gt;cat&lt;/b&gt;" in made and "75.0%" in made and "width:75.00%" in made
    assert all(part in made for part in ("NegLabel", "0.25", "0.5", ">OOD<", "MCM (τ = 1)"))
    assert "1 ID labels, 2 negative labels, τ = 0.02; thresholds keep 95 % of 1,000 ID pictures" in made
    assert "one label was dropped" in made and "more</p>" not in made
    assert report("a.png")._repr_html_() in explored(1)._repr_html_().replace("0&lt;x&gt;.png", "a.png")


def test_of_many_reports_the_first_are_shown() -> None:
    made = explored(20)._repr_html_()
    assert made.count("Out-of-distribution:") == 16 and "and 4 more" in made


def test_steps_show_the_image_before_and_after() -> None:
    attacked = AttackImageStep(10, 250, 0.9, 0.0, READINGS, {}, 0.0, IMAGE, IMAGE)
    assert attacked._repr_html_().count("<img ") == 2
    assert "after 10 of 250 steps, similarity 0.900" in attacked._repr_html_()
    painted = SynthesizeImageStep(
        IMAGE, 0.1, None, None, READINGS, Affinity("<i>", 0.5, False), 2, 3, 0.0, IMAGE, None, "sea", "", (), False, 0.1
    )
    assert "after 2 of 3 iterations, like “&lt;i&gt;”" in painted._repr_html_()


@pytest.mark.parametrize("defence", ["", "jpeg:75"])
def test_attacked_sets_are_shown_with_their_effect(defence: str) -> None:
    quality = Quality(*[0.5] * len(Quality.__dataclass_fields__))
    attacked = AttackedSet("λ = 0", Path("/none"), "near", ("model",), "image", {}, 250, 40, 0.98, quality)
    result = AttackResult(
        "near", (attacked,), (Evaluation("model", defence, BenchResult("toy", "model", "in", rows=(row(),))),)
    )
    made = result._repr_html_()
    assert ("behind jpeg:75" in made) is bool(defence)
    assert "97.5 / 12.0" in made and "λ = 0" in made and "0.980" in made

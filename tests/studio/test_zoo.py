"""The zoo: one broken model costs no other, and figures are read back."""

from __future__ import annotations

from pathlib import Path

from ood_studio.core.paths import cache_dir
from ood_studio.studio import Studio, ZooRequest


def test_a_zoo_is_measured_once_and_a_broken_model_costs_no_other(tmp_path: Path) -> None:
    request = ZooRequest(
        models=("diorama-classifier", f"timm:local-dir:{tmp_path}"),
        seed=3, count=24, train_count=40, shift_count=10, resamples=0,
    )  # fmt: skip
    first, broken = Studio().zoo(request)
    assert first.measured is not None and not first.kept
    assert broken.measured is None and str(tmp_path) in broken.problem
    again, _ = Studio().zoo(request)
    assert again.kept and again.measured == first.measured
    for path in (cache_dir() / "zoo").iterdir():
        path.write_text("{", encoding="utf-8")
    third, _ = Studio().zoo(request)
    assert not third.kept and third.measured is not None
    assert {name: each for name, each in third.measured.figures.items() if name != "images a second"} == {
        name: each for name, each in first.measured.figures.items() if name != "images a second"
    }

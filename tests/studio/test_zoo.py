"""The zoo: one broken model costs no other, and figures are read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.locks import sole_writer
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Stopped
from ood_studio.evaluation.result_file import ResultFile
from ood_studio.evaluation.zoo import ZooStore, other_versions
from ood_studio.features import texts
from ood_studio.studio import Studio, ZooRequest


def too_large(name: str, progress: object = None) -> None:
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory")


def test_a_zoo_is_measured_once_and_a_broken_model_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ZooStore, "__init__", lambda self: vars(self).update(_file=ResultFile(tmp_path / "r.sqlite3")))
    request = ZooRequest(
        models=("diorama-classifier", f"timm:local-dir:{tmp_path}"),
        seed=3, count=24, train_count=40, shift_count=10, resamples=0,
    )  # fmt: skip
    first, broken = Studio().zoo(request)
    assert first.measured is not None and not first.kept
    assert broken.measured is None and str(tmp_path) in broken.problem
    again, _ = Studio().zoo(request)
    assert again.kept and again.measured == first.measured
    # Both runs are one in the file of results, with its passport and with what could not be measured.
    (stored,) = ZooStore().runs()
    run = ZooStore().open(stored.number)
    assert run.measured == (first.measured,) and str(tmp_path) in run.problems[broken.backbone]
    assert run.asked["count"] == "24" and run.passport["sets"]["id-test"] == 24 and not other_versions(run)
    *_, last = Studio().zoo_runs(request)
    assert (last.measured, last.problems, last.passport) == (run.measured, run.problems, run.passport)
    # Somebody else at it is named, and nothing is lost; a model too large costs itself alone.
    with sole_writer(cache_dir() / "zoo"), pytest.raises(StudioError, match="already, in another window or program"):
        next(Studio().zoo(request))
    studio = Studio()
    studio.workbench.backbone = too_large  # type: ignore[method-assign, assignment]
    assert [each.problem for each in studio.zoo(request)] == [
        f"{name} does not fit into memory" for name in request.models
    ]
    for path in (cache_dir() / "zoo").iterdir():
        path.write_text("{", encoding="utf-8")
    third, _ = Studio().zoo(request)
    assert not third.kept and third.measured is not None
    assert {name: each for name, each in third.measured.figures.items() if name != "images a second"} == {
        name: each for name, each in first.measured.figures.items() if name != "images a second"
    }


def test_captions_are_kept_as_they_come_and_costs_are_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [f"caption {i}" for i in range(120)]
    found: list[Tensor] = []

    def measure(backbone: Backbone, on: object, class_text: object, encode: Any, *rest: object, **more: object) -> None:
        found.append(encode(said))
        texts.forget()
        monkeypatch.setattr(type(backbone), "encode_text", None)  # from here on they are read
        found.append(encode(said))
        raise StudioError("that is all")

    monkeypatch.setattr("ood_studio.studio.zoo.measure", measure)
    request = ZooRequest(models=("diorama-conv",), count=10, train_count=10, shift_count=10, resamples=0)
    (answer,) = Studio().zoo(request)
    assert answer.problem == "that is all" and torch.equal(*found) and found[0].shape[0] == 120

    def stop(stage: str, done: int, total: int) -> None:
        if "loading" in stage:
            raise Stopped(stage)

    with pytest.raises(Stopped, match=r"^downloading 0.6 GB of ViT-B-16/openai, then loading it$"):
        [*Studio().zoo(replace(request, models=("open_clip:ViT-B-16/openai",)), stop)]

"""The command that looks for the data of published benchmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.cli.main import main
from ood_studio.evaluation.data_check import published_suites


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for place in ("imagenet/val/n01440764/a.png", "SUN/images/a.png", "imagenet-a/n01440764/a.png"):
        (tmp_path / place).parent.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / place)
    (tmp_path / "Places").mkdir()
    (tmp_path / "imagenet-x").mkdir()
    (tmp_path / "imagenet-x" / "imagenet_x_val_multi_factor.jsonl").write_text("{}\n")
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["check", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_what_is_there_and_what_is_not(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(capsys, "--data-root", str(root))
    able = {each["name"]: each["can_run"] for each in found["suites"]}
    assert able.keys() == published_suites().keys()
    assert able["imagenet-ood"] and able["imagenet-shifts"] and not able["cifar-10"]
    rows = {each["set"]: each for each in found["results"] if each["suite"] == "imagenet-ood"}
    states = {name: (each["role"], each["state"], each["pictures"]) for name, each in rows.items()}
    assert states["ImageNet-1k"] == ("ID", "incomplete", 1) and states["SUN"] == ("OOD", "incomplete", 1)
    assert states["Places"] == ("OOD", "unusable", 0) and states["Textures"] == ("OOD", "missing", 0)
    assert states["ImageNet-A"] == ("shift", "incomplete", 1) and states["ImageNet-X"] == ("factors", "unusable", 0)
    assert "not the 50,000 of the benchmark." in rows["ImageNet-1k"]["note"]
    assert rows["SUN"]["place"] == str(root / "SUN") and "holds no picture" in rows["Places"]["note"]
    assert rows["Textures"]["note"] == f"Download {_DTD} into {root / 'dtd/images'}."


_DTD = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"


def test_a_suite_that_is_named_must_be_able_to_run(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OOD_STUDIO_DATA", str(root))
    assert main(["check", "--suite", "imagenet-ood"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("imagenet-ood can run\n") and f"OOD       missing             –  {root}" in said
    assert main(["check", "--suite", "imagenet-ood", "cifar-100"]) == 2
    told = capsys.readouterr()
    assert "cifar-100 cannot run\n" in told.out and told.err.startswith("error: cifar-100 cannot run: ID pictures and")
    assert main(["check", "--suite", "diorama"]) == 2
    assert "there is no suite 'diorama' whose data are downloaded; there are imagenet-ood" in capsys.readouterr().err

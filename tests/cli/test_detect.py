"""A detector made, used and audited on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ood_studio.cli.main import main
from ood_studio.detectors import onnx_export
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes

CHOICE = ("--backbone", "diorama-conv", "--count", "200", "--device", "cpu", "--quiet")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of pictures: ``known`` sets the threshold, ``other`` is ID too, ``strange`` is not."""
    folder = tmp_path_factory.mktemp("photos")
    for name, split, start, count in (
        ("known", "id-test", 0, 60),
        ("other", "id-test", 60, 30),
        ("strange", "far-ood-textures", 0, 10),
    ):
        (folder / name).mkdir()
        for i, scene in enumerate(scenes(split, 3, count, start)):
            render(scene, 64).save(folder / name / f"{i:02}.png")
    (folder / "strange" / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def detector(photos: Path) -> Path:
    path = photos / "d.ood.safetensors"
    wanted = ("--reference", str(photos / "known"), "--rate", "0.1", "--miss", "none", "--out", str(path))
    assert main(["detect", "fit", *CHOICE, *wanted]) == 0
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main([*arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_detector_keeps_its_precision(capsys: pytest.CaptureFixture[str], photos: Path, detector: Path) -> None:
    asked = ("detect", "run", str(photos / "other"), "--detector", str(detector), "--precision", "float16")
    code, out, err = run(capsys, *asked)
    assert (code, out) == (2, "") and err.startswith("error: a detector computes in the precision that it was made in")


def test_a_promise_is_said_and_one_that_cannot_be_kept_too(
    capsys: pytest.CaptureFixture[str], photos: Path, tmp_path: Path
) -> None:
    asked = ("detect", "fit", *CHOICE, "--reference", str(photos / "known"), "--out", str(tmp_path / "d.safetensors"))
    code, out, _ = run(capsys, *asked, "--rate", "0.2", "--miss", "0.05", "--scorer", "mcm")
    assert code == 0 and "at most 20 % of ID images are flagged, with 95 % confidence" in out
    assert "60 pictures of known" in out
    code, _, err = run(capsys, *asked, "--rate", "0.01")
    assert code == 2 and "with 60 calibration images no threshold can promise" in err and "459 can" in err
    code, _, err = run(capsys, *asked, "--scorer", "knn")
    assert code == 2 and "train_data gives them" in err
    code, _, err = run(capsys, *asked, "--rate", "0.2", "--scorer", "knn:k=2", "--train-data", str(photos / "known"))
    assert code == 0 and "60 of the 60 pictures that set the threshold are among those" in err


def test_pictures_are_decided_into_a_file_that_is_gone_on_with(
    capsys: pytest.CaptureFixture[str], photos: Path, detector: Path, tmp_path: Path
) -> None:
    for suffix in ("csv", "jsonl"):
        out = tmp_path / f"decisions.{suffix}"
        asked = ("detect", "run", "--detector", str(detector), "--device", "cpu", "--quiet", "--out", str(out))
        code, _, err = run(capsys, *asked, str(photos / "strange"))
        assert code == 0 and "10 pictures decided, " in err and ", 1 left out" in err and "broken.png" in err
        whole = out.read_text()
        out.write_text(whole[: whole.rindex("0")])  # as a kill leaves it: the last line is cut
        code, _, err = run(capsys, *asked, str(photos / "strange"), str(photos / "other"))
        assert code == 0 and "31 pictures decided" in err and "9 were there before" in err
        text = out.read_text()
        rows = list(csv.DictReader(text.splitlines())) if suffix == "csv" else list(map(json.loads, text.splitlines()))
        assert len({row["image"] for row in rows}) == len(rows) == 40
        assert all(0 < float(row["p_value"]) <= 1 for row in rows)


def test_an_audit_counts_what_the_decisions_say(
    capsys: pytest.CaptureFixture[str], photos: Path, detector: Path
) -> None:
    strange = f"odd={photos / 'strange'}"
    asked = ("detect", "audit", "--detector", str(detector), "--device", "cpu", "--quiet", "--ood-data", strange)
    code, out, err = run(capsys, *asked, "--id-data", str(photos / "other"), "--json")
    found = json.loads(out)
    assert code == 0 and found["images"] == 30 and found["ood"]["odd"]["images"] == 10
    code, out, _ = run(
        capsys, "detect", "run", "--detector", str(detector), "--device", "cpu", "--json", str(photos / "strange")
    )
    decided = [json.loads(line) for line in out.splitlines()]
    assert sum(not each["id"] for each in decided) == found["ood"]["odd"]["flagged"] >= 8
    assert found["low"] <= found["flagged"] / 30 <= found["high"] and "broken.png" in err
    code, out, err = run(capsys, *asked, "--id-data", str(photos / "known"))
    assert code == 0 and "These are the very pictures" in err and "ID pictures flagged" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "a.png"), "say which detector decides"),
        (("run", "--detector", "none.safetensors"), "there is no picture to decide"),
        (("run", "--detector", "none.safetensors", "a.png"), "there is no detector none.safetensors"),
        (("run", "--detector", "d", "a.png", "--out", "x.txt"), "written as .csv or .jsonl"),
        (("audit", "--detector", "d"), "an audit needs"),
        (("judge",), "there is no command detect-judge; did you mean"),
    ],
)
def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(capsys, "detect", *arguments)
    assert code == 2 and said in err and len(err.splitlines()) == 1


def test_a_detector_is_exported_as_a_graph(
    detector: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(onnx_export, "_written", lambda given: asked.append(given.scorer.name) or b"graph")
    out = tmp_path / "d.onnx"
    code, said, _ = run(capsys, "detect", "export", "--detector", str(detector), "--onnx", str(out), "--json")
    about = json.loads(said)
    assert code == 0 and out.read_bytes() == b"graph" and asked == ["neglabel"]
    assert about["input"] == [64, 64] and about["preparation"] == [{"resize": [64, 64], "filter": "bicubic"}]
    for wrong, told in (
        (("--onnx", str(out)), "say which detector is exported: --detector FILE"),
        (("--detector", str(detector), "--onnx", "d.txt"), "a graph is written as .onnx, not d.txt"),
    ):
        code, _, error = run(capsys, "detect-export", *wrong)
        assert code == 2 and told in error

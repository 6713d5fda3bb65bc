"""A rehearsal runs, here with a tiny architecture, and says what it measured."""

from __future__ import annotations

import json

import pytest

from ood_studio.cli.main import main
from ood_studio.cli.rehearsal import rehearsal_text
from ood_studio.evaluation.rehearsal import Measured, Rehearsal

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 1, "layers": 1},
}


def test_a_rehearsal_measures_ours_beside_the_librarys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import open_clip

    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "ViT-B-32", TINY)
    asked = ["rehearsal", "--device", "cpu", "--images", "2", "--texts", "3", "--repeats", "1", "--quiet"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    works = {row["work"]: row for row in found["rows"]}
    assert list(works) == [
        "loading",
        "encoding 2 pictures",
        "preprocessing 2 photographs",
        "encoding 3 words",
        "attacking a picture by a step",
    ]
    assert all(row["seconds"] > 0 and row["peak"] > 2**20 for row in works.values())
    assert works["encoding 3 words"]["bare"] > 0 and works["loading"]["bare"] is None
    assert found["precision"] == "float32" and found["parameters"] > 49408 * 16 and found["graph"] > 32 * 17 * 4
    text = rehearsal_text(Rehearsal(**found | {"rows": tuple(Measured(**row) for row in found["rows"])}))
    assert "ViT-B-32 with random weights, 1 million numbers, on cpu, float32" in text and len(text.splitlines()) == 8
    for name, said in (("ViT-B-23", "open_clip lists no architecture"), ("ViT-B-16-SigLIP", "comes from the Hub")):
        assert main(["rehearsal", "--architecture", name]) == 2
        assert said in capsys.readouterr().err

"""One ONNX graph decides as its detector does: by onnxruntime, and in a program of nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from ood_studio.adapters import PromptTuning
from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.detectors import Calibration, Detector, Promise, onnx_export
from ood_studio.detectors.onnx_export import KEY, OUTPUTS, export_onnx
from ood_studio.detectors.preparation import prepared
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.scorers import GLMCM, MCM, MaxLogit, NegLabel, NegRefine, Reference, Scorer, select_features
from ood_studio.testing.adapter_world import SmallBackbone, small_material, small_reference
from ood_studio.worlds import worlds
from tests.backbones.conftest import save_checkpoint, save_timm_checkpoint

NEGATIVES = ("tax", "<b>theory</b>", "marble", "noise", "ninth", "wool")


def shown(count: int) -> list[Image.Image]:
    """Scenes of all kinds."""
    splits = ("id-test", "near-ood", "far-ood-textures")
    return [render(scene, 64) for split in splits for scene in scenes(split, 0, -(-count // 3))][:count]


def made(backbone: Backbone, scorer: Scorer, images: list[Image.Image]) -> Detector:
    """A detector calibrated on some images."""
    labels = tuple(worlds()[0].presets[0].load())
    with torch.no_grad():
        found = backbone.encode_image(backbone.preprocess(images))
    features = select_features(scorer.space, found.joint, found.visual, found.patches)
    text = backbone.reads_text
    reference = Reference(
        backbone.encode_text(labels) if text else None,
        backbone.encode_text(NEGATIVES) if text else None,
        images=features[:20] if features.ndim == 2 else None,
        labels=torch.arange(20) % 5,
        head=backbone.head,
        logit_scale=backbone.logit_scale,
    )
    if not text:
        assert backbone.head is not None
        labels = tuple(f"class {i}" for i in range(backbone.head.out_features))
    calibration = Calibration.of(scorer.fit(reference)(features).double().numpy())
    negatives = NEGATIVES if text else ()
    return Detector(backbone, labels, negatives, scorer, reference, calibration, Promise(0.2, None), {"key": "none"})


def agrees(detector: Detector, path: Path, images: list[Image.Image]) -> None:
    """The graph of a detector says of images what the detector does, whatever the batch."""
    assert export_onnx(detector, path) == ()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    pixels = detector.backbone.preprocess(images).numpy()
    whole = session.run(None, {"pixels": pixels})
    parts = [session.run(None, {"pixels": pixels[i : i + 1]}) for i in (0, len(pixels) - 1)]
    for i, name in enumerate(OUTPUTS):
        assert session.get_outputs()[i].name == name
        ends = np.concatenate([part[i] for part in parts])
        np.testing.assert_allclose(ends.astype(float), whole[i][[0, -1]].astype(float), atol=1e-5)
    decided = detector(images)
    score, p_value, inside, nearest, likeness = whole
    scale = max(1.0, float(np.abs(score).max()))
    np.testing.assert_allclose(score / scale, np.array([each.score for each in decided]) / scale, atol=1e-4)
    np.testing.assert_allclose(p_value, [each.p_value for each in decided], atol=1.5 / (len(detector.calibration) + 1))
    sure = np.abs(score - detector.threshold) > 1e-4 * scale
    assert sure.sum() > 0.9 * len(images) and 0 < inside.sum() < len(images)
    assert (inside == [each.inside for each in decided])[sure].all()
    about = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
    told = [(about["labels"][row], int(row) < about["id_labels"]) for row in nearest[0]]
    assert told == [(label, known) for label, _, known in decided[0].nearest]
    np.testing.assert_allclose(likeness[0], [value for _, value, _ in decided[0].nearest], atol=1e-3)
    image = images[0].resize((90, 70))
    np.testing.assert_array_equal(
        prepared(image, about["preparation"]), detector.backbone.preprocess([image])[0].numpy()
    )


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, Path]:
    """The bundled vision transformer's NegLabel."""
    path = tmp_path_factory.mktemp("graphs") / "d.onnx"
    detector = made(load_backbone("diorama", device="cpu"), NegLabel(groups=2), shown(60))
    agrees(detector, path, shown(100))
    return detector, path


def test_a_program_without_the_studio_decides_the_same(graph: tuple[Detector, Path], tmp_path: Path) -> None:
    detector, path = graph
    files = []
    for i, image in enumerate(shown(4)):
        image.save(tmp_path / f"{i}.png")
        files.append(str(tmp_path / f"{i}.png"))
    blocked = "import sys; sys.modules |= {'torch': None, 'ood_studio': None}; import runpy; "
    code = f"{blocked}sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    program = str(ROOT / "examples" / "onnx_consumer" / "decide.py")
    ran = subprocess.run(
        [sys.executable, "-c", code, program, str(path), *files], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    for line, ours in zip(ran.stdout.splitlines(), detector(files), strict=True):
        there = json.loads(line)
        assert (there["image"], there["id"]) == (ours.name, ours.inside)
        assert there["score"] == pytest.approx(ours.score, abs=1e-4)
        assert [each["label"] for each in there["nearest"]] == [label for label, _, _ in ours.nearest]


def test_an_open_clip_checkpoint_that_crops_with_its_patches(tmp_path: Path) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{save_checkpoint(tmp_path / 'clip', 'vit')}", device="cpu")
    agrees(made(backbone, GLMCM(tau=0.01), shown(40)), tmp_path / "d.onnx", shown(40))


def test_a_timm_checkpoint_with_its_own_head(tmp_path: Path) -> None:
    backbone = load_backbone(f"timm:local-dir:{save_timm_checkpoint(tmp_path / 'timm', 'timm-resnet')}", device="cpu")
    agrees(made(backbone, MaxLogit(space="visual"), shown(40)), tmp_path / "d.onnx", shown(40))


def test_the_other_bundled_model_with_its_patches(tmp_path: Path) -> None:
    agrees(made(load_backbone("diorama-conv", device="cpu"), GLMCM(), shown(40)), tmp_path / "d.onnx", shown(40))


def test_a_graph_of_one_number_of_pictures_is_none(tmp_path: Path) -> None:
    """As of prompts that depend on the image, whose text tower runs once for each."""
    plain, material = SmallBackbone(), small_material()
    method = PromptTuning(conditional=True, epochs=1, shots=1, crops=8, chosen=2, negatives=3)
    reference, calibration = small_reference(plain, "joint"), Calibration.of(np.linspace(0, 1, 20))
    labels, adapters = (material.labels, material.negative_labels), (method.fit(plain, material),)
    detector = Detector(plain, *labels, MCM(), reference, calibration, Promise(0.2, None), {}, adapters)
    with pytest.raises(StudioError, match="MCM on small makes no graph that takes any number of pictures"):
        export_onnx(detector, tmp_path / "d.onnx")


def test_what_makes_no_graph_is_said(
    graph: tuple[Detector, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector, _ = graph
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: None)
    with pytest.raises(StudioError, match=r"a graph needs onnx and onnxscript; pip install 'ood-studio\[onnx\]'"):
        export_onnx(detector, tmp_path / "d.onnx")
    monkeypatch.undo()
    with pytest.raises(StudioError, match="NegRefine asks the text tower for new texts at every picture, and a graph"):
        export_onnx(replace(detector, scorer=NegRefine(refine=False)), tmp_path / "d.onnx")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("this is step 3/3") from ValueError("no function\nfor that")

    monkeypatch.setattr(torch.onnx, "export", broken)
    with pytest.raises(StudioError, match=r"NegLabel on diorama makes no graph \(ValueError: no function for that\)"):
        export_onnx(detector, tmp_path / "d.onnx")
    monkeypatch.setattr(onnx_export, "_written", lambda _: b"")
    with pytest.raises(StudioError, match="cannot be written"):
        export_onnx(detector, tmp_path)
    monkeypatch.setattr(onnx_export, "preparation_of", lambda _: None)
    (said,) = export_onnx(replace(detector), tmp_path / "d.onnx")
    assert said.startswith("How diorama makes pixels of a picture cannot be written down")

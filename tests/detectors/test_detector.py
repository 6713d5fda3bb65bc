"""A detector decides by its promise, and is the same after its file, in another process too."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from ood_studio.adapters import KRNFT, Adaptation, Adapter, Probe, SynOODLabels, SynOODProjection, TaskResidual
from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.detectors import Calibration, Detector, Promise, file
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.label_texts import WordsOfLabels
from ood_studio.scorers import (
    KNN,
    MCM,
    AdaNeg,
    Energy,
    MaxLogit,
    NegLabel,
    NegRefine,
    Reference,
    Scorer,
    select_features,
)
from ood_studio.testing.adapter_world import SmallBackbone, SmallImages, small_material, small_reference
from ood_studio.worlds import worlds

PROMISE = Promise(0.1, None)
NEGATIVES = ("tax", "<b>theory</b>", "marble", "noise")


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("diorama-conv", device="cpu")


def pictures(split: str, count: int, start: int = 0) -> list[Image.Image]:
    return [render(scene, 64) for scene in scenes(split, start, count)]


def made(backbone: Backbone, scorer: Scorer) -> Detector:
    """A detector of Diorama's own labels, calibrated on 40 of its scenes."""
    labels = tuple(worlds()[0].presets[0].load())
    found = backbone.encode_image(backbone.preprocess(pictures("id-test", 60)))
    features = select_features(scorer.space, found.joint, found.visual, found.patches).detach()
    reference = Reference(
        backbone.encode_text(labels),
        backbone.encode_text(NEGATIVES),
        images=features[:20],
        labels=torch.arange(20),
        head=torch.nn.Linear(features.shape[-1], len(labels)) if scorer.space == "visual" else None,
        logit_scale=backbone.logit_scale,
    )
    calibration = Calibration.of(scorer.fit(reference)(features[20:]).double().numpy())
    about = {"calibration": "40 scenes", "key": "none"}
    return Detector(backbone, labels, NEGATIVES, scorer, reference, calibration, PROMISE, about)


@pytest.fixture(scope="module")
def saved(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, Path]:
    detector, path = made(backbone, NegLabel(groups=1)), tmp_path_factory.mktemp("detectors") / "known.ood.safetensors"
    detector.save(path)
    return detector, path


def test_decisions_follow_the_threshold_and_the_p_value(saved: tuple[Detector, Path]) -> None:
    detector, _ = saved
    known, strange = detector(pictures("id-test", 8, 500)), detector(pictures("far-ood-textures", 8))
    assert sum(each.inside for each in known) >= 6 and not any(each.inside for each in strange)
    for each in (*known, *strange):
        assert each.inside == (each.score >= detector.threshold) == (each.p_value > PROMISE.rate)
        values = [value for _, value, _ in each.nearest]
        assert len(values) == 3 and values == sorted(values, reverse=True)
    with pytest.raises(StudioError, match="decides a list of pictures, not a single one"):
        detector("picture.png")
    assert known[0].to_json()["image"] == "image 1" and {*known[0].to_json()["nearest"][0]} == {"label", "value", "id"}


@pytest.mark.parametrize(
    "scorer", [NegLabel(tau=0.02, groups=2), MCM(), KNN(k=3, space="visual"), Energy(space="visual")]
)
def test_a_detector_read_from_its_file_decides_the_same(backbone: Backbone, tmp_path: Path, scorer: Scorer) -> None:
    detector = made(backbone, scorer)
    detector.save(tmp_path / "d.ood.safetensors")
    again = Detector.load(tmp_path / "d.ood.safetensors", "cpu", backbone)
    images = pictures("near-ood", 5)
    assert again(images) == detector(images)
    assert (again.scorer, again.promise, again.about, again.labels) == (
        scorer,
        PROMISE,
        detector.about,
        detector.labels,
    )


def test_another_process_decides_the_same_about_files(saved: tuple[Detector, Path], tmp_path: Path) -> None:
    detector, path = saved
    files = []
    for i, image in enumerate(pictures("near-ood", 3)):
        image.save(tmp_path / f"{i}.png")
        files.append(str(tmp_path / f"{i}.png"))
    code = (
        "import sys, json; from ood_studio.detectors import Detector; detector = Detector.load(sys.argv[1], 'cpu')\n"
        "print(json.dumps([each.to_json() for each in detector(sys.argv[2:])]))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path), *files], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    here = detector(files)
    for there, ours in zip(json.loads(ran.stdout), here, strict=True):
        assert (there["image"], there["id"]) == (ours.name, ours.inside)
        assert there["score"] == pytest.approx(ours.score, rel=1e-4)


@pytest.mark.parametrize(
    ("adapters", "scorer"),
    [
        ((Probe(epochs=1),), Energy(space="visual")),
        ((SynOODProjection(epochs=1), SynOODLabels(epochs=1)), NegLabel(groups=1)),
        ((SynOODProjection(epochs=1),), NegRefine(groups=1, refine=False)),
        ((TaskResidual(epochs=1),), MCM()),
        ((KRNFT(epochs=1, shots=1, crops=8, chosen=2),), NegLabel(groups=1)),
    ],
)
def test_adapters_go_into_the_file(tmp_path: Path, adapters: tuple[Adapter, ...], scorer: Scorer) -> None:
    plain, material, images = SmallBackbone(), small_material(), SmallImages(count=40, seed=3)
    adaptation = Adaptation(plain, ())
    for adapter in adapters:
        adaptation = Adaptation(plain, (*adaptation.parts, adapter.fit(plain, material, seed=0)))
    labels, negatives = material.labels, material.negative_labels
    words = WordsOfLabels(plain, labels, negatives, torch.zeros(len(negatives), dtype=torch.bool), ("a {}",))
    reference = replace(small_reference(plain, "joint"), images=None, labels=None, texts=words)
    shown = [images.load(row) for row in range(len(images))]
    found = adaptation.model.encode_image(adaptation.model.preprocess(shown))
    vectors = select_features(scorer.space, found.joint, found.visual, None)
    adapted = adaptation.reference(reference, scorer.space)
    # A text tower stands for its labels until something else is learnt in their place.
    moved = adapted.class_text is not reference.class_text or adapted.conditional is not None
    moved |= adapted.negative_text is not reference.negative_text
    assert adapted.texts is (None if moved else words)
    assert not moved or "none for new texts" in str(NegRefine().missing(adapted))
    scores = scorer.fit(adapted)(vectors).detach()
    calibration = Calibration.of(scores.double().numpy())
    detector = Detector(plain, labels, negatives, scorer, reference, calibration, PROMISE, {}, adaptation.parts)
    detector.save(tmp_path / "d.ood.safetensors")
    again = Detector.load(tmp_path / "d.ood.safetensors", backbone=SmallBackbone())
    assert [part.record for part in again.adapters] == [part.record for part in adaptation.parts]
    assert again(shown) == detector(shown)
    np.testing.assert_allclose([each.score for each in again(shown)], scores.numpy(), atol=1e-6)


def rewritten(path: Path, change: dict[str, str] | None, tensors: bool = False) -> Path:
    with safe_open(path, "pt") as file:
        held = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        about = file.metadata()
    if tensors:
        held["calibration"][0] -= 1
    if change is not None:
        about = about | change
    other = path.with_name("other.ood.safetensors")
    save_file(held, other, about)
    return other


def test_files_that_cannot_be_used_are_refused_in_a_sentence(saved: tuple[Detector, Path], tmp_path: Path) -> None:
    _, path = saved
    cut = tmp_path / "cut.ood.safetensors"
    cut.write_bytes(path.read_bytes()[:-500])
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    header = safe_open(path, "pt").metadata()["detector"]
    for wrong, said in (
        (tmp_path / "none.safetensors", "there is no detector"),
        (cut, "a damaged one"),
        (foreign, "is no detector of this studio"),
        (rewritten(path, None, tensors=True), "edited or damaged"),
        (rewritten(path, {"detector": header.replace("tax", "sax")}), "edited or damaged"),
    ):
        with pytest.raises(StudioError, match=said):
            Detector.load(wrong, "cpu")


def test_a_header_of_a_newer_version_or_with_a_path_opens_nothing(
    saved: tuple[Detector, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, tensors = file.read(saved[1])
    other = tmp_path / "other.ood.safetensors"
    for name, said in (
        ("/etc/passwd", "unknown name"),
        ("open_clip:local-dir:/no/such/folder", "made with a model in a folder"),
    ):
        file.write(other, {**header, "backbone": name}, tensors)
        with pytest.raises(StudioError, match=said):
            Detector.load(other, "cpu")
    with monkeypatch.context() as newer:
        newer.setattr(file, "FORMAT", file.FORMAT + 1)
        file.write(other, header, tensors)
    with pytest.raises(StudioError, match=r"saved by another version of the studio \(format 3, here 2\)"):
        Detector.load(other, "cpu")


def test_another_model_or_one_in_a_folder_is_refused(saved: tuple[Detector, Path], tmp_path: Path) -> None:
    detector, path = saved
    with pytest.raises(StudioError, match="made with diorama-conv in another version"):
        Detector.load(path, backbone=load_backbone("diorama", device="cpu"))
    elsewhere = replace(detector, backbone=load_backbone("open_clip:local-dir:assets/diorama-conv", device="cpu"))
    elsewhere.save(tmp_path / "folder.ood.safetensors")
    with pytest.raises(StudioError, match="made with a model in a folder"):
        Detector.load(tmp_path / "folder.ood.safetensors")
    assert Detector.load(tmp_path / "folder.ood.safetensors", backbone=elsewhere.backbone).labels == detector.labels


def test_what_cannot_be_promised_is_refused(backbone: Backbone, saved: tuple[Detector, Path]) -> None:
    detector, _ = saved
    with pytest.raises(StudioError, match="with 40 calibration images no threshold can promise"):
        replace(detector, promise=Promise(0.01, 0.01))
    with pytest.raises(StudioError, match="learns from the images that it scores"):
        replace(detector, scorer=AdaNeg())
    with pytest.raises(StudioError, match="has 1 ID labels, but vectors of 20"):
        replace(detector, labels=("fish",))
    assert np.isfinite(detector.threshold)


def test_a_head_may_lie_on_another_device_than_the_features() -> None:
    class Elsewhere(torch.nn.Linear):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices")

    model = load_backbone("diorama-classifier", "cpu")
    assert model.head is not None and model.labels is not None
    head = Elsewhere(model.head.in_features, model.head.out_features)
    head.load_state_dict(model.head.state_dict())
    calibration = Calibration.of(np.linspace(0, 1, 40))
    reference = Reference(head=head.requires_grad_(False))
    detector = Detector(model, model.labels, (), MaxLogit("visual"), reference, calibration, Promise(0.1, None))
    with pytest.raises(StudioError, match="has 1 ID labels, but a head of"):
        replace(detector, labels=("fish",))
    (decided,) = detector([Image.new("RGB", (70, 50), (90, 140, 60))])
    (expected,) = model.head(detector.features([Image.new("RGB", (70, 50), (90, 140, 60))]).visual).topk(3).values
    assert [value for _, value, _ in decided.nearest] == pytest.approx(expected.tolist(), abs=1e-4)

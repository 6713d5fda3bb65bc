"""Detectors made in the studio decide files of pictures, warn of odd calibration, and load no model for strangers."""

from __future__ import annotations

import json
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.detectors import Detector, Promise
from ood_studio.detectors.contamination import outliers
from ood_studio.detectors.file import read, write
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.evaluation.choose import bench_scorers
from ood_studio.figures.wealth import wealth_figure
from ood_studio.scorers import Space
from ood_studio.scorers.vectors import HasFeatures
from ood_studio.studio import AuditRequest, DecideRequest, DetectorRequest, DetectorResult, LabelChoice, Studio
from ood_studio.studio import detector as detector_service
from ood_studio.studio.hosted import Hosted
from ood_studio.ui.detect.layout import LAYOUT


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibration")
    for i, scene in enumerate(scenes("id-test", 0, 40)):
        render(scene, 64).save(folder / f"{i:02d}.png")
    (folder / "words.txt").write_text("tax\ntheory\nmarble\n")
    return folder


def request(folder: Path, **more: object) -> DetectorRequest:
    labels = LabelChoice(backbone="diorama-conv", corpus=str(folder / "words.txt"))
    return DetectorRequest(labels, scorer="mcm", reference=str(folder), promise=Promise(0.1, None), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(studio: Studio, folder: Path) -> DetectorResult:
    return studio.detector(request(folder))


GAUSSIANS = ("mahalanobis", "rmd", "kmeans-mahalanobis")  # in the narrower space


def test_every_score_that_judges_a_picture_by_itself_makes_a_detector(
    studio: Studio, folder: Path, tmp_path: Path
) -> None:
    drawn = scenes("id-test", 40, 60)
    known = [name for name, _ in Counter(scene.main.name for scene in drawn).most_common(3)]
    for i, scene in enumerate(drawn):
        if scene.main.name in known:
            (tmp_path / "train" / scene.main.name).mkdir(parents=True, exist_ok=True)
            render(scene, 64).save(tmp_path / "train" / scene.main.name / f"{i}.png")
    (words := tmp_path / "words.txt").write_text(f"tax\ntheory\nmarble\nnoise\nigloo\nfuzzy\nrainy\n{known[0]}s\n")
    labels = LabelChoice(backbone="diorama-conv", labels=", ".join(known), corpus=str(words))
    pictures = sorted(folder.glob("*.png"))[:3]
    offered = dict((key, title) for title, key in LAYOUT.boxes["scorer"].choices())  # type: ignore[operator, misc]
    said: dict[str, tuple[str, ...]] = {}
    for key, scorer in bench_scorers().items():
        text = key + {"negrefine": ":top=2", "vim": ":principal=4"}.get(key, ":space=joint" * (key in GAUSSIANS))
        asked = DetectorRequest(
            labels, scorer=text, reference=str(folder), train_data=str(tmp_path / "train"), promise=Promise(0.1, None)
        )
        if key == "cooked" or scorer.stream:
            with pytest.raises(StudioError, match="a trained linear head" if key == "cooked" else "learns from the im"):
                studio.detector(asked)
            assert (key in offered) == (key == "cooked")
            continue
        found = studio.detector(asked)
        found.detector.save(path := tmp_path / f"{key}.ood.safetensors")
        again = Detector.load(path, "cpu", found.detector.backbone)
        assert again(pictures) == found.detector(pictures) and again.scorer == found.detector.scorer, key
        assert ("images" in read(path)[1]) == ("images" in scorer.needs) and key in offered
        said[key] = found.notes
    assert any("NegRefine drops" in note for note in said["negrefine"])
    assert any("InterNeg keeps" in note for note in said["interneg"])
    assert any("GL-MCM learns from no pictures" in note for note in said["gl-mcm"])
    with pytest.raises(StudioError, match=r"k-NN needs the features of ID training images .* train_data gives them"):
        studio.detector(replace(request(folder), scorer="knn"))


def test_a_stream_is_decided_in_its_order_and_what_cannot_be_read_costs_no_other(
    studio: Studio, made: DetectorResult, folder: Path, tmp_path: Path
) -> None:
    strange = [tmp_path / f"{i}.png" for i in range(30)]
    for path, scene in zip(strange, scenes("far-ood-textures", 0, 30), strict=True):
        render(scene, 64).save(path)
    (cut := tmp_path / "cut.png").write_bytes(strange[0].read_bytes()[:90])
    known = sorted(folder.glob("*.png"))[:10]
    found = studio.decide(made.detector, [(path.name, path) for path in (*known, cut, *strange)])
    assert [each.name for each in found.decisions] == [path.name for path in (*known, *strange)]
    assert list(found.problems) == ["cut.png"] and found.flagged[10:].mean() > 0.8
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["promise"] == "at most 10 % of ID images are flagged, on average" and plain["drift_alarm"] > 10
    assert plain["about"]["calibration_images"] == 40 and len(plain["decisions"]) == 40
    logs, line = found.wealth()
    # The alarm bets against the bound that the threshold really promises, with an error of 1 % each.
    assert (
        line == pytest.approx(np.log(100))
        and logs.shape == (40,)
        and np.flatnonzero(logs >= line)[0] + 1 == plain["drift_alarm"]
    )
    figure = wealth_figure(logs, line, found.flagged)
    assert f"alarm at picture {plain['drift_alarm']}" in figure.layout.annotations[0].text
    assert len(figure.data[1].x) == found.flagged.sum()
    for alarm in ("jumper", "restarting"):
        assert found.wealth(alarm)[0][-1] > found.wealth(alarm)[0][9]
    with pytest.raises(StudioError, match=r"cut\.png"):
        studio.decide(made.detector, [("cut.png", cut)])
    with pytest.raises(StudioError, match="no picture to decide"):
        studio.decide(made.detector, [])


def test_what_a_file_says_of_its_model_decides_nothing_on_a_server(made: DetectorResult, tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    made.detector.save(good := uploads / "good.ood.safetensors")
    server = Studio("cpu", hosted=Hosted((uploads,)))
    assert server.decide.load(DecideRequest(str(good))).threshold == made.detector.threshold
    header, tensors = read(good)
    for name, said in (
        ("open_clip:local-dir:/etc", "loads no model from its own folders"),
        ("open_clip:hf-hub:someone/huge", "does not download open_clip:hf-hub:someone/huge"),
        ("/etc", "unknown name"),
    ):
        write(uploads / "evil.ood.safetensors", {**header, "backbone": name}, tensors)
        with pytest.raises(StudioError, match=said):
            server.decide.load(DecideRequest(str(uploads / "evil.ood.safetensors")))
    made.detector.save(outside := tmp_path / "outside.ood.safetensors")
    with pytest.raises(StudioError, match="detector must be files that you upload"):
        server.decide.load(DecideRequest(str(outside)))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("cut", "no detector, or a damaged one"), ("edited", "has been edited"), ("picture", "damaged one")],
)
def test_files_that_are_no_detectors_end_in_a_sentence(
    studio: Studio, made: DetectorResult, tmp_path: Path, kind: str, said: str
) -> None:
    made.detector.save(path := tmp_path / "d.ood.safetensors")
    content = path.read_bytes()
    if kind == "cut":
        path.write_bytes(content[:-50])
    elif kind == "edited":
        with safe_open(path, "pt") as file:
            text = file.metadata()["detector"]
        path.write_bytes(
            content.replace(json.dumps(text)[1:-1].encode()[:40], json.dumps(text)[1:-1].encode()[:39] + b"x")
        )
    else:
        Image.new("RGB", (9, 9)).save(path, "PNG")
    with pytest.raises(StudioError, match=said):
        studio.decide.load(DecideRequest(str(path)))
    with pytest.raises(StudioError, match="there is no detector; make one"):
        studio.decide.load(DecideRequest())


def test_other_pictures_among_the_calibration_are_warned_of(
    studio: Studio, made: DetectorResult, folder: Path, tmp_path: Path
) -> None:
    assert not made.notes
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for i, scene in enumerate(scenes("far-ood-textures", 5, 3)):
        render(scene, 64).save(tmp_path / f"texture-{i}.png")
    values = np.concatenate([np.linspace(0.8, 1.0, 40), [0.1, 0.0]])
    assert outliers(values).tolist() == [41, 40] and not outliers(values[:40]).size and not outliers(values[30:]).size
    # Shares are held against each other by their odds: a share near 0 lies no further from a half than one near 1.
    shares = np.concatenate([np.linspace(0.5, 0.999, 40), [0.0001, 0.00001]])
    assert outliers(shares).tolist() == [41, 40] and not outliers(np.append(shares[:40], 0.2)).size
    assert not outliers(np.concatenate([np.ones(40), np.linspace(0.5, 1, 10)])).size
    asked = replace(request(tmp_path), scorer="neglabel", labels=LabelChoice(backbone="diorama-conv"))
    (note,) = studio.detector(asked).notes
    assert note.startswith("3 of the 43 pictures that set the threshold score far below the others (texture-")


def test_pictures_that_stand_twice_or_were_learnt_from_are_warned_of(
    studio: Studio, folder: Path, tmp_path: Path
) -> None:
    first, *others = sorted(folder.glob("*.png"))
    for i in range(25):
        (tmp_path / f"{i:02d}.png").write_bytes(first.read_bytes())
    asked = replace(request(folder), reference=str(tmp_path))
    with pytest.raises(StudioError, match="one image repeated says no more than once"):
        studio.detector(asked)
    for i, other in enumerate(others[:5]):
        (tmp_path / f"{i:02d}.png").write_bytes(other.read_bytes())
    found = studio.detector(asked)
    assert any("Of the 25 pictures that set the threshold 6 are different" in note for note in found.notes)
    learnt = replace(request(folder, train_data=str(folder)), scorer="knn:k=1")
    (note,) = (note for note in studio.detector(learnt).notes if "its promise does not hold" in note)
    assert note.startswith("40 of the 40 pictures that set the threshold are among those that the score learns from")


def test_what_too_few_pictures_cannot_promise_is_said_with_the_number_that_can(studio: Studio, folder: Path) -> None:
    with pytest.raises(StudioError, match=r"with 40 calibration images no threshold can promise .* 459 can"):
        studio.detector(replace(request(folder), promise=Promise(0.01, 0.01)))
    labels = LabelChoice(backbone="diorama-conv", labels="cat, dog", corpus=str(folder / "words.txt"))
    with pytest.raises(StudioError, match="these labels come without ID pictures"):
        studio.detector(DetectorRequest(labels, scorer="mcm"))


def test_a_large_model_decides_few_pictures_at_a_time_and_none_is_held_decoded(
    made: DetectorResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made.detector.model, "small", False)
    held: list[weakref.ref[Image.Image]] = []
    told: list[int] = []

    def images() -> Iterator[tuple[str, Image.Image]]:
        for i in range(20):
            image = Image.new("RGB", (40, 30), (9 * i, 0, 0))
            held.append(weakref.ref(image))
            yield str(i), image
            del image

    def progress(stage: str, done: int, total: int) -> None:
        told.append(done)
        assert sum(each() is not None for each in held) <= 2

    assert len([*made.detector.decide(images(), 20, progress)]) == 20 and told == [0, 8, 16]


def test_what_a_detectors_model_costs_is_said_before_it_is_loaded(
    studio: Studio, made: DetectorResult, tmp_path: Path
) -> None:
    made.detector.save(path := tmp_path / "own.ood.safetensors")
    header, tensors = read(path)
    write(path, {**header, "backbone": "open_clip:ViT-B-16/openai"}, tensors)

    def stop(stage: str, done: int, total: int) -> None:
        raise Stopped(stage)

    with pytest.raises(Stopped, match=r"^downloading 0.6 GB of ViT-B-16/openai, then loading it$"):
        studio.decide.load(DecideRequest(str(path)), stop)
    with pytest.raises(Stopped, match="downloading"):
        studio.audit(AuditRequest(str(path), id_data=str(tmp_path)), stop)


def test_a_score_of_patches_never_has_those_of_all_pictures_in_memory(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    own = detector_service.read_features

    def watched(space: Space, found: HasFeatures) -> torch.Tensor:
        asked.append(space)
        return own(space, found)

    monkeypatch.setattr(detector_service, "read_features", watched)
    made = studio.detector(replace(request(folder), scorer="gl-mcm"))
    assert asked == ["joint"]
    decided = studio.decide(made.detector, [(path.name, path) for path in sorted(folder.glob("*.png"))])
    scores = sorted(each.score for each in decided.decisions)
    np.testing.assert_allclose(scores, made.detector.calibration.scores, atol=1e-3)

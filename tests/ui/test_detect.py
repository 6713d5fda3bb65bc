"""The Detect tab and its endpoint: what is shown of a detector, and what programs are told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ood_studio.detectors import Calibration, Decision, Promise
from ood_studio.detectors import file as detector_file
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import DetectorRequest, LabelChoice, Studio
from ood_studio.studio.decide import Decided
from ood_studio.ui.detect import drawing
from ood_studio.ui.detect.example import is_quick
from ood_studio.ui.detect.panels import promise_words
from ood_studio.ui.detect.session import MOST_PICTURES, Outcome, Ready, Session
from ood_studio.ui.opening import Opening


class Stub:
    """What the drawings ask of a detector."""

    calibration = Calibration.of([float(i) for i in range(100)])
    promise = Promise(0.05, None)
    threshold = 4.0


def test_what_a_file_says_is_shown_and_never_run() -> None:
    evil = "<img src=x onerror=alert(1)>"
    decisions = (
        Decision(evil, False, 1.0, 0.02, ((evil, 0.3, True), ("mar\nble", 0.2, False))),
        Decision("b", True, 50.0, 0.5, ()),
    )
    found = Decided(Stub(), decisions, {"c.png": "c.png is not a picture"})  # type: ignore[arg-type]
    text = drawing.table(found, {})
    assert "<img src=x" not in text and "&lt;img src=x" in text
    assert "1 of 2 pictures are flagged as OOD" in text and "1 left out: c.png is not a picture" in text
    told = SimpleNamespace(
        calibration=Stub.calibration,
        promise=Stub.promise,
        threshold=4.0,
        scorer=SimpleNamespace(title=evil),
        backbone=SimpleNamespace(name=evil),
        labels=(evil,),
        negative_labels=(evil,),
        about={"calibration": evil},
    )
    card = drawing.card(Ready(told, Path("d"), (evil,)))  # type: ignore[arg-type]
    assert "<img" not in card and card.count("&lt;img src=x") == 5
    assert drawing.csv_text(decisions).splitlines()[0] == "image,id,score,p_value,nearest"
    many = Decided(Stub(), decisions * 40, {})  # type: ignore[arg-type]
    assert drawing.table(many, {}).count("<tr>") == 61 and "The first 60 are shown" in drawing.table(many, {})


def test_a_promise_is_said_with_how_many_pictures_it_takes() -> None:
    said = promise_words(Promise(0.01, 0.01))
    assert "At most 1 % of ID images are flagged, with 99 % confidence. It takes at least <b>459</b>" in said


def test_a_stream_has_an_end() -> None:
    mine = Session()
    assert not mine.add([("a", "a")] * MOST_PICTURES)
    assert "the first 500 are kept" in mine.add([("b", "b")]) and len(mine.pictures) == MOST_PICTURES


def test_examples_give_way_to_pictures_of_ones_own() -> None:
    ready = Ready(Stub(), Path("d"), example=True)  # type: ignore[arg-type]
    mine = Session()
    mine.take(Outcome(ready, examples=(("e", "e"), ("f", "f"))))
    assert mine.pictures == [("e", "e"), ("f", "f")] and mine.examples
    mine.add([("a", "a")])
    mine.add([("b", "b")])
    assert mine.pictures == [("a", "a"), ("b", "b")] and not mine.examples
    mine.take(Outcome(ready, examples=(("e", "e"),)))  # which come later than one's own
    assert mine.pictures == [("a", "a"), ("b", "b")]


def test_a_tab_begins_with_its_example_once_when_it_is_seen_and_its_boxes_are_filled() -> None:
    for seen_first in (True, False):
        opening = Opening()
        if seen_first:
            assert not opening.begins(looked_at=True)
            opening.restored = True
            assert opening.begins() and not opening.begins(looked_at=True)
        else:
            opening.restored = True
            assert not opening.begins()
            assert opening.begins(looked_at=True) and not opening.begins()
    assert not Opening(restored=True, over=True).begins(looked_at=True)  # a link, or Make, came before


@pytest.mark.parametrize(
    ("request_", "quick"),
    [
        (DetectorRequest(), True),
        (DetectorRequest(labels=LabelChoice(backbone="diorama-conv")), True),
        (DetectorRequest(labels=LabelChoice(backbone="openai/clip-vit-base-patch32")), False),
        (DetectorRequest(labels=LabelChoice(labels="cat, dog")), False),  # no pictures come with them
        (DetectorRequest(labels=LabelChoice(corpus="wordnet")), False),
        (DetectorRequest(reference="/somewhere"), False),
        (DetectorRequest(train_data="/somewhere"), False),
    ],
)
def test_an_example_is_made_only_where_that_is_quick(request_: DetectorRequest, quick: bool) -> None:
    assert is_quick(request_) is quick


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


def test_the_endpoint_decides_and_refuses_in_sentences(client: Client, tmp_path: Path) -> None:
    made = Studio("cpu").detector(DetectorRequest(scorer="mcm"))
    made.detector.save(file := tmp_path / "d.ood.safetensors")
    pictures = []
    for i, scene in enumerate((*scenes("id-test", 700, 2), *scenes("far-ood-textures", 9, 2))):
        render(scene, 64).save(path := tmp_path / f"{i}.png")
        pictures.append(path)
    given = [handle_file(path) for path in pictures]
    answer = client.predict(detector_file=handle_file(file), pictures=given, api_name="/detect")
    here = made.detector(pictures)
    assert [each["id"] for each in answer["decisions"]] == [each.inside for each in here]
    for there, ours in zip(answer["decisions"], here, strict=True):
        assert there["p_value"] == pytest.approx(ours.p_value, abs=2e-3) and 0 < there["p_value"] <= 1
        assert [each["label"] for each in there["nearest"]] == [label for label, _, _ in ours.nearest]
    assert answer["promise"] == "at most 5 % of ID images are flagged, with 99 % confidence"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(AppError, match="no detector, or a damaged one"):
        client.predict(detector_file=handle_file(file), pictures=given, api_name="/detect")
    with pytest.MonkeyPatch.context() as newer:
        newer.setattr(detector_file, "FORMAT", detector_file.FORMAT + 1)
        made.detector.save(file)
    with pytest.raises(AppError, match=r"saved by another version of the studio \(format 3, here 2\)"):
        client.predict(detector_file=handle_file(file), pictures=given, api_name="/detect")
    with pytest.raises(AppError, match="there is no detector; make one, or give a detector's file"):
        client.predict(detector_file=None, pictures=given, api_name="/detect")

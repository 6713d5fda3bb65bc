"""The service layer: readings against the formulas, what is kept, and what people may get wrong."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import ood_studio.data.keyed_images
import ood_studio.studio.workbench
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, silent, stoppable
from ood_studio.data.keyed_images import KeyedImage
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import NegLabel
from ood_studio.studio import (
    Affinity,
    ExploreRequest,
    ExploreResult,
    LabelChoice,
    Reading,
    Studio,
)
from ood_studio.studio.answers import drawn_to, verdict
from ood_studio.ui.cards import verdict_card
from ood_studio.worlds import limits_of
from tests.worlds.fewer import fewer_references

BACKBONE = "diorama"
LABELS = LabelChoice(BACKBONE, mining=Mining(count=60))
REQUEST = ExploreRequest(LABELS)


@pytest.fixture(scope="module", autouse=True)
def few_references() -> object:
    with fewer_references(40, 30):
        yield


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, Image.Image]]:
    drawn = [*scenes("id-test", 11, 3), *scenes("near-ood", 11, 2)]
    return [(f"{i}.png", render(scene)) for i, scene in enumerate(drawn)]


@pytest.fixture(scope="module")
def result(studio: Studio, pictures: list[tuple[str, Image.Image]]) -> ExploreResult:
    return studio.explore(REQUEST, pictures)


def no_more(*_: object) -> None:
    raise AssertionError("computed once more")


# --- what is said about a picture --------------------------------------------------------------------------------


def test_readings_are_those_of_the_formulas(
    studio: Studio, pictures: list[tuple[str, Image.Image]], result: ExploreResult
) -> None:
    backbone = studio.backbone(BACKBONE)
    mined = studio.mine(LABELS)
    templates = {"n": "the nice {}", "a": "This is a {} photo"}
    negatives = [templates[pos].format(word) for word, pos in zip(mined.words, mined.pos, strict=True)]

    def text(sentences: list[str]) -> np.ndarray:
        return backbone.encode_text(sentences).double().numpy()

    joint = backbone.encode_image(backbone.preprocess([picture for _, picture in pictures])).joint
    assert joint is not None
    inside = joint.double().numpy() @ text([f"the nice {label}" for label in result.id_labels]).T
    outside = joint.double().numpy() @ text(negatives).T
    scale = backbone.logit_scale

    def strongest(values: np.ndarray) -> np.ndarray:
        shares = np.exp(values - values.max(axis=1, keepdims=True))
        return (shares / shares.sum(axis=1, keepdims=True)).max(axis=1)

    known, unknown = np.exp(inside * scale).sum(axis=1), np.exp(outside * scale).sum(axis=1)
    expected = {
        "NegLabel": known / (known + unknown),
        "MCM (τ = 1)": strongest(inside),
        "pseudo-MSP (τ = 0.01)": strongest(inside * 100),
        "MSP": strongest(inside * scale),
        "MaxLogit": inside.max(axis=1) * scale,
        "Energy": np.log(known),
    }
    for i, report in enumerate(result.reports):
        assert {reading.title: reading.value for reading in report.readings} == pytest.approx(
            {title: values[i] for title, values in expected.items()}, rel=1e-4
        )
        shares = np.exp(np.concatenate([inside[i], outside[i]]) * scale) / (known[i] + unknown[i])
        order = np.argsort(-shares)[: REQUEST.top]
        assert [each.share for each in report.affinities] == pytest.approx(shares[order].tolist(), rel=1e-4)
        words = (*result.id_labels, *result.negatives)
        assert [each.label for each in report.affinities] == [words[j] for j in order]
        assert [each.inside for each in report.affinities] == [bool(j < len(result.id_labels)) for j in order]
        assert report.id_share == pytest.approx(known[i] / (known[i] + unknown[i]), rel=1e-4)
        assert report.classes[0][0] == result.id_labels[inside[i].argmax()]
    assert result.tau == pytest.approx(1 / scale)


def test_affinities_come_before_the_reference_pictures_are_encoded(
    pictures: list[tuple[str, Image.Image]], result: ExploreResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, encoded = Studio("cpu"), []
    features = ood_studio.studio.workbench.dataset_features

    def noted(backbone: Backbone, images: Any, *rest: Any) -> Any:
        encoded.append(images)
        return features(backbone, images, *rest)

    monkeypatch.setattr(ood_studio.studio.workbench, "dataset_features", noted)
    running = fresh.explored(REQUEST, pictures)
    first = next(running)
    assert first.pending and not encoded and not first.references
    assert not any("without" in note or "no threshold" in note for note in first.notes)
    for report, whole in zip(first.reports, result.reports, strict=True):
        assert report.affinities == whole.affinities and report.classes == whole.classes
        assert [each.threshold for each in report.readings] == [None] * len(whole.readings)
    card = verdict_card(first.reports[0], first)
    assert (
        "studio-verdict open pending" in card
        and "No threshold yet" in card
        and "when the reference pictures are encoded" in card
    )
    (last,) = running
    assert encoded and not last.pending and last.reports[0].readings == result.reports[0].readings
    assert [each.pending for each in fresh.explored(REQUEST, pictures)] == [False]  # they are there from then on


def test_what_a_model_costs_is_said_before_it_is_loaded(studio: Studio) -> None:
    """Also where a changed setting starts the work."""

    def stop(stage: str, done: int, total: int) -> None:
        raise Stopped(stage)

    for name, said in {
        "open_clip:ViT-B-16/openai": "downloading 0.6 GB of ViT-B-16/openai, then loading it",
        "open_clip:hf-hub:lab/other": "downloading files of unknown size of lab/other, then loading it",
        BACKBONE: "loading the model",
    }.items():
        with pytest.raises(Stopped, match=f"^{re.escape(said)}$"):
            studio.workbench.backbone(name, stop)


def test_thresholds_keep_95_percent_of_the_reference_pictures(result: ExploreResult) -> None:
    for report in result.reports:
        for reading in report.readings:
            held = result.references[reading.title]
            assert (len(held.id), len(held.ood)) == (40, 30)
            assert reading.threshold == np.sort(held.id)[2]  # 38 of 40
            assert reading.inside == (reading.value >= reading.threshold)
            assert reading.id_below == (held.id < reading.value).mean()
            assert reading.ood_below == (held.ood < reading.value).mean()


def test_the_verdict_turns_with_the_threshold(
    studio: Studio, pictures: list[tuple[str, Image.Image]], result: ExploreResult, tmp_path: Path
) -> None:
    values = [report.readings[0].value for report in result.reports]
    for name, index in (("low", int(np.argmin(values))), ("high", int(np.argmax(values)))):
        (tmp_path / name).mkdir()
        pictures[index][1].save(tmp_path / name / "one.png")
    tested = [pictures[int(np.argmin(values))]]
    lenient = studio.explore(replace(REQUEST, reference=str(tmp_path / "low")), tested).reports[0]
    strict = studio.explore(replace(REQUEST, reference=str(tmp_path / "high")), tested).reports[0]
    assert lenient.readings[0].value == pytest.approx(strict.readings[0].value)
    assert lenient.readings[0].inside is True and lenient.verdict.startswith("In-distribution: NegLabel")
    assert strict.readings[0].inside is False and strict.verdict.startswith("Out-of-distribution: NegLabel")


def test_a_verdict_without_reference_pictures_claims_nothing() -> None:
    sentence = verdict(
        Reading("neglabel", "NegLabel", 0.5, None, None, None, None), drawn_to(Affinity("cat", 0.5, True))
    )
    assert sentence == "NegLabel 0.5, without a threshold to compare with. It is drawn most to “cat”, an ID label."


def test_the_same_picture_twice_and_a_single_pixel(studio: Studio, pictures: list[tuple[str, Image.Image]]) -> None:
    one, other, dot = studio.explore(
        REQUEST, [("a", pictures[0][1]), ("b", pictures[0][1].copy()), ("dot", Image.new("RGB", (1, 1), "red"))]
    ).reports
    assert one.name == "a" and other.name == "b"
    assert one.readings == other.readings and one.affinities == other.affinities
    assert dot.readings != one.readings and all(np.isfinite(reading.value) for reading in dot.readings)


# --- what is computed again --------------------------------------------------------------------------------------


def test_another_score_computes_no_features(
    studio: Studio,
    pictures: list[tuple[str, Image.Image]],
    result: ExploreResult,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Backbone, "encode_image", no_more)
    monkeypatch.setattr(Backbone, "encode_text", no_more)
    monkeypatch.setattr(ood_studio.studio.workbench, "mine_corpus", no_more)
    for choice in (NegLabel(tau=0.5), NegLabel(groups=7), NegLabel(form="linear-sum")):
        changed = studio.explore(ExploreRequest(LABELS, choice), pictures)
        assert changed.reports[0].readings[0] != result.reports[0].readings[0]
        assert changed.reports[0].readings[1:] == result.reports[0].readings[1:]


def test_images_that_bring_their_key_are_not_hashed_again(
    studio: Studio,
    pictures: list[tuple[str, Image.Image]],
    result: ExploreResult,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyed = [(name, KeyedImage.of(image)) for name, image in pictures]
    monkeypatch.setattr(Backbone, "encode_image", no_more)
    monkeypatch.setattr(ood_studio.data.keyed_images, "image_key", no_more)
    found = studio.explore(REQUEST, keyed)
    assert [each.readings for each in found.reports] == [each.readings for each in result.reports]


def test_other_labels_change_the_answer_but_not_the_picture_features(
    studio: Studio,
    pictures: list[tuple[str, Image.Image]],
    result: ExploreResult,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Backbone, "encode_image", no_more)
    changed = studio.explore(ExploreRequest(replace(LABELS, labels="house, cat")), pictures)
    assert changed.id_labels == ("house", "cat")
    assert {name for name, _ in changed.reports[0].classes} == {"house", "cat"}
    assert changed.reports[0].readings[0].value != result.reports[0].readings[0].value
    assert changed.references == {} and changed.reports[0].readings[0].threshold is None
    assert any("no threshold" in note for note in changed.notes)


# --- labels ------------------------------------------------------------------------------------------------------


def test_labels_keep_their_order_and_stay_text(studio: Studio, pictures: list[tuple[str, Image.Image]]) -> None:
    typed = "zebra crossing\n<b>cat</b>\n{}\nZebra Crossing"
    request = ExploreRequest(replace(LABELS, labels=typed), top=100)
    found = studio.explore(request, pictures[:1])
    assert found.id_labels == ("zebra crossing", "<b>cat</b>", "{}")
    assert {each.label for each in found.reports[0].affinities if each.inside} == set(found.id_labels)
    assert any("Repeated labels were dropped: Zebra Crossing" in note for note in found.notes)


def test_mining_leaves_out_id_labels_and_ends_at_the_count(studio: Studio) -> None:
    mined = studio.mine(replace(LABELS, labels="cat, fox", mining=Mining(count=7)))
    assert len(mined) == 7
    assert not {"cat", "fox"} & set(studio.mine(replace(LABELS, labels="cat, fox", mining=Mining(count=10_000))).words)


# --- what people may get wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"labels": " ,\n, "}, "there are no labels"),
        ({"corpus": "no-such-words.txt"}, "cannot read the corpus file no-such-words.txt"),
        ({"corpus": "wordnet", "lexnames": ("noun.nothing",)}, "unknown lexicographer file 'noun.nothing'"),
        ({"prompts": "nicest"}, "'nicest' is neither a prompt set (neglabel, plp, photo, csp)"),
        ({"prompts": "a {} of {}"}, "exactly one {}, not 2"),
        ({"backbone": "no-such-model"}, "no-such-model"),
    ],
)
def test_a_text_side_that_cannot_be_used_is_said_in_one_sentence(
    studio: Studio, pictures: list[tuple[str, Image.Image]], choice: dict[str, object], sentence: str
) -> None:
    with pytest.raises(StudioError) as caught:
        studio.explore(ExploreRequest(replace(LABELS, **choice)), pictures[:1])  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_nothing_to_explore_and_no_reference_folder(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no picture"):
        studio.explore(REQUEST, [])
    picture = [("dot", Image.new("RGB", (1, 1)))]
    with pytest.raises(StudioError, match="there is no folder"):
        studio.explore(replace(REQUEST, reference=str(tmp_path / "nowhere")), picture)
    with pytest.raises(StudioError, match="holds no picture"):
        studio.explore(replace(REQUEST, reference=str(tmp_path)), picture)


@pytest.mark.parametrize("values", [{"tau": 0.0}, {"tau": float("nan")}, {"groups": 0}, {"fuse": 0}, {"seed": -1}])
def test_bounds_of_a_score(values: dict[str, float]) -> None:
    with pytest.raises(StudioError, match=next(iter(values))):
        NegLabel(**values)  # type: ignore[arg-type]


def test_work_that_is_stopped_leaves_nothing_behind(studio: Studio, pictures: list[tuple[str, Image.Image]]) -> None:
    request = ExploreRequest(replace(LABELS, prompts="an odd {} indeed"))

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "encoding words":
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        studio.explore(request, pictures[:1], stop)
    assert studio.explore(request, pictures[:1]).reports[0].readings


def test_one_users_stop_does_not_end_anothers_work(
    studio: Studio, pictures: list[tuple[str, Image.Image]], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ExploreRequest(replace(LABELS, prompts="two users want a {} at once"))
    begun, go, stop = threading.Event(), threading.Event(), threading.Event()
    mine = ood_studio.studio.workbench.mine_corpus

    def held(*args: Any, progress: Progress, **options: Any) -> Any:
        begun.set()
        assert go.wait(20)
        return mine(*args, progress=progress, **options)

    monkeypatch.setattr(ood_studio.studio.workbench, "mine_corpus", held)
    stages: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(studio.explore, request, pictures[:1], stoppable(silent, stop.is_set))
        assert begun.wait(20)
        other = threads.submit(studio.explore, request, pictures[:1], lambda stage, *_: stages.append(stage))
        while "waiting for the words" not in stages:
            time.sleep(0.01)
        with pytest.raises(Stopped, match="stopped while waiting for the words"):  # a third one, while it waits
            studio.explore(request, pictures[:1], _stop_at("waiting for the words"))
        stop.set()
        go.set()
        with pytest.raises(Stopped):
            first.result(60)
        assert other.result(60).reports[0].readings


def _stop_at(wanted: str) -> Progress:
    def report(stage: str, done: int, total: int) -> None:
        if stage == wanted:
            raise Stopped(f"stopped while {stage}")

    return report


@pytest.mark.parametrize(
    ("value", "threshold", "inside", "shown"),
    [
        (0.24699, 0.24712, False, ("0.247", "0.2471")),
        (0.2468, 0.2471, False, ("0.2468", "0.2471")),
        (0.5, 0.25, True, ("0.5", "0.25")),
        (0.25, 0.25, True, ("0.25", "0.25")),
        (0.2499999, 0.25, True, ("0.25", "0.25")),  # a rounding error, which counts as ID
        (-1234.5678, -1234.5677, False, ("-1234.5678", "-1234.5677")),
    ],
)
def test_numbers_have_the_digits_that_the_decision_needs(
    value: float, threshold: float, inside: bool, shown: tuple[str, str]
) -> None:
    reading = Reading("mcm", "MCM", value, threshold, inside, None, None)
    assert reading.apart() == shown
    sign = "≥" if inside else "<"
    assert f"MCM {shown[0]} {sign} threshold {shown[1]}." in verdict(reading, "", "")


def test_the_verdict_of_a_bundled_model_says_what_it_knows(result: ExploreResult) -> None:
    assert all("knows Diorama's drawings only" in report.verdict for report in result.reports)
    assert result.limits and result.backbone == BACKBONE
    assert limits_of("open_clip:ViT-B-16/openai") == "" and limits_of("diorama-classifier") == result.limits

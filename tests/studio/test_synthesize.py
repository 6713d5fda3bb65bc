"""Synthesis as a service: one picture and whole sets, with the bundled models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Stopped
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import (
    FeatureMapRequest,
    Studio,
    SynthesizeImageRequest,
    SynthesizeImageStep,
    SynthesizeSetRequest,
    assessment,
    synthesize_image,
    synthesize_set,
)
from ood_studio.studio.records import synthesis_record
from ood_studio.synthesis.boundary import NearBoundary, at_once
from ood_studio.synthesis.contexts import Contexts

QUICK = SynthesizeImageRequest(NearBoundary(steps=6, iterations=2))
WORDS = ("meadow", "tree")


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessment, "_REFERENCE", 40)
        yield Studio("cpu")


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return render(scenes("id-test", 4, 1)[0], 96)


@pytest.fixture(scope="module")
def steps(studio: Studio, picture: Image.Image) -> list[SynthesizeImageStep]:
    return list(studio.synthesize_image(QUICK, picture, WORDS))


def test_every_iteration_is_reported(steps: list[SynthesizeImageStep], picture: Image.Image) -> None:
    assert [step.iteration for step in steps] == [0, 1, 2] and all(step.total == 2 for step in steps)
    for step in steps:
        assert step.energy == -step.value and np.isfinite([step.value, step.loss]).all()
        assert step.prompt == "meadow, tree" and step.cut == ""
        assert len(step.readings) == 6 and all(reading.threshold is not None for reading in step.readings)
        assert step.gauge is not None and -1 <= step.gauge.place(step.value) <= 1
        assert step.image.size == step.original.size == (64, 64)
        assert "96 × 96" in step.notes[0]
    assert [step.gradient is None for step in steps] == [False, False, True]
    record = synthesis_record(QUICK, WORDS, steps)
    assert json.loads(json.dumps(record))["iterations"][2]["energy"] == steps[2].energy


def test_the_seed_decides(studio: Studio, picture: Image.Image, steps: list[SynthesizeImageStep]) -> None:
    again = list(studio.synthesize_image(QUICK, picture, WORDS))
    assert [step.image.tobytes() for step in again] == [step.image.tobytes() for step in steps]
    other = next(iter(studio.synthesize_image(with_values(QUICK, {"loop.seed": 1}), picture, WORDS)))
    assert other.image.tobytes() != steps[0].image.tobytes()


def test_a_score_can_guide(studio: Studio, picture: Image.Image) -> None:
    *_, last = studio.synthesize_image(with_values(QUICK, {"guide": "neglabel", "loop.iterations": 1}), picture, WORDS)
    assert last.energy is None and last.gauge is not None
    shown = next(reading for reading in last.readings if reading.scorer == "neglabel")
    assert last.value == pytest.approx(shown.value, abs=0.02)  # before and after rounding to 8 bits


def test_any_picture_is_judged_as_an_iteration_is(
    studio: Studio, picture: Image.Image, steps: list[SynthesizeImageStep]
) -> None:
    large, again = studio.assess(QUICK, [picture, steps[-1].image])  # of any sizes
    assert large.image.size == (96, 96) and large.gauge == again.gauge == steps[-1].gauge
    assert again.energy == pytest.approx(steps[-1].energy, abs=0.2)  # after and before rounding to 8 bits
    assert again.readings == steps[-1].readings and again.negative == steps[-1].negative


def test_a_negative_label_is_painted(studio: Studio) -> None:
    strong = with_values(QUICK, {"loop.steps": 20})
    cactus, lamp = (studio.negative_image(strong, label) for label in ("cactus", "lamp"))
    assert cactus.image.size == (64, 64) and cactus.image.tobytes() != lamp.image.tobytes()
    assert studio.negative_image(strong, "cactus").image.tobytes() == cactus.image.tobytes()


def test_the_map_holds_every_kind(studio: Studio, tmp_path: Path, steps: list[SynthesizeImageStep]) -> None:
    for i, step in enumerate(steps):
        step.image.save(tmp_path / f"{i}.png")
    trail = [("Original", steps[0].original), *((f"Iteration {i}", step.image) for i, step in enumerate(steps))]
    request = FeatureMapRequest(inside=30, near=20, far=10, neighbours=5)
    found = studio.feature_map(request, trail, ("twins", tmp_path))
    sizes = Counter(kind for group in found.groups for kind in [group.kind] * len(group.places))
    assert sizes == {"id": 30, "near": 20, "far": 10, "synthetic": 3, "trail": 4}
    for group in found.groups:
        assert len(group.captions) == len(group.thumbnails) == len(group.places) and np.isfinite(group.places).all()
    with pytest.raises(StudioError, match="inside must lie between 3 and 5,000, not 2"):
        replace(request, inside=2)


@pytest.mark.parametrize(
    ("request_", "words", "message"),
    [
        (QUICK, ("", "  "), "name at least one thing that surrounds its main object"),
        (replace(QUICK, inpainter="nobody/nothing-such"), WORDS, "Cannot load 'nobody/nothing-such'"),
        (replace(QUICK, classifier="diorama-conv"), WORDS, "diorama-conv has no trained classifier"),
        (replace(QUICK, guide="knn"), WORDS, "knn"),
    ],
)
def test_what_cannot_be_done_is_said(
    studio: Studio, picture: Image.Image, request_: SynthesizeImageRequest, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(StudioError, match=message):
        list(studio.synthesize_image(request_, picture, words))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strength": 1.2}, "strength must lie between 0 and 1, not 1.2"),
        ({"iterations": -1}, "iterations must lie between 0 and 100"),
        ({"loss": "mean"}, "loss"),
        ({"direction": "up"}, "direction must be one of gradient, random"),
    ],
)
def test_parameters_beyond_their_bounds_are_refused(changes: dict[str, float | str], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        replace(QUICK.loop, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["boundary", "unguided", "negative"])
def test_a_set_has_a_line_for_every_picture(studio: Studio, tmp_path: Path, method: str) -> None:
    request = SynthesizeSetRequest(image=QUICK, method=method, per_class=1, count=3, out=str(tmp_path / "set"))  # type: ignore[arg-type]
    *_, made = studio.synthesize_set(request)
    assert made.complete and len({entry["class"] for entry in made.entries}) == 3
    for entry, file in zip(made.entries, made.files(), strict=True):
        with Image.open(file) as picture:
            assert picture.size == (64, 64)
        assert len(entry["values"]) == (3 if method == "boundary" else 1)
        assert bool(entry["contexts"]) == (method != "negative")
        assert entry["negative_label"] and entry["scores"].keys() == {
            "NegLabel", "MCM (τ = 1)", "pseudo-MSP (τ = 0.01)", "MSP", "MaxLogit", "Energy"
        }  # fmt: skip
        assert entry["class"] not in entry["prompt"]


def test_a_stopped_set_goes_on(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = SynthesizeSetRequest(image=with_values(QUICK, {"loop.iterations": 0}), count=10, out=str(tmp_path))

    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith("making") and done >= 4:
            raise Stopped("enough")

    monkeypatch.setattr(synthesize_set, "at_once", lambda *size: {(64, 64): 4}[size])  # so many fit
    with pytest.raises(Stopped):
        list(studio.synthesize_set(request, stop))
    states = [*studio.synthesize_set(request)]
    assert [len(made.entries) for made in states] == [4, 8, 10] and states[-1].complete
    monkeypatch.setattr(synthesize_image, "load_inpainter", None)  # a finished set needs no model
    assert [made.complete for made in studio.synthesize_set(request)] == [True]


def test_a_set_without_contexts_says_so(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that can be read, and show nothing to paint, are not pictures that cannot be read."""

    def nothing(self: object, request: object, images: list[Image.Image], *rest: object) -> list[Contexts]:
        return [Contexts("nothing", ()) for _ in images]

    monkeypatch.setattr(synthesize_image.SynthesizeImageService, "contexts", nothing)
    with pytest.raises(StudioError, match="can be used: 2 show nothing besides their main object"):
        list(studio.synthesize_set(SynthesizeSetRequest(image=QUICK, count=2, out=str(tmp_path))))


def test_large_pictures_are_made_and_kept_one_by_one() -> None:
    assert (at_once(64, 64), at_once(256, 256), at_once(512, 512), at_once(1024, 768)) == (8, 4, 1, 1)


def test_the_command_makes_a_set_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--count", "2", "--steps", "4", "--iterations", "1", "--quiet", "--device", "cpu", "--out"]
    assert main(["synthesize", *flags, str(tmp_path / "twins")]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 pictures" in said and "NegLabel" in said
    assert main(["synthesize", *flags, str(tmp_path / "twins"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 2
    assert main(["synthesize", *flags, str(tmp_path / "twins"), "--seed", "5"]) == 2
    assert "give another folder" in capsys.readouterr().err

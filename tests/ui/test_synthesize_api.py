"""The Synthesize tab's endpoint through gradio_client, as programs use it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from ood_studio.data.image_sets import ImageSet
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import Studio, SynthesizeSetRequest
from ood_studio.studio.synthesize_set import SynthesizeSetService
from ood_studio.synthesis.contexts import Contexts

SETTINGS: dict[str, Any] = {
    "strength": 0.6,
    "guidance": 8,
    "iterations": 1,
    "step_size": 3,
    "target": None,
    "steps": 4,
    "seed": 0,
    "loss": "hinge",
    "step": "normalised",
    "direction": "gradient",
    "guide": "energy",
    "inpainter": "diorama",
    "context_model": "diorama",
    "classifier": "diorama-classifier",
    "backbone": "diorama",
    "labels": "diorama-20",
}


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, ssl_verify=False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An ID picture, awkward ones, and masks of the first."""
    folder = tmp_path_factory.mktemp("pictures")
    names = ("id", "wide", "huge", "tiny", "broken", "half", "nothing", "other-size")
    paths = {name: folder / f"{name}.png" for name in names}
    known = render(scenes("id-test", 7, 1)[0], 128)
    known.save(paths["id"])
    known.resize((300, 90)).save(paths["wide"])
    known.resize((4200, 3900)).save(paths["huge"])
    known.resize((3, 2)).save(paths["tiny"])
    paths["broken"].write_bytes(b"this is no picture")
    half = Image.new("L", (128, 128))
    half.paste(255, (0, 0, 64, 128))
    half.save(paths["half"])
    Image.new("L", (128, 128)).save(paths["nothing"])
    Image.new("L", (64, 128), 255).save(paths["other-size"])
    return paths


def synthesize(
    client: Client, picture: Path | None, contexts: str = "farm, sun", mask: Path | None = None, **changes: Any
) -> tuple[str, str, dict[str, Any]]:
    files = {name: handle_file(path) for name, path in (("picture", picture), ("mask", mask)) if path is not None}
    values = {**SETTINGS, **changes}
    return client.predict(contexts=contexts, **files, **values, api_name="/synthesize")  # type: ignore[no-any-return]


def test_a_picture_its_strip_and_its_record_and_seeds_reproduce(client: Client, pictures: dict[str, Path]) -> None:
    path, strip, answer = synthesize(client, pictures["id"], iterations=2)
    assert answer["contexts"] == ["farm", "sun"] and answer["prompt"] == "farm, sun" and not answer["cut"]
    assert [each["iteration"] for each in answer["iterations"]] == [0, 1, 2]
    for each in answer["iterations"]:
        assert each["energy"] == -each["value"] and each["negative_label"]
        assert each["scores"].keys() == each["inside"].keys() and "NegLabel" in each["scores"]
    assert answer["original"]["energy"] < answer["iterations"][-1]["energy"]  # less known than before
    assert answer["request"]["loop"]["seed"] == 0 and answer["source_png"] and answer["mask_png"] is None
    with Image.open(path) as result, Image.open(strip) as drawn:
        assert result.format == drawn.format == "PNG"
        assert result.size == (64, 64) and drawn.width > 4 * 300
        first = result.tobytes()
    again, _, _ = synthesize(client, pictures["id"], iterations=2)
    assert Image.open(again).tobytes() == first


def test_the_sidebars_adapter_is_on_the_model_that_guides(client: Client, pictures: dict[str, Path]) -> None:
    learnt = client.predict(
        backbone="diorama", method="plp:epochs=1", train_count=20, held_out=10, name="guides", api_name="/adapt"
    )
    found = [
        synthesize(client, pictures["id"], guide="maxlogit", iterations=0, adapter=each)[2]
        for each in ([learnt["name"]], [])
    ]
    with_it, without = (each["original"]["scores"] for each in found)
    assert found[0]["request"]["labels"]["adapter"] == ["guides"]
    # A head changes the scores that read logits, among them the guide, and no other.
    assert with_it["MaxLogit"] != without["MaxLogit"] and with_it["NegLabel"] == without["NegLabel"]
    assert found[0]["original"]["value"] == pytest.approx(with_it["MaxLogit"], rel=1e-4)


def test_contexts_come_from_the_model_where_none_are_given(client: Client, pictures: dict[str, Path]) -> None:
    _, _, answer = synthesize(client, pictures["id"], "", iterations=0)
    assert answer["contexts"]


def test_the_direction_the_guide_and_the_loss_count(client: Client, pictures: dict[str, Path]) -> None:
    found = [
        synthesize(client, pictures["id"], **changes)[2]["iterations"][-1]
        for changes in ({}, {"direction": "random"}, {"guide": "neglabel"}, {"loss": "published"}, {"target": -9.5})
    ]
    assert len({each["scores"]["NegLabel"] for each in found}) >= 4
    assert found[2]["energy"] is None and found[2]["value"] == pytest.approx(found[2]["scores"]["NegLabel"], abs=0.05)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("wide", "The picture of 300 × 90 pixels was cropped to its middle square and resized to 64 × 64 pixels."),
        ("huge", "The picture of 4200 × 3900 pixels was cropped to its middle square and resized to 64 × 64 pixels."),
        ("tiny", "The picture of 3 × 2 pixels was cropped to its middle square and resized to 64 × 64 pixels."),
    ],
)
def test_awkward_pictures_are_fitted_and_that_is_stated(
    client: Client, pictures: dict[str, Path], name: str, note: str
) -> None:
    path, _, answer = synthesize(client, pictures[name], iterations=0)
    assert answer["notes"] == [note] and Image.open(path).size == (64, 64)


def test_a_prompt_that_is_too_long_is_cut_and_that_is_told(client: Client, pictures: dict[str, Path]) -> None:
    words = [f"a wonderful old house number {i} of the long street" for i in range(20)]
    _, _, answer = synthesize(client, pictures["id"], ", ".join(words), iterations=0)
    assert answer["cut"] and answer["contexts"] == words
    assert (answer["prompt"] + answer["cut"]).replace(" ", "") == ", ".join(words).replace(" ", "")


def test_a_mask_spares_what_it_does_not_cover(client: Client, pictures: dict[str, Path]) -> None:
    part, _, answer = synthesize(client, pictures["id"], mask=pictures["half"], strength=1, iterations=0)
    whole, _, _ = synthesize(client, pictures["id"], strength=1, iterations=0)
    assert answer["mask_png"]
    original = np.asarray(Image.open(pictures["id"]).convert("RGB").resize((64, 64), Image.Resampling.LANCZOS), float)
    changes = [np.abs(np.asarray(Image.open(path), float) - original)[:, 40:].mean() for path in (part, whole)]
    assert changes[0] < changes[1]  # on the side that is spared; keeping it is up to the model


def test_strength_0_keeps_the_picture_and_1_forgets_it(client: Client, pictures: dict[str, Path]) -> None:
    _, _, kept = synthesize(client, pictures["id"], strength=0)
    assert len(kept["iterations"]) == 1 and any("stays as it is" in note for note in kept["notes"])
    assert kept["iterations"][0]["energy"] == pytest.approx(kept["original"]["energy"], rel=1e-3)
    _, _, gone = synthesize(client, pictures["id"], strength=1)
    assert len(gone["iterations"]) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"strength": 1.5}, "strength must lie between 0 and 1, not 1.5"),
        ({"strength": -0.1}, "strength must lie between 0 and 1"),
        ({"guidance": 31}, "guidance must lie between 0 and 30"),
        ({"iterations": 101}, "iterations must lie between 0 and 100"),
        ({"iterations": 1.5}, "iterations must be a whole number"),
        ({"step_size": -1}, "step_size must lie between 0 and 10,000"),
        ({"steps": 0}, "steps must lie between 1 and 1,000"),
        ({"seed": -1}, "seed must lie between 0 and"),
        ({"target": "far"}, "target must be a number, not 'far'"),
        ({"target": "nan"}, "target must be a number"),
        ({"loss": "mean"}, "loss must be one of target, hinge, published"),
        ({"step": "long"}, "step must be one of normalised, raw"),
        ({"direction": "up"}, "direction must be one of gradient, random"),
        ({"guide": "nothing"}, "nothing"),
        ({"inpainter": "no-such-model"}, "no-such-model"),
        ({"inpainter": "local-dir:/no/such/folder"}, "there is no folder /no/such/folder"),
        ({"inpainter": "runwayml/stable-diffusion-inpainting"}, "it has moved: the hub has the same model"),
        ({"context_model": "no-such-model", "contexts": ""}, "no-such-model"),
        ({"classifier": "no-such-model"}, "no-such-model"),
        ({"backbone": "no-such-model"}, "no-such-model"),
    ],
)
def test_bad_values_end_in_one_sentence(
    client: Client, pictures: dict[str, Path], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AppError) as error:
        synthesize(client, pictures["id"], **changes)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("picture", "mask", "sentence"),
    [
        (None, None, "there is no picture to start from"),
        ("broken", None, "broken.png is not a picture this app can read"),
        ("id", "nothing", "the mask is empty"),
        ("id", "other-size", "they must be of one size"),
        ("id", "broken", "broken.png is not a picture this app can read"),
    ],
)
def test_bad_pictures_and_masks_end_in_one_sentence(
    client: Client, pictures: dict[str, Path], picture: str | None, mask: str | None, sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        synthesize(client, pictures[picture] if picture else None, mask=pictures[mask] if mask else None)


def test_a_picture_without_contexts_asks_for_a_word(
    client: Client, pictures: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Studio, "contexts", lambda *given, **more: [Contexts("Nothing.", ())])
    with pytest.raises(AppError, match="no context was found in the picture; name at least one thing"):
        synthesize(client, pictures["id"], " , ;")


def test_pictures_have_contexts(client: Client, pictures: dict[str, Path]) -> None:
    found = client.predict(pictures=[handle_file(pictures[name]) for name in ("id", "broken")], api_name="/contexts")
    assert any(each.get("contexts") for each in found.values())
    assert any("broken.png is not a picture" in each.get("problem", "") for each in found.values())


def test_a_set_is_made(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SynthesizeSetRequest] = []
    (folder := tmp_path / "seaside-1a2b").mkdir()
    for name in ("0.png", "1.png", "set.json"):
        (folder / name).write_bytes(b"x")

    def make(self: Any, request: SynthesizeSetRequest, progress: Any) -> Any:
        asked.append(request)
        yield ImageSet("seaside", folder, 2, {}, ({"file": "0.png"}, {"file": "1.png"}))

    monkeypatch.setattr(SynthesizeSetService, "synthesize_set", make)
    archive, told = client.predict(count=2, per_class=1, strength=0.7, method="unguided", api_name="/synthesize_set")
    assert told == {
        "name": "seaside",
        "made_set": "seaside-1a2b",
        "left_out": {},
        "results": [{"file": "0.png"}, {"file": "1.png"}],
    }
    with zipfile.ZipFile(archive) as held:
        assert sorted(held.namelist()) == [f"seaside-1a2b/{name}" for name in ("0.png", "1.png", "set.json")]
    assert (asked[0].count, asked[0].method, asked[0].image.loop.strength) == (2, "unguided", 0.7)

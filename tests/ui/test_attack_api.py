"""The Attack tab's endpoint through gradio_client, as programs use it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes

SETTINGS: dict[str, Any] = {
    "backbone": "diorama",
    "smoothness": 0,
    "steps": 40,
    "learning_rate": 0.003,
    "norm": "none",
    "budget": 8,
    "full_size": True,
    "labels": "diorama-20",
}


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, ssl_verify=False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An OOD and an ID picture, and awkward ones: grey, tiny, transparent, broken."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = {name: folder / f"{name}.png" for name in ("ood", "id", "grey", "tiny", "clear", "broken")}
    outside = render(scenes("near-ood", 7, 2)[1], 128)
    outside.save(paths["ood"])
    render(scenes("id-test", 7, 1)[0], 96).save(paths["id"])
    outside.convert("L").save(paths["grey"])
    outside.resize((3, 2)).save(paths["tiny"])
    clear = outside.convert("RGBA")
    clear.putalpha(90)
    clear.save(paths["clear"])
    paths["broken"].write_bytes(b"this is no picture")
    return paths


def attack(client: Client, picture: Path, target: Path | None, **changes: Any) -> tuple[str, dict[str, Any]]:
    goal = None if target is None else handle_file(target)
    return client.predict(  # type: ignore[no-any-return]
        picture=handle_file(picture), target=goal, **{**SETTINGS, **changes}, api_name="/attack"
    )


def fooled(readings: list[dict[str, Any]]) -> int:
    return sum(reading["inside"] for reading in readings)


def test_the_saved_picture_fools_the_model_and_seeds_reproduce(client: Client, pictures: dict[str, Path]) -> None:
    path, answer = attack(client, pictures["ood"], pictures["id"])
    assert answer["before"][0]["inside"] is False and answer["readings"][0]["inside"] is True
    assert fooled(answer["readings"]) > fooled(answer["before"])
    assert answer["request"]["attack"]["seed"] == 0 and answer["steps_done"] == 40 and answer["size"] == [128, 128]
    with Image.open(path) as saved:
        assert saved.format == "PNG" and saved.size == (128, 128)
    judged = client.predict(pictures=[handle_file(path)], api_name="/explore")
    again = judged["results"][0]["readings"]
    assert [each["value"] for each in again] == pytest.approx([each["value"] for each in answer["readings"]], rel=1e-4)
    assert attack(client, pictures["ood"], pictures["id"])[1]["picture"] == answer["picture"]


def test_a_label_a_score_and_a_budget(client: Client, pictures: dict[str, Path]) -> None:
    _, named = attack(client, pictures["ood"], None, target_label="fish", steps=15)
    _, raised = attack(client, pictures["ood"], None, target_score="neglabel", steps=15)
    for answer in (named, raised):
        assert answer["readings"][0]["value"] > answer["before"][0]["value"]
    path, _ = attack(client, pictures["ood"], pictures["id"], norm="linf", budget=2, steps=10)
    change = np.asarray(Image.open(path), int) - np.asarray(Image.open(pictures["ood"]).convert("RGB"), int)
    assert np.abs(change).max() == 2


@pytest.mark.parametrize("name", ["grey", "tiny", "clear"])
def test_awkward_pictures_are_attacked(client: Client, pictures: dict[str, Path], name: str) -> None:
    path, answer = attack(client, pictures[name], pictures["id"], steps=2)
    assert list(Image.open(path).size) == answer["size"] == list(Image.open(pictures[name]).size)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"smoothness": 10_001}, "smoothness must lie between 0 and 10,000, not 10,001"),
        ({"smoothness": -1}, "smoothness must lie between 0 and 10,000"),
        ({"steps": 0}, "steps must lie between 1 and 10,000, not 0"),
        ({"steps": 10_001}, "steps must lie between 1 and 10,000"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"learning_rate": 1.5}, "learning_rate must lie between 1e-06 and 1"),
        ({"norm": "l1"}, "norm must be one of none, linf, l2"),
        ({"target_score": "nothing"}, "nothing"),
        ({"backbone": "no-such-model"}, "no-such-model"),
    ],
)
def test_bad_values_end_in_one_sentence(
    client: Client, pictures: dict[str, Path], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AppError) as error:
        attack(client, pictures["ood"], pictures["id"], **changes)
    assert sentence in str(error.value)


def test_bad_pictures_end_in_one_sentence(client: Client, pictures: dict[str, Path]) -> None:
    for picture, target, sentence in (
        ("ood", "ood", "the target is the picture itself"),
        ("ood", None, "an attack needs a target"),
        ("broken", "id", "broken.png is not a picture this app can read"),
    ):
        with pytest.raises(AppError, match=sentence):
            attack(client, pictures[picture], None if target is None else pictures[target])


def test_two_users_take_turns_and_get_their_own_picture(address: str, pictures: dict[str, Path]) -> None:
    users = [Client(address, verbose=False, ssl_verify=False) for _ in range(2)]
    sources = (pictures["ood"], pictures["grey"])
    jobs = [
        user.submit(
            picture=handle_file(source),
            target=handle_file(pictures["id"]),
            **{**SETTINGS, "steps": 8},
            api_name="/attack",
        )
        for user, source in zip(users, sources, strict=True)
    ]
    for job, source in zip(jobs, sources, strict=True):
        got = np.asarray(Image.open(job.result(timeout=120)[0]), int)
        wanted, other = (
            np.asarray(Image.open(path).convert("RGB"), int)
            for path in (source, *(each for each in sources if each != source))
        )
        assert np.abs(got - wanted).mean() < np.abs(got - other).mean() / 3


def test_a_set_is_attacked_and_learnt_from(client: Client, tmp_path: Path) -> None:
    few: dict[str, Any] = {"backbone": "diorama-conv", "count": 10, "train_count": 20}
    archive, told = client.predict(**few, steps=2, scorers=["mcm", "neglabel"], api_name="/attack_set")
    (made,) = told["sets"]
    with zipfile.ZipFile(archive) as held:
        assert sum(name.startswith(f"{made['made_set']}/") and name.endswith(".png") for name in held.namelist()) == 10
    rows = told["evaluations"][0]["results"]
    assert {row["scorer"] for row in rows} == {"mcm", "neglabel"} and made["name"] in {row["ood"] for row in rows}
    del few["count"]
    learnt = client.predict(
        **few,
        method="synood-projection:epochs=1",
        made_set=made["made_set"],
        held_out=10,
        name="api-test",
        api_name="/adapt",
    )
    assert learnt["name"] == "api-test" and learnt["epochs"] == 1 and learnt["held_out"]["score"] == "neglabel"
    assert [*learnt["held_out"]["sets"]] == ["near-ood", "far-ood-textures"]  # what was learnt from proves nothing
    assert "api-test" in client.predict(api_name="/choices")["adapter"]
    # The sidebar's adapter is on the model that is attacked, and on the one that judges.
    picture, on = render(scenes("near-ood", 8, 1)[0], 64), {"backbone": "diorama-conv", "adapter": ["api-test"]}
    picture.save(file := tmp_path / "ood.png")
    _, answer = attack(client, file, None, **on, target_score="neglabel", steps=2, full_size=False)
    assert answer["request"]["labels"]["adapter"] == ["api-test"]
    values = [
        client.predict(pictures=[handle_file(file)], **each, api_name="/explore")["results"][0]["readings"][0]["value"]
        for each in (on, {"backbone": "diorama-conv"})
    ]
    assert answer["before"][0]["value"] == pytest.approx(values[0], abs=1e-4) and values[0] != values[1]
    with pytest.raises(AppError, match=r"there is no set '/etc' here; make one with /synthesize_set or /attack_set"):
        client.predict(made_set="/etc", api_name="/adapt")

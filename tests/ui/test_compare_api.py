"""The endpoint ``/compare`` through gradio_client, as programs use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ood_studio.core.parameters import about, leaves, names
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import BenchRequest
from ood_studio.ui.api import RARE
from ood_studio.ui.compare.layout import START

FEW: dict[str, Any] = {"backbone": "diorama-conv", "scorers": ["mcm", "energy"], "count": 12, "train_count": 10}


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, ssl_verify=False)


def test_a_suite_is_compared_and_rows_come_out(client: Client) -> None:
    answer = client.predict(suite="diorama-hard", resamples=0, **FEW, api_name="/compare")
    assert {(row["scorer"], row["n_id"]) for row in answer["results"]} == {("mcm", 12), ("energy", 12)}
    assert 0 < answer["accuracy"]["id_accuracy"] <= 1 and answer["unavailable"] == {}


def test_files_of_ones_own_take_the_place_of_the_suite(client: Client, tmp_path: Path) -> None:
    for kind, split in (("id", "id-flat"), ("ood", "far-ood-textures")):
        for i, scene in enumerate(scenes(split, 5, 4)):
            render(scene, 64).save(tmp_path / f"{kind}{i}.png")
    files = {kind: [handle_file(path) for path in sorted(tmp_path.glob(f"{kind}*"))] for kind in ("id", "ood")}
    answer = client.predict(
        id_files=files["id"], ood_files=files["ood"], labels="cat, fish", **FEW, resamples=0, api_name="/compare"
    )
    assert {(row["suite"], row["n_id"], row["n_ood"]) for row in answer["results"]} == {("folders", 4, 4)}


def test_what_was_left_out_is_in_the_answer(client: Client, tmp_path: Path) -> None:
    for i, scene in enumerate(scenes("id-flat", 5, 3)):
        render(scene, 64).save(tmp_path / f"{i}.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "0.png").read_bytes()[:300])
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4")
    files = [handle_file(tmp_path / name) for name in ("0.png", "cut.png", "Thumbs.db")]
    answer = client.predict(
        id_files=files,
        ood_files=[handle_file(tmp_path / name) for name in ("1.png", "2.png", "bad.zip")],
        labels="cat\nfish, raw",
        **FEW,
        resamples=0,
        api_name="/compare",
    )
    assert {(row["n_id"], row["n_ood"]) for row in answer["results"]} == {(1, 2)}
    assert answer["labels"] == ["cat", "fish, raw"]
    assert set(answer["problems"]) == {"pictures", "uploads"} and "cut.png" in answer["problems"]["pictures"]
    assert list(answer["problems"]["uploads"]) == ["Thumbs.db"]
    assert any("The OOD set bad was left out" in note for note in answer["notes"])
    assert any(note.startswith("Each line was taken as one label") for note in answer["notes"])


def test_parameters_are_those_of_the_request(client: Client) -> None:
    api = client.view_api(return_format="dict")
    assert api is not None
    told = {each["parameter_name"]: each for each in api["named_endpoints"]["/compare"]["parameters"]}
    assert {name for path, name in names(BenchRequest).items() if path not in RARE} < told.keys()
    for path, name in ((path, name) for path, name in names(BenchRequest).items() if name in told):
        assert told[name]["label"] == about(leaves(BenchRequest)[path])
    assert told["count"]["parameter_default"] == START.count and told["tau"]["parameter_default"] is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"count": 3}, "count must lie between 10 and 100,000, not 3"),
        ({"scorers": ["no-such-scorer"]}, "unknown scorer 'no-such-scorer'"),
        ({"suite": "folders"}, "there are no ID pictures"),
        ({"backbone": "no-such-model"}, "no-such-model"),
    ],
)
def test_bad_values_end_in_one_sentence(client: Client, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(**{**FEW, **changes}, api_name="/compare")

"""The app through gradio_client, as programs use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ood_studio.core.errors import StudioError
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.corpora import DEFAULT_LEXNAMES
from ood_studio.ui.explore.reference import own_reference

SETTINGS: dict[str, Any] = {
    "backbone": "diorama",
    "preset": "diorama-20",
    "typed": "",
    "corpus": "diorama",
    "corpus_file": None,
    "lexnames": list(DEFAULT_LEXNAMES),
    "prompts": "neglabel",
    "template": "",
    "eta": 0.05,
    "count": 10_000,
    "per_pos": False,
    "tau": 0,
    "form": "sum-softmax",
    "groups": 0,
    "fuse": 0,
    "seed": 0,
}


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "scene.png"
    render(scenes("id-test", 3, 1)[0], 128).save(path)
    return path


def explore(client: Client, paths: list[Path], **changes: Any) -> dict[str, Any]:
    values = {**SETTINGS, **changes}
    files = [handle_file(path) for path in paths]
    return client.predict(files, *values.values(), None, api_name="/explore")  # type: ignore[no-any-return]


def test_explore_answers_with_reports(client: Client, picture: Path) -> None:
    answer = explore(client, [picture])
    report = answer["results"][0]
    assert report["name"] == "scene.png"
    assert len(report["readings"]) == 6 and report["readings"][0]["threshold"] is not None
    assert sum(a["share"] for a in report["affinities"]) <= 1 + 1e-6
    assert len(answer["id_labels"]) == 20


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"eta": 1.5}, "eta must lie between 0 and 1"),
        ({"groups": -1}, "groups must lie between"),
        ({"backbone": "no-such-model"}, "no-such-model"),
        ({"prompts": "custom", "template": "a photo"}, "exactly one {}"),
        ({"preset": "typed", "typed": " , "}, "there are no labels"),
        ({"corpus": "file"}, "choose a corpus file"),
    ],
)
def test_bad_values_end_in_one_sentence(client: Client, picture: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError) as error:
        explore(client, [picture], **changes)
    assert sentence in str(error.value)


def test_own_reference_pictures(client: Client, picture: Path) -> None:
    values = SETTINGS.values()
    answer = client.predict([handle_file(picture)], *values, [handle_file(picture)], api_name="/explore")
    assert answer["references"] == "1 pictures of yours" and answer["results"][0]["readings"][0]["inside"]


def test_a_space_reads_no_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_reference(None, f" {tmp_path} ") == (str(tmp_path.resolve()), {})
    assert own_reference([], "  ") == ("", {})
    with pytest.raises(StudioError, match="does not exist"):
        own_reference(None, str(tmp_path / "gone"))
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    with pytest.raises(StudioError, match="a Space reads no reference pictures"):
        own_reference(None, str(tmp_path))


def test_no_picture_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="no picture"):
        explore(client, [])


def test_every_handler_has_a_name(client: Client) -> None:
    named = client.view_api(return_format="dict")
    assert named is not None and not named["unnamed_endpoints"]
    assert "/explore" in named["named_endpoints"] and "/stop" in named["named_endpoints"]


def test_no_button_is_there_by_mistake(client: Client) -> None:
    buttons = [part["props"] for part in client.config["components"] if part["type"] == "button"]
    assert len(buttons) > 10
    assert not [button for button in buttons if button["visible"] and button["value"] == "Run"]  # gradio's own word

"""The app through gradio_client, as programs use it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import about, leaves, names, value_at
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.studio import ExploreRequest
from ood_studio.ui.endpoints import PUBLIC
from ood_studio.ui.sidebar.layout import LAYOUT


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, ssl_verify=False)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "scene.png"
    render(scenes("id-test", 3, 1)[0], 128).save(path)
    return path


def explore(client: Client, paths: list[Path], **changes: Any) -> dict[str, Any]:
    files = [handle_file(path) for path in paths]
    return client.predict(pictures=files, **changes, api_name="/explore")  # type: ignore[no-any-return]


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
        ({"prompts": "a photo"}, "exactly one {}"),
        ({"labels": " , "}, "there are no labels"),
        ({"corpus": "/etc/passwd"}, "the corpus must be one of diorama, wordnet, or an uploaded file, not"),
    ],
)
def test_bad_values_end_in_one_sentence(client: Client, picture: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError) as error:
        explore(client, [picture], **changes)
    assert sentence in str(error.value)


def test_bad_files_are_named_and_cost_no_other(client: Client, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    good = {name: tmp_path / name for name in ("scene", "b.jfif", "other/b.jfif")}
    for path in good.values():
        path.write_bytes(picture.read_bytes())
    bad = {
        "a.heic": b"\0\0\0\x18ftypheic\0\0\0\0",
        "cut.png": picture.read_bytes()[:200],
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    answer = explore(client, [*good.values(), *(tmp_path / name for name in bad)])
    assert [report["name"] for report in answer["results"]] == ["scene", "b.jfif", "b.jfif (2)"]
    assert set(answer["problems"]) == set(bad) and "HEIC" in answer["problems"]["a.heic"]
    with pytest.raises(AppError, match=r"Thumbs\.db is not a picture"):
        explore(client, [tmp_path / "Thumbs.db"])
    answer = explore(client, [picture], references=[handle_file(picture), handle_file(tmp_path / "cut.png")])
    assert answer["references"] == "1 pictures of yours"
    assert [problem.startswith("cut.png") for problem in answer["reference_problems"]] == [True]


def test_own_reference_pictures(client: Client, picture: Path) -> None:
    answer = explore(client, [picture], references=[handle_file(picture)])
    assert answer["references"] == "1 pictures of yours" and answer["results"][0]["readings"][0]["inside"]


def test_a_corpus_of_ones_own(client: Client, picture: Path, tmp_path: Path) -> None:
    (words := tmp_path / "words.txt").write_text("anvil\nsubmarine\n")
    assert explore(client, [picture], corpus_file=handle_file(words))["negatives"] == 2


def test_a_reference_folder_is_one_that_is_there(tmp_path: Path) -> None:
    guard = LAYOUT.boxes["reference"].guard
    assert guard is not None and guard(f" {tmp_path} ") == str(tmp_path.resolve()) and guard("  ") == ""
    with pytest.raises(StudioError, match="does not exist"):
        guard(str(tmp_path / "gone"))


def test_no_picture_says_so(client: Client) -> None:
    with pytest.raises(AppError, match="no picture"):
        explore(client, [])


def test_programs_see_what_people_call_and_nothing_else(client: Client) -> None:
    named = client.view_api(return_format="dict")
    assert named is not None and not named["unnamed_endpoints"]
    assert set(named["named_endpoints"]) == {f"/{name}" for name in PUBLIC}


def test_what_a_page_and_a_program_are_told_is_small(address: str) -> None:
    at = address.rstrip("/")
    assert len(httpx.get(f"{at}/").content) <= 800_000
    told = httpx.get(f"{at}/gradio_api/info?all_endpoints=true")
    assert b'"$ref"' not in told.content  # an agent has all parameters in one schema, where it would lead nowhere
    assert len(httpx.get(f"{at}/gradio_api/info").content) <= 100_000 and set(told.json()["named_endpoints"]) == {
        f"/{name}" for name in PUBLIC
    }


def test_every_tool_says_what_it_does_and_takes(client: Client) -> None:
    api = client.view_api(return_format="dict")
    assert api is not None
    for name, endpoint in api["named_endpoints"].items():
        assert re.fullmatch(r"/[a-z]+(_set)?", name) and len(endpoint["description"]) > 40, name
        for each in endpoint["parameters"]:
            assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each["parameter_name"]), name
            assert not re.match(r"param_\d|value|api$", each["parameter_name"]) and len(each["label"]) > 5, each
        for each in endpoint["returns"]:
            assert not re.match(r"value_\d", each["label"])


def test_what_there_is_to_choose_is_told_and_taken(client: Client) -> None:
    found = client.predict(api_name="/choices")
    assert "diorama" in found["backbone"] and "neglabel" in found["scorers"] and "probe" in found["method"]
    mined = client.predict(labels="cat, dog", count=5, api_name="/labels")
    assert mined["labels"] == ["cat", "dog"] and [each["rank"] for each in mined["results"]] == [1, 2, 3, 4, 5]
    with pytest.raises(AppError, match="count must lie between"):
        client.predict(count=0, api_name="/labels")


def test_explore_is_called_as_its_request_is(client: Client) -> None:
    api = client.view_api(return_format="dict")
    assert api is not None
    told = {each["parameter_name"]: each for each in api["named_endpoints"]["/explore"]["parameters"]}
    paths = [path for path in leaves(ExploreRequest) if path != "reference"]
    assert list(told) == ["pictures", "references", "corpus_file", *(names(ExploreRequest)[path] for path in paths)]
    for path in paths:
        parameter, found = leaves(ExploreRequest)[path], told[names(ExploreRequest)[path]]
        assert found["label"] == about(parameter)
        default = value_at(ExploreRequest(), path)
        assert found["parameter_default"] == (list(default) if isinstance(default, tuple) else default)


def test_no_event_shows_a_progress_of_gradios(client: Client) -> None:
    others = {*PUBLIC, "apply"}  # the last one is what draws a part of a page anew (`gr.render`)
    asked = [each for each in client.config["dependencies"] if each["backend_fn"] and each["api_name"] not in others]
    assert len(asked) > 100
    assert not [each["api_name"] for each in asked if each["show_progress_on"] != [] and each["outputs"]]


def test_no_button_is_there_by_mistake(client: Client) -> None:
    buttons = [part["props"] for part in client.config["components"] if part["type"] == "button"]
    assert len(buttons) > 10
    assert not [button for button in buttons if button["visible"] and button["value"] == "Run"]  # gradio's own word

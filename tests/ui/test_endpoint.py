"""Endpoints derived from requests, as programs see and use them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY
from ood_studio.core.parameters import about, leaves, names
from ood_studio.core.progress import Progress
from ood_studio.ui.api import Given, endpoint, only_public
from ood_studio.ui.form import Box
from tests.ui.launching import launched
from tests.ui.test_form import Ask

PATIENCE = 60


def guard(labels: str) -> str:
    if labels.startswith("/"):
        raise StudioError("no folders of this machine")
    return labels


WORK: dict[str, threading.Event] = {"begun": threading.Event(), "ended": threading.Event()}


def endless(request: Ask, progress: Progress) -> str:
    """Goes on until nobody waits for it."""
    WORK["begun"].set()
    try:
        while True:
            time.sleep(0.02)
            progress("counting", 1, 2)
    finally:
        WORK["ended"].set()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    def answer(request: Ask, progress: Progress, pictures: list[str], words: str) -> dict[str, Any]:
        """Says what it was asked."""
        if words == "too many":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return {"request": repr(request), "pictures": [Path(path).name for path in pictures or ()], "words": words}

    with gr.Blocks() as blocks:
        said = gr.JSON(visible=False)
        boxes = {"labels": Box(guard=guard), "fast": Box(private=True)}
        given = (Given("pictures", "The pictures", "files"), Given("words", "Words, separated by commas"))
        endpoint("ask", Ask(steps=4), answer, [said], given=given, boxes=boxes, without=("kinds",))
        endpoint("endless", Ask(), endless, [gr.Textbox(visible=False)])
        gr.Button("other").click(lambda: None, None, None, api_name="other")
    only_public(blocks, {"ask", "endless"})
    address = launched(blocks, run_history=False)
    yield Client(address, verbose=False, ssl_verify=False)
    blocks.close()


def test_parameters_are_described_by_their_declarations(client: Client) -> None:
    api = client.view_api(return_format="dict")
    assert api is not None and list(api["named_endpoints"]) == ["/ask", "/endless"] and not api["unnamed_endpoints"]
    told = {each["parameter_name"]: each for each in api["named_endpoints"]["/ask"]["parameters"]}
    assert list(told)[:2] == ["pictures", "words"]
    paths = [path for path in leaves(Ask) if path not in ("fast", "kinds")]
    assert list(told)[2:] == [names(Ask)[path] for path in paths]
    for path in paths:
        assert told[names(Ask)[path]]["label"] == about(leaves(Ask)[path])
        assert told[names(Ask)[path]]["parameter_has_default"]
    assert told["steps"]["parameter_default"] == 4 and told["tau"]["parameter_default"] is None
    assert told["norm"]["type"]["enum"] == ["none", "linf"] and told["attack_steps"]["type"]["maximum"] == 2000


def test_what_is_left_out_is_usual_and_what_is_given_counts(client: Client, tmp_path: Path) -> None:
    (path := tmp_path / "a.txt").write_text("x")
    answer = client.predict(pictures=[handle_file(path)], words="grass", attack_steps=7, tau=0.5, api_name="/ask")
    assert answer["pictures"] == ["a.txt"] and answer["words"] == "grass"
    assert answer["request"] == repr(Ask(steps=4)).replace("steps=5, tau=None", "steps=7, tau=0.5")
    again = client.predict(sizes=[1, 2], norm="linf", steps=None, api_name="/ask")
    assert "sizes=(1.0, 2.0), steps=4" in again["request"] and "norm='linf'" in again["request"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"attack_steps": 9999}, "steps must lie between 1 and 2,000, not 9,999"),
        ({"norm": "l1"}, "norm must be one of none, linf, not 'l1'"),
        ({"tau": "warm"}, "tau must be a number, not 'warm'"),
        ({"labels": "/etc"}, "no folders of this machine"),
    ],
)
def test_bad_values_end_in_one_sentence(client: Client, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(**changes, api_name="/ask")


def test_a_lack_of_memory_is_one_sentence(client: Client) -> None:
    with pytest.raises(AppError, match=LACKS_MEMORY):
        client.predict(words="too many", api_name="/ask")


def test_what_a_page_does_with_itself_cannot_be_called(client: Client) -> None:
    with pytest.raises(ValueError, match="other"):
        client.predict(api_name="/other")


def test_work_ends_when_the_program_hangs_up(client: Client) -> None:
    place = f"{client.src.rstrip('/')}/gradio_api/call/endless"
    event = httpx.post(place, json={"data": [4] + [None] * 8}, timeout=PATIENCE).raise_for_status()
    with httpx.stream("GET", f"{place}/{event.json()['event_id']}", timeout=PATIENCE):
        assert WORK["begun"].wait(PATIENCE)
        assert not WORK["ended"].is_set()
    assert WORK["ended"].wait(PATIENCE)  # gradio looks every ten seconds whether somebody listens

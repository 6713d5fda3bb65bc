"""Every handler and endpoint of an app that strangers use, asked for places of the server and huge numbers."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio.queueing import Queue
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, names, value_at
from ood_studio.studio import hosted
from ood_studio.studio.adapt import AdaptService
from ood_studio.studio.attack_image import AttackImageService
from ood_studio.studio.attack_set import AttackSetService
from ood_studio.studio.bench import BenchService
from ood_studio.studio.detector import DetectorService
from ood_studio.studio.explore import ExploreService
from ood_studio.studio.factors import FactorService
from ood_studio.studio.feature_map import FeatureMapService
from ood_studio.studio.fit import FitService
from ood_studio.studio.flips import FlipService
from ood_studio.studio.judge import JudgeService
from ood_studio.studio.requests import REQUESTS
from ood_studio.studio.stream import StreamService
from ood_studio.studio.synthesize_image import SynthesizeImageService
from ood_studio.studio.synthesize_set import SynthesizeSetService
from ood_studio.studio.workbench import Workbench
from ood_studio.studio.zoo import ZooService
from ood_studio.ui import temporary
from ood_studio.ui.endpoints import PUBLIC
from ood_studio.ui.serve import Serve, serve
from tests.ui.conftest import free_port

CANARY = "canary-7f3a"
_PROGRAMS = 8  # that ask at once
SERVICES = (
    (ExploreService, ("explore",)),
    (FlipService, ("flips",)),
    (FactorService, ("factors",)),
    (BenchService, ("compare", "sweep")),
    (AttackImageService, ("attack_image", "with_defence")),
    (AttackSetService, ("attack_set", "transfer")),
    (SynthesizeImageService, ("contexts", "inpainter", "synthesize_image", "assess", "negative_image")),
    (SynthesizeSetService, ("synthesize_set",)),
    (FeatureMapService, ("feature_map",)),
    (AdaptService, ("adapt",)),
    (FitService, ("fit",)),
    (JudgeService, ("judge",)),
    (DetectorService, ("detector", "audit")),
    (StreamService, ("play",)),
    (ZooService, ("measure", "runs")),
    (Workbench, ("backbone", "label_space")),
)
_PLACES = {*hosted._UPLOADS, *hosted._NOTHING, *hosted._BACKBONES, *hosted.MODELS, "labels.corpus"}
_NAMING = (
    "backbone",
    "ensemble",
    "models",
    "reference",
    "corpus-own",
    "-data",
    "head",
    "root",
    "added",
    "inpainter",
    "model",
    "classifier",
)
_WALKED = {
    *("shared_reference", "shared_restore", "compare_run", "compare_linked", "compare_added", "compare_opening"),
    *("attack_run", "attack_transfer_start", "attack_batch_start", "explore_upload", "adapt_run"),
    *("synthesize_run", "synthesize_contexts", "synthesize_map_start", "synthesize_costs", "synthesize_set_start"),
}
"""Handlers that must be among those that are walked, as they lead to models or data."""


@dataclass
class App:
    """An app of strangers.

    Attributes:
        address: its own.
        canary: a folder of the server with a picture, a list, words and a model's configuration.
        passed: what came through to the services, which do nothing here.
        opened: files and folders of the canary that were opened.
        summed: how often gradio summed up all calls so far.
        web: asks it; one for all, as each would read the certificates of the world anew.
        dependencies, components: of gradio's configuration.
    """

    address: str
    canary: Path
    web: httpx.Client
    passed: list[Any] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    summed: itertools.count[int] = field(default_factory=itertools.count)
    dependencies: list[dict[str, Any]] = field(default_factory=list)
    components: dict[int, dict[str, Any]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    canary = tmp_path_factory.mktemp("server") / CANARY
    canary.mkdir()
    Image.new("RGB", (16, 16), "red").save(canary / "picture.png")
    (canary / "list.txt").write_text(f"secret {CANARY} content\n")
    (canary / "open_clip_config.json").write_text("{}")
    found = App("", canary, httpx.Client(timeout=60))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and arguments and CANARY in str(arguments[0]):
            found.opened.append(f"{event} {arguments[0]}")

    def passes(name: str) -> Any:
        def service(self: Any, request: Any, *_: Any, **__: Any) -> Any:
            found.passed.append(request)
            raise StudioError(f"{name} does nothing here")

        return service

    with pytest.MonkeyPatch.context() as patch:
        for service, names in SERVICES:
            for name in names:
                patch.setattr(service, name, passes(name))
        patch.setattr(ExploreService, "warm_up", lambda *_: None)
        whole = Queue._get_df
        patch.setattr(Queue, "_get_df", staticmethod(lambda calls: (next(found.summed), whole(calls))[1]))
        server = serve(Serve(host="127.0.0.1", port=free_port(), device="cpu", hosted=True), block=False)
        found.address = server.address.rstrip("/")
        config = found.web.get(f"{found.address}/config").json()
        found.dependencies = [each for each in config["dependencies"] if each["backend_fn"]]
        found.components = {each["id"]: each for each in config["components"]}
        sys.addaudithook(watch)
        yield found
        found.web.close()
        server.close()


def hostile(app: App, kind: str) -> list[Any]:
    """What is given in place of a component's value."""
    inside = str(temporary.folder(temporary.UPLOADS) / ".." / ".." / ".." / "x" / ".." / app.canary)
    places = [str(app.canary), f"{app.canary}/list.txt", f"open_clip:local-dir:{app.canary}", inside]
    if kind in ("file", "image", "gallery", "imageeditor", "downloadbutton"):
        one = {"path": f"{app.canary}/picture.png", "meta": {"_type": "gradio.FileData"}}
        return [one, [one], [{"image": one, "caption": None}], {"background": one, "layers": [one], "composite": one}]
    if kind in ("number", "slider"):
        return [1e300, -1e300, places[0]]
    link = "?" + "&".join(
        f"{name}={places[2]}" for name in sorted({name for each in REQUESTS for name in names_in(each)})
    )
    return [*places, [places[0], f"x={places[0]}"], [places[2]], link, f"file://{places[0]}", 1e300, "9" * 400]


def names_in(kind: type) -> list[str]:
    """What a link calls the parameters of a request that name data or models."""
    return [name for path, name in names(kind).items() if path.removeprefix("image.") in _PLACES]


def answers(app: App, dependency: dict[str, Any], data: list[Any]) -> str:
    body = {"data": data, "fn_index": dependency["id"], "session_hash": "stranger", "event_data": None}
    return app.web.post(f"{app.address}/gradio_api/run/predict", json=body).text


def check_passed(app: App) -> None:
    """Whatever came through names no place of the server, and is small."""
    for request in app.passed:
        if isinstance(request, str):
            assert CANARY not in request
            continue
        for path, parameter in leaves(type(request)).items():
            at, value = path.removeprefix("image."), value_at(request, path)
            if at in _PLACES:
                assert CANARY not in str(value), (type(request).__name__, path, value)
            if parameter.kind is int and value is not None and not isinstance(value, tuple) and "seed" not in at:
                assert value <= 100_000
    app.passed.clear()


def test_no_handler_opens_what_is_the_servers(app: App) -> None:
    """Each component's value is exchanged for everything hostile, alone, in a handler that reads it; for a folder in
    every handler that reads it where it names data or a model; and all values of a handler at once."""
    read: set[int] = set()
    walked = 0
    assert {each["api_name"] for each in app.dependencies} >= _WALKED
    for dependency in app.dependencies:
        if dependency["api_name"] in PUBLIC:
            continue
        inputs = dependency["inputs"]
        kinds = [app.components[id]["type"] for id in inputs]
        usual = [app.components[id]["props"].get("value") for id in inputs]
        asked = [[hostile(app, kind)[0] if kind != "state" else None for kind in kinds]] if inputs else []
        for place, (id, kind) in enumerate(zip(inputs, kinds, strict=True)):
            named = str(app.components[id]["props"].get("elem_id")).endswith(_NAMING)
            values = hostile(app, kind)
            if id in read:
                values = values[:1]
            elif not named and kind in (
                "textbox",
                "dropdown",
                "radio",
                "checkbox",
                "checkboxgroup",
                "html",
                "browserstate",
            ):
                links = [value for value in values if str(value).startswith("?")] if kind == "textbox" else []
                values = [values[0], *links, 1e300]
            if kind != "state" and (named or id not in read):
                asked += [[*usual[:place], value, *usual[place + 1 :]] for value in values]
            read.add(id)
        for data in asked:
            said = answers(app, dependency, data)
            assert f"secret {CANARY}" not in said, (dependency["api_name"], data, said)
            walked += 1
    assert walked > 500
    check_passed(app)
    assert not app.opened


def test_no_file_of_the_server_is_served(app: App) -> None:
    for place in (
        f"{app.canary}/picture.png",
        f"{app.canary}/list.txt",
        f"../../../../..{app.canary}/list.txt",
        f"{temporary.folder(temporary.UPLOADS)}/../../../..{app.canary}/list.txt",
        f"file://{app.canary}/list.txt",
        "/etc/passwd",
        "/proc/self/environ",
        "http://169.254.169.254/latest/meta-data",
        os.environ["OOD_STUDIO_CACHE"],
        f"{os.environ['OOD_STUDIO_CACHE']}/results.sqlite3",
        "app.py",
    ):
        for written in (place, place.replace("/", "%2F").replace(".", "%2E")):
            answer = app.web.get(f"{app.address}/gradio_api/file={written}")
            assert answer.status_code in (403, 404), (written, answer.status_code)
    assert not app.opened


def test_no_endpoint_opens_what_is_the_servers(app: App) -> None:
    """Each parameter of an endpoint is exchanged for everything hostile, alone; several programs ask at once."""
    endpoints = app.web.get(f"{app.address}/gradio_api/info").json()["named_endpoints"]
    asked: list[tuple[str, str, list[Any]]] = []
    for name in PUBLIC:
        parameters = endpoints[f"/{name}"]["parameters"]
        usual = [each.get("parameter_default") for each in parameters]
        for place, parameter in enumerate(parameters):
            kind = "file" if parameter["component"] == "File" else "textbox"
            values = hostile(app, kind)
            if kind == "textbox" and not parameter["parameter_name"].endswith((*_NAMING, "labels", "images")):
                values = [values[0], 1e300]
            asked += [
                (name, parameter["parameter_name"], [*usual[:place], each, *usual[place + 1 :]]) for each in values
            ]
    with ThreadPoolExecutor(_PROGRAMS) as pool:
        answers = [*pool.map(lambda each: told(app, each[0], each[2]), asked)]
    for (name, parameter, _), said in zip(asked, answers, strict=True):
        assert "event: error" in said or "event: complete" in said, (name, parameter, said)
        assert f"secret {CANARY}" not in said, (name, parameter, said)
    assert len(asked) > 500 and app.passed and next(app.summed) < 5
    check_passed(app)
    assert not app.opened


def told(app: App, endpoint: str, data: list[Any]) -> str:
    """All that an endpoint tells a program, which may name any file of the server."""
    place = f"{app.address}/gradio_api/call/{endpoint}"
    event = app.web.post(place, json={"data": data}).raise_for_status().json()["event_id"]
    return app.web.get(f"{place}/{event}").text

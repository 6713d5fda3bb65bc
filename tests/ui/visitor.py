"""A page of the app without a browser: it calls handlers as gradio's page does, and leaves by hanging up."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 120.0  # seconds


class Visitor:
    """Opens the page; `leave` drops the connection that tells the server that it is open.

    Args:
        address: of the app.
        config: gradio's, where it is known.
    """

    def __init__(self, address: str, config: dict[str, Any] | None = None) -> None:
        self.address, self.session = address.rstrip("/"), secrets.token_hex(8)
        self._web = httpx.Client(timeout=PATIENCE, verify=False)  # else each reads the certificates of the world
        self.config = config or self._web.get(f"{self.address}/config").json()
        self._values = {each["id"]: each["props"].get("value") for each in self.config["components"]}
        self._ids = {each["props"].get("elem_id"): each["id"] for each in self.config["components"]}
        self._kinds = {each["id"]: each["type"] for each in self.config["components"]}
        self._handlers = {each["api_name"]: each for each in self.config["dependencies"]}
        self._open, self._leaving = threading.Event(), threading.Event()
        self._alive = threading.Thread(target=self._stay, daemon=True)
        self._alive.start()
        assert self._open.wait(PATIENCE)

    def _stay(self) -> None:
        address = f"{self.address}/gradio_api/heartbeat/{self.session}"
        with (
            httpx.Client(timeout=httpx.Timeout(PATIENCE, read=None), verify=False) as client,
            client.stream("GET", address),
        ):
            self._open.set()
            self._leaving.wait()

    def leave(self) -> None:
        """Closes the page."""
        self._leaving.set()
        self._alive.join(PATIENCE)

    def put(self, element: str, value: Any) -> None:
        """Gives a component a value, as a person does."""
        self._values[self._ids[element]] = value

    def call(self, handler: str, event: Any = None, last: Any = None) -> dict[str, Any]:
        """What a handler answers with its inputs as they are; what it changes is kept.

        Args:
            handler: its name.
            event: what is told of the event.
            last: of the last input, in its place, such as a link's query, which only a browser knows.
        """
        found = self._handlers[handler]
        data = [self._values[id] for id in found["inputs"]]
        body = {
            "data": data if last is None else [*data[:-1], last],
            "fn_index": found["id"],
            "session_hash": self.session,
            "event_data": event,
        }
        answer = self._web.post(f"{self.address}/gradio_api/run/predict", json=body)
        said = {**answer.json(), "handler": handler}
        for id, value in zip(found["outputs"], said.get("data") or (), strict=False):
            if isinstance(value, dict) and value.get("__type__") == "update":
                self._values[id] = value.get("value", self._values[id])
            elif not isinstance(value, dict) or "__type__" not in value:
                self._values[id] = value
        return said

    def told(self, said: dict[str, Any]) -> list[tuple[str, Any]]:
        """The kinds of components that an answer of `call` is for, and what it tells each."""
        outputs = self._handlers[said["handler"]]["outputs"]
        return [(self._kinds[id], value) for id, value in zip(outputs, said["data"], strict=True)]

    @staticmethod
    def at_work(said: dict[str, Any]) -> bool:
        """Whether an answer leaves the page asking for more: its timer runs."""
        return any(isinstance(each, dict) and each.get("active") is True for each in said.get("data") or ())

    def upload(self, path: Path, name: str = "") -> dict[str, Any]:
        """A file on the server, as components hold it; under another name where given."""
        name = name or path.name
        files = {"files": (name, path.read_bytes())}
        answer = self._web.post(f"{self.address}/gradio_api/upload", files=files)
        place = answer.raise_for_status().json()[0]
        return {"path": place, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

"""What strangers' requests may hold, before gradio sees them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from ood_studio.ui import door, temporary
from ood_studio.ui.door import Door
from ood_studio.ui.refused_uploads import RefusedUploads


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        count, more = 0, True
        while more:
            message = await receive()
            count += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(count).encode()})

    monkeypatch.setattr(temporary, "bound", lambda name: True)
    monkeypatch.setattr(door, "MOST_BODY", 1_000)
    monkeypatch.setattr(door, "MOST_UPLOAD", 5_000)
    return TestClient(Door(app))


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://169.254.169.254/latest",
        "/gradio_api/file=https://example.org/x",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/file%3Dhttp%3A//localhost",
        "/gradio_api/file=HTTP://example.org",
        "/gradio_api/proxy=https://example.org/x",
    ],
)
def test_nothing_is_fetched_from_other_machines(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403 and answer.text == "This server fetches nothing from other machines."


def test_an_address_in_place_of_an_upload_is_refused_and_one_in_a_text_is_not(client: TestClient) -> None:
    for path in ("http://example.org/a.png", "HTTPS://example.org/a.png", " file:///etc/passwd"):
        body = {"data": [{"pictures": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}]}
        assert client.post("/gradio_api/run/predict", json=body).status_code == 403
    escaped = b'{"data": [{"path": "\\u0068ttp://example.org/a.png"}]}'
    assert client.post("/gradio_api/queue/join", content=escaped).status_code == 403
    said = client.post("/gradio_api/run/predict", json={"data": ["see http://example.org", {"path": "/tmp/a"}]})
    assert said.status_code == 200 and int(said.text) > 40
    assert client.post("/gradio_api/run/predict", content=b"http [" * 20).status_code == 200  # gradio says so
    deep = b'{"path":' * 90 + b'"http://example.org"' + b"}" * 90
    assert client.post("/gradio_api/run/predict", content=deep).status_code == 403


def test_bodies_are_bounded_whether_they_say_their_length_or_not(client: TestClient) -> None:
    def unsaid(count: int) -> Any:
        return (b"x" * 100 for _ in range(count))

    assert client.post("/gradio_api/run/predict", content=b"x" * 1_001).status_code == 413
    assert client.post("/gradio_api/run/predict", content=unsaid(11)).status_code == 413
    assert client.post("/gradio_api/run/predict", content=unsaid(9)).text == "900"
    assert client.post("/gradio_api/upload", content=unsaid(49)).text == "4900"
    assert client.post("/gradio_api/upload", content=unsaid(51)).status_code == 413
    assert client.post("/gradio_api/upload", content=b"x" * 5_001).status_code == 413
    assert client.get("/config").text == "0"


def test_uploads_wait_for_room(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "bound", lambda name: False)
    answer = client.post("/gradio_api/upload", content=b"x")
    assert answer.status_code == 507 and "no room for uploads at the moment" in answer.text
    assert client.post("/gradio_api/run/predict", content=b"{}").status_code == 200


def test_one_visitor_leaves_room_for_the_others(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_OF_ONE", 9_000)
    app = client.app
    one, other = (TestClient(app, client=(f"192.0.2.{number}", 1)) for number in (1, 2))
    assert [one.post("/gradio_api/upload", content=b"x" * 4_000).status_code for _ in range(3)] == [200, 200, 429]
    assert "may upload 0 MB in 15 minutes" in one.post("/gradio_api/upload", content=b"x" * 4_000).text
    assert one.post("/gradio_api/run/predict", content=b"{}").status_code == 200
    assert other.post("/gradio_api/upload", content=b"x" * 4_000).status_code == 200
    now = time.monotonic()  # the clock of the door alone: a server of other tests lives by that of the process
    monkeypatch.setattr(door, "monotonic", lambda: now + door.SPAN + 1)
    assert one.post("/gradio_api/upload", content=b"x" * 4_000).status_code == 200
    assert list(app._uploaded) == ["192.0.2.1"]  # type: ignore[attr-defined]


def test_behind_the_proxy_of_a_space_visitors_are_told_apart(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_OF_ONE", 5_000)

    def upload(number: int) -> int:
        headers = {"x-forwarded-for": f"10.0.0.1, 192.0.2.{number}"}
        return client.post("/gradio_api/upload", content=b"x" * 4_000, headers=headers).status_code

    monkeypatch.setenv("SPACE_ID", "someone/studio")
    assert [upload(1), upload(1), upload(2)] == [200, 429, 200]
    monkeypatch.delenv("SPACE_ID")  # anybody may write such a header
    assert [upload(3), upload(4)] == [200, 429]


def test_an_upload_that_the_disk_refuses_is_answered_with_a_sentence() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise OSError(28, "No space left on device")

    answer = TestClient(RefusedUploads(app)).post("/gradio_api/upload", content=b"x")
    assert answer.status_code == 507
    assert answer.text == "The upload could not be kept where the app runs (No space left on device)."
    with pytest.raises(OSError):  # any other is not this one's business
        TestClient(RefusedUploads(app)).post("/gradio_api/run/predict", content=b"x")

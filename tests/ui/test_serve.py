"""Starting the server where something is in its way."""

from __future__ import annotations

import socket
import threading
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from gradio import http_server, networking
from gradio.exceptions import ServerFailedToStartError

from ood_studio.core.errors import StudioError
from ood_studio.ui import server_start, temporary, visitors
from ood_studio.ui.serve import Serve, _port, serve
from tests.ui.conftest import free_port


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        sentence = rf"^port {port} on 127\.0\.0\.1 is taken by another program; choose another with --port$"
        with pytest.raises(StudioError, match=sentence):
            serve(Serve(host="127.0.0.1", port=port, device="cpu"), block=False)


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("nowhere.invalid", "^there is no host nowhere.invalid; --host takes an address of this machine"),
        ("a b\0c", "^there is no host"),
        ("x" * 300, "^there is no host"),
        ("192.0.2.7", r"^192\.0\.2\.7 is no address of this machine; --host takes"),
    ],
)
def test_a_host_that_is_none_is_said_at_once(host: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(name: str, *given: Any, **named: Any) -> Any:
        if "invalid" in name:  # without asking a network
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *given, **named)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("ood_studio.studio.Studio", None)  # nothing is loaded before
    with pytest.raises(StudioError, match=sentence):
        serve(Serve(host=host, port=free_port()), block=False)


class Started:
    """A server that has started after so many looks; that ends at once, where it never does."""

    reloader = None

    def __init__(self, after: int) -> None:
        self.looks, self.after, self.started = 0, after, False
        self.look = threading.Event()

    def run(self) -> None:
        if self.after:
            self.look.wait()

    def sleep(self, seconds: float) -> None:
        self.looks += 1
        self.started = self.looks == self.after
        if self.started:
            self.look.set()


def test_a_server_starts_as_slowly_as_it_must_but_one_that_ends_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    server_start.wait_for_servers()
    slow = Started(after=100_000)
    monkeypatch.setattr(server_start, "time", SimpleNamespace(sleep=slow.sleep))
    http_server.Server.run_in_thread(cast(Any, slow))
    assert slow.started and slow.looks == 100_000
    with pytest.raises(ServerFailedToStartError, match="ended before it had started"):
        http_server.Server.run_in_thread(cast(Any, Started(after=0)))


def test_a_server_that_is_slow_to_answer_gets_another_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, ask = [False, False], networking.url_ok
    monkeypatch.setattr(networking, "url_ok", lambda url: answers.pop() if answers else ask(url))
    server = serve(Serve(host="127.0.0.1", port=free_port(), device="cpu"), block=False)
    with urllib.request.urlopen(server.address, timeout=30) as page:
        assert page.status == 200
    server.close()
    assert not answers


def test_a_server_that_never_answers_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networking, "url_ok", lambda url: False)
    with pytest.raises(StudioError, match=r"does not answer .* the computer may be busy: try again"):
        serve(Serve(host="127.0.0.1", port=free_port(), device="cpu"), block=False)


@pytest.mark.parametrize(
    ("options", "space", "strangers"),
    [
        ({}, "", False),
        ({"host": "localhost"}, "", False),
        ({"host": "127.0.0.2"}, "", False),
        ({"host": "::1"}, "", False),
        ({"hosted": True}, "", True),
        ({"share": True}, "", True),
        ({"host": "0.0.0.0"}, "", True),
        ({"host": "::"}, "", True),
        ({"host": "192.168.1.2"}, "", True),
        ({"host": "studio.example.org"}, "", True),
        ({"host": "127.example.org"}, "", True),
        ({}, "someone/studio", True),
        ({"host": "0.0.0.0", "trusted": True}, "", False),
        ({"share": True, "trusted": True}, "someone/studio", False),
    ],
)
def test_the_app_is_hosted_wherever_others_can_come(
    options: dict[str, Any], space: str, strangers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", space)
    assert Serve(**{"host": "127.0.0.1", **options}).for_strangers is strangers


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hosted": True, "trusted": True}, "either --hosted or --trusted"),
        ({"hosted": True, "mcp": True}, "MCP tools fetch files from any address"),
    ],
)
def test_what_contradicts_itself_is_said(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        serve(Serve(host="127.0.0.1", port=free_port(), **options), block=False)


def test_uploads_without_a_place_are_said_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()  # as on a read-only disk, for every account
    monkeypatch.setenv(temporary.ENVIRONMENT, str(tmp_path / "file"))
    with pytest.raises(
        StudioError, match=r"uploads cannot be kept in .*\(Not a directory\); name a folder that can be"
    ):
        serve(Serve(host="127.0.0.1", port=free_port(), device="cpu"), block=False)


def test_a_package_of_tools_that_gradio_cannot_use_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "__init__.py").write_text("")
    (about := tmp_path / "mcp-97.1.dist-info").mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mcp\nVersion: 97.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    said = r"the package mcp 97\.1 \(gradio needs mcp[<>=.,0-9]+\); install .*: pip install 'gradio\[mcp\]'$"
    with pytest.raises(StudioError, match=said):
        serve(Serve(host="127.0.0.1", port=free_port(), device="cpu", mcp=True), block=False)


def test_a_port_of_the_environment_that_is_none_concerns_serving_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [_port(text) for text in ("7861", "0", "65536", "abc", "", "-1", "1e3", "²")] == [7861] + [None] * 7
    monkeypatch.setenv("GRADIO_SERVER_PORT", "abc")
    with pytest.raises(StudioError, match="GRADIO_SERVER_PORT must be a whole number from 1 to 65,535, not 'abc'"):
        serve(Serve(host="127.0.0.1"), block=False)


def test_states_of_pages_are_kept_as_the_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {}
    for gigabytes in (1, 8, 16, 1000):
        monkeypatch.setattr(visitors, "machine_memory", lambda size=gigabytes: size * 2**30)
        kept[gigabytes] = visitors.sessions_kept()
    assert kept == {1: 64, 8: 256, 16: 512, 1000: 2_000}

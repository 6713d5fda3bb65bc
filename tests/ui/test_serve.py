"""Starting the server where something is in its way."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from gradio import networking

from ood_studio.core.errors import StudioError
from ood_studio.ui.serve import Serve, serve
from tests.ui.conftest import free_port


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with pytest.raises(StudioError, match=rf"port {port} on 127\.0\.0\.1 cannot be used .* another with --port"):
            serve(Serve(host="127.0.0.1", port=port, device="cpu"), block=False)


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

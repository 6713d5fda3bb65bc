"""Pages of tests share a browser, and nothing of one is found by the next."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.ui.conftest import forget

LEFT = "[localStorage.length, document.cookie, (await indexedDB.databases()).length]"


class Empty(BaseHTTPRequestHandler):
    """An empty page, which sets a cookie that scripts do not see."""

    def do_GET(self) -> None:
        if self.path == "/":
            self.server.cookies.append(self.headers.get("Cookie"))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "session=known; HttpOnly")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def test_a_page_leaves_nothing_to_the_next(profile: Any) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    server.cookies = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for _ in range(2):
        page = profile.new_page()
        page.goto(address)
        assert page.evaluate(f"async () => {LEFT}") == [0, "", 0]
        page.evaluate(
            "() => { localStorage.a = 1; document.cookie = 'b=1';"
            " return new Promise((done) => { indexedDB.open('c').onsuccess = done; }).then(() => 0); }"
        )
        forget(page, {address, "data:"})
    server.shutdown()
    server.server_close()
    assert not any(server.cookies)

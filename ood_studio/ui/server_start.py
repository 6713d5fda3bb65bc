"""A server has started when it has, however long that takes on a busy machine."""

from __future__ import annotations

import threading
import time
from typing import Any

from gradio import http_server
from gradio.exceptions import ServerFailedToStartError

_LOOKS = 0.005  # seconds between two looks


def wait_for_servers() -> None:
    """Lets gradio's servers start for as long as they live; when called again, nothing.

    Gradio gives up after five seconds, and says then that there is no free port (gradio 6.31). A server that cannot
    have its port ends by itself.
    """
    given: Any = http_server.Server.run_in_thread
    if getattr(given, "waits", False):
        return

    def run_in_thread(self: Any) -> None:
        if self.reloader:
            given(self)
            return
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        while not self.started:
            if not self.thread.is_alive():
                raise ServerFailedToStartError("the server ended before it had started")
            time.sleep(_LOOKS)

    run_in_thread.waits = True  # type: ignore[attr-defined]
    http_server.Server.run_in_thread = run_in_thread  # type: ignore[method-assign]

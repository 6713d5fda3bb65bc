"""A server has started when it has, however long that takes on a busy machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from gradio import http_server
from gradio.exceptions import ServerFailedToStartError

from ood_studio.ui.mending import mend

_LOOKS = 0.005  # seconds between two looks


def wait_for_servers() -> None:
    """Lets gradio's servers start for as long as they live; when called again, nothing.

    Gradio gives up after five seconds, and says then that there is no free port (gradio 6.31). A server that cannot
    have its port ends by itself.
    """
    mend(http_server.Server, "run_in_thread", _waiting)


def _waiting(given: Callable[..., None]) -> Callable[..., None]:
    def run_in_thread(server: Any) -> None:
        if server.reloader:
            given(server)
            return
        server.thread = threading.Thread(target=server.run, daemon=True)
        server.thread.start()
        while not server.started:
            if not server.thread.is_alive():
                raise ServerFailedToStartError("the server ended before it had started")
            time.sleep(_LOOKS)

    return run_in_thread

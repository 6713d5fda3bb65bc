"""Uploads that the disk refuses: whoever sent one is told in a sentence, whichever way gradio met it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ood_studio.ui.door import Receive, Scope, Send, refuse

_log = logging.getLogger(__name__)


class RefusedUploads:
    """Wraps the app (ASGI): an upload that ends in an error of the disk is answered."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request pass."""
        if scope["type"] != "http" or not scope["path"].rstrip("/").endswith("/upload"):
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: dict[str, Any]) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except OSError as error:
            if begun:
                raise
            why = error.strerror or type(error).__name__
            _log.warning("an upload could not be kept (%s)", why)
            await refuse(send, 507, f"The upload could not be kept where the app runs ({why}).")

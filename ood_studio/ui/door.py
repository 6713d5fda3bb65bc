"""What gradio never sees of strangers' requests: other machines' addresses, endless bodies, uploads without room."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any
from urllib.parse import unquote

from ood_studio.ui import temporary

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_FILE = 200 * 2**20
"""Bytes of one uploaded file."""
MOST_UPLOAD = 2 * MOST_FILE
"""Bytes of one request that uploads files."""
MOST_OF_ONE = temporary.MOST[temporary.UPLOADS][0] // 4
"""Bytes that one visitor may upload within `SPAN`, so that one alone never fills the room of all."""
SPAN = 900.0
"""Seconds, for which uploads are spared from being cleared."""
MOST_BODY = 4 * 2**20
"""Bytes of any other request."""
_PLACES = ("file=http", "file=ftp", "file=file:", "proxy=")


class Door:
    """Wraps the app (ASGI): every request passes here.

    - Addresses of other machines are not fetched, for whoever asks: neither shown (``file=http...``), nor named as an
      upload inside a request, nor through gradio's proxy.
    - A request's body has at most `MOST_BODY` bytes, one that uploads `MOST_UPLOAD`, said or not.
    - Uploads are refused while the folder for them is full of files that somebody may still need, and from a visitor
      who has uploaded `MOST_OF_ONE` bytes within `SPAN`.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app
        self._looked, self._room = 0.0, True
        self._uploaded: dict[str, deque[tuple[float, int]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request pass, or answers it with a sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = unquote(unquote(scope["path"])).lower().replace("\\", "/")
        if any(place in path for place in _PLACES):
            await refuse(send, 403, "This server fetches nothing from other machines.")
            return
        uploads = path.rstrip("/").endswith("/upload")
        most = MOST_UPLOAD if uploads else MOST_BODY
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > most:
            await refuse(send, 413, f"A request may have {most // 2**20} MB on this server.")
            return
        if uploads and not await self._has_room():
            await refuse(send, 507, "This server has no room for uploads at the moment; try again in some minutes.")
            return
        visitor = _visitor(scope)
        if uploads and self._bytes_of(visitor) + int(said) > MOST_OF_ONE:
            minutes = f"{SPAN / 60:.0f} minutes"
            sentence = f"A visitor may upload {MOST_OF_ONE // 2**20:,} MB in {minutes} on this server; try again later."
            await refuse(send, 429, sentence)
            return
        body = _Body(receive, most)
        try:
            if scope["method"] in ("POST", "PUT", "PATCH") and not uploads:
                content = await body.whole()
                if _names_another_machine(content):
                    await refuse(send, 403, "This server fetches nothing from other machines.")
                    return
            await self._app(scope, body.receive, send)
        except _TooMuch:
            await refuse(send, 413, f"A request may have {most // 2**20} MB on this server.")
        finally:
            if uploads:
                self._uploaded.setdefault(visitor, deque()).append((monotonic(), body.count))

    def _bytes_of(self, visitor: str) -> int:
        """What a visitor has uploaded of late; what was before is forgotten, of all visitors."""
        before = monotonic() - SPAN
        for each in [*self._uploaded]:
            while self._uploaded[each] and self._uploaded[each][0][0] < before:
                self._uploaded[each].popleft()
            if not self._uploaded[each]:
                del self._uploaded[each]
        return sum(count for _, count in self._uploaded.get(visitor, ()))

    async def _has_room(self) -> bool:
        if monotonic() - self._looked > 2:
            self._room = await asyncio.to_thread(temporary.bound, temporary.UPLOADS)
            self._looked = monotonic()
        return self._room


def _visitor(scope: Scope) -> str:
    """The address that a request comes from; on a Space that is its proxy's, which says whom it answers."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    if os.environ.get("SPACE_ID") and forwarded:
        return forwarded[:100]
    return str((scope.get("client") or ("",))[0])


class _TooMuch(Exception):
    """A body has more bytes than it may."""


class _Body:
    """A request's messages, counted; the whole body may be read before and is given again."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self.count = receive, most, 0
        self._again: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        return self._again.pop(0) if self._again else await self._counted()

    async def whole(self) -> bytes:
        """The body."""
        read = []
        while True:
            message = await self._counted()
            read.append(message)
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        self._again = read
        return b"".join(message.get("body", b"") for message in read)

    async def _counted(self) -> dict[str, Any]:
        message = await self._receive()
        self.count += len(message.get("body", b""))
        if self.count > self._most:
            raise _TooMuch
        return message


def _names_another_machine(content: bytes) -> bool:
    """Whether a body gives the address of a file in place of an upload."""
    if b"path" not in content and b"\\" not in content:
        return False
    try:
        found = [json.loads(content)]
    except (ValueError, RecursionError):
        return False
    while found:
        each = found.pop()
        if isinstance(each, dict):
            path = each.get("path")
            if isinstance(path, str) and path.strip().lower().startswith(("http:", "https:", "ftp:", "file:")):
                return True
            found += each.values()
        elif isinstance(each, list):
            found += each
    return False


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Answers a request with a sentence instead of the app."""
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

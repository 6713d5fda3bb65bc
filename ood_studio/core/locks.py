"""Locks by key: threads that want the same thing make it once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class KeyedLocks:
    """A lock for each key, there while somebody uses it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: dict[str, tuple[threading.Lock, list[None]]] = {}

    @contextmanager
    def only_one(self, key: str, poll: Callable[[], None]) -> Iterator[None]:
        """One thread at a time for each key; ``poll`` is called while waiting and may raise.

        If the thread at work is stopped, the next one takes over, rather than failing with it.
        """
        with self._lock:
            work, users = self._at_work.setdefault(key, (threading.Lock(), []))
            users.append(None)
        try:
            while not work.acquire(timeout=0.1):
                poll()
            try:
                yield
            finally:
                work.release()
        finally:
            with self._lock:
                users.pop()
                if not users:
                    del self._at_work[key]

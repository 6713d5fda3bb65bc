"""A small set of loaded models that all users share: the least recently used one leaves when it is full."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Loads each thing once, whoever asks and however many at a time; safe between threads.

    While one thing loads, those already there are handed out without waiting, and others may load beside it. A failed
    load is told to everyone who waits for it and is not remembered: the next one to ask tries again. Evicted models
    live on for as long as somebody still holds them.

    Args:
        limit: how many finished things are kept, at least 1.
    """

    def __init__(self, limit: int = 3) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        self.limit = limit
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Future[T]] = OrderedDict()  # oldest use first

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """The thing under ``key``, loaded by ``load()`` when nobody has yet.

        Raises:
            Exception: whatever ``load`` raised.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            else:
                own: Future[T] = Future()
                self._entries[key] = own
        if entry is not None:
            return entry.result()
        try:
            own.set_result(load())
        except BaseException as error:
            with self._lock:
                if self._entries.get(key) is own:
                    del self._entries[key]
            own.set_exception(error)
            raise
        with self._lock:
            finished = [k for k, e in self._entries.items() if e.done() and k != key]
            for stale in finished[: max(0, len(finished) + 1 - self.limit)]:
                del self._entries[stale]
        return own.result()

    def keys(self) -> list[Hashable]:
        """Keys of what is loaded or loading, the least recently used first."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forgets everything (what is in use lives on with its users)."""
        with self._lock:
            self._entries.clear()

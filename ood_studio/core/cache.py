"""Things that are costly to make and that all users share, kept in memory by key as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ood_studio.core.progress import pulse
from ood_studio.core.single_flight import SingleFlight

T = TypeVar("T")


class KeyedCache(Generic[T]):
    """Loads each thing once, whoever asks and however many at a time; the least recently used ones leave when full.

    While one thing loads, those already there are handed out without waiting, and others may load beside it. A load
    whose starter is stopped is taken over by the next one who waits; a failed load is told to everyone who waits for it
    and is not remembered: the next one to ask tries again (`SingleFlight`). Things that left live on for as long as
    somebody still holds them.

    Args:
        limit: how many things are kept, at least 1; None for any number.
        max_bytes: what they may come to, None for any size; a thing larger than that is handed out but not kept.
        size: bytes of a thing, where ``max_bytes`` is given.

    Raises:
        ValueError: for a limit below 1, or ``max_bytes`` without ``size``.
    """

    def __init__(
        self, limit: int | None = 3, *, max_bytes: int | None = None, size: Callable[[T], int] | None = None
    ) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        if max_bytes is not None and size is None:
            raise ValueError("max_bytes needs size, which says how large a thing is")
        self.limit, self.max_bytes = limit, max_bytes
        self._size = size or (lambda _: 0)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()  # with its size; oldest use first
        self._bytes = 0
        self._loads: SingleFlight[T] = SingleFlight()

    def get(self, key: Hashable, load: Callable[[], T], poll: Callable[[], None] = pulse) -> T:
        """The thing under ``key``, loaded by ``load()`` when nobody has yet.

        Args:
            key: of its content.
            load: makes it; called in this thread, if at all.
            poll: called every tenth of a second while another thread loads it; may raise to end the wait. If not given,
                whoever hears the work of this thread may (`ood_studio.core.progress.pulse`).

        Raises:
            RuntimeError: if the load waits for itself.
            Exception: whatever ``load`` or ``poll`` raised.
        """
        found = self._look(key)
        return found[0] if found else self._loads.run(key, lambda: self._load(key, load), poll)

    def peek(self, key: Hashable) -> T | None:
        """The thing under ``key`` if it is there, which counts as use; None where it is not, or is still loading."""
        found = self._look(key)
        return found[0] if found else None

    def put(self, key: Hashable, value: T) -> None:
        """Keeps a thing that is there already, in place of what was under ``key``."""
        size = self._size(value)
        with self._lock:
            self._drop(key)
            if self.max_bytes is not None and size > self.max_bytes:
                return
            self._kept[key] = value, size
            self._bytes += size
            while self._is_over():
                self._drop(next(iter(self._kept)))

    def trim(self, most: int) -> None:
        """Lets the least recently used things go until what is kept comes to ``most`` bytes; the last one stays."""
        with self._lock:
            while self._bytes > most and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def keys(self) -> list[Hashable]:
        """Keys of what is there, the least recently used first."""
        with self._lock:
            return list(self._kept)

    def clear(self) -> None:
        """Forgets everything (what is in use lives on with its users)."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _load(self, key: Hashable, load: Callable[[], T]) -> T:
        if found := self._look(key):  # another thread's load ended just before this one began
            return found[0]
        value = load()
        self.put(key, value)
        return value

    def _look(self, key: Hashable) -> tuple[T, int] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _is_over(self) -> bool:
        return (self.limit is not None and len(self._kept) > self.limit) or (
            self.max_bytes is not None and self._bytes > self.max_bytes
        )

    def _drop(self, key: Hashable) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self._bytes -= size

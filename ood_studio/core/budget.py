"""A common budget of memory: threads that each need much of it take turns, those that need little go side by side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ByteBudget:
    """So many bytes for all threads together.

    Args:
        limit: bytes; whoever asks for more than all of it waits until it is alone, and then has it.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1 byte, not {limit}")
        self.limit = limit
        self._free = limit
        self._changed = threading.Condition()

    @contextmanager
    def reserved(self, size: int) -> Iterator[None]:
        """Waits until ``size`` bytes are free, and keeps them for the block."""
        size = min(max(size, 0), self.limit)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()

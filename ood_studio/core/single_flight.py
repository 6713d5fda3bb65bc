"""Work that several threads ask for at the same time is done once, and everybody gets what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from ood_studio.core.progress import Stopped, pulse

T = TypeVar("T")

_POLL_SECONDS = 0.1


class _Flight(Generic[T]):
    """One piece of work under way, and then what came of it."""

    def __init__(self) -> None:
        self.owner = threading.get_ident()
        self.landed = threading.Event()
        self.result: list[T] = []
        self.error: Exception | None = None  # neither a result nor an error: given up, to be taken over


class SingleFlight(Generic[T]):
    """Runs the work of a key once for all threads that ask while it runs; nothing is remembered afterwards.

    - Work of other keys runs beside it.
    - Where the thread at work is stopped (`Stopped`, or an exception such as KeyboardInterrupt that concerns it alone),
      the next one who waits does the work instead, with its own ``work``. No thread sees the `Stopped` of another.
    - Any other error is raised in every thread that waits.
    - Whoever waits is asked every tenth of a second whether it still wants to (``poll``, else whoever hears its work).
    - Work may ask for other keys, here or in another `SingleFlight`. Work that comes back to itself, in its own thread
      or around a circle of waiting threads, fails at once rather than wait for ever; threads that ``work`` itself
      starts are not followed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight[T]] = {}

    def run(self, key: Hashable, work: Callable[[], T], poll: Callable[[], None] = pulse) -> T:
        """What ``work`` returns, in this thread or in the one that is at it already.

        Args:
            key: of the work: equal keys, equal results.
            work: does it, in this thread.
            poll: called while another thread is at work; an exception it raises ends the wait, and nothing else.

        Raises:
            RuntimeError: if the work waits for itself.
            Exception: what ``work`` or ``poll`` raised.
        """
        while True:
            with self._lock:
                other = self._flights.get(key)
                if other is None:
                    own = self._flights[key] = _Flight()
            if other is None:
                return self._fly(key, own, work)
            _wait(key, other, poll)
            if other.error is not None:
                raise other.error
            if other.result:
                return other.result[0]

    def _fly(self, key: Hashable, own: _Flight[T], work: Callable[[], T]) -> T:
        try:
            result = work()
            own.result.append(result)
            return result
        except Stopped:
            raise
        except Exception as error:
            own.error = error
            raise
        finally:
            with self._lock:
                del self._flights[key]
            own.landed.set()


_waits_lock = threading.Lock()
_waits: dict[int, _Flight[object]] = {}  # thread -> what it waits for; over all instances, since circles may be too


def _wait(key: Hashable, flight: _Flight[T], poll: Callable[[], None]) -> None:
    own = threading.get_ident()
    with _waits_lock:
        end: _Flight[object] | None = flight  # type: ignore[assignment]
        while end is not None and not end.landed.is_set():
            if end.owner == own:
                raise RuntimeError(f"the work for {key!r} waits for itself")
            end = _waits.get(end.owner)
        outer = _waits.get(own)  # where ``poll`` itself waits for something
        _waits[own] = flight  # type: ignore[assignment]
    try:
        while not flight.landed.wait(_POLL_SECONDS):
            poll()
    finally:
        with _waits_lock:
            if outer is None:
                del _waits[own]
            else:
                _waits[own] = outer

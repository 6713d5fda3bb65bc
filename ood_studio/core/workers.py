"""Workers: processes that end with the one that started them, even where that was killed; threads that stand back."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock, Thread, get_native_id
from typing import Any, ClassVar

from ood_studio.core.errors import StudioError

_STARTING = Lock()
_MOST_ON_WINDOWS = 61  # processes that it waits for at a time


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh processes for functions of modules, on plain values.

    They do not import the main module: a plain script that uses the library needs no ``if __name__ == "__main__"``,
    and nothing that is defined in it can be sent.

    Raises:
        StudioError: on leaving, where a process was ended from outside.
    """
    if sys.platform == "win32":
        workers = min(workers, _MOST_ON_WINDOWS)
    try:
        with ProcessPoolExecutor(workers, mp_context=_Context(), initializer=_end_with_parent) as pool:
            yield pool
    except BrokenProcessPool as error:
        raise StudioError(
            "a process that worked for this one was ended from outside, as systems do where memory is short; try again"
        ) from error


class _Process(SpawnProcess):
    def start(self) -> None:
        with _nameless_main():
            super().start()


class _Context(SpawnContext):
    Process: ClassVar[Any] = _Process  # what a pool starts


@contextmanager
def _nameless_main() -> Iterator[None]:
    """While a process is started, the main module has neither name nor file, so that it is not run again there."""
    main = vars(sys.modules["__main__"])
    with _STARTING:
        spec, file = main.get("__spec__"), main.pop("__file__", None)
        main["__spec__"] = None
        try:
            yield
        finally:
            main["__spec__"] = spec
            if file is not None:
                main["__file__"] = file


def _end_with_parent() -> None:
    Thread(target=_wait_for_parent, name="end-with-parent", daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # whoever waits for the work is no more; a worker would wait for the next for ever


def stand_back(niceness: int) -> None:
    """Lets other threads go before this one; torch's own, which it starts, do as it does. Only Linux knows it.

    Args:
        niceness: by how much further back than it stands.
    """
    if niceness and sys.platform == "linux":
        this = os.PRIO_PROCESS, get_native_id()
        with suppress(OSError):
            os.setpriority(*this, os.getpriority(*this) + niceness)

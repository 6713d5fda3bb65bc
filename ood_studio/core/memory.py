"""How the C library hands out memory, where that can be said; and what is done where there is not enough of it."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Sized
from contextlib import suppress
from typing import Any, TypeVar

from ood_studio.core.errors import StudioError

T = TypeVar("T")

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of mallopt(3)
_LARGE = 2**20  # bytes


def steady_memory() -> bool:
    """Lets what was freed be of use again, to other threads or to the system; whether the C library can be told.

    Glibc gives each thread a pool of its own, whose free memory is of no use to the others; here they share two. And it
    takes large pieces out of these pools once others as large were freed, where small ones between them keep them from
    the system; here each of a megabyte and more is the system's again when it is freed. A server of many threads that
    holds pictures takes half as much for it. ``MALLOC_ARENA_MAX`` and ``MALLOC_MMAP_THRESHOLD_`` have the last word.
    """
    if sys.platform != "linux":
        return False
    accepted = True
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL("libc.so.6")
        if "MALLOC_ARENA_MAX" not in os.environ:
            accepted = bool(library.mallopt(_M_ARENA_MAX, 2))
        if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
            accepted = bool(library.mallopt(_M_MMAP_THRESHOLD, _LARGE)) and accepted
        return accepted
    return False


def peak_memory(device: Any) -> int:
    """Bytes at most so far: of a GPU by torch, else of this process; 0 where nobody counts."""
    if getattr(device, "type", "cpu") == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)


def machine_memory() -> int:
    """Bytes of memory that the machine has; 8 GB where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # only Unix knows it so
        return 8 * 2**30


class OutOfMemory(StudioError):
    """Memory ran out where nothing could be made smaller: one sentence with what helps."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device or the machine has no more memory; of the CPU's torch knows no kind."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and bool(re.search(r"out of memory|can't allocate memory", str(error)))


LACKS_MEMORY = (
    "there is not enough memory for that; take fewer or smaller pictures or a smaller model, or end other programs"
)
"""What a person is told of an error of that kind, where nothing better is known."""


def what_went_wrong(error: Exception) -> str:
    """What a person is told of an error that nobody foresaw."""
    if is_out_of_memory(error):
        return LACKS_MEMORY
    return f"something went wrong that should not have ({type(error).__name__}: {error})"


def halving(work: Callable[[Any], T], items: Sized, joined: Callable[[list[T]], T], full: str) -> T:
    """``work(items)``; where memory runs out, that of either half, and of their halves, joined.

    Args:
        work: of items, as many as fit.
        items: what can be counted and sliced, a tensor say.
        joined: makes one result of several, in order.
        full: what is said where a single item is too much.

    Raises:
        OutOfMemory: ``full``.
    """
    try:
        return work(items)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if len(items) < 2:
            raise OutOfMemory(full) from error
    # Only now, when the error holds none of its tensors any more.
    sliced: Any = items
    middle = len(items) // 2
    return joined([halving(work, part, joined, full) for part in (sliced[:middle], sliced[middle:])])

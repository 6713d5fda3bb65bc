"""How the C library hands out memory, where that can be said."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

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
    told = True
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL("libc.so.6")
        if "MALLOC_ARENA_MAX" not in os.environ:
            told = bool(library.mallopt(_M_ARENA_MAX, 2))
        if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
            told = bool(library.mallopt(_M_MMAP_THRESHOLD, _LARGE)) and told
        return told
    return False

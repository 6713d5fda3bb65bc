"""How the C library hands out memory, where that can be said."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress

_M_ARENA_MAX = -8  # of mallopt(3)


def few_arenas(count: int = 2) -> bool:
    """Lets the threads of this process share a few pools of memory; whether the C library is one that can be told.

    Glibc gives each thread a pool of its own, up to eight a processor, and what one thread freed is of no use to the
    others: a server of many threads holds several times what it needs. ``MALLOC_ARENA_MAX`` says otherwise where set.
    """
    if sys.platform != "linux" or os.environ.get("MALLOC_ARENA_MAX"):
        return False
    with suppress(OSError, AttributeError):  # another C library
        return bool(ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, count))
    return False


def give_back() -> None:
    """Gives the system back what was freed, as far as the C library holds it in whole pages."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)

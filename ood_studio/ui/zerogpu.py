"""Model work on a ZeroGPU Space runs under ``spaces.GPU``; anywhere else it runs as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Work = TypeVar("Work", bound=Callable)  # type: ignore[type-arg]


def on_gpu(work: Work) -> Work:
    """``work`` under ``spaces.GPU`` where that package is installed, else unchanged."""
    try:
        import spaces
    except ImportError:
        return work
    return spaces.GPU(work)

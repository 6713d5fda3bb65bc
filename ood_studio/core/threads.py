"""How many threads a piece of work gets.

Operations of a miniature on one image are so short that two threads wait for each other as long as they compute, and on
a busy machine, where the other thread may be away, much longer. What waits sleeps (`ood_studio.__init__` asks for that
before torch is loaded) instead of keeping a processor from whoever it waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_SMALL = 10_000_000  # parameters


def is_small(model: torch.nn.Module, device: torch.device) -> bool:
    """Whether a model on one image is too little work for several threads: up to 10 million parameters, on a CPU."""
    return device.type == "cpu" and sum(each.numel() for each in model.parameters()) <= _SMALL


@contextmanager
def one_thread(small: bool = True) -> Iterator[None]:
    """In the block, torch computes in the calling thread alone, where the work is ``small``; other threads as before.

    How many threads there are depends on the work alone, never on how busy a machine is: sums are rounded in the order
    in which threads share them, and the same work should give the same bits.
    """
    import torch

    before = torch.get_num_threads()
    if not small or before == 1:
        yield
        return
    torch.set_num_threads(1)
    # torch hands the last number set to every thread that computes for the first time: that is none of their business.
    other = threading.Thread(target=torch.set_num_threads, args=(before,))
    other.start()
    other.join()
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Images decoded and preprocessed by a few threads, ahead of their use."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.memory import LACKS_MEMORY
from ood_studio.data.dataset import Dataset

BATCH = 64
_AHEAD = 3  # batches that are decoded while one is used


@dataclass(frozen=True, eq=False)
class Batch:
    """Some images in a row.

    Attributes:
        rows: which images of the dataset could be read.
        pixels: (rows, 3, height, width) float32 in [0, 1], as `Backbone.preprocess` gives them.
        problems: caption of each unreadable image -> why.
    """

    rows: list[int]
    pixels: Tensor
    problems: dict[str, str]


def batch_size(backbone: Backbone) -> int:
    """How many images a model encodes at a time."""
    return min(BATCH, backbone.at_once or BATCH)


def batches(backbone: Backbone, dataset: Dataset, stretches: Sequence[range]) -> Generator[Batch, None, None]:
    """Preprocessed images, at most `batch_size` at a time, none across a stretch's end. To stop early, close it."""

    def read(index: int) -> Tensor | str:
        try:
            return backbone.preprocess([dataset.load(index)])
        except (OSError, ValueError, MemoryError) as error:
            return str(error) or LACKS_MEMORY  # a MemoryError says nothing

    size = batch_size(backbone)
    chunks = (stretch[i : i + size] for stretch in stretches for i in range(0, len(stretch), size))
    pool = ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 1)), thread_name_prefix="decode")
    try:
        waiting: deque[list[tuple[int, Future[Tensor | str]]]] = deque()
        for chunk in chunks:
            waiting.append([(index, pool.submit(read, index)) for index in chunk])
            if len(waiting) > _AHEAD:
                yield _gather(dataset, waiting.popleft())
        while waiting:
            yield _gather(dataset, waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _gather(dataset: Dataset, jobs: Sequence[tuple[int, Future[Tensor | str]]]) -> Batch:
    read = [(index, job.result()) for index, job in jobs]
    good = [(index, found) for index, found in read if isinstance(found, Tensor)]
    problems = {dataset.caption(index): found for index, found in read if isinstance(found, str)}
    return Batch([i for i, _ in good], torch.cat([p for _, p in good]) if good else torch.empty(0), problems)

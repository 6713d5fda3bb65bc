"""Rows of training data that are worked out once, by all cores, and kept under ``cache/``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_folder, settle
from ood_studio.core.workers import worker_pool

Arrays = dict[str, np.ndarray]
Chunk = Callable[[int, int], Arrays]

_CHUNK = 512
_FEW = 2048  # rows that one process has ready before others have started


def worked_out_once(folder: Path, count: int, chunk: Chunk, *, title: str, workers: int = 0) -> Arrays:
    """Arrays of ``count`` rows, by name; ``pixels`` is memory-mapped.

    Args:
        folder: where they lie, a ``.npy`` file each; it is there whole or not at all.
        count: rows.
        chunk: the arrays of the rows from one number up to another; with several processes a function of a module.
        title: of the bar on the terminal.
        workers: processes; 0 for one a core, and one where there is little to do. More than one need a main module
            that may be imported again (``if __name__ == "__main__"``).

    Raises:
        StudioError: if the disk refuses.
    """
    if not folder.is_dir():
        try:
            with scratch_folder(folder.parent) as scratch:
                _write(scratch, count, chunk, title, 1 if count <= _FEW else workers or os.cpu_count() or 1)
                settle(scratch, folder)
        except OSError as error:
            raise StudioError(f"{title}: the rows cannot be kept in {folder} ({error.strerror or error})") from error
    paths = {path.stem: path for path in sorted(folder.glob("*.npy"))}
    return {name: np.load(path, mmap_mode="r" if name == "pixels" else None) for name, path in paths.items()}


def _write(folder: Path, count: int, chunk: Chunk, title: str, workers: int) -> None:
    starts = range(0, count, _CHUNK)
    stops = [min(start + _CHUNK, count) for start in starts]

    def keep(parts: Iterable[Arrays]) -> None:
        files: dict[str, IO[bytes]] = {}
        with tqdm(total=count, unit="scene", desc=title, disable=None) as bar, ExitStack() as opened:
            for start, stop, part in zip(starts, stops, parts, strict=True):
                for name, rows in part.items():
                    if name not in files:
                        files[name] = opened.enter_context(open(folder / f"{name}.npy", "wb"))
                        _write_header(files[name], rows, count)
                    # Not through a map of a sparse file, whose pages without room behind them end the process.
                    files[name].write(np.ascontiguousarray(rows).data)
                bar.update(stop - start)

    if workers == 1:
        keep(map(chunk, starts, stops))
    else:
        with worker_pool(workers) as pool:
            keep(pool.map(chunk, starts, stops))


def _write_header(file: IO[bytes], rows: np.ndarray, count: int) -> None:
    descr = np.lib.format.dtype_to_descr(rows.dtype)
    about = {"descr": descr, "fortran_order": False, "shape": (count, *rows.shape[1:])}
    np.lib.format.write_array_header_1_0(file, about)

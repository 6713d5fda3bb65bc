"""The scores of every image, one a line, for other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.result import BenchResult

COLUMNS = ("set", "side", "row", "image", "class", "scorer", "against", "score")
"""Set and side (``id`` or ``ood``), number and name of the image in it, its class where known, scorer and score;
``against`` is the OOD set that ID images of a stream scorer were mixed with."""


def image_scores(result: BenchResult) -> Iterator[tuple[Any, ...]]:
    """A line for each image and scorer, in `COLUMNS`; set after set.

    Args:
        result: fresh from a run: a stored one has no scores.
    """
    for scorer, found in result.scores.items():
        for name, scores in found.items():
            mixed = name not in result.sets  # see `BenchResult.scores`
            own, against = (result.id, name.removeprefix(f"{result.id}|")) if mixed else (name, "")
            dataset = result.sets[own]
            side = "id" if own == result.id else "ood"
            for row, score in zip(result.rows_of[own].tolist(), scores.tolist(), strict=True):
                yield (
                    own,
                    side,
                    row,
                    dataset.caption(row),
                    class_of(dataset, row),
                    scorer,
                    against,
                    score,
                )


def class_of(dataset: Any, row: int) -> str:
    """The name of an image's class: what its set says, or else the folder that it lies in; empty where neither is."""
    if dataset.labels is not None and dataset.classes and 0 <= dataset.labels[row] < len(dataset.classes):
        return str(dataset.classes[int(dataset.labels[row])])
    folder, slash, _ = dataset.caption(row).rpartition("/")
    return folder if slash else ""


def check_file(path: str) -> None:
    """Tells before the work that a file of scores is of no kind that can be written.

    Raises:
        StudioError: naming the kinds; or if pyarrow is missing for it.
    """
    kind = Path(path).suffix.lower()
    if path and kind not in (".csv", ".parquet"):
        raise StudioError(f"scores of every image are written as .csv or .parquet, not {Path(path).name!r}")
    if kind == ".parquet" and find_spec("pyarrow") is None:
        raise StudioError(f"writing {path} needs the package pyarrow: pip install pyarrow")


def write_image_scores(result: BenchResult, path: str) -> int:
    """Writes every image's scores as CSV or Parquet, by the file's ending; gives the number of lines.

    Raises:
        StudioError: if it cannot be written, or pyarrow is missing.
    """
    check_file(path)
    try:
        return (_write_csv if path.lower().endswith(".csv") else _write_parquet)(result, path)
    except OSError as error:
        raise StudioError(f"cannot write {path}: {error.strerror or error}") from error


def _write_csv(result: BenchResult, path: str) -> int:
    """Line by line: the scores of a large benchmark are millions."""
    lines = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in image_scores(result):
            writer.writerow((*line[:-1], repr(line[-1])))
            lines += 1
    return lines


def _write_parquet(result: BenchResult, path: str) -> int:
    import pyarrow
    from pyarrow import parquet

    lines = list(image_scores(result))
    columns = zip(*lines, strict=True) if lines else ([] for _ in COLUMNS)
    parquet.write_table(pyarrow.table(dict(zip(COLUMNS, map(list, columns), strict=True))), path)
    return len(lines)

"""The scores of every image, one a line, for other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
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
            own, bar, against = name.partition("|") if name not in result.sets else (name, "", "")
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
                    against if bar else "",
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
        StudioError: naming the kinds.
    """
    if path and Path(path).suffix.lower() not in (".csv", ".parquet"):
        raise StudioError(f"scores of every image are written as .csv or .parquet, not {Path(path).name!r}")


def write_image_scores(result: BenchResult, path: str) -> int:
    """Writes every image's scores as CSV or Parquet, by the file's ending; gives the number of lines.

    Raises:
        StudioError: if it cannot be written, or pyarrow is missing.
    """
    check_file(path)
    lines = list(image_scores(result))
    try:
        if path.lower().endswith(".csv"):
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows((*line[:-1], repr(line[-1])) for line in lines)
        else:
            try:
                import pyarrow
                from pyarrow import parquet
            except ImportError as error:
                raise StudioError(f"writing {path} needs the package pyarrow: pip install pyarrow") from error
            columns = zip(*lines, strict=True) if lines else ([] for _ in COLUMNS)
            parquet.write_table(pyarrow.table(dict(zip(COLUMNS, map(list, columns), strict=True))), path)
    except OSError as error:
        raise StudioError(f"cannot write {path}: {error.strerror or error}") from error
    return len(lines)

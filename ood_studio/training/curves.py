"""The curves of a training, as CSV on disk."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from ood_studio.core.files import scratch_file


class Curves:
    """Figures by step in a CSV file, rewritten whole: a figure may begin or end within a training.

    Args:
        path: of the file.
        before: rows of later steps are dropped; a training that goes on from this step measures them again.
    """

    def __init__(self, path: Path, before: int) -> None:
        self._path = path
        self._rows: list[dict[str, str]] = []
        if path.exists():
            with open(path, newline="", encoding="utf-8") as file:
                self._rows = [row for row in csv.DictReader(file) if int(row["step"]) <= before]

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Adds the row of a step.

        Raises:
            OSError: if the disk refuses.
        """
        self._rows.append({"step": str(step), **{name: f"{value:.6g}" for name, value in figures.items()}})
        names = dict.fromkeys(name for row in self._rows for name in row)
        with scratch_file(self._path) as scratch, open(scratch, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(names), restval="")
            writer.writeheader()
            writer.writerows(self._rows)

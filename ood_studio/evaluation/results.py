"""Every row ever measured, in a small SQLite database under the cache folder, and the runs that the rows came from."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.result_file import COLUMNS as FIELDS
from ood_studio.evaluation.result_file import ResultFile, now
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.stored_runs import COLUMNS, StoredRun, grouped

_JSON = ("params", "provenance", "versions", "protocol")
_ABOUT = ("labels", "accuracy", "unavailable", "titles", "problems", "notes", "seconds")  # said beside a run's rows
_MAY_BE_NONE = ("auroc_low", "auroc_high", "fpr95_low", "fpr95_high")  # without resamples


class ResultStore:
    """Rows on disk: appended, never changed; tuples among their parameters come back as lists.

    Safe for several processes; each append is written whole or not at all.
    A file that is read-only, on a full disk, of another version or in use for long costs one warning, not the rows:
    the caller still has them. A damaged file is put aside under another name and a new one begun.
    """

    def __init__(self, path: Path | None = None) -> None:
        """A store in a file, or in ``results.sqlite3`` under the cache folder."""
        self._file = ResultFile(path)

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self._file.path

    def keep(self, result: BenchResult, asked: Mapping[str, str] = MappingProxyType({})) -> bool:
        """Adds a run: its rows, and what it says beside them; whether they were kept. Scores are not.

        Args:
            asked: what it was asked for, as names and texts, see `StoredRun.asked`.
        """
        about = {name: getattr(result, name) for name in _ABOUT}
        return self._append(result.rows, {**about, "asked": dict(asked)})

    def append(self, rows: Sequence[Row]) -> bool:
        """Adds rows as a run of which nothing else is known; whether they were kept."""
        return self._append(rows, {})

    def read(
        self,
        *,
        suite: str | None = None,
        id: str | None = None,
        ood: str | None = None,
        backbone: str | None = None,
        scorer: str | None = None,
        seed: int | None = None,
    ) -> tuple[Row, ...]:
        """The rows with all the values given, oldest first; none, with a warning, from a file that cannot be read."""
        wanted = {"suite": suite, "id": id, "ood": ood, "backbone": backbone, "scorer": scorer, "seed": seed}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f'"{name}" = ?' for name in given) or "1"
        query = f"SELECT * FROM results WHERE {where} ORDER BY number"
        return tuple(self._file.select(query, [*given.values()], _row))

    def runs(self, *, suite: str | None = None, backbone: str | None = None) -> tuple[StoredRun, ...]:
        """The runs kept so far, the newest first; none, with a warning, from a file that cannot be read.

        Rows that were written before runs were told apart count as one run where they follow each other and agree in
        when they were written, suite, ID set, backbone, seed and definition of FPR95.
        """
        columns = ", ".join(f'"{name}"' for name in COLUMNS)
        rows = self._file.select(f"SELECT {columns} FROM results ORDER BY number")
        return tuple(
            run
            for run in reversed(grouped(rows, self._about()))
            if (suite is None or run.suite == suite) and (backbone is None or run.backbone == backbone)
        )

    def open(self, run: StoredRun) -> BenchResult:
        """A run as the benchmark gave it, but for its scores and images: what tables, figures of rows and exports read.

        Raises:
            StudioError: if its rows are not there any more.
        """
        # Numbers come again once the last run was taken away.
        query = "SELECT * FROM results WHERE number BETWEEN ? AND ? AND added = ? ORDER BY number"
        rows: tuple[Row, ...] = tuple(self._file.select(query, [run.first, run.last, run.added], _row))
        if len(rows) != run.last - run.first + 1 or (rows[0].suite, rows[0].backbone) != (run.suite, run.backbone):
            raise StudioError(f"the run of {run.added} is not in {self.path} any more")
        kept = self._about().get(run.first, {})
        about = {name: kept[name] for name in _ABOUT if name in kept}
        about |= {name: tuple(kept.get(name, ())) for name in ("labels", "notes")}
        return BenchResult(run.suite, run.backbone, run.id, rows=rows, finished=True, **about)

    def delete(self, run: StoredRun) -> None:
        """Takes a run away, for good.

        Raises:
            StudioError: if it is not there any more, or the file cannot be written.
        """
        if run not in self.runs():
            raise StudioError("this result is not kept any more; open another")

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM results WHERE number BETWEEN ? AND ?", (run.first, run.last))
            db.execute("DELETE FROM runs WHERE first = ?", (run.first,))

        if not self._file.write(write):
            raise StudioError(f"the results in {self.path} cannot be written; nothing was deleted")

    def _about(self) -> dict[int, dict[str, Any]]:
        """What runs say beside their rows, by the number of their first."""
        if not self._file.has("runs"):
            return {}
        return dict(
            self._file.select("SELECT first, about FROM runs", (), lambda values: (values[0], json.loads(values[1])))
        )

    def _append(self, rows: Sequence[Row], about: dict[str, Any]) -> bool:
        def write(db: sqlite3.Connection) -> None:
            (last,) = db.execute("SELECT coalesce(max(number), 0) FROM results").fetchone()
            db.execute("INSERT INTO runs VALUES (?, ?)", (last + 1, json.dumps(about, default=str)))
            places = ", ".join("?" * (1 + len(fields(Row))))
            added = now()
            db.executemany(
                f"INSERT INTO results (added, {FIELDS}) VALUES ({places})", [(added, *_values(row)) for row in rows]
            )

        return not rows or self._file.write(write)


def _values(row: Row) -> list[Any]:
    """Columns of a row: SQLite has no NaN, so that it is kept as NULL."""
    values = []
    for field in fields(row):
        value = getattr(row, field.name)
        if field.name in _JSON:
            value = json.dumps(value, default=str)
        values.append(None if isinstance(value, float) and math.isnan(value) else value)
    return values


def _row(values: Sequence[Any]) -> Row:
    found = dict(zip((field.name for field in fields(Row)), values, strict=True))
    for name, value in found.items():
        if name in _JSON:
            found[name] = json.loads(value)
        elif value is None and name not in _MAY_BE_NONE:
            found[name] = math.nan
    return Row(**found)

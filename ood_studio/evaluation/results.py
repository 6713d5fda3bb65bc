"""Every row ever measured, in a small SQLite database under the cache folder, and the runs that the rows came from."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import cache_dir
from ood_studio.evaluation.rows import BenchResult, Row
from ood_studio.evaluation.stored_runs import COLUMNS, StoredRun, grouped

_log = logging.getLogger(__name__)

SCHEMA = 3
_LACKING = {1: ("provenance", "protocol"), 2: ("protocol",)}  # what rows of older files do not have
_JSON = ("params", "provenance", "versions", "protocol")
_ABOUT = ("labels", "accuracy", "unavailable", "titles", "problems", "notes", "seconds")  # said beside a run's rows
_MAY_BE_NONE = ("auroc_low", "auroc_high", "fpr95_low", "fpr95_high")  # without resamples
_COLUMNS = ", ".join(f'"{field.name}"' for field in fields(Row))
_WAIT = 30.0  # seconds, for another process to finish writing


class ResultStore:
    """Rows on disk: appended, never changed; tuples among their parameters come back as lists.

    Safe for several processes; each append is written whole or not at all.
    A file that is read-only, on a full disk, of another version or in use for long costs one warning, not the rows:
    the caller still has them. A damaged file is put aside under another name and a new one begun.
    """

    def __init__(self, path: Path | None = None) -> None:
        """A store in a file, or in ``results.sqlite3`` under the cache folder."""
        self.path = path or cache_dir() / "results.sqlite3"

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
        return tuple(self._select(query, [*given.values()], _row))

    def runs(self, *, suite: str | None = None, backbone: str | None = None) -> tuple[StoredRun, ...]:
        """The runs kept so far, the newest first; none, with a warning, from a file that cannot be read.

        Rows that were written before runs were told apart count as one run where they follow each other and agree in
        when they were written, suite, ID set, backbone, seed and definition of FPR95.
        """
        columns = ", ".join(f'"{name}"' for name in COLUMNS)
        rows = self._select(f"SELECT {columns} FROM results ORDER BY number")
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
        query = "SELECT * FROM results WHERE number BETWEEN ? AND ? ORDER BY number"
        rows: tuple[Row, ...] = tuple(self._select(query, [run.first, run.last], _row))
        if len(rows) != run.last - run.first + 1 or (rows[0].suite, rows[0].backbone) != (run.suite, run.backbone):
            raise StudioError(f"the run of {run.added} is not in {self.path} any more")
        kept = self._about().get(run.first, {})
        about = {name: kept[name] for name in _ABOUT if name in kept}
        about |= {name: tuple(kept.get(name, ())) for name in ("labels", "notes")}
        return BenchResult(run.suite, run.backbone, run.id, rows=rows, finished=True, **about)

    def _about(self) -> dict[int, dict[str, Any]]:
        """What runs say beside their rows, by the number of their first."""
        if not self._select("SELECT 1 FROM sqlite_master WHERE name = 'runs'"):
            return {}
        return dict(
            self._select("SELECT first, about FROM runs", (), lambda values: (values[0], json.loads(values[1])))
        )

    def _select(
        self, query: str, values: Sequence[Any] = (), read: Callable[[tuple[Any, ...]], Any] = tuple
    ) -> list[Any]:
        """What ``read`` makes of each row found; nothing, with a warning, from a file that cannot be read.

        In the query ``*`` are the fields of a `Row`.
        """
        if not self.path.exists():
            return []
        try:
            # An address, so that no file is made; what a process that was killed left half written is undone.
            with contextlib.closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", _WAIT, uri=True)) as db:
                version = _version(db)
                query = query.replace("*", _columns(version))
                return [] if version == 0 else [read(row) for row in db.execute(query, values)]
        except (OSError, sqlite3.Error, ValueError) as error:
            _log.warning("the results in %s could not be read (%s)", self.path, error)
            return []

    def _append(self, rows: Sequence[Row], about: dict[str, Any]) -> bool:
        if not rows:
            return True
        try:
            try:
                self._write(rows, about)
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    raise
                aside = self._put_aside()
                _log.warning("the results in %s were damaged (%s); they now lie in %s", self.path, error, aside)
                self._write(rows, about)
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            _log.warning("the results could not be kept in %s (%s); save them elsewhere", self.path, why)
            return False
        return True

    def _write(self, rows: Sequence[Row], about: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as db:
            if _version(db) == 0:
                db.execute(f"CREATE TABLE results (number INTEGER PRIMARY KEY, added TEXT NOT NULL, {_COLUMNS})")
            for name in _LACKING.get(_version(db), ()):
                db.execute(f"ALTER TABLE results ADD COLUMN {name} DEFAULT '{{}}'")
            db.execute(f"PRAGMA user_version = {SCHEMA}")
            # Files of before have no such table; those who do not know it may go on without it.
            db.execute("CREATE TABLE IF NOT EXISTS runs (first INTEGER PRIMARY KEY, about TEXT NOT NULL)")
            (last,) = db.execute("SELECT coalesce(max(number), 0) FROM results").fetchone()
            db.execute("INSERT INTO runs VALUES (?, ?)", (last + 1, json.dumps(about, default=str)))
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            places = ", ".join("?" * (1 + len(fields(Row))))
            db.executemany(
                f"INSERT INTO results (added, {_COLUMNS}) VALUES ({places})", [(now, *_values(row)) for row in rows]
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that already holds the write lock, so that two processes wait instead of failing half-way."""
        with contextlib.closing(sqlite3.connect(self.path, _WAIT, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _put_aside(self) -> Path:
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        self.path.replace(aside)
        journal = self.path.with_name(f"{self.path.name}-journal")
        if journal.exists():  # what would be undone in the new file
            journal.replace(aside.with_name(f"{aside.name}-journal"))
        return aside


def _damaged(error: sqlite3.DatabaseError) -> bool:
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return primary in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _version(db: sqlite3.Connection) -> int:
    """The file's schema, 0 for a new one."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version not in (0, *_LACKING, SCHEMA):
        raise sqlite3.NotSupportedError(f"it is of version {version}, this OOD Studio writes version {SCHEMA}")
    return version


def _columns(version: int) -> str:
    """The fields of a row as a file of some version has them."""
    found = _COLUMNS
    for name in _LACKING.get(version, ()):
        found = found.replace(f'"{name}"', "'{}'")
    return found


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

"""The SQLite file that results lie in: one writer at a time, whole or not at all; a damaged one is put aside."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ood_studio.core.paths import cache_dir
from ood_studio.evaluation.rows import Row

_log = logging.getLogger(__name__)

SCHEMA = 3
_LACKING = {1: ("provenance", "protocol"), 2: ("protocol",)}  # what rows of older files do not have
COLUMNS = ", ".join(f'"{field.name}"' for field in fields(Row))
"""The fields of a row in SQL."""
_WAIT = 30.0  # seconds, for another process to finish writing


class ResultFile:
    """A file of results; safe for several processes.

    A file that is read-only, on a full disk, of another version or in use for long costs one warning.
    """

    def __init__(self, path: Path | None = None) -> None:
        """A file, or ``results.sqlite3`` under the cache folder."""
        self.path = path or cache_dir() / "results.sqlite3"

    def select(
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

    def has(self, table: str) -> bool:
        """Whether there is a table of that name."""
        return bool(self.select("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)))

    def write(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Lets ``work`` write in one transaction, in a file of this version; whether that was kept."""
        try:
            met = self._number()
            try:
                self._write(work)
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    raise
                if self._number() == met:  # else another process has put it aside already
                    aside = self._put_aside()
                    _log.warning("the results in %s were damaged (%s); they now lie in %s", self.path, error, aside)
                self._write(work)
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            _log.warning("the results could not be kept in %s (%s); save them elsewhere", self.path, why)
            return False
        return True

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as db:
            if _version(db) == 0:
                db.execute(f"CREATE TABLE results (number INTEGER PRIMARY KEY, added TEXT NOT NULL, {COLUMNS})")
            for name in _LACKING.get(_version(db), ()):
                db.execute(f"ALTER TABLE results ADD COLUMN {name} DEFAULT '{{}}'")
            db.execute(f"PRAGMA user_version = {SCHEMA}")
            # Files of before have no such tables; those who do not know them may go on without them.
            db.execute("CREATE TABLE IF NOT EXISTS runs (first INTEGER PRIMARY KEY, about TEXT NOT NULL)")
            db.execute("CREATE TABLE IF NOT EXISTS zoo (number INTEGER PRIMARY KEY, added TEXT NOT NULL, run TEXT)")
            work(db)

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

    def _number(self) -> int | None:
        """What tells the file from another one in its place; None where there is none."""
        with contextlib.suppress(FileNotFoundError):
            return self.path.stat().st_ino
        return None

    def _put_aside(self) -> Path:
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        self.path.replace(aside)
        journal = self.path.with_name(f"{self.path.name}-journal")
        if journal.exists():  # what would be undone in the new file
            journal.replace(aside.with_name(f"{aside.name}-journal"))
        return aside


def now() -> str:
    """The moment as results tell it, such as ``2025-03-01T12:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


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
    found = COLUMNS
    for name in _LACKING.get(version, ()):
        found = found.replace(f'"{name}"', "'{}'")
    return found

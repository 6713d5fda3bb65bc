"""Runs of the zoo in the file of results: kept with their passports, listed, opened, taken away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.result_file import ResultFile, now
from ood_studio.evaluation.zoo.run import ZooRun


@dataclass(frozen=True)
class StoredZoo:
    """A run that was kept; `ZooStore.open` gives the whole.

    Attributes:
        number: its own.
        added: when it was kept, such as ``2025-03-01T12:00:00Z``.
        models: the names of those measured.
        asked: what was asked for, as names and texts; empty for a run that cannot be opened.
        problem: why it cannot be opened, such as that another version wrote it; empty where it can.
    """

    number: int
    added: str
    models: tuple[str, ...]
    problem: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)


class ZooStore:
    """Runs on disk: appended, never changed, taken away one by one. Safe for several processes."""

    def __init__(self, path: Path | None = None) -> None:
        """A store in a file, or in ``results.sqlite3`` under the cache folder."""
        self._file = ResultFile(path)

    def keep(self, run: ZooRun) -> bool:
        """Adds a run, unless the newest one is the same but for its speed; whether it is there."""
        if not run.measured:
            return True
        newest = self._newest()
        if newest is not None and _same(newest, run):
            return True
        text = run.to_json()

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO zoo (added, run) VALUES (?, ?)", (now(), text))

        return self._file.write(write)

    def runs(self) -> tuple[StoredZoo, ...]:
        """The runs kept so far, the newest first; none, with a warning, from a file that cannot be read."""
        if not self._file.has("zoo"):
            return ()
        return tuple(self._file.select("SELECT number, added, run FROM zoo ORDER BY number DESC", (), _listed))

    def count(self) -> int:
        """How many runs are kept; none are read for that."""
        found = self._file.select("SELECT count(number) FROM zoo") if self._file.has("zoo") else []
        return int(found[0][0]) if found else 0  # none from a file that cannot be read by now

    def open(self, number: int) -> ZooRun:
        """A run as it was measured.

        Raises:
            StudioError: if it is not there any more, or another version wrote it.
        """
        rows = self._rows(number)
        if not rows:
            raise StudioError("this run of the zoo is not kept any more; open another")
        return ZooRun.from_json(rows[0][1], number=number, added=rows[0][0])

    def delete(self, number: int) -> None:
        """Takes a run away, for good.

        Raises:
            StudioError: if it is not there any more, or the file cannot be written.
        """
        if not self._rows(number):
            raise StudioError("this run of the zoo is not kept any more; open another")

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM zoo WHERE number = ?", (number,))

        if not self._file.write(write):
            raise StudioError(f"the results in {self._file.path} cannot be written; nothing was deleted")

    def _newest(self) -> ZooRun | None:
        """None where there is none, or another version wrote it."""
        query = "SELECT run FROM zoo ORDER BY number DESC LIMIT 1"
        with suppress(StudioError):
            for (text,) in self._file.select(query) if self._file.has("zoo") else ():
                return ZooRun.from_json(text)
        return None

    def _rows(self, number: int) -> list[tuple[str, str]]:
        if not self._file.has("zoo"):
            return []
        return self._file.select("SELECT added, run FROM zoo WHERE number = ?", (number,))


def _listed(row: tuple[int, str, str]) -> StoredZoo:
    number, added, text = row
    try:
        run = ZooRun.from_json(text)
    except StudioError as error:
        return StoredZoo(number, added, _names(text), str(error))
    return StoredZoo(number, added, tuple(each.backbone for each in run.measured), asked=run.asked)


def _names(text: str) -> tuple[str, ...]:
    """The models of a run that cannot be opened, as far as they can be read."""
    try:
        return tuple(str(each["backbone"]) for each in json.loads(text)["measured"])
    except (ValueError, KeyError, TypeError):
        return ()


def _same(one: ZooRun, other: ZooRun) -> bool:
    def plain(run: ZooRun) -> object:
        models = [
            {**each.to_dict(), "figures": {n: f for n, f in each.figures.items() if n != "images a second"}}
            for each in run.measured
        ]
        return json.loads(json.dumps([models, run.problems, run.asked, run.passport], default=vars))

    return plain(one) == plain(other)

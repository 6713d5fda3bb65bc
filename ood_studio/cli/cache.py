"""``python -m ood_studio cache-show`` and ``cache-clear``."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ood_studio.cli.command import Command, Json
from ood_studio.cli.output import to_json
from ood_studio.core.disk import byte_text
from ood_studio.core.errors import StudioError
from ood_studio.core.files import sweep_below
from ood_studio.core.kept import KEPT, clear, held
from ood_studio.core.parameters import Help
from ood_studio.core.paths import cache_dir
from ood_studio.core.unicode import one_line
from ood_studio.ui import temporary

_NAMED = {
    temporary.UPLOADS: ("app-uploads", "what visitors of the app upload, and what it shows"),
    temporary.DOWNLOADS: ("app-downloads", "files to take away from the app"),
    temporary.SETS: ("app-sets", "uploads that the app put together for Compare"),
}


@dataclass(frozen=True)
class _Row:
    """A kind of thing on disk: ``most`` bytes are kept, infinitely many where nothing bounds it."""

    name: str
    about: str
    place: Path
    most: float
    anew: bool


@dataclass(frozen=True)
class CacheShow(Command):
    """Shows what is kept on disk, and how much of it at most."""

    json: Json = False

    def run(self) -> None:
        """Prints a line a kind.

        Raises:
            StudioError: for a limit in the environment that is no number.
        """
        _show(_rows(), self.json)


@dataclass(frozen=True)
class CacheClear(Command):
    """Removes kinds of what is kept on disk; without a kind all that is made anew by itself.

    What people made or saved goes by its kind alone.
    """

    kinds: Annotated[
        tuple[str, ...],
        Help("Kinds, as cache-show tells them"),
        tyro.conf.Positional,
        tyro.conf.arg(metavar="KIND ..."),
    ] = ()
    json: Json = False

    def run(self) -> None:
        """Removes them, and shows what is left.

        Raises:
            StudioError: for a kind that there is not.
        """
        rows = {row.name: row for row in _rows()}
        unknown = [kind for kind in self.kinds if kind not in rows]
        if unknown:
            raise StudioError(f"there is nothing called {unknown[0]} in the cache; there are {', '.join(rows)}")
        sweep_below(cache_dir())
        chosen = [rows[kind] for kind in self.kinds] or [row for row in rows.values() if row.anew]
        freed = sum(clear(row.place) for row in chosen)
        print(f"{byte_text(freed)} freed of {', '.join(row.name for row in chosen)}", file=sys.stderr)
        _show([*rows.values()], self.json)


def _show(rows: list[_Row], json: bool) -> None:
    found = [(row, *held(row.place)) for row in rows]
    print(_json(found) if json else _table(found))


def _rows() -> list[_Row]:
    rows = [_Row(each.name, each.about, each.place, each.limit(), each.anew) for each in KEPT.values()]
    for name, (called, about) in _NAMED.items():
        rows.append(_Row(called, about, temporary.place(name), temporary.MOST[name][0], False))
    return rows


def _json(found: list[tuple[_Row, int, int]]) -> str:
    return to_json(
        {
            "folder": str(cache_dir()),
            "results": [
                {
                    "name": row.name,
                    "about": row.about,
                    "place": str(row.place),
                    "bytes": size,
                    "files": files,
                    "limit": None if math.isinf(row.most) else int(row.most),
                    "made_anew": row.anew,
                }
                for row, size, files in found
            ],
        }
    )


def _table(found: list[tuple[_Row, int, int]]) -> str:
    lines = [f"the cache is {one_line(str(cache_dir()))}"]
    width = max(len(row.name) for row, _, _ in found)
    for row, size, files in found:
        most = "no limit" if math.isinf(row.most) else f"of {byte_text(row.most)}"
        kept = "" if row.anew else "  (not made anew)"
        lines.append(f"  {row.name:{width}} {byte_text(size):>8} {most:>11} {files:>7,} files  {row.about}{kept}")
    bounded = sum(row.most for row, _, _ in found if not math.isinf(row.most))
    lines.append(
        f"in all {byte_text(sum(size for _, size, _ in found))}; what has a limit takes {byte_text(bounded)} at most"
    )
    return "\n".join(lines)

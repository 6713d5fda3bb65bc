"""``python -m ood_studio check``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

from ood_studio.cli.command import Command, Json, Quiet
from ood_studio.cli.output import to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.data_check import CheckedData, can_run, check_data
from ood_studio.studio.requests.bench import DataRoot


@dataclass(frozen=True)
class Check(Command):
    """Says which data of published benchmarks are on this machine, and what to download; nothing is computed."""

    suite: Annotated[
        tuple[str, ...], Help("Suites to look at, which must be able to run; all where none is named")
    ] = ()
    data_root: DataRoot = ""
    json: Json = False
    quiet: Quiet = False

    def run(self) -> None:
        """Prints a line for each dataset of each suite.

        Raises:
            StudioError: for a suite that there is not; or, at the end, for one that was named and cannot run.
        """
        found: list[CheckedData] = []
        lack: list[str] = []
        with closing(Bars(self.quiet)) as bars:
            for checked in check_data(self.suite, self.data_root, bars):
                found += checked
                lack += [] if can_run(checked) else [checked[0].suite]
        print(_json(found, lack) if self.json else _table(found, lack))
        if self.suite and lack:
            raise StudioError(f"{', '.join(lack)} cannot run: ID pictures and at least one OOD set are needed")


def _table(found: Sequence[CheckedData], lack: Sequence[str]) -> str:
    width = max(len(each.name) for each in found)
    lines = []
    for suite in dict.fromkeys(each.suite for each in found):
        rows = [each for each in found if each.suite == suite]
        lines.append(f"{suite} {'cannot run' if suite in lack else 'can run'}")
        for each in rows:
            count = f"{each.images:,}" if each.usable else "–"
            place = one_line(str(each.place))
            lines.append(f"  {each.name:{width}}  {each.role:8}  {each.state:10}  {count:>9}  {place}")
        lines += [f"    {one_line(note)}" for note in dict.fromkeys(each.note for each in rows) if note]
    return "\n".join(lines)


def _json(found: Sequence[CheckedData], lack: Sequence[str]) -> str:
    names = [*dict.fromkeys(each.suite for each in found)]
    return to_json(
        {
            "suites": [{"name": name, "can_run": name not in lack} for name in names],
            "results": [
                {
                    "suite": each.suite,
                    "set": each.name,
                    "role": each.role,
                    "state": each.state,
                    "pictures": each.images,
                    "place": str(each.place),
                    "note": each.note,
                }
                for each in found
            ],
        }
    )

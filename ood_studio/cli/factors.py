"""``python -m ood_studio factors``."""

from __future__ import annotations

import csv
import io
import sys
from contextlib import closing
from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json, write_figure, write_text
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.export import text_table
from ood_studio.studio import FactorRequest
from ood_studio.studio.factors import FactorResult


@dataclass(frozen=True)
class Factors(Common):
    """How often adding one visual factor to a scene, or one corruption to a picture, flips each detector's verdict."""

    out: Annotated[str, Help("CSV file for every rate with its interval")] = ""
    figure: Annotated[str, Help("HTML file for the heat map")] = ""
    request: FactorRequest = field(default_factory=FactorRequest)

    def run(self) -> None:
        """Prints a table of flips in percent, factors by detectors, for each set.

        Raises:
            StudioError: if nothing can be measured, or a file cannot be written.
        """
        for path in (self.out, self.figure):
            check_folder(path)
        result: FactorResult | None = None
        with closing(Bars(self.quiet)) as bars:
            for found in self.studio().factors(self.request, bars):
                result = found
        if result is None:
            raise StudioError("there is nothing that could be changed")
        if self.out:
            write_text(_csv(result), self.out)
        if self.figure:
            from ood_studio.figures.flip_map import flip_map  # plotly takes a while

            write_figure(flip_map(result.rates(), self.request.labels.backbone), self.figure)
        for note in result.notes:
            print(one_line(note), file=sys.stderr)
        if self.json:
            print(to_json(result.to_dict()))
            return
        print(f"Verdicts that flip, in percent, 95 % intervals (Wilson); thresholds from {result.references}.")
        for name in dict.fromkeys(row.set for row in result.rows):
            print(f"\n{name}, {self.request.count:,} pictures:\n{flip_table(result, name)}")


def flip_table(result: FactorResult, name: str) -> str:
    """The rates of one set as a text table, factors in lines."""
    detectors = [*result.thresholds]
    lines = [["factor", "pictures", *detectors]]
    lines.append(["(taken for ID unchanged)", "", *(f"{100 * result.accepted[name, each]:.1f}" for each in detectors)])
    for factor, rates in result.rates()[name].items():
        cells = []
        for detector in detectors:
            rate = rates[detector]
            low, high = rate.interval
            cells.append(f"{100 * rate.rate:.1f} ({100 * low:.0f}–{100 * high:.0f})" if rate.n else "–")
        lines.append([factor, str(rates[detectors[0]].n), *cells])
    return text_table(lines)


def _csv(result: FactorResult) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = result.to_dict()["rows"]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return text.getvalue()

"""``python -m ood_studio bench --sweep``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import Format, check_folder, tables, to_json, write_figure
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.scorers import SCORERS
from ood_studio.studio import BenchRequest, Studio


@dataclass(frozen=True)
class BenchFlags(Common):
    """Flags of a benchmark, and of a scorer walking through the values of a parameter on it."""

    format: Format = "table"
    intervals: Annotated[bool, Help("Print 95 % bootstrap intervals too")] = False
    sweep: Annotated[
        str,
        Help(
            "Walk NegLabel through the values of one parameter (count, random-count, eta, corpus, form, tau, prompts, "
            "groups or fuse), or any scorer through one of its own (such as knn:k)"
        ),
    ] = ""
    values: Annotated[
        tuple[str, ...],
        Help("The values to walk through; the sweep's own where none are given"),
    ] = ()
    figure: Annotated[str, Help("HTML file for the curves of a sweep")] = ""
    request: BenchRequest = field(default_factory=BenchRequest)


def sweep(command: BenchFlags, studio: Studio) -> None:
    """Prints the figures of a sweep, and draws its curves where a file is given for them.

    Raises:
        StudioError: if the request cannot be met, or the figure cannot be written.
    """
    from ood_studio.evaluation.sweeps import find_sweep

    walk = find_sweep(command.sweep)
    check_folder(command.figure)
    with closing(Bars(command.quiet)) as bars:
        points = list(studio.sweep(command.sweep, command.request, list(command.values), bars))
    if not any(point.rows for point in points):
        raise StudioError(points[0].reason)
    if command.figure:
        from ood_studio.figures.sweep import sweep_figure

        drawn = [point for point in points if point.rows]
        aurocs = [{row.ood: row.auroc for row in point.rows} for point in drawn]
        sets = dict.fromkeys(row.ood for point in drawn for row in point.rows)
        figure = sweep_figure(
            walk.title,
            [walk.place(point.value) for point in drawn],
            {name: [found.get(name) for found in aurocs] for name in sets},
            log=bool(walk.log),
            usual=walk.place(walk.usual),
        )
        write_figure(figure, command.figure)
    if command.json:
        listed = [{"value": p.value, "results": [asdict(row) for row in p.rows], "reason": p.reason} for p in points]
        notes = [*dict.fromkeys(note for point in points for note in point.notes)]
        print(to_json({"sweep": command.sweep, "source": walk.source, "results": listed, "notes": notes}))
        return
    from ood_studio.evaluation.export import to_csv

    named = [replace(row, scorer=f"{walk.name}={walk.text(point.value)}") for point in points for row in point.rows]
    if command.format == "csv":
        print(to_csv(named), end="")
        return
    sizes = f"{command.request.count:,} pictures a set"
    source = f" ({walk.source} of the paper)" if walk.source else ""
    print(f"{SCORERS[walk.scorer].title} over {walk.title}{source}, {sizes}; in percent.\n")
    print(tables()[command.format](named, intervals=command.intervals))
    for note in dict.fromkeys(note for point in points for note in point.notes):
        print(one_line(note), file=sys.stderr)
    for point in points:
        if point.reason:
            print(f"{walk.name}={walk.text(point.value)} could not run: {point.reason}", file=sys.stderr)

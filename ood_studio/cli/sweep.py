"""``python -m ood_studio bench --sweep``."""

from __future__ import annotations

import sys
import typing
from contextlib import closing
from dataclasses import asdict, replace

from ood_studio.cli.output import check_folder, tables, to_json, write_figure
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Bars

if typing.TYPE_CHECKING:
    from ood_studio.cli.bench import Bench
    from ood_studio.studio import BenchRequest, Studio


def sweep(options: Bench, request: BenchRequest, studio: Studio) -> None:
    """Prints the figures of a sweep, and draws its curves where a file is given for them.

    Raises:
        StudioError: if the request cannot be met, or the figure cannot be written.
    """
    from ood_studio.evaluation.sweeps import find_sweep

    walk = find_sweep(options.sweep)
    check_folder(options.figure)
    with closing(Bars(options.quiet)) as bars:
        values = [part.strip() for each in options.values for part in each.split(",") if part.strip()]
        points = list(studio.sweep(options.sweep, request, values, bars))
    if not any(point.rows for point in points):
        raise StudioError(points[0].reason)
    if options.figure is not None:
        from ood_studio.figures.sweep import sweep_figure

        drawn = [point for point in points if point.rows]
        sets = [row.ood for row in drawn[0].rows]
        figure = sweep_figure(
            walk.title,
            [point.value for point in drawn],
            {name: [point.rows[i].auroc for point in drawn] for i, name in enumerate(sets)},
            log=bool(walk.log),
            usual=walk.usual,
        )
        write_figure(figure, options.figure)
    if options.json:
        listed = [{"value": p.value, "results": [asdict(row) for row in p.rows], "reason": p.reason} for p in points]
        print(to_json({"sweep": options.sweep, "source": walk.source, "results": listed}))
        return
    from ood_studio.evaluation.export import to_csv

    named = [replace(row, scorer=f"{walk.name}={point.value}") for point in points for row in point.rows]
    if options.format == "csv":
        print(to_csv(named), end="")
        return
    print(f"NegLabel over {walk.title} ({walk.source} of the paper), {request.count:,} pictures a set; in percent.\n")
    print(tables()[options.format](named, intervals=options.intervals))
    for point in points:
        if point.reason:
            print(f"{walk.name}={point.value} could not run: {point.reason}", file=sys.stderr)

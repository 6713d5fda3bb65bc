"""``python -m ood_studio bench``."""

from __future__ import annotations

import sys
import typing
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ood_studio.cli.options import Common
from ood_studio.cli.output import tables, to_json
from ood_studio.cli.sweep import sweep
from ood_studio.core.progress import Bars

if typing.TYPE_CHECKING:
    from ood_studio.evaluation.rows import BenchResult
    from ood_studio.studio import BenchRequest


@dataclass(frozen=True)
class Bench(Common):
    """Compares scorers on a suite of ID and OOD pictures: AUROC and FPR95 on each OOD set.

    Attributes:
        format: of the table that is printed.
        intervals: print 95 % bootstrap intervals too.
        sweep: walk NegLabel through the values of one parameter: count, random-count, eta, corpus, form, tau, prompts,
            groups or fuse.
        values: the values to walk through; the paper's where none are given.
        figure: an HTML file for the curves of a sweep.
    """

    format: Literal["table", "markdown", "latex", "csv"] = "table"
    intervals: bool = False
    sweep: str = ""
    values: tuple[str, ...] = ()
    figure: Path | None = None


def bench(options: Bench, request: BenchRequest) -> None:
    """Prints the figures of `Studio.bench`, or of `Studio.sweep`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.studio import Studio

    studio = Studio(options.device, workers=0)
    if options.sweep:
        sweep(options, request, studio)
        return
    with closing(Bars(options.quiet)) as bars:
        result = studio.bench(request, bars)
    for note in result.notes:
        print(note, file=sys.stderr)
    for name, problems in result.problems.items():
        for sentence in [*problems.values()][:10]:
            print(sentence, file=sys.stderr)
        if problems:
            print(f"{len(problems):,} pictures of {name} could not be read", file=sys.stderr)
    if options.json:
        rows = [asdict(row) for row in result.rows]
        print(to_json({"results": rows, "accuracy": result.accuracy, "unavailable": result.unavailable}))
    else:
        print(bench_text(request, result, options.format, intervals=options.intervals))


def bench_text(request: BenchRequest, result: BenchResult, kind: str = "table", *, intervals: bool = False) -> str:
    """A benchmark's result for the terminal, or as Markdown, LaTeX or CSV."""
    from ood_studio.evaluation.export import to_csv
    from ood_studio.evaluation.published import published_for

    if kind == "csv":
        return to_csv(result.rows).rstrip("\n")
    if kind == "latex":
        return tables()[kind](result.rows, intervals=intervals)
    code = "`" if kind == "markdown" else ""
    names = {"id_accuracy": "ID labels", "all_accuracy": "all trained classes"}
    accuracy = ", ".join(f"{100 * share:.1f} % over {names[key]}" for key, share in result.accuracy.items())
    sizes = ", ".join(f"{len(rows):,} of {name}" for name, rows in result.rows_of.items())
    lines = [
        f"Suite {code}{result.suite}{code}, backbone {code}{result.backbone}{code}, seed {request.seed}; "
        f"all figures in percent. Pictures: {sizes}.",
    ]
    if accuracy:
        lines.append(f"Zero-shot accuracy: {accuracy}.")
    if result.rows:
        lines += ["", tables()[kind](result.rows, intervals=intervals)]
    if result.unavailable:
        lines.append("")
        lines += [f"{key} could not run: {reason.rstrip('.')}." for key, reason in result.unavailable.items()]
    printed = published_for(result.suite, result.backbone)
    if printed:
        lines += ["", "Published for this setting (AUROC / FPR95):"]
        lines += [f"  {p.scorer} on {p.ood}: {p.auroc:.2f} / {p.fpr95:.2f}, {p.source}" for p in printed]
    return "\n".join(lines)

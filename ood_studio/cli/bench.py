"""``python -m ood_studio bench``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import Format, tables, to_json
from ood_studio.cli.sweep import sweep
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.evaluation.export import to_csv
from ood_studio.evaluation.published import published_for
from ood_studio.evaluation.rows import BenchResult
from ood_studio.studio import BenchRequest, Studio


@dataclass(frozen=True)
class Bench(Common):
    """Compares scorers on a suite of ID and OOD pictures: AUROC and FPR95 on each OOD set."""

    format: Format = "table"
    intervals: Annotated[bool, Help("Print 95 % bootstrap intervals too")] = False
    sweep: Annotated[
        str,
        Help(
            "Walk NegLabel through the values of one parameter: count, random-count, eta, corpus, form, tau, prompts, "
            "groups or fuse"
        ),
    ] = ""
    values: Annotated[tuple[str, ...], Help("The values to walk through; the paper's where none are given")] = ()
    figure: Annotated[str, Help("HTML file for the curves of a sweep")] = ""
    request: BenchRequest = field(default_factory=BenchRequest)

    def run(self) -> None:
        """Prints the figures of `Studio.bench`, or of `Studio.sweep`.

        Raises:
            StudioError: if the request cannot be met.
        """
        studio = Studio(self.device, workers=0)
        if self.sweep:
            sweep(self, studio)
            return
        with closing(Bars(self.quiet)) as bars:
            result = studio.bench(self.request, bars)
        for note in result.notes:
            print(note, file=sys.stderr)
        for name, problems in result.problems.items():
            for sentence in [*problems.values()][:10]:
                print(sentence, file=sys.stderr)
            if problems:
                print(f"{len(problems):,} pictures of {name} could not be read", file=sys.stderr)
        if self.json:
            rows = [asdict(row) for row in result.rows]
            print(to_json({"results": rows, "accuracy": result.accuracy, "unavailable": result.unavailable}))
        else:
            print(bench_text(self.request, result, self.format, intervals=self.intervals))


def bench_text(request: BenchRequest, result: BenchResult, kind: str = "table", *, intervals: bool = False) -> str:
    """A benchmark's result for the terminal, or as Markdown, LaTeX or CSV."""
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

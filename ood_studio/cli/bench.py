"""``python -m ood_studio bench``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from ood_studio.cli.output import check_folder, to_json, write_text
from ood_studio.cli.sweep import BenchFlags, sweep
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help, Seed
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.export import text_table
from ood_studio.evaluation.report import result_dict, result_text
from ood_studio.evaluation.result import BenchResult
from ood_studio.studio import Studio


@dataclass(frozen=True)
class Bench(BenchFlags):
    """Compares scorers on a suite of ID and OOD pictures: AUROC and FPR95 on each OOD set."""

    scores: Annotated[str, Help("CSV or Parquet file for every picture's scores")] = ""
    classes: Annotated[bool, Help("Print the figures of every class too, ID and OOD")] = False
    delong: Annotated[
        tuple[str, ...], Help("Scorers whose AUROCs are held against each other (DeLong's test), or all")
    ] = ()
    seeds: Annotated[tuple[Seed, ...], Help("Run once for each seed, and print mean and spread")] = ()
    timings: Annotated[str, Help("JSON file for how long each scorer took")] = ""

    def run(self) -> None:
        """Prints the figures of `Studio.bench`, or of `Studio.sweep`.

        Raises:
            StudioError: if the request cannot be met, or a file not be written.
        """
        from ood_studio.evaluation.per_image import check_file

        for path in (self.scores, self.timings):
            check_folder(path)
        check_file(self.scores)
        own = [flag for flag in ("scores", "classes", "delong", "timings") if getattr(self, flag)]
        if own and (self.sweep or self.seeds):
            raise StudioError(f"--{own[0]} is of a single run; leave out {'--sweep' if self.sweep else '--seeds'}")
        if self.sweep and self.seeds:
            raise StudioError("--seeds and --sweep do not go together; leave out one of them")
        of_sweeps = [flag for flag in ("figure", "values") if getattr(self, flag)]
        if of_sweeps and not self.sweep:
            raise StudioError(f"--{of_sweeps[0]} is of a sweep; say which with --sweep, or leave it out")
        studio = self.studio()
        if self.sweep:
            sweep(self, studio)
        elif self.seeds:
            self._seeds(studio)
        else:
            self._one(studio)

    def _one(self, studio: Studio) -> None:
        result = self._measured(studio, self)
        if not self.json:  # before what stands beside it, which may be refused
            print(result_text(result, self.format, intervals=self.intervals))
        more = self._more(result)
        if self.json:
            print(to_json(result_dict(result) | {name: value for name, (value, _) in more.items()}))
            return
        for _, text in more.values():
            print(f"\n{text}")

    def _seeds(self, studio: Studio) -> None:
        from ood_studio.evaluation.export import to_csv
        from ood_studio.evaluation.seeds import spread_lines, spreads

        runs = []
        seeds = tuple(dict.fromkeys(self.seeds))
        for seed in seeds:
            one = replace(self, request=replace(self.request, seed=seed))
            runs.append(self._measured(studio, one))
        found = spreads([run.rows for run in runs])
        if self.json:
            listed = [asdict(each) for each in found]
            print(to_json({"seeds": listed, "runs": [result_dict(run) for run in runs]}))
        elif self.format == "csv":
            print(to_csv([row for run in runs for row in run.rows]), end="")
        else:
            named = ", ".join(map(str, seeds))
            print(f"Mean ± standard deviation over {len(seeds)} seeds ({named}); in percent.\n")
            print(text_table(spread_lines(found)))

    def _measured(self, studio: Studio, asked: Bench) -> BenchResult:
        with closing(Bars(self.quiet)) as bars:
            result = studio.bench(asked.request, bars)
        if self.json or self.seeds or self.format in ("csv", "latex"):  # which hold it for machines, or not at all
            for sentence in result.left_out():
                print(one_line(sentence), file=sys.stderr)
        return result

    def _more(self, result: BenchResult) -> dict[str, tuple[Any, str]]:
        """What was asked for beside the table: plain values and texts by name; writes the files."""
        more: dict[str, tuple[Any, str]] = {}
        if self.scores:
            from ood_studio.evaluation.per_image import write_image_scores

            lines = write_image_scores(result, self.scores)
            print(f"{lines:,} scores are in {self.scores}", file=sys.stderr)
        if self.timings:
            write_text(to_json(result.seconds) + "\n", self.timings)
        if self.classes:
            from ood_studio.evaluation.by_class import class_figures

            figures = class_figures(result)
            head = ["scorer", "set", "class", "images", "against", "AUROC", "FPR95, or ID lost"]
            cells = [
                [f.scorer, f.set, f.name, f"{f.count:,}", f.against, f"{100 * f.auroc:.1f}", f"{100 * f.fpr95:.1f}"]
                for f in figures
            ]
            more["classes"] = [asdict(each) for each in figures], text_table([head, *cells])
        if self.delong:
            from ood_studio.evaluation.significance import compare_scorers

            pairs = compare_scorers(result, self.delong)
            head = ["DeLong", "a", "b", "AUROC a", "AUROC b", "difference", "95 % interval", "p"]
            cells = [
                [
                    ood,
                    a,
                    b,
                    f"{100 * found.auroc_a:.2f}",
                    f"{100 * found.auroc_b:.2f}",
                    f"{100 * found.difference:+.2f}",
                    f"[{100 * found.low:+.2f}, {100 * found.high:+.2f}]",
                    f"{found.p:.3g}",
                ]
                for (ood, a, b), found in pairs.items()
            ]
            plain = [{"ood": ood, "a": a, "b": b, **_finite(asdict(each))} for (ood, a, b), each in pairs.items()]
            more["delong"] = plain, text_table([head, *cells])
        return more


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """JSON knows no infinity: the z of a difference that no picture disagrees about is null."""
    return {name: None if abs(value) == float("inf") else value for name, value in values.items()}

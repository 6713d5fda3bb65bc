"""What every scorer gets on the Diorama suite, for docs/figures.md and the model cards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Literal

from ood_studio.backbones import DEFAULT
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.evaluation.passport import MARKS, kind_of, legend
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.significance import OUTCOMES, compare_scorers, outcome_of
from ood_studio.hub.bundled import bundled
from ood_studio.studio import BenchRequest, LabelChoice, Studio
from ood_studio.training.reports.clip_card import clip_card
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import Count, Report, bundled_backbones

_CLAIMS = (
    ("neglabel", "mcm", "NegLabel, Table 1"),
    ("neglabel", "energy", "NegLabel, Table 1"),
    ("csp", "neglabel", "CSP"),
    ("adaneg", "neglabel", "AdaNeg"),
    ("tanl", "neglabel", "TANL"),
    ("negrefine", "neglabel", "NegRefine"),
    ("interneg", "neglabel", "InterNeg, the criterion alone"),
    ("interneg-inverted", "neglabel", "InterNeg"),
    ("gl-mcm", "mcm", "GL-MCM"),
    ("rmd", "mahalanobis", "PLP, Table 5"),
    ("knn", "kmeans-mahalanobis", "PLP, Table 5"),
)


@dataclass(frozen=True, kw_only=True)
class WorldReport(Report):
    """The Diorama suite for every bundled CLIP, all scorers."""

    count: Annotated[Count, Help("Scenes in every set")] = 1000

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``figures`` of docs/figures.md and the models' cards."""
        studio = Studio(self.device, workers=0)
        results = {name: self.measure(studio, name) for name in bundled_backbones()}
        for name, result in results.items():
            documents.card(bundled("backbone")[name], clip_card(name, figures({name: result}, self, name)))
        documents.section("figures", figures(results, self, DEFAULT))

    def measure(self, studio: Studio, backbone: str) -> BenchResult:
        """The suite for one backbone.

        Raises:
            StudioError: if it cannot run.
        """
        request = BenchRequest(
            suite="diorama",
            scorers=("all",),
            labels=LabelChoice(backbone=backbone),
            seed=self.seed,
            count=self.count,
        )
        with closing(Bars(quiet=False)) as bars:
            return studio.bench(request, bars)


def figures(results: dict[str, BenchResult], report: WorldReport, shown: str) -> str:
    """AUROC and FPR95 of every scorer on every OOD set, with intervals, and what they say of the papers, for the
    backbone ``shown``; the accuracies of all."""
    lines = [
        f"In percent, with 95 % intervals (bootstrap; DeLong's from an AUROC of 98 on): {report.count:,} ID and "
        f"{report.count:,} OOD fresh scenes a set, "
        f"all styles mixed, seed {report.seed}; "
        "from `python -m ood_studio.training.reports world`. Best of a column: bold.",
    ]
    result = results[shown]
    for metric, title in (("auroc", "AUROC"), ("fpr95", "FPR95")):
        lines += ["", f"**{title}**, backbone `{shown}`", "", *_figures_of(result.rows, metric)]  # type: ignore[arg-type]
    if said := legend(result.rows):
        lines += ["", said]
    if result.unavailable:
        lines += ["", *(f"`{key}` could not run: {why.rstrip('.')}." for key, why in result.unavailable.items())]
    lines += [
        "",
        f"What the papers claim, in this world, by DeLong's test on every set: {OUTCOMES}.",
        "",
        *claims(result),
    ]
    heads = ["backbone", "zero-shot accuracy, 20 ID classes", "all trained classes"]
    accuracies = [
        [f"`{backbone}`", *(f"{result.accuracy[which]:.1%}" for which in ("id_accuracy", "all_accuracy"))]
        for backbone, result in results.items()
    ]
    return "\n".join([*lines, "", *table(heads, accuracies)])


def claims(result: BenchResult) -> list[str]:
    """Whether the order of scorers that a paper reports shows here too, by DeLong's test on every OOD set."""
    means = {}
    for key in {row.scorer for row in result.rows}:
        found = [row.auroc for row in result.rows if row.scorer == key]
        means[key] = sum(found) / len(found)
    said = []
    for better, worse, source in _CLAIMS:
        if better not in means or worse not in means:
            said.append(f"- {better} above {worse} ({source}): cannot be seen, one of them could not run.")
            continue
        tests = compare_scorers(result, (better, worse))
        said.append(
            f"- {better} above {worse} ({source}): {outcome_of([*tests.values()])}; "
            f"{100 * means[better]:.1f} against {100 * means[worse]:.1f} mean AUROC."
        )
    return said


def _figures_of(rows: Sequence[Row], metric: Literal["auroc", "fpr95"]) -> list[str]:
    sets = list(dict.fromkeys(row.ood for row in rows))
    best = {
        name: (max if metric == "auroc" else min)(
            getattr(r, metric) for r in rows if r.ood == name and kind_of(r) == "inductive"
        )
        for name in sets
    }
    lines = []
    for scorer in dict.fromkeys(row.scorer for row in rows):
        own = [row for row in rows if row.scorer == scorer]
        kind = kind_of(own[0])
        cells = [f"{scorer}{MARKS[kind]}"]
        for row in own:
            value, low, high = (getattr(row, f"{metric}{end}") for end in ("", "_low", "_high"))
            mark = "**" if kind == "inductive" and value == best[row.ood] else ""
            cells.append(f"{mark}{100 * value:.1f}{mark} <sub>{100 * low:.1f}–{100 * high:.1f}</sub>")
        lines.append(cells)
    return table(["score", *sets], lines)

"""How often adding one visual factor alone flips each detector, for docs/figures.md."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Bars
from ood_studio.evaluation.flip_rates import FlipRate
from ood_studio.studio import FactorRequest, LabelChoice, Studio
from ood_studio.studio.factors import FactorResult
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import FreshScenes, Report, bundled_backbones


@dataclass(frozen=True, kw_only=True)
class FactorReport(Report):
    """Every factor added alone, for every bundled CLIP."""

    count: FreshScenes = 500

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``factors`` of docs/figures.md."""
        documents.section("factors", factor_figures([self.measure(name) for name in bundled_backbones()], self))

    def measure(self, backbone: str) -> FactorResult:
        """Every factor for one backbone.

        Raises:
            StudioError: if it cannot be measured.
        """
        request = FactorRequest(LabelChoice(backbone=backbone), count=self.count, seed=self.seed)
        last: FactorResult | None = None
        with closing(Bars(quiet=False)) as bars:
            for found in Studio(self.device).factors(request, bars):
                last = found
        if last is None:
            raise StudioError("no world has scenes to which factors can be added")
        return last


def factor_figures(results: list[FactorResult], report: FactorReport) -> str:
    """The share of verdicts that flip, by factor and detector, for each backbone and set."""
    lines = [
        "Verdicts that flip when one visual factor is added to a scene and nothing else of it changes, in percent, "
        f"with 95 % intervals (Wilson): {report.count:,} fresh scenes a set, seed {report.seed}; ID scenes have none "
        "of the factors before, near-OOD scenes not the one that is added. Thresholds keep 95 % of "
        f"{results[0].references}. From `python -m ood_studio.training.reports factors`. Most flipped first; the "
        "largest of a line: bold.",
    ]
    for result in results:
        rates = result.rates()
        for name in rates:
            lines += ["", f"**{name} scenes**, backbone `{result.request.labels.backbone}`", "", *_table(result, name)]
        if result.notes:
            lines += ["", *result.notes]
    return "\n".join(lines).rstrip()


def _table(result: FactorResult, name: str) -> list[str]:
    rates, detectors = result.rates()[name], [*result.thresholds]
    order = sorted(rates, key=lambda factor: -sum(each.rate if each.n else -1 for each in rates[factor].values()))
    rows = [["unchanged, taken for ID", "", *(f"{100 * result.accepted[name, each]:.1f}" for each in detectors)]]
    for factor in order:
        most = max(each.flips for each in rates[factor].values())
        cells = [_cell(rates[factor][each], most) for each in detectors]
        rows.append([factor, str(rates[factor][detectors[0]].n), *cells])
    return table(["factor", "scenes", *detectors], rows)


def _cell(rate: FlipRate, most: int) -> str:
    if not rate.n:
        return "–"
    low, high = rate.interval
    mark = "**" if rate.flips == most else ""
    return f"{mark}{100 * rate.rate:.1f}{mark} <sub>{100 * low:.1f}–{100 * high:.1f}</sub>"

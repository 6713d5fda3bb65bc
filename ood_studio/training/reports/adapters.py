"""What adapters do to detectors, for docs/figures.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Bars
from ood_studio.evaluation.significance import delong, outcome_of
from ood_studio.studio import AdaptRequest, LabelChoice, Studio
from ood_studio.studio.judge import Judge, Judged
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import Count, Report, bundled_backbones

BARE = "none"
Detector = tuple[str, str]
"""A method, or `BARE`, and the score that reads it."""

DETECTORS: tuple[Detector, ...] = (
    (BARE, "pseudo-msp"),
    (BARE, "energy"),
    (BARE, "neglabel"),
    ("plp", "energy"),
    ("probe", "energy"),
    ("probe:shots=10", "energy"),
    ("taskres", "neglabel"),
)
CLAIMS: tuple[tuple[Detector, Detector, str], ...] = (
    (("plp", "energy"), (BARE, "pseudo-msp"), "PLP, Table 3"),
    (("probe", "energy"), ("plp", "energy"), "PLP, Table 5: true labels are the upper bound"),
    (("probe", "energy"), ("probe:shots=10", "energy"), "PLP, Table 5: few labels lie between"),
    (("plp", "energy"), (BARE, "energy"), "that a head is better than the text"),
    (("taskres", "neglabel"), (BARE, "neglabel"), "that a residual on the text helps NegLabel"),
)

Results = Mapping[tuple[Detector, int], Judged]


@dataclass(frozen=True, kw_only=True)
class AdapterReport(Report):
    """Adapters fitted with several seeds, of the fit and of all images, and judged on a near and a far OOD set."""

    count: Annotated[Count, Help("Fresh scenes in every set")] = 1000
    seeds: Annotated[int, Bounds(1, 20, step=1, help="Seeds, from the first one on")] = 3

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``adapters`` of docs/figures.md."""
        results = {name: dict(self.measure(name)) for name in bundled_backbones()}
        documents.section("adapters", adapter_figures(results, self))

    def measure(self, backbone: str) -> Iterator[tuple[tuple[Detector, int], Judged]]:
        """Every detector with every seed, on images that it has not learnt from.

        Raises:
            StudioError: if one cannot be fitted.
        """
        studio = Studio(self.device, workers=0)
        for seed in range(self.seed, self.seed + self.seeds):
            judges: dict[str, Judge] = {}
            fitted = {}
            for method, score in DETECTORS:
                request = AdaptRequest(
                    method="plp" if method == BARE else method, labels=LabelChoice(backbone=backbone), seed=seed
                )
                with closing(Bars(quiet=False)) as bars:
                    if score not in judges:
                        judges[score] = studio.judge(request, score, self.count, {}, bars)
                    if method != BARE and method not in fitted:
                        *_, last = studio.adapt(request, bars)
                        fitted[method] = last.adapted
                judge = judges[score]
                yield ((method, score), seed), judge.before() if method == BARE else judge.after(fitted[method])


def adapter_figures(results: Mapping[str, Results], report: AdapterReport) -> str:
    """AUROC and FPR95 of every detector, means over seeds, and what they say of the papers."""
    lines = [
        f"AUROC / FPR95 in percent, means over {report.seeds} seeds of the fit and of all scenes, first seed "
        f"{report.seed}. {AdaptRequest().train_count:,} ID scenes are learnt from and {report.count:,} fresh scenes of "
        "each set judged; from `python -m ood_studio.training.reports adapters`.",
    ]
    for backbone, found in results.items():
        sets = [*next(iter(found.values())).ood]
        rows = [
            [title(each), *(_cell([found[each, seed] for seed in _seeds(found)], name) for name in sets)]
            for each in DETECTORS
        ]
        lines += ["", f"**Backbone `{backbone}`**", "", *table(["detector", *sets], rows)]
        lines += ["", *(claim(found, *each) for each in CLAIMS)]
    return "\n".join(lines)


def title(detector: Detector) -> str:
    """A detector as the command line names it."""
    method, score = detector
    return score if method == BARE else f"{method}+{score}"


def claim(found: Results, better: Detector, worse: Detector, source: str) -> str:
    """Whether one detector is above another on every set and with every seed, see `outcome_of`."""
    tests = []
    for seed in _seeds(found):
        a, b = found[better, seed], found[worse, seed]
        tests += [delong(a.id, a.ood[name], b.id, b.ood[name]) for name in a.ood]
    return f"- {title(better)} above {title(worse)} ({source}): {outcome_of(tests)}."


def _seeds(found: Results) -> Sequence[int]:
    return sorted({seed for _, seed in found})


def _cell(judged: Sequence[Judged], name: str) -> str:
    auroc, fpr95 = (
        100 * sum(values) / len(judged)
        for values in ([each.auroc(name) for each in judged], [each.fpr95(name) for each in judged])
    )
    return f"{auroc:.1f} / {fpr95:.1f}"

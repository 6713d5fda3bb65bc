"""``python -m ood_studio zoo``."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Literal

from ood_studio import worlds
from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json, write_text
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.export import text_table
from ood_studio.evaluation.trends import FEWEST
from ood_studio.evaluation.zoo import Measured
from ood_studio.evaluation.zoo.axes import against_overall, figures_of
from ood_studio.evaluation.zoo.claims import differences, points, trends
from ood_studio.evaluation.zoo.published import PublishedModel, models_of
from ood_studio.studio import ZooRequest

_HEAD = ("model", "group", "accuracy", "20-NN", "score", "mean AUROC", "mean FPR95", "ECE", "scaled", "R@5", "images/s")


@dataclass(frozen=True)
class Zoo(Common):
    """Compares models: accuracy, OOD detection, visual factors, styles, calibration, retrieval and speed."""

    list: Annotated[
        Literal["", "openclip", "clip-ft", "imagenet", "plp"],
        Help("Models that a paper compares, besides those named: those whose weights can be had"),
    ] = ""
    out: Annotated[str, Help("CSV file for every figure with its interval")] = ""
    factors: Annotated[bool, Help("Print accuracy on each visual factor against that on all pictures")] = False
    x: Annotated[str, Help("Figure that trends run over")] = "accuracy"
    y: Annotated[tuple[str, ...], Help("Figures whose trends are told")] = ("auroc 1-nn near-ood",)
    request: ZooRequest = field(default_factory=ZooRequest)

    def run(self) -> None:
        """Prints a line for each model and the trends over them.

        Raises:
            StudioError: if no model can be measured, or a file cannot be written.
        """
        check_folder(self.out)
        measured: list[Measured] = []
        listed = models_of(self.list) if self.list else ()
        request, problems = _with(self.request, listed)
        with closing(Bars(self.quiet)) as bars:
            for answer in self.studio().zoo(request, bars):
                if answer.measured is None:
                    problems[answer.backbone] = answer.problem
                else:
                    measured.append(answer.measured)
        for name, why in problems.items():
            print(f"{name} was left out: {one_line(why)}", file=sys.stderr)
        if not measured:
            raise StudioError(f"no model could be measured: {next(iter(problems.values()))}")
        if self.out:
            write_text(_table(measured), self.out)
        groups = {name: model.group for name, model in worlds.zoo().items()}
        groups |= {model.name: model.family for model in listed}
        lines = {axis: points(measured, groups, self.x, axis) for axis in self.y}
        if self.json:
            described = {
                axis: {
                    "trends": {
                        group: None if trend is None else asdict(trend)
                        for group, trend in trends(found, seed=self.request.seed).items()
                    },
                    "differences": [
                        {"groups": pair, **asdict(test)}
                        for pair, test in differences(found, seed=self.request.seed).items()
                        if test is not None
                    ],
                    "left_out": left,
                }
                for axis, (found, left) in lines.items()
            }
            models = [
                each.to_dict() | {"factors": {name: asdict(found) for name, found in against_overall(each).items()}}
                for each in measured
            ]
            print(to_json({"models": models, "problems": problems, "trends": described}))
            return
        rows = [_HEAD, *(_row(each, groups.get(each.backbone, "")) for each in measured)]
        print(text_table([[*row] for row in rows]))
        if self.factors:
            print(f"\n{_factors(measured)}")
        for text in dict.fromkeys(text for each in measured for text in each.notes):
            whose = [each.backbone for each in measured if text in each.notes]
            print(text if len(whose) == len(measured) else f"{', '.join(whose)}: {text}")
        for axis, (found, left) in lines.items():
            print(f"\n{axis} over {self.x}:")
            for name, why in left.items():
                print(f"  without {name}: {one_line(why)}")
            for group, trend in trends(found, seed=self.request.seed).items():
                if trend is None:
                    print(f"  {group}: no trend; it takes {FEWEST} models that differ in {self.x}")
                    continue
                print(
                    f"  {group}: slope {trend.slope:.3f} ({trend.slope_low:.3f} to {trend.slope_high:.3f}), "
                    f"R² {trend.r2:.3f} ({trend.r2_low:.3f} to {trend.r2_high:.3f}), {trend.n} models"
                )
            for (one, other), test in differences(found, seed=self.request.seed).items():
                if test is not None:
                    apart = "differ" if test.p < 0.05 else "are not told apart"
                    print(f"  the lines of {one} and {other} {apart} (p = {test.p:.2g})")


def _with(request: ZooRequest, listed: Sequence[PublishedModel]) -> tuple[ZooRequest, dict[str, str]]:
    """The request with the models of a list too, and why others of it cannot be loaded by name."""
    lacking = {model.name: model.lacking for model in listed if model.lacking}
    return replace(request, models=(*request.models, *(each.name for each in listed if not each.lacking))), lacking


def _row(measured: Measured, group: str) -> tuple[str, ...]:
    figures = figures_of(measured)
    scaled = [name for name in measured.figures if name.startswith("ece scaled ")]
    first = scaled[0].removeprefix("ece scaled ") if scaled else ""

    def one(name: str, form: str = ".1%") -> str:
        found = figures.get(name)
        return "-" if found is None else format(found.value, form)

    return (
        measured.backbone,
        group or "-",
        one("accuracy"),
        one("accuracy 20-nn"),
        measured.rules["ood"],
        one("mean auroc"),
        one("mean fpr95"),
        one(f"ece {first}", ".3f"),
        one(f"ece scaled {first}", ".3f"),
        one("recall@5 image-to-text"),
        one("images a second", ".0f"),
    )


def _factors(measured: list[Measured]) -> str:
    """Accuracy on each factor less that on all pictures, in points, and the ratio of the errors."""
    found = {each.backbone: against_overall(each) for each in measured}
    names = [*dict.fromkeys(factor for each in found.values() for factor in each)]
    if not names:
        return "No accuracy on visual factors: there are no pictures with them."
    rows = [["accuracy on a factor less overall, points (error ratio)", *names]]
    for model, factors in found.items():
        cells = []
        for name in names:
            each = factors.get(name)
            ratio = "" if each is None or each.error_ratio is None else f" ({each.error_ratio:.2f})"
            cells.append("-" if each is None else f"{100 * each.difference:+.1f}{ratio}")
        rows.append([model, *cells])
    return text_table([[*row] for row in zip(*rows, strict=True)])  # a factor a line


def _table(measured: list[Measured]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("model", "figure", "value", "low", "high", "images"))
    for each in measured:
        for name, found in each.figures.items():
            writer.writerow((each.backbone, name, found.value, found.low, found.high, found.n))
    return text.getvalue()

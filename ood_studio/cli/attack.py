"""``python -m ood_studio attack``."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Literal

from ood_studio.cli.command import Common
from ood_studio.cli.output import Format, check_folder, tables, to_json, write_figure
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.export import to_csv
from ood_studio.evaluation.result import BenchResult
from ood_studio.studio import AttackResult, AttackSetRequest, Studio

if typing.TYPE_CHECKING:
    import plotly.graph_objects as go


Over = Literal["step", "smoothness", "linf", "l2"]


@dataclass(frozen=True)
class Attack(Common):
    """Attacks OOD pictures until they look in-distribution to a model, and compares scorers before and after."""

    format: Format = "table"
    transfer: Annotated[
        tuple[str, ...], Help("Models attacked in turn, each judged by all of them, in place of one")
    ] = ()
    figure: Annotated[
        str,
        Help("HTML file for every scorer's AUROC against --checkpoints, --smoothness or a budget, of several values"),
    ] = ""
    request: AttackSetRequest = field(default_factory=AttackSetRequest)

    def run(self) -> None:
        """Prints the figures of `Studio.attack_set`, or of `Studio.transfer`.

        Raises:
            StudioError: if the request cannot be met.
        """
        check_folder(self.figure)
        if self.figure and self.transfer:
            raise StudioError("--figure is of one attacked model; leave out --transfer")
        over = _over(self.request) if self.figure else None
        studio = self.studio()
        if self.transfer:
            self._transfer(studio)
            return
        with closing(Bars(self.quiet)) as bars:
            result = studio.attack_set(self.request, bars)
        if over is not None:
            write_figure(curves(result, *over), self.figure)
        if self.json:
            print(to_json(result.to_dict()))
            return
        if self.format == "csv":  # which holds rows alone
            _tell_left_out(each.result for each in result.evaluations)
        print(attack_text(self.request, result, self.format))

    def _transfer(self, studio: Studio) -> None:
        with closing(Bars(self.quiet)) as bars:
            matrix = studio.transfer(self.request, self.transfer, bars)
        _tell_left_out(matrix.values())
        if self.json:
            pairs = [
                {"attacked": i, "judge": j, "results": [asdict(row) for row in r.rows]} for (i, j), r in matrix.items()
            ]
            print(to_json({"results": pairs}))
            return
        if self.format == "csv":
            rows = [
                replace(row, params={**row.params, "attacked": i}) for (i, _), r in matrix.items() for row in r.rows
            ]
            print(to_csv(rows), end="")
            return
        for (attacked, judge), judged in matrix.items():
            print(f"Attacked on {attacked}, judged by {judge}:\n")
            print(tables()[self.format](judged.rows), end="\n\n")


def _tell_left_out(results: Iterable[BenchResult]) -> None:
    """Says on standard error what was left out or assumed, each sentence once."""
    for sentence in dict.fromkeys(each for result in results for each in result.left_out()):
        print(one_line(sentence), file=sys.stderr)


def curves(result: AttackResult, over: Over, title: str) -> go.Figure:
    """Every scorer's AUROC against the steps, λ or a budget."""
    from ood_studio.figures.sweep import sweep_figure

    points = {scorer: result.curve(scorer, over) for scorer in dict.fromkeys(row.scorer for row in result.rows())}
    values = [value for value, _ in next(iter(points.values()))]
    return sweep_figure(title, values, {scorer: [auroc for _, auroc in line] for scorer, line in points.items()})


def _over(request: AttackSetRequest) -> tuple[Over, str]:
    """What has several values, and its name for an axis.

    Raises:
        StudioError: if nothing has.
    """
    if request.checkpoints:
        return "step", "steps"
    if len(request.smoothness) > 1:
        return "smoothness", "λ"
    if request.linf:
        return "linf", "L∞ budget in 255ths"
    if request.l2:
        return "l2", "L2 budget"
    raise StudioError("a figure needs several values: give --checkpoints, or more than one --smoothness, or a budget")


def attack_text(request: AttackSetRequest, result: AttackResult, kind: str = "table") -> str:
    """An attack's result for the terminal, or as Markdown, LaTeX or CSV."""
    if kind == "csv":
        return to_csv([row for each in result.evaluations for row in each.result.rows]).rstrip("\n")
    lines = []
    for each in result.evaluations:
        defended = f" behind {each.defence}" if each.defence else ""
        lines += [f"Judged by {each.backbone}{defended}, seed {request.seed}; AUROC and FPR95 in percent.", ""]
        lines += [tables()[kind](each.result.rows), ""]
        lines += map(one_line, each.result.left_out())
    for attacked in result.sets:
        figures = attacked.quality
        lines += [
            f"{attacked.name}: {attacked.count:,} pictures, similarity {attacked.similarity:.3f}, "
            f"PSNR {figures.psnr:.1f} dB, SSIM {figures.ssim:.3f}, mean change {255 * figures.mean_change:.2f}/255, "
            f"largest {255 * figures.max_change:.0f}/255, high-frequency energy {figures.high_frequency:.2e} "
            f"({figures.high_share:.0%} of all)",
            f"  in {attacked.folder}",
        ]
    return "\n".join(lines)

"""``python -m ood_studio attack``."""

from __future__ import annotations

import typing
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ood_studio.cli.options import Common
from ood_studio.cli.output import check_folder, tables, to_json, write_figure
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Bars

if typing.TYPE_CHECKING:
    import plotly.graph_objects as go

    from ood_studio.studio import AttackRequest, AttackResult


Over = Literal["step", "smoothness", "linf", "l2"]


@dataclass(frozen=True)
class Attack(Common):
    """Attacks OOD pictures until they look in-distribution to a model, and compares scorers before and after.

    Attributes:
        format: of the table that is printed.
        transfer: models attacked in turn, each judged by all of them, in place of one.
        figure: an HTML file for every scorer's AUROC against what has several values: ``--checkpoints`` (steps),
            ``--smoothness`` or a budget.
    """

    format: Literal["table", "markdown", "latex", "csv"] = "table"
    transfer: tuple[str, ...] = ()
    figure: Path | None = None


def attack(options: Attack, request: AttackRequest) -> None:
    """Prints the figures of `Studio.attack`, or of `Studio.transfer`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.studio import Studio

    check_folder(options.figure)
    over = _over(request) if options.figure is not None else None
    studio = Studio(options.device, workers=0)
    if options.transfer:
        with closing(Bars(options.quiet)) as bars:
            matrix = studio.transfer(request, options.transfer, bars)
        if options.json:
            pairs = [
                {"attacked": i, "judge": j, "results": [asdict(row) for row in r.rows]} for (i, j), r in matrix.items()
            ]
            print(to_json({"results": pairs}))
            return
        for (attacked, judge), judged in matrix.items():
            print(f"Attacked on {attacked}, judged by {judge}:\n")
            print(tables()[options.format](judged.rows), end="\n\n")
        return
    with closing(Bars(options.quiet)) as bars:
        result = studio.attack(request, bars)
    if options.figure is not None and over is not None:
        write_figure(curves(result, *over), options.figure)
    if options.json:
        print(to_json(result.to_dict()))
    else:
        print(attack_text(request, result, options.format))


def curves(result: AttackResult, over: Over, title: str) -> go.Figure:
    """Every scorer's AUROC against the steps, λ or a budget."""
    from ood_studio.figures.sweep import sweep_figure

    points = {scorer: result.curve(scorer, over) for scorer in dict.fromkeys(row.scorer for row in result.rows())}
    values = [value for value, _ in next(iter(points.values()))]
    return sweep_figure(title, values, {scorer: [auroc for _, auroc in line] for scorer, line in points.items()})


def _over(request: AttackRequest) -> tuple[Over, str]:
    """What has several values, and its name for an axis.

    Raises:
        StudioError: if nothing has.
    """
    if request.checkpoints:
        return "step", "steps"
    if len(request.smoothness) > 1:
        return "smoothness", "λ"
    if request.linf:
        return "linf", "L∞ budget"
    if request.l2:
        return "l2", "L2 budget"
    raise StudioError("a figure needs several values: give --checkpoints, or more than one --smoothness, or a budget")


def attack_text(request: AttackRequest, result: AttackResult, kind: str = "table") -> str:
    """An attack's result for the terminal, or as Markdown, LaTeX or CSV."""
    from ood_studio.evaluation.export import to_csv

    if kind == "csv":
        return to_csv([row for each in result.judgements for row in each.result.rows]).rstrip("\n")
    lines = []
    for each in result.judgements:
        behind = f" behind {each.defence}" if each.defence else ""
        lines += [f"Judged by {each.backbone}{behind}, seed {request.seed}; AUROC and FPR95 in percent.", ""]
        lines += [tables()[kind](each.result.rows), ""]
        lines += [f"{key} could not run: {why.rstrip('.')}." for key, why in each.result.unavailable.items()]
    for made in result.sets:
        figures = made.quality
        lines += [
            f"{made.name}: {made.count:,} pictures, similarity {made.similarity:.3f}, PSNR {figures.psnr:.1f} dB, "
            f"SSIM {figures.ssim:.3f}, mean change {255 * figures.mean_change:.2f}/255, largest "
            f"{255 * figures.max_change:.0f}/255, high-frequency energy {figures.high_frequency:.2e} "
            f"({figures.high_share:.0%} of all)",
            f"  in {made.folder}",
        ]
    return "\n".join(lines)

"""``python -m ood_studio attack``."""

from __future__ import annotations

import typing
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Literal

from ood_studio.cli.options import Common
from ood_studio.cli.output import tables, to_json
from ood_studio.progress import Bars

if typing.TYPE_CHECKING:
    from ood_studio.studio import AttackRequest, AttackResult


@dataclass(frozen=True)
class Attack(Common):
    """Attacks OOD pictures until they look in-distribution to a model, and compares scorers before and after.

    Attributes:
        format: of the table that is printed.
        transfer: models attacked in turn, each judged by all of them, in place of one.
    """

    format: Literal["table", "markdown", "latex", "csv"] = "table"
    transfer: tuple[str, ...] = ()


def attack(options: Attack, request: AttackRequest) -> None:
    """Prints the figures of `Studio.attack`, or of `Studio.transfer`.

    Raises:
        StudioError: if the request cannot be met.
    """
    from ood_studio.studio import Studio

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
    if options.json:
        print(to_json(result.to_dict()))
    else:
        print(attack_text(request, result, options.format))


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

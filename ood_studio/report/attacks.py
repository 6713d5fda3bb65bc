"""What attacks do to every scorer, for the README."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from ood_studio.attacks.attack_set import AttackedSet
from ood_studio.progress import Bars
from ood_studio.studio import AttackRequest, AttackResult, LabelChoice, Studio


@dataclass(frozen=True)
class AttackReport:
    """What to measure.

    Attributes:
        count: near-OOD pictures attacked.
        seed: of the scenes, the choice of targets and the attack.
        device: ``auto`` or a torch device.
    """

    count: int = 200
    seed: int = 1
    device: str = "auto"

    def request(self, backbone: str) -> AttackRequest:
        """The paper's two attacks, λ = 0 and λ = 5000, and the usual budget of 8/255."""
        return AttackRequest(
            smoothness=(0.0, 5000.0),
            linf=(8.0,),
            target="nearest",
            label=LabelChoice(backbone=backbone),
            count=self.count,
            seed=self.seed,
        )


def measure_attacks(report: AttackReport, backbones: list[str]) -> dict[str, AttackResult]:
    """Every backbone attacked, judged by itself.

    Raises:
        StudioError: if an attack cannot run.
    """
    studio = Studio(report.device, workers=0)
    found = {}
    for backbone in backbones:
        with closing(Bars(quiet=False)) as bars:
            found[backbone] = studio.attack(report.request(backbone), bars)
    return found


def attack_figures(results: Mapping[str, AttackResult], report: AttackReport) -> str:
    """AUROC and FPR95 of every scorer before and after each attack, and how far the pictures were changed."""
    lines = [
        f"AUROC / FPR95 in percent, of {report.count:,} near-OOD pictures, each pulled to the mean features of the ID "
        f"class that the model sees nearest; 250 steps, rounded to 8 bits, seed {report.seed}; from "
        "`python -m ood_studio.report attacks`. λ is in the paper's unit (224 pixels).",
    ]
    for backbone, result in results.items():
        sets = [result.source, *(each.name for each in result.sets)]
        heads = ["before", *(each.name.rpartition(", ")[2] for each in result.sets)]
        lines += ["", f"**Attacked: `{backbone}`**", "", _row("score", heads), _row("---", ["---"] * len(heads))]
        at = {(row.scorer, row.ood): row for row in result.rows()}
        for scorer in dict.fromkeys(row.scorer for row in result.rows()):
            cells = [f"{100 * at[scorer, name].auroc:.1f} / {100 * at[scorer, name].fpr95:.1f}" for name in sets]
            lines.append(_row(scorer, cells))
        lines += ["", *_changes(result.sets)]
    return "\n".join(lines)


def _changes(sets: tuple[AttackedSet, ...]) -> list[str]:
    strongest = sets[0].quality.high_frequency
    heads = ["similarity to the target", "PSNR", "SSIM", "mean change", "largest change", "high-frequency energy"]
    lines = [_row("attack", heads), _row("---", ["---"] * len(heads))]
    for each in sets:
        q = each.quality
        cells = [
            f"{each.similarity:.3f}",
            f"{q.psnr:.1f} dB",
            f"{q.ssim:.3f}",
            f"{255 * q.mean_change:.1f}/255",
            f"{255 * q.max_change:.0f}/255",
            f"{q.high_frequency / strongest:.1%} of the first's" if each is not sets[0] else f"{q.high_frequency:.2e}",
        ]
        lines.append(_row(each.name.rpartition(", ")[2], cells))
    return lines


def _row(head: str, cells: list[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"

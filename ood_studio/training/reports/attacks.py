"""What attacks do to every scorer, for docs/figures.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from ood_studio.attacks import FeatureAttack
from ood_studio.attacks.attack_set import AttackedSet
from ood_studio.core.progress import Bars
from ood_studio.evaluation.rows import Row
from ood_studio.studio import AttackResult, AttackSetRequest, LabelChoice, Studio
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import Report, bundled_backbones


@dataclass(frozen=True, kw_only=True)
class AttackReport(Report):
    """What attacks on near-OOD scenes come to; the seed is of the choice of targets and the attack too."""

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``attacks`` of docs/figures.md."""
        documents.section("attacks", attack_figures(self.measure(bundled_backbones()), self))

    def measure(self, backbones: Sequence[str]) -> dict[str, list[AttackResult]]:
        """Every backbone attacked, and scored by itself.

        Raises:
            StudioError: if an attack cannot run.
        """
        studio = Studio(self.device, workers=0)
        found = {}
        for backbone in backbones:
            with closing(Bars(quiet=False)) as bars:
                found[backbone] = [studio.attack_set(request, bars) for request in self.requests(backbone)]
        return found

    def requests(self, backbone: str) -> tuple[AttackSetRequest, ...]:
        """The paper's two attacks, λ = 0 and λ = 5000, and the usual budget of 8/255, with two kinds of targets."""
        nearest = AttackSetRequest(
            smoothness=(0.0, 5000.0),
            linf=(8.0,),
            target="nearest",
            labels=LabelChoice(backbone=backbone),
            count=self.count,
            seed=self.seed,
            attack=FeatureAttack(seed=self.seed),
        )
        return replace(nearest, smoothness=(0.0,), linf=(), target="image"), nearest


def attack_figures(results: Mapping[str, Sequence[AttackResult]], report: AttackReport) -> str:
    """AUROC and FPR95 of every scorer before and after each attack, and how far the pictures were changed."""
    lines = [
        f"AUROC / FPR95 in percent, of {report.count:,} near-OOD pictures, each pulled to a random ID training picture "
        "(which scorers then do not learn from), or to the mean of the ID class that the model sees nearest; 250 "
        f"steps, rounded to 8 bits, seed {report.seed}; from "
        "`python -m ood_studio.training.reports attacks`. λ is in the paper's unit (224 pixels).",
    ]
    for backbone, found in results.items():
        columns = [("before", _rows(found[0], found[0].source))]
        columns += [(_title(each), _rows(result, each.name)) for result in found for each in result.sets]
        heads = ["score", *(head for head, _ in columns)]
        cells = [
            [scorer, *(f"{100 * rows[scorer].auroc:.1f} / {100 * rows[scorer].fpr95:.1f}" for _, rows in columns)]
            for scorer in columns[0][1]
        ]
        lines += ["", f"**Attacked: `{backbone}`**", "", *table(heads, cells)]
        lines += ["", *_changes([each for result in found for each in result.sets])]
    return "\n".join(lines)


def _title(each: AttackedSet) -> str:
    return f"{each.name.rpartition(', ')[2]}, to {'a picture' if each.target == 'image' else 'a class'}"


def _rows(result: AttackResult, name: str) -> dict[str, Row]:
    return {row.scorer: row for row in result.rows() if row.ood == name}


def _changes(sets: Sequence[AttackedSet]) -> list[str]:
    strongest = next(each for each in sets if each.target != "image").quality.high_frequency
    heads = [
        "attack",
        "similarity to the target",
        "PSNR",
        "SSIM",
        "mean change",
        "largest change",
        "high-frequency energy (of λ = 0)",
    ]
    rows = [
        [
            _title(each),
            f"{each.similarity:.3f}",
            f"{each.quality.psnr:.1f} dB",
            f"{each.quality.ssim:.3f}",
            f"{255 * each.quality.mean_change:.1f}/255",
            f"{255 * each.quality.max_change:.0f}/255",
            f"{each.quality.high_frequency:.2e} ({each.quality.high_frequency / strongest:.1%})",
        ]
        for each in sets
    ]
    return table(heads, rows)

"""What attacks on sets come to."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ood_studio.attacks.attack_set import AttackedSet
from ood_studio.core.errors import StudioError
from ood_studio.core.html import bold, stacked, table
from ood_studio.evaluation.export import to_html
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model makes of the source and of every attacked set, behind a defence or (``""``) none."""

    backbone: str
    defence: str
    result: BenchResult


@dataclass(frozen=True, eq=False)
class AttackResult:
    """Attacked sets and their effect.

    Attributes:
        source: the name of the set attacked.
        sets: in the order of `AttackSetRequest.attacks`, for each its checkpoints and then its end.
        evaluations: the attacked model's own first, each model without a defence before those with one.
    """

    source: str
    sets: tuple[AttackedSet, ...]
    evaluations: tuple[Evaluation, ...]

    def rows(self, backbone: str = "", defence: str = "") -> tuple[Row, ...]:
        """The rows of one model, the attacked one where none is named: those of ``source`` are before the attack.

        Raises:
            StudioError: if there is no such evaluation.
        """
        for each in self.evaluations:
            if each.backbone == (backbone or self.evaluations[0].backbone) and each.defence == defence:
                return each.result.rows
        raise StudioError(f"there is no evaluation of {backbone!r} behind {defence!r}")

    def curve(
        self, scorer: str, over: Literal["step", "smoothness", "linf", "l2"], backbone: str = "", defence: str = ""
    ) -> list[tuple[float, float]]:
        """(value, AUROC) of a scorer, ascending: against the steps of the first attack, or λ, or a budget at the end
        (of "linf" in 255ths); a budget of 0 is the source itself."""
        auroc = {row.ood: row.auroc for row in self.rows(backbone, defence) if row.scorer == scorer}
        points = []
        for each in self.sets:
            end = each.step == each.attack["steps"]
            norm = each.attack["norm"]
            if over == "step" and each.attack == self.sets[0].attack:
                points.append((float(each.step), auroc[each.name]))
            elif over == "smoothness" and end and norm == "none":
                points.append((each.attack["smoothness"], auroc[each.name]))
            elif over == norm and end:
                points.append((each.attack["budget"], auroc[each.name]))
        if over in ("linf", "l2"):
            points.append((0.0, auroc[self.source]))
        return sorted(points)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.source,
            "sets": [_plain(each) for each in self.sets],
            "evaluations": [
                {
                    "backbone": each.backbone,
                    "defence": each.defence,
                    "results": [asdict(row) for row in each.result.rows],
                    "unavailable": each.result.unavailable,
                    "problems": {name: problems for name, problems in each.result.problems.items() if problems},
                    "notes": list(each.result.notes),
                }
                for each in self.evaluations
            ],
        }

    def _repr_html_(self) -> str:
        parts: list[object] = []
        for each in self.evaluations:
            parts += [
                bold(each.backbone + (f" behind {each.defence}" if each.defence else "")),
                to_html(each.result.rows),
            ]
        lines = [
            (
                attacked.name,
                f"{attacked.count:,}",
                f"{attacked.similarity:.3f}",
                f"{attacked.quality.psnr:.1f} dB",
                f"{attacked.quality.ssim:.3f}",
            )
            for attacked in self.sets
        ]
        return stacked(*parts, table(("attacked set", "images", "similarity", "PSNR", "SSIM"), lines))


def _plain(attacked: AttackedSet) -> dict[str, Any]:
    """Values for JSON, which knows no infinity: the PSNR of an unchanged image is null."""
    found = asdict(attacked) | {"folder": str(attacked.folder)}
    if math.isinf(attacked.quality.psnr):
        found["quality"]["psnr"] = None
    return found

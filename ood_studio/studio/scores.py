"""The scores shown for every picture."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ood_studio.evaluation.choose import parse_scorer
from ood_studio.scorers import MCM, MSP, Energy, FittedScore, MaxLogit, NegLabel, Scorer
from ood_studio.studio.answers import Reading, ReferenceScores, reading_of


@dataclass(frozen=True, eq=False)
class Judges:
    """The shown scores in one label space, by their titles.

    Attributes:
        fitted: all of them.
        compared: what the reference pictures score, where there are any.
    """

    fitted: dict[str, FittedScore]
    compared: dict[str, ReferenceScores]

    def readings(self, joint: Tensor) -> list[tuple[Reading, ...]]:
        """What every score makes of each picture's joint features, (n, dim)."""
        values = {title: score(joint).tolist() for title, score in self.fitted.items()}
        return [
            tuple(
                reading_of(score.scorer.name, title, values[title][i], self.compared.get(title))
                for title, score in self.fitted.items()
            )
            for i in range(len(joint))
        ]


def shown_scorers(score: NegLabel) -> tuple[tuple[str, Scorer], ...]:
    """The scores shown for every picture, NegLabel as chosen first, with their titles."""
    return (
        ("NegLabel", score),
        ("MCM (τ = 1)", MCM(tau=1.0)),
        ("pseudo-MSP (τ = 0.01)", MCM(tau=0.01)),
        ("MSP", MSP()),
        ("MaxLogit", MaxLogit()),
        ("Energy", Energy()),
    )


def scorer_named(text: str, score: NegLabel) -> Scorer:
    """One of the shown scores by its key, with parameters of one's own where given, such as ``mcm:tau=0.1``.

    Raises:
        StudioError: for an unknown key or parameter.
    """
    # Of two that share a key the one listed first is meant.
    return parse_scorer(text, {scorer.name: scorer for _, scorer in reversed(shown_scorers(score))})

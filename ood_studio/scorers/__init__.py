"""OOD scores, one a file: image features -> one number a picture, higher = more in-distribution.

>>> score = NegLabel().fit(Reference(class_text=classes, negative_text=negatives))  # doctest: +SKIP
>>> score(features)  # (batch,)  # doctest: +SKIP
"""

from __future__ import annotations

from ood_studio.scorers.base import FittedScore, Reference, Scorer, Space
from ood_studio.scorers.energy import Energy
from ood_studio.scorers.maxlogit import MaxLogit
from ood_studio.scorers.mcm import MCM
from ood_studio.scorers.msp import MSP
from ood_studio.scorers.neglabel import FORMS, NegLabel, affinities

SCORERS: dict[str, type[Scorer]] = {scorer.name: scorer for scorer in (NegLabel, MCM, MSP, MaxLogit, Energy)}
"""Every scorer by name. The contract tests run over this."""

__all__ = [
    "FORMS",
    "MCM",
    "MSP",
    "SCORERS",
    "Energy",
    "FittedScore",
    "MaxLogit",
    "NegLabel",
    "Reference",
    "Scorer",
    "Space",
    "affinities",
]

"""A row of a benchmark's table: one scorer on one pair of sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ood_studio.evaluation.fpr import FprDefinition


@dataclass(frozen=True)
class Row:
    """One scorer on one pair of sets. Metrics are fractions; see `ood_studio.evaluation.metrics`.

    Attributes:
        suite, id, ood: the suite and its two sets.
        backbone: the model's name.
        scorer: the scorer as it was asked for: a key of `bench_scorers`, with parameters where some were given.
        params: everything that makes this score: the scorer's parameters, τ as a number even where it is the model's
            own, and how the texts, negative labels and training images that it read were made.
        n_id, n_ood: images in the two sets.
        auroc, fpr95, aupr_in, aupr_out, detection_error: ID is the positive class.
        auroc_low, auroc_high, fpr95_low, fpr95_high: ends of their 95 % bootstrap intervals; None without resamples.
        fpr_definition: which definition of FPR95 was used.
        seed: of the images drawn and of the resamples.
        provenance: what it was measured on and with: for each of ``id``, ``ood`` and ``train`` (where the scorer
            learns from images) its ``place`` and a hash of its ``content``; ``weights``, the fingerprint of the model;
            ``device``, ``dtype`` and ``precision``.
        versions: of the packages that computed it.
        protocol: what the score may have seen of the test images, and how they came, see `Passport`; empty in rows of
            before.
    """

    suite: str
    id: str
    ood: str
    backbone: str
    scorer: str
    params: dict[str, Any]
    n_id: int
    n_ood: int
    auroc: float
    fpr95: float
    aupr_in: float
    aupr_out: float
    detection_error: float
    auroc_low: float | None
    auroc_high: float | None
    fpr95_low: float | None
    fpr95_high: float | None
    fpr_definition: FprDefinition
    seed: int
    provenance: dict[str, Any]
    versions: dict[str, str]
    protocol: dict[str, Any] = field(default_factory=dict)

"""Rows for tests that need some."""

from __future__ import annotations

import dataclasses

from ood_studio.evaluation.rows import Row


def row(**changes: object) -> Row:
    """A row with these fields changed."""
    made = Row(
        suite="toy",
        id="in",
        ood="near",
        backbone="model",
        scorer="mcm",
        params={"tau": 0.01, "lexnames": None},
        n_id=20,
        n_ood=10,
        auroc=0.975,
        fpr95=0.12,
        aupr_in=0.9,
        aupr_out=0.8,
        detection_error=0.1,
        auroc_low=0.95,
        auroc_high=0.99,
        fpr95_low=0.1,
        fpr95_high=0.2,
        fpr_definition="exact",
        seed=3,
        provenance={"id": {"place": "/data/in", "content": "ab"}, "weights": "cd", "device": "cpu"},
        versions={"torch": "2"},
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]

"""The benchmark: features in, a row of figures for each scorer and OOD set out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
from torch import Tensor

from ood_studio.errors import StudioError
from ood_studio.evaluation.metrics import summary
from ood_studio.evaluation.suites import Suite
from ood_studio.scorers import MCM, MSP, Energy, MaxLogit, NegLabel, Reference, Scorer

ALL = "all"
"""The key that stands for every scorer."""


@dataclass(frozen=True)
class Row:
    """One scorer on one pair of sets. Metrics are fractions; see `ood_studio.evaluation.metrics`.

    Attributes:
        suite, id, ood: the suite and its two splits.
        backbone: the model's name.
        scorer: the scorer's key, one of `bench_scorers`.
        params: everything that makes this score: the scorer's parameters, τ as a number even where it is the model's
            own, and how texts and negative labels were made.
        n_id, n_ood: pictures in the two sets.
        auroc, fpr95, aupr_in, aupr_out: ID is the positive class, FPR95 by the exact definition.
        seed: of the scenes.
        seconds: fitting the scorer and scoring both sets; encoding pictures and words is not in it.
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
    seed: int
    seconds: float


@dataclass(frozen=True)
class BenchResult:
    """What a benchmark comes to.

    Attributes:
        rows: scorer after scorer, in each the suite's OOD sets in their order.
        accuracy: zero-shot top-1 accuracies as fractions: ``id_accuracy`` over the suite's ID labels, ``all_accuracy``
            over all classes the bundled models were trained on.
        unavailable: scorers that could not run, and why in one sentence.
    """

    rows: tuple[Row, ...]
    accuracy: dict[str, float]
    unavailable: dict[str, str]


def bench_scorers(neglabel: NegLabel | None = None) -> dict[str, Scorer]:
    """The scorers of the benchmark by key; MCM's three temperature conventions each have one.

    Args:
        neglabel: what ``neglabel`` stands for; its defaults where None.
    """
    return {
        "neglabel": neglabel or NegLabel(),
        "mcm": MCM(tau=1.0),
        "pseudo-msp": MCM(tau=0.01),
        "mcm-scale": MCM(tau=None),
        "msp": MSP(),
        "maxlogit": MaxLogit(),
        "energy": Energy(),
    }


def choose_scorers(keys: Sequence[str], known: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The scorers of these keys, in the order given and each once; ``all`` is every known one.

    Raises:
        StudioError: for no key, or an unknown one, listing the known ones.
    """
    if not keys:
        raise StudioError(f"there is no scorer to compare; expected some of {', '.join(known)}, or {ALL}")
    for key in keys:
        if key != ALL and key not in known:
            raise StudioError(f"unknown scorer {key!r}; expected some of {', '.join(known)}, or {ALL}")
    return dict(known) if ALL in keys else {key: known[key] for key in keys}


def bench_rows(
    suite: Suite,
    backbone: str,
    scorers: Mapping[str, Scorer],
    reference: Reference,
    inside: Tensor,
    outside: Mapping[str, Tensor],
    *,
    seed: int,
    params: Mapping[str, Any] | None = None,
    mining: Mapping[str, Any] | None = None,
    on_row: Callable[[Row], None] | None = None,
) -> tuple[tuple[Row, ...], dict[str, str]]:
    """Every scorer on every OOD set.

    Args:
        suite, backbone, seed: named in the rows.
        scorers: by key, in the order of the rows.
        reference: what the scorers learn from.
        inside: (n_id, dim) features of the ID set.
        outside: (n_ood, dim) features of each OOD set, by split, in the order of the rows.
        params: what else made every score, such as the prompts; added to the rows' ``params``.
        mining: the same for scorers that read negative labels.
        on_row: hears each row as soon as it is there; may raise to end the work.

    Returns:
        The rows, and the scorers that the reference does not suffice for with the reason.

    Raises:
        StudioError: for features of the wrong shape or without direction.
    """
    rows: list[Row] = []
    unavailable: dict[str, str] = {}
    for key, scorer in scorers.items():
        reason = scorer.missing(reference)
        if reason is not None:
            unavailable[key] = reason
            continue
        started = time.perf_counter()
        score = scorer.fit(reference)
        id_scores = score(inside).double().numpy()
        shared = time.perf_counter() - started
        described = _parameters(scorer, reference) | dict(params or {})
        if "negative_text" in scorer.needs:
            described |= mining or {}
        for name, features in outside.items():
            started = time.perf_counter()
            ood_scores = score(features).double().numpy()
            seconds = shared + time.perf_counter() - started
            found = summary(id_scores, ood_scores)
            row = Row(
                suite=suite.name,
                id=suite.id,
                ood=name,
                backbone=backbone,
                scorer=key,
                params=dict(described),
                n_id=len(id_scores),
                n_ood=len(ood_scores),
                auroc=found.auroc,
                fpr95=found.fpr95,
                aupr_in=found.aupr_in,
                aupr_out=found.aupr_out,
                seed=seed,
                seconds=seconds,
            )
            rows.append(row)
            if on_row is not None:
                on_row(row)
    return tuple(rows), unavailable


def zero_shot_accuracy(features: Tensor, class_text: Tensor, truth: np.ndarray) -> float:
    """The share of pictures whose nearest class text is the right one.

    Args:
        features: (n, dim) unit-norm image features.
        class_text: (classes, dim) unit-norm text features.
        truth: (n,) index of the right class; pictures with a negative one are left out.

    Raises:
        StudioError: if no picture is left.
    """
    known = truth >= 0
    if not known.any():
        raise StudioError("accuracy needs at least one picture of a known class")
    guessed = (features @ class_text.T).argmax(dim=1).numpy()
    return float((guessed == truth)[known].mean())


def table(rows: Sequence[Row], *, markdown: bool = False) -> str:
    """Rows as a table for people: a line a scorer, a column an OOD set, each cell AUROC / FPR95 in percent.

    Args:
        rows: of one suite and backbone.
        markdown: a Markdown table instead of aligned columns.
    """
    sets = list(dict.fromkeys(row.ood for row in rows))
    cells = {(row.scorer, row.ood): f"{100 * row.auroc:.1f} / {100 * row.fpr95:.1f}" for row in rows}
    lines = [["AUROC / FPR95", *sets]]
    for scorer in dict.fromkeys(row.scorer for row in rows):
        lines.append([scorer, *(cells.get((scorer, name), "") for name in sets)])
    columns = list(zip(*lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    padded = []
    for line in lines:
        first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        padded.append([first.strip().ljust(widths[0]), *rest])
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in padded)
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:]))


def _parameters(scorer: Scorer, reference: Reference) -> dict[str, Any]:
    # Every concrete scorer is a dataclass; the type checker sees only the abstract one.
    found = {field.name: getattr(scorer, field.name) for field in fields(cast(Any, scorer))}
    if "tau" in found and found["tau"] is None:
        found["tau"] = 1 / reference.logit_scale
    return found

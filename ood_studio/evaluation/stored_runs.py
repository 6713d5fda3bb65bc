"""Runs among stored rows: which rows were measured together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ood_studio.evaluation.fpr import FprDefinition

COLUMNS = ("number", "added", "suite", "id", "backbone", "seed", "fpr_definition", "ood", "scorer")
"""What `grouped` reads of a row."""


@dataclass(frozen=True)
class StoredRun:
    """A benchmark that was kept, without its rows; `ResultStore.open` gives the whole.

    Attributes:
        first, last: the numbers of its first and last row.
        added: when it was kept, such as ``2025-03-01T12:00:00Z``.
        suite, id, backbone, seed, fpr_definition: what all its rows share.
        labels: the ID labels; empty where they were not kept.
        ood, scorers: its OOD sets and scorers, in their order.
        asked: what it was asked for, as names and texts, see `ood_studio.core.parameters.texts`; empty where that was
            not kept.
    """

    first: int
    last: int
    added: str
    suite: str
    id: str
    backbone: str
    seed: int
    fpr_definition: FprDefinition
    labels: tuple[str, ...]
    ood: tuple[str, ...]
    scorers: tuple[str, ...]
    asked: dict[str, str] = field(default_factory=dict, hash=False)


def grouped(rows: Sequence[tuple[Any, ...]], about: Mapping[int, Mapping[str, Any]]) -> list[StoredRun]:
    """The runs that rows belong to, in their order.

    Args:
        rows: the `COLUMNS` of each, by number.
        about: what is known beside their rows (``labels``, ``asked``) of the runs that are known to begin at a row, by
            that row's number. Other rows belong together where they follow each other and share what all rows of a run
            share.
    """
    parts: list[list[tuple[Any, ...]]] = []
    for row in rows:
        follows = bool(parts) and parts[-1][-1][0] + 1 == row[0] and parts[-1][-1][1:7] == row[1:7]
        if follows and row[0] not in about:
            parts[-1].append(row)
        else:
            parts.append([row])
    return [_run(part, about.get(part[0][0], {})) for part in parts]


def _run(part: Sequence[tuple[Any, ...]], about: Mapping[str, Any]) -> StoredRun:
    first, added, suite, id, backbone, seed, fpr_definition, *_ = part[0]
    ood = tuple(dict.fromkeys(row[7] for row in part))
    scorers = tuple(dict.fromkeys(row[8] for row in part))
    labels, asked = tuple(about.get("labels", ())), dict(about.get("asked", {}))
    return StoredRun(first, part[-1][0], added, suite, id, backbone, seed, fpr_definition, labels, ood, scorers, asked)

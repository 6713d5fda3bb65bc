"""The protocol passport of a row: what a score may have seen of the test images, and how they came to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ood_studio.evaluation.rows import Row
from ood_studio.scorers.base import Protocol, Scorer

MARKS: Mapping[Protocol, str] = {"inductive": "", "online": "†", "transductive": "‡"}
"""Behind the names of rows in tables."""


@dataclass(frozen=True)
class Passport:
    """What the figures of adaptive methods cannot be compared without.

    Attributes:
        kind: see `Protocol`.
        seen: what of the test data was seen before a score was final, in words.
        order: how ID and OOD images came, such as ``shuffled``; empty where it does not matter.
        batch: how many images came at once; 0 where it does not matter.
        mix: what the stream was made of, such as ``2,000 of id-test and 2,000 of near-ood``.
        seed: of the order.
    """

    kind: Protocol
    seen: str
    order: str
    batch: int
    mix: str
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for `Row.protocol`."""
        return asdict(self)


def passport_of(scorer: Scorer, id_name: str, n_id: int, ood_name: str, n_ood: int, seed: int) -> Passport:
    """The passport of a scorer in a benchmark, where ID and OOD images come mixed to one that learns from them."""
    if not scorer.stream:
        return Passport("inductive", "no test image", "", 0, "", 0)
    mix = f"{n_id:,} of {id_name} and {n_ood:,} of {ood_name}"
    return Passport(scorer.protocol, scorer.seen, "shuffled", scorer.at_once, mix, seed)


def kind_of(row: Row) -> Protocol:
    """The protocol of a row; rows of before count as what their scores were."""
    if row.protocol:
        kind: Protocol = row.protocol["kind"]
        return kind
    return "transductive" if row.scorer.partition(":")[0] == "adaneg" else "inductive"


def legend(rows: Sequence[Row]) -> str:
    """What the marks in a table of rows mean, as a sentence; empty where there are none."""
    said = {
        "online": "† online: learnt from the test images before it",
        "transductive": "‡ transductive: learnt from test images, itself among them, before its score was final",
    }
    kinds = list(dict.fromkeys(kind_of(row) for row in rows))
    found = [said[kind] for kind in ("online", "transductive") if kind in kinds]
    return f"{'; '.join(found)}. Such rows are not ranked with others." if found else ""

"""What a detector says of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

COLUMNS = ("image", "id", "score", "p_value", "nearest")
"""Of a table of decisions, see `Decision.row`."""


@dataclass(frozen=True)
class Decision:
    """What a detector says of an image.

    Attributes:
        name: of the image.
        inside: whether it counts as ID: whether the score reaches the threshold.
        score: higher = more in-distribution.
        p_value: how unusual the score is among ID, in (0, 1]; see `Calibration.p_values`.
        nearest: the labels that are nearest, with their cosines (of a model without a text tower: the classes of its
            head, with their logits), and whether each is an ID label.
    """

    name: str
    inside: bool
    score: float
    p_value: float
    nearest: tuple[tuple[str, float, bool], ...]

    def row(self) -> list[Any]:
        """Its cells in a table of `COLUMNS`."""
        return [self.name, self.inside, self.score, self.p_value, "; ".join(label for label, _, _ in self.nearest)]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        near = [{"label": label, "value": value, "id": known} for label, value, known in self.nearest]
        return {
            "image": self.name,
            "id": self.inside,
            "score": self.score,
            "p_value": self.p_value,
            "nearest": near,
        }

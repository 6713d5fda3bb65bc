"""Outlines and small parts that several families of drawings share; single strokes are methods of `Pen`."""

from __future__ import annotations

from collections.abc import Sequence

from ood_studio.diorama.pen import Pen, Point


def both_sides(right: Sequence[Point]) -> list[Point]:
    """A symmetric outline from its right half, listed from top to bottom; points on the axis stay single."""
    return [*right, *((-x, y) for x, y in reversed(right) if x > 0)]


def leaf(pen: Pen, x: float, y: float, length: float, angle: float, ink: str = "leaf") -> None:
    """A leaf with its vein that grows from (x, y); angle 0 points right, 90 down."""
    with pen.at(x, y, length, angle):
        pen.curve([(0.0, 0.0), (0.3, -0.24), (0.68, -0.22), (1.0, 0.0), (0.68, 0.2), (0.3, 0.22)], ink)
        pen.stripe((0.0, 0.0), (0.5, 0.06), (0.86, 0.0), (0.09, 0.06, 0.02), ink + "-")

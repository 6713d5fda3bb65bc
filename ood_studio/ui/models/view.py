"""How a run of the zoo is looked at: the part of a link that is not the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ood_studio.core.parameters import Help, check


@dataclass(frozen=True)
class View:
    """What is looked at.

    Attributes:
        x, y: figures along the axes.
        by: what colours and shapes tell apart, and trends are asked of.
        first, second: the two models that are compared; "" for the first that there are.
        set: whose reliability is shown; "" for the first.
    """

    x: Annotated[str, Help("Figure across")] = "accuracy"
    y: Annotated[str, Help("Figure upward")] = "mean auroc 1-nn"
    by: Annotated[Literal["group", "source"], Help("What colours and trends tell apart")] = "group"
    first: Annotated[str, Help("Model that is looked at")] = ""
    second: Annotated[str, Help("Model beside it")] = ""
    set: Annotated[str, Help("Set whose reliability is shown")] = ""

    def __post_init__(self) -> None:
        check(self)

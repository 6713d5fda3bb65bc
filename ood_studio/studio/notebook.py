"""What notebooks show of images under a detector's eye: their labels and scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ood_studio.core.html import Html, bar, gallery, stacked, table
from ood_studio.figures.colours import ID, OOD
from ood_studio.studio.scores import Affinity, Reading

if TYPE_CHECKING:
    from PIL import Image

_SIDES = {True: "ID", False: "OOD", None: ""}


def affinity_table(affinities: Sequence[Affinity]) -> Html:
    """Labels with their shares of the softmax."""
    lines = [
        (
            each.label,
            "ID" if each.inside else "negative",
            f"{each.share:.1%}",
            bar(each.share, ID if each.inside else OOD),
        )
        for each in affinities
    ]
    return table(("label", "side", "share", ""), lines)


def reading_table(readings: Sequence[Reading]) -> Html:
    """Scores with their thresholds, where there are any."""
    lines = [
        (
            each.title,
            *((f"{each.value:.4g}", "") if each.threshold is None else each.apart(4)),
            _SIDES[each.inside],
        )
        for each in readings
    ]
    return table(("score", "value", "threshold", ""), lines)


def change_html(original: Image.Image, image: Image.Image, caption: str, readings: Sequence[Reading]) -> Html:
    """An image before and after something was done to it, and the scores after it."""
    return stacked(gallery([(original, "before"), (image, caption)]), reading_table(readings))

"""Which held-out pictures changed their verdict, in both directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ood_studio.core.errors import StudioError
from ood_studio.studio.judge import Judged, Sets
from ood_studio.ui.compare.pictures import picture_file
from ood_studio.ui.downloads import shown_file

MOST = 12  # pictures in a gallery


@dataclass(frozen=True)
class Changed:
    """Pictures that are on another side of the threshold than before.

    Attributes:
        right, wrong: (set, index) of those that are now on the right and on the wrong side, those that moved most
            first; ``""`` is the ID set.
    """

    right: tuple[tuple[str, int], ...]
    wrong: tuple[tuple[str, int], ...]


def changed(before: Judged, now: Judged) -> Changed:
    """Compares verdicts, each at the threshold of its own that keeps 95 % of ID."""
    found: dict[bool, list[tuple[float, str, int]]] = {True: [], False: []}
    for name in ("", *now.ood):
        old, new = (before.id, now.id) if not name else (before.ood[name], now.ood[name])
        was, turned = old >= before.threshold, new >= now.threshold
        moved = np.abs(_place(new, now) - _place(old, before))
        for i in np.flatnonzero(was != turned):
            found[bool(turned[i]) is (not name)].append((float(moved[i]), name, int(i)))
    right, wrong = (tuple((name, i) for _, name, i in sorted(found[side], reverse=True)) for side in (True, False))
    return Changed(right, wrong)


def _place(scores: np.ndarray, judged: Judged) -> np.ndarray:
    """How far above the threshold, in spreads of the ID scores: comparable before and after."""
    return np.asarray((scores - judged.threshold) / (judged.id.std() or 1.0))


def pictures(sets: Sets, chosen: tuple[tuple[str, int], ...]) -> list[tuple[str, str]]:
    """Files and captions for a gallery; one that cannot be read any more is left out."""
    shown = []
    for name, row in [each for each in chosen if each[0] in sets][:MOST]:
        dataset, rows = sets[name]
        index = int(rows[row])
        try:
            shown.append((shown_file(picture_file(dataset, index)), f"{name or 'ID'}: {dataset.caption(index)}"))
        except StudioError:
            continue
    return shown

"""Methods that play a stream side by side: scores in its order, decisions against a promise, an alarm for drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.detectors import Calibration, Promise, RateAlarm
from ood_studio.evaluation.fpr import FprDefinition
from ood_studio.evaluation.metrics import auroc, fpr_at_tpr
from ood_studio.evaluation.ordered import Floats
from ood_studio.evaluation.passport import MARKS, Passport
from ood_studio.evaluation.streams import Flow
from ood_studio.scorers import FittedScore
from ood_studio.scorers.streaming import Learnt, otsu, overhearing

CHECKPOINTS = 20
"""Where the running AUROC is read."""
FPR: FprDefinition = "exact"
"""The definition of FPR95 in all figures of a stream."""
MOVING = "+moving"
"""Behind the key of a method whose threshold follows the stream."""


@dataclass(frozen=True, eq=False)
class Played:
    """What a method did with a stream.

    Attributes:
        method: its key; with `MOVING` behind it its threshold follows the stream, else it is frozen.
        passport: what its scores may depend on.
        scores: (n,) in the order of the stream.
        threshold: (n,) that each image was decided with.
        outside: (n,) whether each image is OOD.
        running: (`CHECKPOINTS`, 2) images so far, and the AUROC over them, NaN while one kind is missing.
        wealth: (n,) logarithm of the wealth of the drift alarm, which goes at ``line``.
        line: see above.
        learnt: what a method that learns from the stream took into its memory, in its order.
        words: the negative labels, which ``learnt`` counts.
    """

    method: str
    passport: Passport
    scores: Floats
    threshold: Floats
    outside: NDArray[np.bool_]
    running: Floats
    wealth: Floats
    line: float
    learnt: tuple[Learnt, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """(n,) whether each image counted as OOD."""
        return self.scores < self.threshold

    @property
    def alarm(self) -> int | None:
        """The image at which the drift alarm goes, from 1; None where it never does."""
        reached = np.flatnonzero(self.wealth >= self.line)
        return int(reached[0]) + 1 if reached.size else None

    def memory(self) -> dict[str, Any] | None:
        """What the method believes at the end: how many pictures of the stream it holds as ID and as OOD, how many of
        each are the other, and the negative labels that it takes OOD pictures to be; None where it holds nothing."""
        if self.passport.kind == "inductive" or not self.learnt:
            return None
        held: dict[int, bool] = {}
        for each in self.learnt:
            held |= dict(each.kept)
            for place in each.dropped:
                held.pop(place, None)
        sides = {False: [place for place in held if not held[place]], True: [place for place in held if held[place]]}
        labels = next((each.labels for each in reversed(self.learnt) if each.labels is not None), ())
        return {
            "id": len(sides[False]),
            "ood_among_id": int(self.outside[sides[False]].sum()),
            "ood": len(sides[True]),
            "id_among_ood": int((~self.outside[sides[True]]).sum()),
            "pictures_ood": sorted(sides[True]),
            "labels": [self.words[i] for i in labels] if self.words else [*labels],
        }

    def figures(self) -> dict[str, Any]:
        """AUROC and FPR95 of the whole stream, false alarms and misses as shares, and when the alarm went."""
        inside, outside = self.scores[~self.outside], self.scores[self.outside]
        both = inside.size > 0 and outside.size > 0
        return {
            "method": self.method + MARKS[self.passport.kind],
            "protocol": self.passport.to_dict(),
            "auroc": auroc(inside, outside) if both else None,
            "fpr95": fpr_at_tpr(inside, outside, definition=FPR) if both else None,
            "false_alarms": float(self.flagged[~self.outside].mean()) if inside.size else None,
            "misses": float((~self.flagged[self.outside]).mean()) if outside.size else None,
            "alarm": self.alarm,
            "memory": self.memory(),
            "running": [[int(count), None if np.isnan(area) else area] for count, area in self.running.tolist()],
        }


def play(
    method: str,
    score: FittedScore,
    stream: Tensor,
    calibration: Tensor,
    flow: Flow,
    promise: Promise,
    *,
    seed: int,
    order: str,
    moving: bool = False,
    words: tuple[str, ...] = (),
) -> Played:
    """A method over a stream.

    The threshold is that of a promise on calibration images that do not stand in the stream; a method that learns from
    the stream is calibrated as it begins, so that nothing is promised of it later. A moving threshold is Otsu's of the
    scores before each image, the calibration images' to begin with.

    Args:
        stream: (n, …) features in the stream's order.
        calibration: (m, …) features of ID images.
        seed, order: of the stream, for the passport.
        words: the negative labels, for what is told of a memory.

    Raises:
        StudioError: for too few calibration images.
    """
    with overhearing() as learnt:
        scores = score(stream).double().numpy()
    own = score(calibration).double().numpy()
    threshold = np.full(len(scores), Calibration.of(own).threshold(promise))
    if moving:
        threshold = _moving(own, scores)
    alarm = RateAlarm(bound=promise.rate)
    outside = flow.outside
    scorer = score.scorer
    passport = Passport(scorer.protocol, scorer.seen, order, scorer.at_once, flow.mix(), seed)
    if moving and passport.kind == "inductive":
        passport = Passport("online", "scores before it", order, 1, flow.mix(), seed)
    return Played(
        method + MOVING * moving,
        passport,
        scores,
        threshold,
        outside,
        _running(scores, outside),
        alarm.wealth(scores < threshold),
        alarm.line,
        tuple(learnt),
        words,
    )


def _running(scores: Floats, outside: NDArray[np.bool_]) -> Floats:
    ends = np.unique(np.linspace(0, len(scores), CHECKPOINTS + 1).round().astype(int)[1:])
    areas = []
    for end in ends:
        inside, strange = scores[:end][~outside[:end]], scores[:end][outside[:end]]
        areas.append(auroc(inside, strange) if inside.size and strange.size else np.nan)
    return np.column_stack([ends, areas])


def _moving(begin: Floats, scores: Floats) -> Floats:
    """(n,) Otsu's threshold of all scores before each, on a grid of 100 that is as wide as the scores at the beginning
    and reaches as far below them."""
    everything = np.concatenate([begin, scores])
    if not np.isfinite(everything).all():
        raise StudioError("a moving threshold needs finite scores")
    low, high = float(begin.min()), float(begin.max())
    grid = np.linspace(2 * low - high, high, 101)[:-1]
    places = np.searchsorted(grid, everything, side="left")
    moments = np.zeros((3, 101))
    found = np.empty(len(scores))
    for i, (place, value) in enumerate(zip(places, everything, strict=True)):
        if i >= len(begin):
            found[i - len(begin)] = grid[otsu(moments)]
        moments[:, place] += (1, value, value**2)
    return found

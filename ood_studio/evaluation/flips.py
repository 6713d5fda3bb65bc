"""What flips a verdict: the smallest change of one thing of a picture, or of two, after which it is another one.

How large a change is, is the root mean square difference of the two pictures' samples, in [0, 1]: black against white
is 1. That is of the pictures alone, so that changes are of the same size whatever model or score looks at them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.changeable import Changeable, with_changes

MOST_PAIRS = 100
"""Pairs of things that are tried, the most promising ones."""
_BATCH = 16
_SHOWN = 160

Read = Callable[[Sequence[Image.Image]], Sequence[tuple[float, bool | None]]]
"""The score of each picture, higher = more in-distribution, and the verdict; None without a threshold."""


@dataclass(frozen=True, eq=False)
class Variant:
    """A picture with something changed, and what became of its verdict.

    Attributes:
        picture: what it is; ``image`` drawn, at most 160 pixels wide and high.
        size: how large the change is, see above.
        value: its score; ``inside`` the verdict.
        flips: whether the verdict is another one.
    """

    picture: Changeable
    image: Image.Image
    size: float
    value: float
    inside: bool
    flips: bool

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "changes": dict(self.picture.changes),
            "size": self.size,
            "score": self.value,
            "inside": self.inside,
            "flips": self.flips,
        }


@dataclass(frozen=True, eq=False)
class Flips:
    """What was tried so far.

    Attributes:
        origin: the picture as it was.
        threshold: of the score.
        singles: changes of one thing, those that flip first and the smallest of them first; then the others, those
            nearest to the threshold first. Changes that cannot be seen, or whose score is no number, are left out.
        pairs: changes of two things, in the same order; none where one thing is enough.
        possible: how many changes of one thing there are; ``possible_pairs`` how many pairs of things.
        tried_pairs: how many pairs were tried.
        done: whether that is all.
    """

    origin: Variant
    threshold: float
    singles: tuple[Variant, ...] = ()
    pairs: tuple[Variant, ...] = ()
    possible: int = 0
    possible_pairs: int = 0
    tried_pairs: int = 0
    done: bool = False

    @property
    def smallest(self) -> Variant | None:
        """The smallest change that flips the verdict, of one thing where one is enough."""
        return next((each for each in (*self.singles[:1], *self.pairs[:1]) if each.flips), None)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "origin": self.origin.to_dict(),
            "threshold": self.threshold,
            "smallest": None if self.smallest is None else self.smallest.to_dict(),
            "singles": [each.to_dict() for each in self.singles],
            "pairs": [each.to_dict() for each in self.pairs],
            "possible": self.possible,
            "possible_pairs": self.possible_pairs,
            "tried_pairs": self.tried_pairs,
        }


def flips(
    picture: Changeable, read: Read, threshold: float, *, most_pairs: int = MOST_PAIRS, progress: Progress = silent
) -> Iterator[Flips]:
    """Every change of one thing; where none flips the verdict, changes of two things.

    Of two things those values are tried that alone bring the score nearest to the threshold or past it, one value a
    thing, and of all pairs of things the ``most_pairs`` whose two steps together lead furthest.

    Args:
        picture: any changes of it are undone first.
        read: the chosen score and verdict of pictures.
        threshold: of that score.
        most_pairs: pairs tried at most; 0 for none.
        progress: told the pictures drawn and read; may raise `Stopped`.

    Yields:
        What was found so far, the whole at last.

    Raises:
        StudioError: without a threshold, with one that is not finite, or where the picture's own score is no number.
    """
    if not math.isfinite(threshold):
        raise StudioError(f"the threshold is {threshold:g}: no change can flip the verdict")
    origin = picture.as_it_was()
    first = origin.draw()
    ((value, inside),) = read([first])
    if inside is None:
        raise StudioError("there is no threshold, and so no verdict that could flip; choose ID reference pictures")
    if not math.isfinite(value):
        raise StudioError(f"the score of {origin.name} is {value:g}: it has no verdict that could flip")
    start = Variant(origin, _small(first), 0.0, value, inside, False)
    before = _samples(first)
    singles = [origin.changed(thing.name, value) for thing in origin.things() for value in thing.others]
    pairs_of_things = math.comb(len(origin.things()), 2)

    def tried(variants: Sequence[Changeable], stage: str) -> Iterator[list[Variant]]:
        found: list[Variant] = []
        for begin in range(0, len(variants), _BATCH):
            batch = variants[begin : begin + _BATCH]
            images = []
            for i, each in enumerate(batch):
                progress(stage, begin + i, len(variants))
                images.append(each.draw())
            sizes = [float(np.sqrt(np.mean((_samples(image) - before) ** 2))) for image in images]
            for each, image, size, (score, side) in zip(batch, images, sizes, read(images), strict=True):
                if size > 0 and math.isfinite(score) and side is not None:
                    found.append(Variant(each, _small(image), size, score, side, side != inside))
            yield sorted(found, key=lambda each: _order(each, threshold))
        progress(stage, len(variants), len(variants))

    alone: list[Variant] = []
    result = Flips(start, threshold, possible=len(singles), possible_pairs=pairs_of_things)
    for alone in tried(singles, "changing one thing"):
        result = Flips(start, threshold, tuple(alone), possible=len(singles), possible_pairs=pairs_of_things)
        yield result
    both: list[Variant] = []
    chosen: list[Changeable] = []
    if not any(each.flips for each in alone):
        chosen = promising_pairs(origin, alone, value, inside, most_pairs)
        for both in tried(chosen, "changing two things"):
            yield Flips(start, threshold, tuple(alone), tuple(both), len(singles), pairs_of_things, len(chosen))
    yield Flips(start, threshold, tuple(alone), tuple(both), len(singles), pairs_of_things, len(chosen), done=True)


def promising_pairs(
    origin: Changeable, alone: Sequence[Variant], value: float, inside: bool, most: int
) -> list[Changeable]:
    """Changes of two things each, made of the value of each thing that leads furthest towards the threshold."""
    best: dict[str, tuple[float, str]] = {}
    for each in alone:
        ((thing, to),) = each.picture.changes.items()
        gain = (value - each.value) if inside else (each.value - value)
        if thing not in best or gain > best[thing][0]:
            best[thing] = (gain, to)
    pairs = sorted(combinations(best, 2), key=lambda pair: -sum(best[thing][0] for thing in pair))
    return [with_changes(origin, {thing: best[thing][1] for thing in pair}) for pair in pairs[:most]]


def _order(variant: Variant, threshold: float) -> tuple[bool, float]:
    return not variant.flips, variant.size if variant.flips else abs(variant.value - threshold)


def _small(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((_SHOWN, _SHOWN))
    return small


def _samples(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.float32) / 255

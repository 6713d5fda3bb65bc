"""What flips a verdict, against trying everything; and how often, against the interval's own equation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.data.changeable import Changeable, Thing, with_changes
from ood_studio.evaluation.flip_rates import FlipRate, flip_rate, wilson
from ood_studio.evaluation.flips import Flips, Read, flips


class Dots(Changeable):
    """Three gray dots, each of four grays: what a scene comes to for a test."""

    name = "three dots"

    def __init__(self, own: Sequence[int], changes: Mapping[str, str] | None = None) -> None:
        self.own, self.changes = tuple(own), dict(changes or {})

    def things(self) -> tuple[Thing, ...]:
        grays = ("0", "40", "90", "200")
        return tuple(
            Thing(f"dot {i}", f"Dot {i}", (*dict.fromkeys((str(own), *grays)),), str(own))
            for i, own in enumerate(self.own)
        )

    def grays(self) -> list[int]:
        return [int(self.changes.get(f"dot {i}", own)) for i, own in enumerate(self.own)]

    def draw(self) -> Image.Image:
        return Image.fromarray(np.array([[[gray] * 3 for gray in self.grays()]], np.uint8))

    def _with(self, changes: Mapping[str, str]) -> Dots:
        return Dots(self.own, changes)


def scored(weights: Sequence[float], threshold: float) -> Read:
    def read(images: Sequence[Image.Image]) -> list[tuple[float, bool | None]]:
        found: list[tuple[float, bool | None]] = []
        for image in images:
            value = float(np.asarray(image)[0, :, 0] @ np.asarray(weights, float))
            found.append((value, value >= threshold))
        return found

    return read


def last(found: Iterator[Flips]) -> Flips:
    *_, end = found
    return end


def size(one: Dots, other: Changeable) -> float:
    a, b = (np.asarray(each.draw(), float) / 255 for each in (one, other))
    return float(np.sqrt(((a - b) ** 2).mean()))


@given(
    own=st.tuples(*[st.integers(0, 255)] * 3),
    weights=st.tuples(*[st.integers(-3, 3)] * 3),
    threshold=st.integers(-900, 900),
)
@settings(max_examples=80, deadline=None)
def test_the_smallest_change_is_that_of_trying_everything(
    own: tuple[int, ...], weights: tuple[int, ...], threshold: int
) -> None:
    dots, read = Dots(own), scored(weights, threshold)
    found = last(flips(dots, read, threshold))
    ((_, before),) = read([dots.draw()])
    singles = [dots.changed(thing.name, value) for thing in dots.things() for value in thing.others]
    turning = [each for each in singles if read([each.draw()])[0][1] != before]
    assert found.done and found.possible == len(singles) and found.possible_pairs == 3
    assert {tuple(each.picture.changes.items()) for each in found.singles if each.flips} == {
        tuple(each.changes.items()) for each in turning
    }
    if turning:
        assert found.smallest is not None and found.smallest.size == pytest.approx(
            min(size(dots, each) for each in turning), abs=1e-6
        )
        assert found.tried_pairs == 0 and found.pairs == ()  # one thing is enough
        return
    # All pairs of all values: where none of them flips, none of those tried may; the score is a sum, so that the
    # furthest value of each thing is the one to try.
    every = [
        with_changes(dots, {a.name: x, b.name: y})
        for a, b in combinations(dots.things(), 2)
        for x, y in product(a.others, b.others)
    ]
    possible = any(read([each.draw()])[0][1] != before for each in every)
    assert (found.smallest is not None) == possible and found.tried_pairs == 3
    if found.smallest is not None:
        tried = [each for each in found.pairs if each.flips]
        assert found.smallest.size == min(each.size for each in tried) and len(found.smallest.picture.changes) == 2


def test_pairs_are_bounded_and_what_cannot_be_seen_is_left_out() -> None:
    dots = Dots((10, 20, 30))
    read = scored((1, 1, 1), 900)
    assert last(flips(dots, read, 900, most_pairs=2)).tried_pairs == 2
    none = last(flips(dots, read, 900, most_pairs=0))
    assert none.tried_pairs == 0 and none.smallest is None and none.possible_pairs == 3
    assert none.to_dict()["smallest"] is None and len(none.to_dict()["singles"]) == none.possible
    order = [abs(each.value - 900) for each in none.singles]
    assert order == sorted(order)

    class Same(Dots):
        def draw(self) -> Image.Image:
            return Image.new("RGB", (2, 2))

        def _with(self, changes: Mapping[str, str]) -> Dots:
            return Same(self.own, changes)

    assert last(flips(Same((1, 2, 3)), scored((1, 1), 5), 5)).singles == ()


@pytest.mark.parametrize(
    ("told", "threshold", "sentence"),
    [
        ((1.0, True), math.inf, "the threshold is inf: no change"),
        ((1.0, True), -math.inf, "the threshold is -inf"),
        ((1.0, True), math.nan, "the threshold is nan"),
        ((1.0, None), 0.5, "there is no threshold"),
        ((math.nan, False), 0.5, "the score of three dots is nan"),
    ],
)
def test_without_a_verdict_there_is_nothing_to_flip(
    told: tuple[float, bool | None], threshold: float, sentence: str
) -> None:
    with pytest.raises(StudioError, match=sentence):
        next(flips(Dots((1, 2, 3)), lambda images: [told] * len(images), threshold))


def test_it_stops_between_two_pictures() -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if done == 3:
            raise Stopped(stage)

    with pytest.raises(Stopped):
        last(flips(Dots((1, 2, 3)), scored((1, 1, 1), 900), 900, progress=progress))


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_the_interval_solve_its_equation(shares: tuple[int, int]) -> None:
    count, n = shares
    low, high = wilson(count, n)
    assert 0 <= low <= count / n <= high <= 1 or math.isclose(low, count / n) or math.isclose(high, count / n)
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:  # (p̂ − p)² = z² p (1 − p) / n
            assert (count / n - end) ** 2 == pytest.approx(1.959963984540054**2 * end * (1 - end) / n, abs=1e-12)


def test_flips_are_counted_by_where_they_go() -> None:
    found = flip_rate([True, True, False, False], [False, True, True], (0, 1, 3))
    assert found == FlipRate(3, 2, 1) and found.rate == 2 / 3
    assert math.isnan(FlipRate(0, 0, 0).rate) and math.isnan(wilson(0, 0)[0])
    with pytest.raises(StudioError, match="2 changed pictures come with 1 rows"):
        flip_rate([True], [True, False], (0,))
    with pytest.raises(StudioError, match="3 of 2 is no share"):
        wilson(3, 2)

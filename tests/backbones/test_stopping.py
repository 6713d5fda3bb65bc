"""A stop is heard wherever a model computes, a few pictures of a large one at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ood_studio.backbones import ImageFeatures
from ood_studio.backbones.base import LazyFeatures
from ood_studio.core.progress import Stopped, heard, pulse, tell
from tests.backbones.test_out_of_memory import Narrow


class Large(Narrow):
    """Of real size, on a CPU."""

    small = False

    def __init__(self) -> None:
        super().__init__(99)
        self.looked = 0

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        found = super()._encode_image(pixels)

        def patches() -> Tensor:
            self.looked += 1
            assert found.patches is not None
            return found.patches

        return LazyFeatures(found.joint, found.visual, patches)


def test_a_large_model_on_a_cpu_takes_few_pictures_at_a_time_and_hears_a_stop_between() -> None:
    large, small, pixels = Large(), Narrow(99), torch.rand(20, 3, 4, 4)
    found, expected = large.encode_image(pixels), small.encode_image(pixels)
    assert large.seen == [8, 8, 4] and small.seen == [20] and large.looked == 0  # nobody has asked for patches
    for name in ("joint", "visual", "patches"):
        assert torch.equal(getattr(found, name), getattr(expected, name))
    large.encode_image(pixels.clone().requires_grad_())
    assert large.seen[3:] == [20]  # a graph holds them all
    large.device = torch.device("cuda")
    assert large.at_once is None

    told: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if len(told) == 3:
            raise Stopped

    large = Large()
    with heard(progress) as hears, pytest.raises(Stopped):
        hears("judging", 1, 2)
        large.encode_image(pixels)
    assert told == [("judging", 1, 2)] * 3 and large.seen == [8]
    told.clear()
    with heard(progress) as hears, pytest.raises(Stopped):
        hears("judging", 1, 2)
        small.encode_text(["a fish"] * 600)
    assert small.seen[1:] == [256]


def test_work_far_below_tells_whoever_hears_it() -> None:
    inner: list[tuple[str, int, int]] = []
    outer: list[tuple[str, int, int]] = []
    tell("to nobody", 0, 1)
    pulse()
    with heard(lambda *said: outer.append(said)) as hears:
        pulse()  # nothing was told yet
        hears("outside", 0, 1)
        with heard(hears) as same:
            assert same is hears
            tell("as if outside", 1, 2)
        with heard(lambda *said: inner.append(said)):
            pulse()
            tell("inside", 0, 3)
            pulse()
    assert outer == [("outside", 0, 1), ("as if outside", 1, 2), ("as if outside", 1, 2)]
    assert inner == [("inside", 0, 3)] * 2

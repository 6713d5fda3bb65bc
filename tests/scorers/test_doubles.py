"""MPS has no float64: whatever lies there is moved to the CPU before it becomes double."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.attacks.quality import quality
from ood_studio.scorers import SCORERS, TANL
from ood_studio.scorers.tanl import _Memory, _Queue
from ood_studio.synthesis.guides import guide_scores
from ood_studio.testing.scorers import full_reference
from tests.features.toys import Plain, Toy


class OnMps(Tensor):
    """Says that it lies on MPS, and refuses float64 as that does; what is moved to the CPU is a plain tensor."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device("mps")

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, arguments: tuple[Any, ...] = (), named: Any = None
    ) -> Any:
        found = super().__torch_function__(function, types, arguments, named or {})
        if function is Tensor.cpu:
            return found.as_subclass(Tensor)
        if isinstance(found, Tensor) and found.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")
        return found


def on_mps(values: Tensor) -> Tensor:
    return values.as_subclass(OnMps)


@pytest.mark.parametrize("name", [name for name, kind in SCORERS.items() if "images" in kind.needs])
def test_scorers_learn_from_features_on_mps(name: str) -> None:
    plain = full_reference()
    head, images = plain.head, plain.images
    assert head is not None and images is not None
    elsewhere = copy.deepcopy(head.requires_grad_(False))
    for own in ("weight", "bias"):
        elsewhere._parameters[own] = torch.nn.Parameter(on_mps(getattr(head, own).detach()), requires_grad=False)
    parts = ("class_text", "negative_text", "images", "labels")
    moved = {part: on_mps(getattr(plain, part)) for part in parts}
    scorer = SCORERS[name]()
    there = scorer.fit(replace(plain, **moved, head=elsewhere))  # type: ignore[arg-type]
    expected = scorer.fit(plain)(images[:5])
    torch.testing.assert_close(there(images[:5]), expected)
    if not scorer.stream:
        torch.testing.assert_close(there(on_mps(images[:5])).cpu(), expected)


def test_tanls_past_and_sums_on_mps() -> None:
    text, inside, outside, stream = (functional.normalize(torch.randn(n, 6), dim=1) for n in (30, 4, 5, 40))
    there = _Memory(TANL(gap=0.1, count=9), on_mps(20 * text), 8, on_mps(inside), on_mps(outside)).run(on_mps(stream))
    torch.testing.assert_close(there.cpu(), _Memory(TANL(gap=0.1, count=9), 20 * text, 8, inside, outside).run(stream))
    rows = torch.rand(7, 5)
    queue, plain = _Queue(on_mps(rows[:2]), 3), _Queue(rows[:2], 3)
    assert queue.push(on_mps(rows[2:]), [*range(5)]) == plain.push(rows[2:], [*range(5)])
    torch.testing.assert_close(queue.mean().cpu(), plain.mean().float())


def test_scores_of_a_guide_and_figures_of_quality_on_mps() -> None:
    class Guide:
        backbone = Toy()

        def score(self, pixels: Tensor) -> Tensor:
            return on_mps(pixels.mean(dim=(1, 2, 3)))

    told: list[int] = []
    found = guide_scores(Guide(), Plain(6, frozenset({5})), 9, lambda stage, done, total: told.append(done))  # type: ignore[arg-type]
    assert found.dtype == "float64" and len(found) == 5 and told == [*range(6)]
    pixels = torch.rand(1, 3, 16, 16)
    assert quality(on_mps(pixels), on_mps(pixels)) == quality(pixels, pixels)

"""MPS has no float64: whatever lies there is moved to the CPU before it becomes double."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ood_studio.attacks.quality import quality
from ood_studio.scorers import SCORERS, Reference
from ood_studio.synthesis.guides import guide_scores
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
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(40, 6, generator=generator), torch.arange(40) % 4
    text = torch.randn(4, 6, generator=generator)
    head = torch.nn.Linear(6, 4).requires_grad_(False)
    elsewhere = copy.deepcopy(head)
    for own in ("weight", "bias"):
        elsewhere._parameters[own] = torch.nn.Parameter(on_mps(getattr(head, own).detach()), requires_grad=False)
    scorer = SCORERS[name]()
    here = scorer.fit(Reference(class_text=text, images=images, labels=labels, head=head))
    there = scorer.fit(Reference(class_text=on_mps(text), images=on_mps(images), labels=on_mps(labels), head=elsewhere))
    torch.testing.assert_close(there(images[:5]), here(images[:5]))


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

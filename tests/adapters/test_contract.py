"""The contract of every registered adapter: adding one to `ADAPTERS` adds its tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from ood_studio.adapters import ADAPTERS, Adapter, PromptTuning
from ood_studio.core.parameters import parameters
from ood_studio.testing import ADAPTER_CHECKS, check_name

QUICK = {"epochs": 4, "batch": 16, "crops": 12, "chosen": 3, "reduction": 4, "rate": 1e-3}
"""What makes a fit quick, where an adapter has it."""


def quick(name: str) -> Adapter:
    kind = ADAPTERS[name]
    return cast(Adapter, replace(cast(Any, kind()), **{key: QUICK[key] for key in QUICK.keys() & parameters(kind)}))


@pytest.mark.parametrize("check", ADAPTER_CHECKS, ids=check_name)
def test_prompts_that_depend_on_the_image_keep_it_too(check: Callable[[Adapter], None]) -> None:
    check(replace(cast(PromptTuning, quick("prompt")), conditional=True, epochs=3, shots=1, batch=32, negatives=5))


@pytest.mark.parametrize("check", ADAPTER_CHECKS, ids=check_name)
@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_every_adapter_keeps_its_contract(name: str, check: Callable[[Adapter], None]) -> None:
    assert ADAPTERS[name].name == name
    check(quick(name))

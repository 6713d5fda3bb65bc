"""The contract of every registered adapter: adding one to `ADAPTERS` adds its tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import torch

from ood_studio.adapters import ADAPTERS, Adapter, PromptTuning
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import parameters
from ood_studio.scorers import SCORERS, read_features
from ood_studio.testing import ADAPTER_CHECKS, check_name
from ood_studio.testing.adapter_world import small_reference
from ood_studio.testing.adapters import fitted, pixels

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


_LACKS = r"needs (text features that are the same|a trained linear head|the words of the labels)|gives no patch"


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_every_score_reads_every_adapted_model_or_says_what_it_lacks(name: str) -> None:
    adapted = fitted(replace(cast(Any, quick(name)), epochs=1))
    images = pixels(5)
    features = adapted.image(adapted.backbone.encode_image(images))
    pool = torch.randn(30, 12, generator=torch.Generator().manual_seed(4))
    read = set()
    for key, kind in SCORERS.items():
        scorer = adapted.scorer(kind())
        try:
            plain = replace(small_reference(adapted.backbone, scorer.space), conjugated_text=pool)
            reference = adapted.reference(plain, scorer.space)
            scores = scorer.fit(reference)(read_features(scorer.space, features))
        except StudioError as error:
            assert re.search(_LACKS, str(error)), (key, str(error))
            continue
        assert scores.shape == (5,) and torch.isfinite(scores).all(), key
        read.add(key)
    assert {"neglabel", "csp", "mcm", "msp", "energy", "knn", "mahalanobis", "rmd", "kl-matching"} <= read
    assert ("cooked" in read) == (name in ("plp", "probe"))

"""Contracts that everything of a kind keeps, for the project's own things and for those of plug-ins.

>>> scorer_contract(MyScorer)  # doctest: +SKIP

One call runs every check of a kind and raises one `ContractError` that lists what was broken. A test suite that wants
a test for each check runs over the tuple of checks instead; each check takes the thing and raises `ContractError`:

>>> @pytest.mark.parametrize("check", SCORER_CHECKS, ids=check_name)  # doctest: +SKIP
... def test_my_scorer(check):
...     check(MyScorer())
"""

from __future__ import annotations

from ood_studio.testing.adapters import ADAPTER_CHECKS, adapter_contract
from ood_studio.testing.backbones import BACKBONE_CHECKS, backbone_contract
from ood_studio.testing.contract import ContractError, check_name
from ood_studio.testing.datasets import DATASET_CHECKS, dataset_contract
from ood_studio.testing.scorers import SCORER_CHECKS, scorer_contract
from ood_studio.testing.worlds import WORLD_CHECKS, world_contract

__all__ = [
    "ADAPTER_CHECKS",
    "BACKBONE_CHECKS",
    "DATASET_CHECKS",
    "SCORER_CHECKS",
    "WORLD_CHECKS",
    "ContractError",
    "adapter_contract",
    "backbone_contract",
    "check_name",
    "dataset_contract",
    "scorer_contract",
    "world_contract",
]

"""Features that people bring, without saying of which model they are: they are the features, whatever reads them."""

from __future__ import annotations

from dataclasses import dataclass

from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.heads import read_head
from ood_studio.evaluation.suites import OpenSuite

GIVEN = "given features"
"""What stands in a row in place of a model's name."""


@dataclass(frozen=True, eq=False)
class Given:
    """Given features of a suite.

    Attributes:
        width: of the features.
        unnamed: whether no file says which features of a model they are.
        head: a trained head of a person's own for them.
    """

    width: int
    unnamed: bool
    head: Linear | None


def given_features(suite: OpenSuite, head: str) -> Given | None:
    """What is given of a suite; None where its ID set is of images.

    Args:
        suite: whose sets.
        head: a place, as `read_head` takes it; empty for none.

    Raises:
        StudioError: for a head that cannot be used.
    """
    sets = [suite.id, *suite.ood.values(), *([suite.train] if suite.train is not None else [])]
    first = suite.id
    if not isinstance(first, FeatureDataset):
        if head:
            raise StudioError("a head of one's own goes with features that are given, not with pictures")
        return None
    width = first.width
    unnamed = all(isinstance(each, FeatureDataset) and each.unnamed for each in sets)
    return Given(width, unnamed, read_head(head, width) if head else None)

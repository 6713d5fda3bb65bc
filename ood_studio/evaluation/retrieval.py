"""Retrieval between images and their captions: recall at k, both ways.

A query counts as found where one of the things that belong to it is among its k nearest; recall is the share of queries
found, as in the retrieval tables of CLIP (Radford et al. 2021) and Figure A-6 of Tu et al.'s supplement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ood_studio.core.errors import StudioError

RANKS = (1, 5, 10)
_AT_ONCE = 1024


def recalls(
    queries: Tensor, things: Tensor, pair_of_query: Any, pair_of_thing: Any, ranks: Sequence[int] = RANKS
) -> Mapping[int, float]:
    """Recall at each of some ranks.

    A wrong thing that lies exactly as near as the right one counts as nearer: ties are never luck.

    Args:
        queries: (queries, dim) unit-norm features.
        things: (things, dim) unit-norm features.
        pair_of_query: (queries,) a number for each; things of the same number belong to it.
        pair_of_thing: (things,) their numbers.
        ranks: the k, each at least 1.

    Returns:
        The recall by k, in [0, 1]. A query that nothing belongs to is never found.

    Raises:
        StudioError: for no queries or things, features that are not finite, or as many numbers as there are not things.
    """
    if not len(queries) or not len(things):
        raise StudioError("retrieval needs at least one image and one caption")
    if not (torch.isfinite(queries).all() and torch.isfinite(things).all()):
        raise StudioError("retrieval needs finite features")
    asked, given = (torch.from_numpy(np.asarray(each, np.int64)) for each in (pair_of_query, pair_of_thing))
    if asked.shape != (len(queries),) or given.shape != (len(things),):
        raise StudioError(
            f"{len(asked)} and {len(given)} numbers do not fit {len(queries)} queries and {len(things)} things"
        )
    places = torch.cat(
        [
            _places(queries[start : start + _AT_ONCE], things, asked[start : start + _AT_ONCE, None] == given)
            for start in range(0, len(queries), _AT_ONCE)
        ]
    )
    return {k: float((places < k).double().mean()) for k in ranks}


def _places(queries: Tensor, things: Tensor, right: Tensor) -> Tensor:
    """How many wrong things lie as near as or nearer than the nearest right one, (queries,)."""
    cosines = queries @ things.T
    best = cosines.masked_fill(~right, -torch.inf).max(dim=1).values
    nearer = ((cosines >= best[:, None]) & ~right).sum(dim=1)
    return torch.where(torch.isinf(best), torch.iinfo(torch.int64).max, nearer)

"""Accuracy of nearest neighbours: what a model's features know of classes without any head or text (PLP, Figure 2)."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.errors import StudioError

_AT_ONCE = 1024


def neighbour_accuracy(
    known: Tensor, classes: NDArray[np.int64], features: Tensor, truth: NDArray[np.int64], *, k: int = 20
) -> float:
    """The share of images whose class most of the k nearest known images have, by cosine.

    Of classes with as many votes the one whose nearest neighbour is nearer wins.

    Args:
        known: (m, width) features of images of known class, of any norm.
        classes: (m,) their class indices; images with a negative one are left out.
        features: (n, width) features of the images to classify.
        truth: (n,) their class indices; images with a negative one are left out.
        k: how many neighbours vote; all where there are fewer.

    Raises:
        StudioError: if nothing is left on either side, or features are not finite.
    """
    kept, asked = classes >= 0, truth >= 0
    if not kept.any() or not asked.any():
        raise StudioError("accuracy of neighbours needs pictures of known classes on both sides")
    near, rows = F.normalize(known[torch.from_numpy(kept)], dim=1), features[torch.from_numpy(asked)]
    if not (torch.isfinite(near).all() and torch.isfinite(rows).all()):
        raise StudioError("accuracy of neighbours needs finite features")
    labels = torch.from_numpy(classes[kept])
    right = torch.from_numpy(truth[asked])
    hits = 0
    for start in range(0, len(rows), _AT_ONCE):
        cosines = F.normalize(rows[start : start + _AT_ONCE], dim=1) @ near.T
        found = cosines.topk(min(k, len(near)), dim=1)
        theirs, above = labels[found.indices], (found.values + 2).double()  # cosines + 2 lie above 0
        votes = torch.zeros(len(theirs), int(labels.max()) + 1, dtype=torch.float64)
        nearest = votes.scatter_reduce(1, theirs, above, "amax")
        votes.scatter_add_(1, theirs, torch.ones_like(above))
        chosen = (votes + nearest / 1e3).argmax(dim=1)
        hits += int((chosen == right[start : start + _AT_ONCE]).sum())
    return hits / len(rows)

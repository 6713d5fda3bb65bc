"""Accuracy of nearest neighbours against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.neighbours import neighbour_accuracy


@pytest.mark.parametrize("k", [1, 20, 500])
def test_the_votes_are_those_of_scikit_learn(k: int) -> None:
    rng = np.random.default_rng(k)
    known, features = rng.normal(size=(300, 8)) + 0.5, rng.normal(size=(200, 8)) + 0.5
    classes, truth = rng.integers(-1, 4, 300), rng.integers(-1, 4, 200)
    kept, asked = classes >= 0, truth >= 0
    unit = known[kept] / np.linalg.norm(known[kept], axis=1, keepdims=True)
    other = KNeighborsClassifier(min(k, kept.sum()), metric="cosine").fit(unit, classes[kept])
    votes = other.predict_proba(features[asked])
    tied = np.sort(votes)[:, -1] == np.sort(votes)[:, -2]
    found = neighbour_accuracy(torch.from_numpy(known), classes, torch.from_numpy(features), truth, k=k)
    expected = votes.argmax(axis=1) == truth[asked]
    assert abs(found - expected.mean()) <= tied.mean() and tied.mean() < 0.2


def test_of_equal_votes_the_nearest_wins() -> None:
    known = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    asked = torch.tensor([[1.0, 0.9]])
    assert neighbour_accuracy(known, np.array([0, 1]), asked, np.array([0])) == 1
    assert neighbour_accuracy(known, np.array([1, 0]), asked, np.array([0])) == 0


def test_nothing_known_is_refused() -> None:
    with pytest.raises(StudioError, match="both sides"):
        neighbour_accuracy(torch.ones(1, 2), np.array([-1]), torch.ones(1, 2), np.array([0]))

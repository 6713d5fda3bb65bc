"""Layouts of features in a plane."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Stopped
from ood_studio.evaluation.embedding import neighbourhoods, plane, planes


def blobs(per: int = 30) -> np.ndarray:
    """Three groups of directions."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 16)) * 3
    return np.concatenate([centre + rng.normal(size=(per, 16)) * 0.4 for centre in centres]).astype(np.float32)


def stopped(*_: object) -> None:
    raise Stopped


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path_factory.mktemp("cache")))


def test_groups_stay_together_and_the_same_call_gives_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    features = blobs()
    told: list[str] = []
    places = plane(features, progress=lambda stage, done, total: told.append(stage))
    assert places.shape == (90, 2) and np.isfinite(places).all() and len(told) == 2
    middles = places.reshape(3, 30, 2).mean(axis=1)
    spread = places.reshape(3, 30, 2).std(axis=1).max()
    gaps = [np.linalg.norm(middles[i] - middles[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) > 3 * spread
    told.clear()
    assert np.array_equal(plane(features, progress=lambda stage, done, total: told.append(stage)), places)
    assert not told  # read from the disk
    (kept,) = KEPT["maps"].place.iterdir()
    kept.write_bytes(b"")  # as a machine that lost its power leaves it
    with pytest.raises(Stopped):  # it is made anew
        plane(features, progress=stopped)
    monkeypatch.setenv("OOD_STUDIO_CACHE", "/dev/null/none")  # made anew, and not kept
    assert np.array_equal(plane(features), places)


def slow_graph(features: np.ndarray, count: int) -> np.ndarray:
    """Sections 3.1 and 3.2 of McInnes et al. as they are written, for distances of cosines."""
    rows = features.astype(float) / np.linalg.norm(features.astype(float), axis=1, keepdims=True)
    size = len(rows)
    directed = np.zeros((size, size))
    for i in range(size):
        gaps = 1 - rows @ rows[i]
        near = [j for j in np.argsort(gaps) if j != i][: count - 1]
        rho, low, high = gaps[near[0]], 0.0, 1e3
        for _ in range(200):
            sigma = (low + high) / 2
            total = sum(math.exp(-max(0.0, gaps[j] - rho) / sigma) for j in near)
            low, high = (low, sigma) if total > math.log2(count) else (sigma, high)
        for j in near:
            directed[i, j] = math.exp(-max(0.0, gaps[j] - rho) / sigma)
    return directed + directed.T - directed * directed.T


def test_the_graph_is_that_of_the_paper() -> None:
    features = blobs(10)
    found = neighbourhoods(features, 7).toarray()
    assert np.allclose(found, slow_graph(features, 7), atol=1e-3)
    assert np.allclose(found, found.T) and found.max() <= 1 + 1e-6 and not found.diagonal().any()


def test_a_start_is_kept_in_sight() -> None:
    features = blobs(15)
    first = plane(features)
    again = plane(np.concatenate([features, features[:1] + 0.01]), start=np.concatenate([first, first[:1] + 0.05]))
    assert np.linalg.norm(again[-1] - again[0]) < np.ptp(again, axis=0).max() / 4


def test_copies_and_too_few_points() -> None:
    same = np.ones((6, 4), np.float32)
    assert np.isfinite(plane(same)).all()
    for few in (3, 4, 5):  # UMAP's spectral start needs more points than eigenvectors
        assert np.isfinite(plane(same[:few])).all() and np.isfinite(plane(blobs()[:few])).all()
    with pytest.raises(StudioError, match="at least 3 pictures, not 2"):
        plane(same[:2])
    with pytest.raises(StudioError, match="finite"):
        plane(np.full((5, 3), np.nan))


def test_a_few_more_are_laid_among_the_others() -> None:
    features = blobs()
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    base, added = features[:-3], features[-3:]
    alone = planes(base, added[:0])
    assert np.array_equal(alone, plane(base))
    places = planes(base, added)
    assert places.shape == (90, 2)
    middles = np.stack([places[i : i + 27].mean(axis=0) for i in (0, 30, 60)])
    for place in places[-3:]:  # beside those of their own group
        assert np.linalg.norm(middles - place, axis=1).argmin() == 2

"""Features laid out in a plane by UMAP (McInnes et al. 2018), for people to look at; each layout is kept on disk."""

from __future__ import annotations

import hashlib
import warnings
from contextlib import suppress
from typing import Any

import numpy as np

from ood_studio.core.disk import touch
from ood_studio.core.errors import StudioError
from ood_studio.core.files import write_array
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Progress, silent

_VERSION = 2  # of what a layout is made with
_DIMENSIONS = 2


def plane(
    features: np.ndarray,
    *,
    neighbours: int = 15,
    spread: float = 0.1,
    seed: int = 0,
    start: np.ndarray | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """Places in a plane, near each other where features are; the same call gives the same places.

    Distances are those of cosines. Close neighbours mean something, distances between far groups hardly.

    Args:
        features: (n, d), n at least 3.
        neighbours: how many of each point's are kept near.
        spread: UMAP's ``min_dist``: how close points may lie.
        seed: of the layout.
        start: (n, 2) places to start from, so that a map with a few more points looks like the one before.
        progress: told before the two long parts.

    Returns:
        (n, 2) float32.

    Raises:
        StudioError: for fewer points, or features that are not finite.
    """
    features = np.ascontiguousarray(features, np.float32)
    if len(features) < 3:
        raise StudioError(f"a map needs at least 3 pictures, not {len(features)}")
    if not np.isfinite(features).all():
        raise StudioError("a map needs features that are finite numbers")
    digest = hashlib.sha256(f"{_VERSION} {features.shape} {neighbours} {spread} {seed}".encode())
    digest.update(features.tobytes())
    digest.update(b"" if start is None else np.ascontiguousarray(start, np.float32).tobytes())
    path = KEPT["maps"].place / f"{digest.hexdigest()[:32]}.npy"
    with suppress(OSError, ValueError, EOFError):  # not there, or cut short: made anew
        kept = np.load(path)
        if kept.shape == (len(features), 2):
            touch(path)
            return kept
    progress("loading UMAP, a while the first time", 0, 2)
    import umap  # takes long, so only here

    progress("laying out the map", 1, 2)
    init = "spectral" if len(features) > _DIMENSIONS + 1 else "random"  # as many eigenvectors as points cannot be had
    a, b = umap.umap_.find_ab_params(1.0, spread)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few points, and of graphs in several parts: both are fine here
        found, _ = umap.umap_.simplicial_set_embedding(
            features,
            neighbourhoods(features, min(neighbours, len(features) - 1)),
            n_components=_DIMENSIONS,
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=None,
            init=init if start is None else np.array(start, np.float32),
            random_state=np.random.RandomState(seed),
            metric="cosine",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
        )
    places = np.asarray(found, np.float32)
    with suppress(OSError):  # a full disk costs only time
        write_array(path, places)
        KEPT["maps"].make_room(keep=path)
    return places


def planes(
    base: np.ndarray,
    added: np.ndarray,
    *,
    neighbours: int = 15,
    spread: float = 0.1,
    seed: int = 0,
    progress: Progress = silent,
) -> np.ndarray:
    """Places of some features and of a few more among them: the map of the former looks much the same without the rest.

    The former are laid out first, and all together from there, so that all take part alike.

    Args:
        base: (n, d) unit vectors, n at least 3.
        added: (m, d) unit vectors; m may be 0.
        neighbours, spread, seed: see `plane`.
        progress: told the layouts.

    Returns:
        (n + m, 2).

    Raises:
        StudioError: as `plane`.
    """
    places = plane(base, neighbours=neighbours, spread=spread, seed=seed, progress=progress)
    if not len(added):
        return places
    nearest = (added @ base.T).argmax(axis=1)
    # Not on the very place of the neighbour, from which nothing could pull it away.
    aside = np.random.default_rng(seed).normal(0, 0.05, (len(added), 2)).astype(np.float32)
    start = np.concatenate([places, places[nearest] + aside])
    whole = np.concatenate([base, added])
    return plane(whole, neighbours=neighbours, spread=spread, seed=seed, start=start, progress=progress)


def neighbourhoods(features: np.ndarray, neighbours: int) -> Any:
    """UMAP's graph of neighbours, (n, n) sparse and symmetric, with values up to 1.

    `UMAP.fit` computes the same, but first compiles its functions, which for a few hundred points takes many times as
    long as running them as they are written.

    Args:
        features: (n, d).
        neighbours: of each point, itself counted as UMAP does; at most n.
    """
    import scipy.sparse
    import umap

    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    distances = np.clip(1.0 - unit @ unit.T, 0.0, None).astype(np.float32)
    np.fill_diagonal(distances, -1.0)  # first, even among copies
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :neighbours]
    far = np.maximum(np.take_along_axis(distances, nearest, axis=1), 0.0)
    sigmas, rhos = umap.umap_.smooth_knn_dist.py_func(far, float(neighbours), local_connectivity=1.0)
    rows, columns, values, _ = umap.umap_.compute_membership_strengths.py_func(nearest, far, sigmas, rhos)
    graph = scipy.sparse.coo_matrix((values, (rows, columns)), shape=(len(features),) * 2).tocsr()
    return (graph + graph.T - graph.multiply(graph.T)).tocoo()

"""Features laid out in a plane by UMAP (McInnes et al. 2018), for people to look at; each layout is kept on disk."""

from __future__ import annotations

import hashlib
import os
import uuid
import warnings
from contextlib import suppress

import numpy as np

from ood_studio.errors import StudioError
from ood_studio.paths import cache_dir, make_room
from ood_studio.progress import Progress, silent

_DISK_BYTES = 50 * 2**20
_VERSION = 1  # of what a layout is made with


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
    path = cache_dir() / "maps" / f"{digest.hexdigest()[:32]}.npy"
    with suppress(OSError, ValueError):  # not there, or damaged: made anew
        found = np.load(path)
        if found.shape == (len(features), 2):
            os.utime(path)
            return found
    progress("loading UMAP, a while the first time", 0, 2)
    import umap  # takes long, so only here

    progress("laying out the map", 1, 2)
    reducer = umap.UMAP(
        n_neighbors=min(neighbours, len(features) - 1),
        min_dist=spread,
        metric="cosine",
        init="spectral" if start is None else np.array(start, np.float32),
        random_state=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few points, and of graphs in several parts: both are fine here
        places = np.asarray(reducer.fit_transform(features), np.float32)
    with suppress(OSError):  # a full disk costs only time
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
        with open(scratch, "wb") as file:
            np.save(file, places)
        os.replace(scratch, path)
        make_room(path.parent, _DISK_BYTES, keep=path)
    return places

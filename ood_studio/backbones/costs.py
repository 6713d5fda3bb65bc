"""What backbones cost, whichever library reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ood_studio.backbones.families import Model
from ood_studio.hub.cache import cached_file
from ood_studio.hub.costs import ModelInfo, licence_in
from ood_studio.hub.files import weights_in


def folder_info(model: Model, folder: Path, config: str, weights: Sequence[str]) -> ModelInfo:
    """Of a model in a folder, which is whole with a ``config`` file and one of the ``weights``."""
    return ModelInfo(
        name=model.name,
        title=model.bundled.title if model.bundled else str(folder),
        here=(folder / config).is_file() and weights_in(folder, weights) is not None,
        bundled=model.bundled is not None,
        download=0,
        licence=licence_in(folder),
    )


def hub_info(
    model: Model,
    repository: str,
    weights: Sequence[str],
    *,
    title: str = "",
    download: float | None = None,
    memory: Mapping[str, float] | None = None,
    licence: str | None = None,
) -> ModelInfo:
    """Of a model in a repository of the hub, which is here with one of the ``weights`` in the cache.

    Args:
        title: for people; the repository's name where empty.
        download: GB, where it is not here; None where nobody knows.
        memory, licence: see `ModelInfo`.
    """
    held = cached_file(repository, weights)
    return ModelInfo(
        name=model.name,
        title=title or repository,
        here=held is not None,
        bundled=False,
        download=0 if held else download,
        memory=memory or {},
        licence=licence or licence_in(held.parent if held else None),
    )

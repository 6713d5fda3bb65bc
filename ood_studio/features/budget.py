"""Patches of large sets take more room than all else: what they will come to is known before any are encoded."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import torch

from ood_studio.backbones import Backbone
from ood_studio.core.cache import KeyedCache
from ood_studio.core.disk import byte_text
from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.paths import cache_dir
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.features.plan import plans

_EACH: KeyedCache[int] = KeyedCache(64)


def patch_bytes(backbone: Backbone) -> int:
    """What the patches of one image take where they are kept, in half precision; 0 of a model that has none."""

    def measure() -> int:
        with torch.inference_mode():
            patches = backbone.encode_image(torch.full((1, 3, *backbone.input_shape), 0.5)).patches
        return 0 if patches is None else 2 * patches.numel()

    return _EACH.get(backbone.fingerprint, measure) if backbone.has_patches else 0


def check_patches(backbone: Backbone, sets: Iterable[Dataset]) -> None:
    """Checks that the patches of some sets find room, together, before any are encoded; those that are kept already,
    or given, take none.

    Raises:
        StudioError: saying how much they need and how much there is.
    """
    count = sum(len(each) for each in sets if not isinstance(each, FeatureDataset) and not _kept(backbone, each))
    needed = count * patch_bytes(backbone)
    room = KEPT["features"].limit()
    free = _free(cache_dir())
    if needed <= min(room, free):
        return
    few = "the disk has no more room" if free < room else "OOD_STUDIO_FEATURES_GB says how much there may be"
    raise StudioError(
        f"the patches of {count:,} pictures take {byte_text(needed)} with {backbone.name}, and there is room for "
        f"{byte_text(min(room, free))} ({few}); give fewer pictures, or leave out scores of patches"
    )


def _kept(backbone: Backbone, images: Dataset) -> bool:
    return plans(backbone, images, {"patches"})[0].joined.exists()


def _free(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free

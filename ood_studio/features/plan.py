"""Where the features of a dataset lie on disk, and in which shards they are encoded.

They lie in ``cache/features/KEY/``. While a dataset is encoded there is a file ``NUMBER.safetensors`` for every `SHARD`
images, and of the shard that is being encoded now and then ``NUMBER.part.safetensors``; at the end they become one
file, read as a memory map. KEY is a hash of the dataset's key, the backbone's fingerprint (which covers its
preprocessing) and which patches are kept, if any.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ood_studio.backbones import Backbone
from ood_studio.backbones.base import CELLS
from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.data.dataset import Dataset
from ood_studio.features.base import SPACES

SHARD = 1024  # images in a file while a dataset is encoded
_VERSION = 1  # of the file format


@dataclass(frozen=True)
class Plan:
    """Files and shards of one dataset's features.

    Attributes:
        key: of the content.
        folder: where its files lie.
        count: how many images the dataset has.
        shard: images in a shard; the last one may have fewer.
        spaces: which features are kept, where the model has them.
    """

    key: str
    folder: Path
    count: int
    shard: int
    spaces: tuple[str, ...]

    @property
    def numbers(self) -> range:
        """The numbers of the shards."""
        return range(-(-self.count // self.shard))

    @property
    def joined(self) -> Path:
        """The file that all shards become."""
        return self.folder / "features.safetensors"

    def rows(self, number: int) -> range:
        """Which images a shard is of."""
        return range(number * self.shard, min((number + 1) * self.shard, self.count))

    def file(self, number: int) -> Path:
        """A shard's file."""
        return self.folder / f"{number:06d}.safetensors"

    def part(self, number: int) -> Path:
        """The file of a shard that is not finished."""
        return self.folder / f"{number:06d}.part.safetensors"


def plans(backbone: Backbone, dataset: Dataset, spaces: Collection[str]) -> list[Plan]:
    """Every plan whose features would do, the one to encode first.

    Args:
        spaces: of `SPACES`.

    Raises:
        StudioError: for an unknown space.
    """
    unknown = sorted(set(spaces) - set(SPACES))
    if unknown:
        raise StudioError(f"unknown features {unknown[0]!r}; expected some of {', '.join(SPACES)}")
    kinds = ("patches",) if "patches" in spaces and backbone.has_patches else ("plain", "patches")
    return [_plan(backbone, dataset, kind) for kind in kinds]


def _plan(backbone: Backbone, dataset: Dataset, kind: str) -> Plan:
    what = f"{kind} {backbone.patch_kind}" if kind == "patches" and backbone.patch_kind != CELLS else kind
    content = json.dumps([_VERSION, SHARD, backbone.fingerprint, dataset.key, len(dataset), what])
    key = hashlib.sha256(content.encode()).hexdigest()[:40]
    kept = SPACES if kind == "patches" else SPACES[:2]
    return Plan(key, KEPT["features"].place / key, len(dataset), SHARD, kept)

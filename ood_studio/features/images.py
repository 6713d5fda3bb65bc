"""Image features of whole datasets, computed once and kept on disk: planned, encoded shard by shard, joined."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from contextlib import closing, suppress
from typing import Any

import numpy as np

from ood_studio.backbones import Backbone
from ood_studio.core.cache import KeyedCache
from ood_studio.core.disk import make_room
from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Progress, silent
from ood_studio.core.single_flight import SingleFlight
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.features.base import SPACES, DatasetFeatures
from ood_studio.features.budget import check_patches
from ood_studio.features.join import in_memory, open_joined, write_joined
from ood_studio.features.plan import Plan, plans
from ood_studio.features.shard import Shard, describe_shards, encode_shards

__all__ = ["SPACES", "DatasetFeatures", "dataset_features", "plan_features"]

_AT_WORK: SingleFlight[DatasetFeatures] = SingleFlight()
_MEMORY: KeyedCache[DatasetFeatures] = KeyedCache(None, max_bytes=512 * 2**20, size=lambda found: found.nbytes)
"""Features that the disk refused."""

_log = logging.getLogger(__name__)


def dataset_features(
    backbone: Backbone, dataset: Dataset, spaces: Collection[str], progress: Progress = silent
) -> DatasetFeatures:
    """Features of a dataset, encoded batch by batch unless kept on disk.

    A run that was stopped or killed is taken up where its last shard ends, or its last part, which is kept every
    minute. Damaged files are named in a warning and built again; where the disk is full or read-only, a warning says so
    and the features are kept in memory. At most ``OOD_STUDIO_FEATURES_GB`` (20 where not set) lie on disk: the datasets
    that were longest unused go first, and patches that would need more are refused before any are encoded. Threads that
    ask for the same features at the same time encode once: the others wait, can be stopped while they do, and take over
    where the one at work is stopped.

    Args:
        spaces: of `SPACES`; others may be there too, where they cost nothing.

    Raises:
        StudioError: if no image can be read, a space is unknown, patches find no room, or features are not finite.
        Stopped: as ``progress`` raises it.
    """
    possible = plans(backbone, dataset, spaces)
    if isinstance(dataset, FeatureDataset):
        given = dataset.features(backbone.name, backbone.dim)
        return DatasetFeatures.of(given, np.arange(len(dataset)), {})
    limit = KEPT["features"].limit()
    if not len(dataset):
        raise StudioError(f"no picture of {dataset.name} can be read: there is no picture in it.")

    if "patches" in spaces:
        check_patches(backbone, [dataset])

    def work() -> DatasetFeatures:
        for plan in possible:
            found = _MEMORY.peek(plan.key) or open_joined(plan)
            if found is not None:
                return found
        return _Encoding(backbone, dataset, possible[0], limit).run(progress)

    found = _AT_WORK.run(possible[0].key, work, lambda: progress(f"encoding {dataset.name}", 0, len(dataset)))
    if not len(found.rows):
        raise StudioError(f"no picture of {dataset.name} can be read: {next(iter(found.problems.values()))}")
    return found


def plan_features(backbone: Backbone, dataset: Dataset, spaces: Collection[str]) -> list[dict[str, Any]]:
    """The shards that `dataset_features` would encode, each as plain values for JSON: `encode_described` takes one in
    any process that sees the same cache; afterwards `dataset_features` only joins them.

    Raises:
        StudioError: for an unknown space, patches that find no room, or a dataset that other processes cannot open.
    """
    possible = plans(backbone, dataset, spaces)
    if isinstance(dataset, FeatureDataset) or any(open_joined(plan) is not None for plan in possible):
        return []
    if "patches" in spaces:
        check_patches(backbone, [dataset])
    return describe_shards(backbone, dataset, possible[0])


class _Encoding:
    """One dataset being encoded."""

    def __init__(self, backbone: Backbone, dataset: Dataset, plan: Plan, limit: float) -> None:
        self._backbone, self._dataset, self._plan, self._limit = backbone, dataset, plan, limit
        self._writable = True

    def run(self, progress: Progress) -> DatasetFeatures:
        """All features, and the finished file."""
        plan = self._plan
        stage = f"encoding {self._dataset.name}"
        read = {number: Shard.read(plan.file(number)) for number in plan.numbers}
        shards = {number: shard for number, shard in read.items() if shard is not None}
        missing = [number for number in plan.numbers if number not in shards]
        there = plan.count - sum(len(plan.rows(number)) for number in missing)
        if missing:
            self._dataset.prepare(progress)
        encoding = encode_shards(
            self._backbone,
            self._dataset,
            plan,
            missing,
            lambda done: progress(stage, there + done, plan.count),
            self._keep_part,
        )
        with closing(encoding):
            for number, shard in encoding:
                shards[number] = self._keep(number, shard)
        progress(stage, plan.count, plan.count)
        return self._finish([shards[number] for number in plan.numbers])

    def _keep_part(self, number: int, shard: Shard) -> None:
        """Keeps an unfinished shard, where the disk does not refuse."""
        if self._writable:
            try:
                shard.write(self._plan.part(number))
            except OSError as error:
                self._refused(error)

    def _keep(self, number: int, shard: Shard) -> Shard:
        """The shard as it lies on disk now; itself where the disk refuses."""
        if not self._writable:
            return shard
        path = self._plan.file(number)
        try:
            shard.write(path)
        except OSError as error:
            self._refused(error)
            return shard
        with suppress(OSError):  # a system that does not let go of mapped files
            self._plan.part(number).unlink(missing_ok=True)
        return Shard.read(path) or shard

    def _finish(self, shards: Sequence[Shard]) -> DatasetFeatures:
        plan = self._plan
        if self._writable:
            try:
                write_joined(plan.joined, shards)
                for number in plan.numbers:
                    with suppress(OSError):  # a system that does not let go of mapped files
                        plan.file(number).unlink(missing_ok=True)
                make_room(plan.folder.parent, self._limit, keep=plan.folder)
                if (kept := open_joined(plan)) is not None:
                    return kept
            except OSError as error:
                self._refused(error)
        features = in_memory(shards)
        _MEMORY.put(plan.key, features)
        return features

    def _refused(self, error: OSError) -> None:
        self._writable = False
        _log.warning(
            "the features of %s could not be kept in %s (%s); they stay in memory and will be computed again next time",
            self._dataset.name,
            self._plan.folder,
            error.strerror or error,
        )

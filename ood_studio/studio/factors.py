"""How often changing one thing alone flips each detector: scenes with one factor more, or corrupted images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.core.versions import versions
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.corruptions import CORRUPTIONS, SEVERITIES, CorruptedDataset, can_corrupt, title_of
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.flip_rates import FlipRate, flip_rate
from ood_studio.studio.factor_detectors import detectors
from ood_studio.studio.provenance import about_model
from ood_studio.studio.requests.flips import FactorRequest
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.workbench import Workbench
from ood_studio.worlds import reference_of


@dataclass(frozen=True)
class FactorRow:
    """One factor, one detector, one set.

    Attributes:
        set: the title of the scenes or images; ``factor`` what was changed of them; ``detector`` whose verdict.
        rate: how often it flipped.
    """

    set: str
    factor: str
    detector: str
    rate: FlipRate


@dataclass(frozen=True)
class FactorResult:
    """What was measured so far.

    Attributes:
        request: what was asked for.
        rows: every factor, detector and set.
        thresholds: of the detectors.
        accepted: the share of each set, unchanged, that each detector takes for ID, by set and detector.
        references: what set the thresholds.
        model: the model's fingerprint, device and precision.
        notes: sentences for the person.
    """

    request: FactorRequest
    rows: tuple[FactorRow, ...]
    thresholds: Mapping[str, float]
    accepted: Mapping[tuple[str, str], float]
    references: str
    model: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def rates(self) -> dict[str, dict[str, dict[str, FlipRate]]]:
        """The rates by set, factor and detector."""
        found: dict[str, dict[str, dict[str, FlipRate]]] = {}
        for row in self.rows:
            found.setdefault(row.set, {}).setdefault(row.factor, {})[row.detector] = row.rate
        return found

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "backbone": self.request.labels.backbone,
            "count": self.request.count,
            "seed": self.request.seed,
            "rows": [
                {
                    "set": row.set,
                    "factor": row.factor,
                    "detector": row.detector,
                    "pictures": row.rate.n,
                    "flips": row.rate.flips,
                    "rejected": row.rate.rejected,
                    "rate": row.rate.rate if row.rate.n else None,
                    "low": row.rate.interval[0] if row.rate.n else None,
                    "high": row.rate.interval[1] if row.rate.n else None,
                }
                for row in self.rows
            ],
            "thresholds": dict(self.thresholds),
            "accepted": [
                {"set": name, "detector": title, "share": share} for (name, title), share in self.accepted.items()
            ],
            "references": self.references,
            "notes": list(self.notes),
            "provenance": dict(self.model) | {"versions": versions()},
        }


@dataclass(frozen=True)
class _Changed:
    """A set with one thing changed of each image.

    Attributes:
        factor: what was changed.
        images: those changed; ``rows`` which of the unchanged ones they were.
    """

    factor: str
    images: Dataset
    rows: Sequence[int]


class FactorService:
    """Measures flips. Features are kept on disk set by set: a run that was stopped goes on where it was.

    Args:
        workbench: models, labels and features.
        suites: benchmarks on suites.
    """

    def __init__(self, workbench: Workbench, suites: SuiteBenches) -> None:
        self._workbench, self._suites = workbench, suites

    def factors(self, request: FactorRequest, progress: Progress = silent) -> Iterator[FactorResult]:
        """The result so far after every factor of every set, the whole at last.

        Raises:
            StudioError: for labels without ID reference images, images that cannot be read, or, for images of one's
                own, where the library of corruptions is not installed.
        """
        space = self._workbench.label_space(request.labels, progress)
        if not request.reference and reference_of(space.id_labels) is None:
            raise StudioError(
                "these labels come without ID reference pictures, so there are no verdicts to flip; name a folder of "
                "ID pictures with --reference"
            )
        fitted = detectors(self._workbench, self._suites, space, request, progress)
        thresholds, about = fitted.thresholds, fitted.references
        rows: list[FactorRow] = []
        accepted: dict[tuple[str, str], float] = {}
        notes = [*space.notes, *fitted.notes]
        for title, images, changes in _sets(request):
            before, at = fitted.verdicts(images)
            if left := len(images) - len(at):
                notes.append(f"{left:,} pictures of {images.name} could not be read and are left out.")
            for detector, verdicts in before.items():
                accepted[title, detector] = float(verdicts.mean())
            places = {int(row): place for place, row in enumerate(at)}
            for each in changes:
                rates: dict[str, FlipRate] = dict.fromkeys(thresholds, FlipRate(0, 0, 0))
                if len(each.images):
                    after, kept = fitted.verdicts(each.images)
                    was = [each.rows[int(row)] for row in kept]
                    both = np.array([row in places for row in was], dtype=bool)
                    taken = [places[row] for row in was if row in places]
                    rates = {name: flip_rate(before[name], found[both], taken) for name, found in after.items()}
                else:
                    notes.append(f"No scene of {images.name} can have {each.factor} added.")
                rows += [FactorRow(title, each.factor, name, rate) for name, rate in rates.items()]
                yield FactorResult(
                    request, tuple(rows), thresholds, dict(accepted), about, about_model(space.backbone), tuple(notes)
                )


def _sets(request: FactorRequest) -> Iterator[tuple[str, Dataset, Iterator[_Changed]]]:
    """Title and images of each set, and the same with one thing changed each."""
    if request.id_data:
        whole = open_dataset(request.id_data, labels=())
        if isinstance(whole, FeatureDataset):
            raise StudioError(f"{whole.name} holds features; only pictures can be corrupted")
        if not can_corrupt():
            raise StudioError("corruptions need a library: pip install 'ood-studio[corruptions]'")
        images = Subset(whole, request.count, request.seed)
        yield images.name, images, _corruptions(images)
        return
    sets = worlds.factor_sets()
    for title, split in sets.sets:
        images_of = worlds.open_split(split, request.seed, request.count)

        def with_factors(split: str = split) -> Iterator[_Changed]:
            for factor in sets.factors:
                yield _Changed(factor, *sets.add(split, request.seed, request.count, factor))

        yield title, images_of, with_factors()


def _corruptions(images: Dataset) -> Iterator[_Changed]:
    for name in CORRUPTIONS:
        for severity in SEVERITIES:
            yield _Changed(f"{title_of(name)} {severity}", CorruptedDataset(images, name, severity), range(len(images)))

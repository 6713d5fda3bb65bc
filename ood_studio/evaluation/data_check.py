"""Which published datasets are on this machine, and what of them is missing or amiss, before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.core.unicode import sentence
from ood_studio.data.imagenet_x import WHENCE, read_imagenet_x
from ood_studio.data.public import Labels, PublicDataset, public_root
from ood_studio.labels.presets import load_preset
from ood_studio.worlds import PublishedSuite

Role = Literal["ID", "OOD", "training", "shift", "factors"]
State = Literal["there", "incomplete", "unusable", "missing"]


@dataclass(frozen=True)
class CheckedData:
    """What was found of one dataset of a suite, or of the annotations of its visual factors.

    Attributes:
        suite: its name.
        name: of the dataset, for people.
        role: what it is in the suite: ``shift`` for the ID classes seen otherwise.
        state: ``incomplete`` where the number of images is not the benchmark's, ``unusable`` where nothing can be read.
        place: where it was found, or where to put it.
        images: how many there are.
        note: what is amiss and what to do, in sentences; empty for nothing.
    """

    suite: str
    name: str
    role: Role
    state: State
    place: Path
    images: int
    note: str

    @property
    def usable(self) -> bool:
        """Whether a benchmark can run on it."""
        return self.state in ("there", "incomplete")


def published_suites() -> dict[str, PublishedSuite]:
    """The suites whose data have to be downloaded, by name."""
    return {name: spec for name, spec in worlds.suites().items() if isinstance(spec, PublishedSuite)}


def check_data(
    names: Sequence[str] = (), data_root: str = "", progress: Progress = silent
) -> Iterator[tuple[CheckedData, ...]]:
    """Looks for the data of published suites, one suite after the other; lists files, and decodes none.

    Args:
        names: of suites; all where empty.
        data_root: see `ood_studio.data.public.public_root`.

    Raises:
        StudioError: for a name that is not of a published suite.
    """
    known = published_suites()
    for name in names:
        if name not in known:
            raise StudioError(f"there is no suite {name!r} whose data are downloaded; there are {', '.join(known)}")
    root, seen = public_root(data_root), dict[tuple[PublicDataset, Labels], CheckedData]()
    chosen = [*dict.fromkeys(names)] or [*known]
    for i, name in enumerate(chosen):
        progress(f"looking for the data of {name}", i, len(chosen))
        yield tuple(_checked(known[name], root, seen))


def can_run(checked: Sequence[CheckedData]) -> bool:
    """Whether the benchmark of one suite can run: on its ID images and at least one OOD set."""
    roles = {each.role for each in checked if each.usable}
    return {"ID", "OOD"} <= roles


def _checked(
    spec: PublishedSuite, root: Path, seen: dict[tuple[PublicDataset, Labels], CheckedData]
) -> Iterator[CheckedData]:
    labels = load_preset(spec.preset)
    sets: list[tuple[Role, PublicDataset, Labels]] = [
        ("ID", spec.id, labels),
        *(("OOD", each, ()) for each in spec.ood),
        ("training", spec.train, labels),
        *(("shift", each, ()) for each in spec.shifts if each not in spec.ood),
    ]
    for role, dataset, classes in sets:
        if (dataset, classes) not in seen:
            seen[dataset, classes] = _looked_for(dataset, root, classes)
        yield replace(seen[dataset, classes], suite=spec.name, role=role)
    if spec.factors:
        yield _annotations(spec, root)


def _looked_for(dataset: PublicDataset, root: Path, labels: Labels) -> CheckedData:
    def found(state: State, place: Path, images: int, *notes: str) -> CheckedData:
        return CheckedData("", dataset.name, "ID", state, place, images, " ".join(map(sentence, notes)))

    try:
        there = dataset.find_place(root, labels)
    except StudioError as error:
        return found("unusable", next(root / each for each in dataset.places if (root / each).exists()), 0, str(error))
    if there is None:
        place = root / dataset.places[0]
        return found("missing", place, 0, f"Download {dataset.whence} into {place}")
    place, images = there
    if counted := dataset.note(images):
        return found("incomplete", place, len(images), counted, *images.notes)
    return found("there", place, len(images), *images.notes)


def _annotations(spec: PublishedSuite, root: Path) -> CheckedData:
    def found(state: State, place: Path, images: int = 0, note: str = "") -> CheckedData:
        return CheckedData(spec.name, "ImageNet-X", "factors", state, place, images, note)

    place = spec.find_factors(root)
    if place is None:
        place = root / spec.factors[0]
        return found("missing", place, note=f"Download {WHENCE} into {place}.")
    try:
        return found("there", place, len(read_imagenet_x(str(place))))
    except StudioError as error:
        return found("unusable", place, note=sentence(str(error)))

"""What of a published benchmark shows its ID classes otherwise: other sets of the same classes, and visual factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import sentence
from ood_studio.data.dataset import Dataset
from ood_studio.data.imagenet_x import WHENCE, read_imagenet_x
from ood_studio.data.public import missing, public_root
from ood_studio.worlds import PublishedSuite


@dataclass(frozen=True, eq=False)
class SeenOtherwise:
    """What was found.

    Attributes:
        shifts: sets of the ID classes, by name.
        annotations: visual factors that hold in ID images, by file name; empty where nobody says.
        notes: what is missing, with whence it is to be had, and what could not be read.
    """

    shifts: Mapping[str, Dataset] = field(default_factory=dict)
    annotations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def seen_otherwise(suite: str, data_root: str = "", annotations: str = "") -> SeenOtherwise:
    """What there is of a suite's ID classes beside its ID images; nothing for a suite that knows of no such sets.

    Args:
        suite: its name.
        data_root: where the data of published benchmarks lie; ``OOD_STUDIO_DATA`` or ``data`` where empty.
        annotations: a file of ImageNet-X for the ID images; looked for below the data root where empty.

    Raises:
        StudioError: if the named annotations cannot be read.
    """
    spec = worlds.suites().get(suite)
    if not isinstance(spec, PublishedSuite):
        return SeenOtherwise(annotations=read_imagenet_x(annotations) if annotations else {})
    root = public_root(data_root)
    shifts, absent, notes = {}, [], []
    for source in spec.shifts:
        try:
            found = source.find(root, ())
        except StudioError as error:  # it is there, but of no use
            notes.append(f"{source.name} was left out: {error}")
            continue
        if found is None:
            absent.append(source)
            continue
        shifts[source.name] = found
        counted = source.note(found)
        notes += [*([counted] if counted else []), *(sentence(f"{found.name}: {each}") for each in found.notes)]
    if absent:
        notes.append(missing(suite, root, absent) + ".")
    factors: Mapping[str, frozenset[str]] = {}
    file = spec.find_factors(root)
    if annotations or file is not None:
        factors = read_imagenet_x(annotations or str(file))
    elif spec.factors:
        notes.append(
            f"{suite} lacks the annotations of ImageNet-X, so there is no accuracy on factors: download {WHENCE} into "
            f"{root / spec.factors[0]}."
        )
    return SeenOtherwise(shifts, factors, tuple(notes))

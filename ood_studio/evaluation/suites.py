"""Benchmark suites: which dataset is in-distribution, and which others are held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path, is_there
from ood_studio.core.unicode import readable, sentence
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.public import PublicDataset, missing, public_root
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.own_labels import open_labelled
from ood_studio.labels.presets import load_preset
from ood_studio.worlds import OWN_SUITE, DrawnSuite, PublishedSuite

_TRAINING = 2**31  # added to the seed of training images: beyond every seed that a benchmark may be given


@dataclass(frozen=True, eq=False)
class OpenSuite:
    """A suite with its data found.

    Attributes:
        name: as on the command line.
        about: one line for people.
        labels: the ID labels; empty where nobody said them.
        id: the in-distribution images.
        ood: the sets held against them, each on its own; no name is that of another set.
        train: ID images to learn from; None where there are none.
        notes: sentences for people, such as which sets are missing or incomplete.
        trained: images of every class that the bundled models have seen, whose classes and labels give a second
            accuracy; None where there are none.
    """

    name: str
    about: str
    labels: tuple[str, ...]
    id: Dataset
    ood: dict[str, Dataset]
    train: Dataset | None
    notes: tuple[str, ...] = ()
    trained: Dataset | None = None


@dataclass(frozen=True)
class Suite:
    """What is known of a suite before its data are looked for.

    Attributes:
        name: as on the command line.
        about: one line for people.
        needs_data: whether it needs images that are not made by the project itself.
    """

    name: str
    about: str
    needs_data: bool


def suites() -> dict[str, Suite]:
    """Every suite by name: those of all worlds, and a person's own images at last."""
    found = {name: Suite(name, spec.about, isinstance(spec, PublishedSuite)) for name, spec in worlds.suites().items()}
    return found | {OWN_SUITE: Suite(OWN_SUITE, "your own ID and OOD pictures", True)}


@dataclass(frozen=True)
class _Asked:
    """What `open_suite` was asked for."""

    id_data: str
    ood_data: tuple[str, ...]
    train_data: str
    data_root: str
    seed: int
    count: int
    train_count: int
    labels: str
    workers: int


def _open_drawn(spec: DrawnSuite, asked: _Asked) -> OpenSuite:
    def split(name: str) -> Dataset:
        return worlds.open_split(name, asked.seed, asked.count, workers=asked.workers)

    train = worlds.open_split(
        spec.train,
        asked.seed + _TRAINING,
        asked.train_count,
        workers=asked.workers,
        name=f"{spec.train} (training)",
    )
    return OpenSuite(
        spec.name,
        spec.about,
        spec.labels,
        split(spec.id),
        {name: split(name) for name in spec.ood},
        train,
        trained=split(spec.trained) if spec.trained else None,
    )


def _open_published(spec: PublishedSuite, asked: _Asked) -> OpenSuite:
    """A published benchmark: OOD sets that are not there are noted, unless nothing would be left."""
    root = public_root(asked.data_root)
    labels = load_preset(spec.preset)
    found = spec.id.find(root, labels)
    others: dict[PublicDataset, Dataset | None] = {}
    notes: list[str] = []
    for source in spec.ood:
        try:
            others[source] = source.find(root, ())
        except StudioError as error:  # it is there, but of no use
            notes.append(f"The OOD set {source.name} was left out: {error}")
    absent = [source for source, images in others.items() if images is None]
    here = {source: images for source, images in others.items() if images is not None}
    if found is not None and not here and notes:
        raise StudioError(notes[0])
    if found is None or not here:
        raise StudioError(missing(spec.name, root, [*([spec.id] if found is None else []), *absent]) + ".")
    notes += [note for source, images in {spec.id: found, **here}.items() if (note := source.note(images))]
    if absent:
        notes.append(missing(spec.name, root, absent) + ".")
    if asked.train_data:
        learnt: Dataset | None = open_dataset(asked.train_data, labels=labels, root=str(root))
    else:
        whole = spec.train.find(root, labels)
        learnt = None if whole is None else Subset(whole, asked.train_count, asked.seed)
    others_here = {source.name: images for source, images in here.items()}
    return OpenSuite(spec.name, spec.about, labels, found, others_here, learnt, tuple(notes))


def _open_own(asked: _Asked) -> OpenSuite:
    """A person's own images."""
    if not asked.id_data or not asked.ood_data:
        lacks = "ID pictures (--id-data PATH)" if not asked.id_data else "OOD pictures (--ood-data NAME=PATH)"
        raise StudioError(f"your own pictures need both an ID set and an OOD set; say where the {lacks} are")
    found = open_labelled(asked.id_data, asked.train_data, asked.labels, asked.data_root)
    others, left_out = _given(asked, {found.id.name})
    if not others:
        raise StudioError(left_out[0])
    learnt = found.train
    if learnt is not None:
        learnt.name = _free(learnt.name, {found.id.name, *others})
    about = suites()[OWN_SUITE].about
    return OpenSuite(OWN_SUITE, about, found.labels, found.id, others, learnt, (*found.notes, *left_out))


def _given(asked: _Asked, names: set[str]) -> tuple[dict[str, Dataset], list[str]]:
    """A person's own OOD sets, under names that are still free; and why some that are there were left out.

    Raises:
        StudioError: for a set that is not there.
    """
    sets: dict[str, Dataset] = {}
    left_out: list[str] = []
    for given in asked.ood_data:
        name, where = _named(given)
        try:
            dataset = open_dataset(where, name=name, labels=(), root=asked.data_root)
        except StudioError as error:
            if not is_there(given_path(where)):  # a slip of the pen is told before the work
                raise
            left_out.append(f"The OOD set {readable(name or Path(where).name)} was left out: {error}")
            continue
        dataset.name = _free(dataset.name, names | set(sets))
        sets[dataset.name] = dataset
    return sets, left_out


def _named(given: str) -> tuple[str, str]:
    """``NAME=PATH`` or ``PATH`` -> name, which may be empty, and path."""
    name, sign, where = given.partition("=")
    if not sign or is_there(given_path(given)):
        return "", given
    if not name.strip() or not where.strip():
        raise StudioError(f"an OOD set must be given as NAME=PATH or PATH, not {given!r}")
    return name.strip(), where.strip()


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def open_suite(
    name: str,
    *,
    id_data: str = "",
    ood_data: Sequence[str] = (),
    train_data: str = "",
    data_root: str = "",
    seed: int = 1,
    count: int = 2000,
    train_count: int = 2000,
    labels: str = "",
    workers: int = 1,
) -> OpenSuite:
    """The suite of that name with its data found, but nothing read or drawn yet.

    Args:
        id_data, ood_data, train_data: for the suite ``folders``: places as `open_dataset` takes them, an OOD set also
            as ``NAME=PATH``; ``ood_data`` are further OOD sets of any other suite, and ``train_data`` also brings
            training images to a published benchmark.
        data_root: where the data of published benchmarks lie; ``OOD_STUDIO_DATA`` or ``data`` where empty.
        seed: of drawn scenes, and of the choice of training images.
        count: images drawn in each set; published sets are taken whole.
        train_count: images to learn from; all where ``train_data`` says which.
        labels: ID labels for the suite ``folders``, see `open_labelled`; where empty, the names of the folders that the
            ID images lie in.
        workers: processes that draw images; 0 for one a core.

    Raises:
        StudioError: for an unknown name, listing the known ones; data that are missing, saying what to download, whence
            and into which folder; or data that cannot be read.
    """
    specs = worlds.suites()
    if name not in specs and name != OWN_SUITE:
        raise StudioError(f"unknown suite {name!r}; expected one of {', '.join(suites())}")
    asked = _Asked(id_data, tuple(ood_data), train_data, data_root, seed, count, train_count, labels, workers)
    if name == OWN_SUITE:
        return _with_notes(_open_own(asked))
    spec = specs[name]
    suite = _open_drawn(spec, asked) if isinstance(spec, DrawnSuite) else _open_published(spec, asked)
    others, left_out = _given(asked, {suite.id.name, *suite.ood})
    return _with_notes(replace(suite, ood={**suite.ood, **others}, notes=(*suite.notes, *left_out)))


def _with_notes(suite: OpenSuite) -> OpenSuite:
    """The suite with what its datasets say of themselves, such as what was left out of them."""
    sets = [suite.id, *suite.ood.values(), *([suite.train] if suite.train is not None else [])]
    remarks = [f"{images.name}: {note}" for images in sets for note in images.notes]
    return replace(suite, notes=(*suite.notes, *map(sentence, remarks)))

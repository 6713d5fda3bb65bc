"""Benchmark suites: which set of pictures is in-distribution, and which others are held against it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset, Subset
from ood_studio.data.public import (
    IMAGENET_TRAIN,
    IMAGENET_VAL,
    MOS_SETS,
    OPENOOD_SETS,
    OPENOOD_VAL,
    Source,
    cifar_id,
    cifar_ood,
    cifar_train,
    missing,
)
from ood_studio.data.sources import open_dataset
from ood_studio.diorama.scene import STYLES
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.labels.presets import load_preset, parse_labels
from ood_studio.worlds.diorama_dataset import diorama_dataset

_TRAINING = 2**31  # added to the seed of training pictures: beyond every seed that a benchmark may be given


@dataclass(frozen=True, eq=False)
class OpenSuite:
    """A suite with its data found.

    Attributes:
        name: as on the command line.
        about: one line for people.
        labels: the ID labels; empty where nobody said them.
        id: the in-distribution pictures.
        ood: the sets held against them, each on its own; no name is that of another set.
        train: ID pictures to learn from; None where there are none.
        notes: sentences for people, such as which sets are missing or incomplete.
    """

    name: str
    about: str
    labels: tuple[str, ...]
    id: Dataset
    ood: dict[str, Dataset]
    train: Dataset | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A named comparison of one ID set with OOD sets.

    Attributes:
        name: as on the command line.
        about: one line for people.
        needs_data: whether it needs pictures that are not made by the project itself.
        open: finds its data.
    """

    name: str
    about: str
    needs_data: bool
    open: Callable[[_Asked], OpenSuite]


@dataclass(frozen=True)
class _Asked:
    """What `open_suite` was asked for."""

    suite: str
    id_data: str
    ood_data: tuple[str, ...]
    train_data: str
    data_root: str
    seed: int
    count: int
    train_count: int
    labels: str
    workers: int


def _diorama(inside: str, outside: Sequence[str], labels: tuple[str, ...], train: str) -> Callable[[_Asked], OpenSuite]:
    def build(asked: _Asked) -> OpenSuite:
        sets = {
            name: diorama_dataset(name, asked.seed, asked.count, workers=asked.workers) for name in (inside, *outside)
        }
        learnt = diorama_dataset(
            train, asked.seed + _TRAINING, asked.train_count, workers=asked.workers, name=f"{train} (training)"
        )
        others: dict[str, Dataset] = {name: sets[name] for name in outside}
        return OpenSuite(asked.suite, SUITES[asked.suite].about, labels, sets[inside], others, learnt)

    return build


def _published(preset: str, inside: Source, train: Source, outside: Sequence[Source]) -> Callable[[_Asked], OpenSuite]:
    """A published benchmark: OOD sets that are not there are noted, unless nothing would be left."""

    def build(asked: _Asked) -> OpenSuite:
        root = Path(asked.data_root or os.environ.get("OOD_STUDIO_DATA") or "data").expanduser()
        labels = load_preset(preset)
        found = inside.find(root, labels)
        others = {source: source.find(root, ()) for source in outside}
        absent = [source for source, pictures in others.items() if pictures is None]
        if found is None or len(absent) == len(outside):
            raise StudioError(missing(asked.suite, root, [*([inside] if found is None else []), *absent]) + ".")
        here = {source: pictures for source, pictures in others.items() if pictures is not None}
        notes = [note for source, pictures in {inside: found, **here}.items() if (note := source.note(pictures))]
        if absent:
            notes.append(missing(asked.suite, root, absent) + ".")
        if asked.train_data:
            learnt: Dataset | None = open_dataset(asked.train_data, labels=labels, root=str(root))
        else:
            whole = train.find(root, labels)
            learnt = None if whole is None else Subset(whole, asked.train_count, asked.seed)
        return OpenSuite(
            asked.suite,
            SUITES[asked.suite].about,
            labels,
            found,
            {source.name: pictures for source, pictures in here.items()},
            learnt,
            tuple(notes),
        )

    return build


def _folders(asked: _Asked) -> OpenSuite:
    """A person's own pictures."""
    if not asked.id_data or not asked.ood_data:
        lacks = "ID pictures (--id-data PATH)" if not asked.id_data else "OOD pictures (--ood-data NAME=PATH)"
        raise StudioError(f"your own pictures need both an ID set and an OOD set; say where the {lacks} are")
    typed = parse_labels(asked.labels).labels if asked.labels.strip() else None
    inside = open_dataset(asked.id_data, labels=typed, root=asked.data_root)
    labels = inside.classes if typed is None else typed
    others = _given(asked, {inside.name})
    names = {inside.name, *others}
    learnt = None
    if asked.train_data:
        learnt = open_dataset(asked.train_data, labels=labels or None, root=asked.data_root)
        learnt.name = _free(learnt.name, names)
    return OpenSuite(asked.suite, SUITES[asked.suite].about, labels, inside, others, learnt)


def _given(asked: _Asked, names: set[str]) -> dict[str, Dataset]:
    """A person's own OOD sets, under names that are still free."""
    sets: dict[str, Dataset] = {}
    for given in asked.ood_data:
        name, where = _named(given)
        pictures = open_dataset(where, name=name, labels=(), root=asked.data_root)
        pictures.name = _free(pictures.name, names | set(sets))
        sets[pictures.name] = pictures
    return sets


def _named(given: str) -> tuple[str, str]:
    """``NAME=PATH`` or ``PATH`` -> name, which may be empty, and path."""
    name, sign, where = given.partition("=")
    if not sign or Path(given).expanduser().exists():
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


_ALL = (
    Suite(
        "diorama",
        "the 20 Diorama classes against near, far, unseen and spurious pictures",
        False,
        _diorama(
            "id-test",
            ("near-ood", "far-ood-textures", "far-ood-scenes", "unseen-ood", "spurious"),
            ID_CLASSES,
            "id-train",
        ),
    ),
    Suite(
        "diorama-hard",
        "ten Diorama classes against twenty look-alikes",
        False,
        _diorama("hard-10", ("hard-20",), ID_CLASSES[:10], "hard-10"),
    ),
    Suite(
        "diorama-styles",
        "flat Diorama pictures against other classes, and against the same classes in other styles, where the best "
        "AUROC is 0.5: the detector minds what is shown, not how",
        False,
        _diorama(
            "id-flat",
            ("near-ood", *(f"id-{style}" for style in STYLES if style != "flat")),
            ID_CLASSES,
            "id-flat",
        ),
    ),
    Suite(
        "imagenet-ood",
        "ImageNet-1k against iNaturalist, SUN, Places and Textures, as in MCM and NegLabel",
        True,
        _published("imagenet-1k", IMAGENET_VAL, IMAGENET_TRAIN, MOS_SETS),
    ),
    Suite(
        "openood-imagenet",
        "ImageNet-1k against OpenOOD's near and far sets, and ImageNet-O",
        True,
        _published("imagenet-1k", OPENOOD_VAL, IMAGENET_TRAIN, OPENOOD_SETS),
    ),
    Suite(
        "cifar-10",
        "CIFAR-10 against CIFAR-100, Tiny ImageNet, SVHN, Textures and Places365",
        True,
        _published("cifar-10", cifar_id(10), cifar_train(10), cifar_ood(10)),
    ),
    Suite(
        "cifar-100",
        "CIFAR-100 against CIFAR-10, Tiny ImageNet, SVHN, Textures and Places365",
        True,
        _published("cifar-100", cifar_id(100), cifar_train(100), cifar_ood(100)),
    ),
    Suite("folders", "your own ID and OOD pictures", True, _folders),
)

SUITES: dict[str, Suite] = {suite.name: suite for suite in _ALL}
"""Every suite by name."""


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
            training pictures to a published benchmark.
        data_root: where the data of published benchmarks lie; ``OOD_STUDIO_DATA`` or ``data`` where empty.
        seed: of Diorama's scenes, and of the choice of training pictures.
        count: Diorama pictures in each set; published sets are taken whole.
        train_count: pictures to learn from; all where ``train_data`` says which.
        labels: ID labels for the suite ``folders``; where empty, the names of the folders that the ID pictures lie in.
        workers: processes that draw Diorama's pictures; 0 for one a core.

    Raises:
        StudioError: for an unknown name, listing the known ones; data that are missing, saying what to download, whence
            and into which folder; or data that cannot be read.
    """
    if name not in SUITES:
        raise StudioError(f"unknown suite {name!r}; expected one of {', '.join(SUITES)}")
    asked = _Asked(name, id_data, tuple(ood_data), train_data, data_root, seed, count, train_count, labels, workers)
    suite = SUITES[name].open(asked)
    if name == "folders" or not ood_data:
        return suite
    return replace(suite, ood={**suite.ood, **_given(asked, {suite.id.name, *suite.ood})})

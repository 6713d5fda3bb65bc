"""What a world brings along, as plain descriptions: nothing is loaded, drawn or looked for until it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ood_studio.data.changeable import Changeable
from ood_studio.data.dataset import Dataset
from ood_studio.data.public import PublicDataset
from ood_studio.worlds.relations import Relations

Kind = Literal["id", "near", "far", "other"]
"""In-distribution, or near or far from it."""


@dataclass(frozen=True)
class Preset:
    """Named ID labels.

    Attributes:
        name: as people type it, such as ``cifar-10``.
        load: the class names in label order.
        folders: what class folders are called in published data, in the same order, where that is not their names.
    """

    name: str
    load: Callable[[], tuple[str, ...]]
    folders: Callable[[], tuple[str, ...]] | None = None


@dataclass(frozen=True)
class CorpusSource:
    """Candidate words for negative labels.

    Attributes:
        name: as on the command line; ``title`` for people.
        load: (nouns, adjectives) from some lexicographer files, or from the usual ones where none are named.
        has_lexnames: whether there are such files to choose from.
        superclasses: the superclass names that the conjugated pool of CSP puts behind these adjectives; None for
            those of the paper.
        relations: how its nouns relate; None where that is not known.

    Raises:
        StudioError: from ``load``, for lexicographer files that do not exist.
    """

    name: str
    title: str
    load: Callable[[Collection[str] | None], tuple[tuple[str, ...], tuple[str, ...]]]
    has_lexnames: bool = False
    superclasses: Callable[[], tuple[str, ...]] | None = None
    relations: Callable[[], Relations] | None = None


class OpenSplit(Protocol):
    """Opens a split of a world that is drawn on demand."""

    def __call__(self, split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> Dataset:
        """``count`` images of a split, drawn by ``workers`` processes when first needed; ``name`` is what to call it.

        Raises:
            StudioError: if there is no such split or the count is not positive.
        """
        ...


@dataclass(frozen=True)
class DrawnSuite:
    """A benchmark of splits that are drawn.

    Attributes:
        name: as on the command line; ``about`` one line for people.
        labels: the ID labels.
        id, ood, train: names of splits: what is in-distribution, what is held against it, and what to learn from.
        trained: a split of every class that the bundled models have seen, whose classes and labels give a second
            accuracy; empty for none.
    """

    name: str
    about: str
    labels: tuple[str, ...]
    id: str
    ood: tuple[str, ...]
    train: str
    trained: str = ""


@dataclass(frozen=True)
class PublishedSuite:
    """A published benchmark, whose data have to be downloaded.

    Attributes:
        name: as on the command line; ``about`` one line for people.
        preset: of its ID labels.
        id, ood, train: where the data lie.
        shifts: sets of the ID classes, seen otherwise, whose labels index them.
        factors: places below the data root of annotations that say which visual factors hold in the ID images.
    """

    name: str
    about: str
    preset: str
    id: PublicDataset
    ood: tuple[PublicDataset, ...]
    train: PublicDataset
    shifts: tuple[PublicDataset, ...] = ()
    factors: tuple[str, ...] = ()

    def find_factors(self, root: Path) -> Path | None:
        """The annotations of visual factors below a data root; None where there are none."""
        return next((root / place for place in self.factors if (root / place).is_file()), None)


@dataclass(frozen=True)
class ReferencePart:
    """One split among the reference images.

    Attributes:
        split: which one.
        title: in a legend, such as "near-OOD: sister classes".
        count: how many of its images set thresholds; 0 for a split that sets none.
        about: what they are, behind their number, such as "of near-OOD classes".
    """

    split: str
    title: str
    count: int = 0
    about: str = ""


@dataclass(frozen=True)
class ReferenceSet:
    """Images that scores are compared with where a person brings none: ID ones set thresholds at 95 % TPR.

    Attributes:
        name: stands for its content.
        preset: of the ID labels that it belongs to.
        id, near: its ID and near-OOD images.
        far: far-OOD images, for maps.
        seed: of all of them; benchmarks begin at another.
    """

    name: str
    preset: str
    id: ReferencePart
    near: ReferencePart
    far: tuple[ReferencePart, ...] = ()
    seed: int = 0

    @property
    def about(self) -> str:
        """What sets the thresholds, such as "1,000 Diorama ID pictures, 600 of near-OOD classes"."""
        return ", ".join(f"{part.count:,} {part.about}" for part in (self.id, self.near))


class TakeExamples(Protocol):
    """Gives images that are ready to be looked at."""

    def __call__(self, count: int, turn: int, first: int, short: bool) -> list[tuple[str, str]]:
        """(path, caption) of at most ``count`` images.

        Args:
            count: how many.
            turn: 0 for those with number ``first`` and on, any other number for others.
            first: see ``turn``.
            short: whether captions are a name rather than a description.
        """
        ...


@dataclass(frozen=True)
class Gallery:
    """Example images of one kind.

    Attributes:
        name: of the split they are from, or the like.
        title: for people.
        kind: what its images are to a detector; ``other`` where that is not known.
        take: gives some.
        folder: where their files lie; what is in there anybody may see.
        first: number of the image that shows best where only few are shown.
    """

    name: str
    title: str
    kind: Kind
    take: TakeExamples
    folder: Callable[[], Path]
    first: int = 0


@dataclass(frozen=True)
class ZooModel:
    """A model that is compared with others.

    Attributes:
        backbone: as it is loaded.
        group: the models that one trend is asked of, such as ``zero-shot CLIP``.
        source: what it was first trained on; models of one source share their training distribution.
        about: what tells it from the others of its group.
        pictures: how many pictures of its source it learnt from; 0 where that is not told.
    """

    backbone: str
    group: str
    source: str
    about: str = ""
    pictures: int = 0


@dataclass(frozen=True)
class ZooSets:
    """What models are compared on: splits of a world.

    Attributes:
        suite: the ID, training and OOD sets.
        factors: (name, split) of ID images that have one visual factor each.
        shifts: (name, split) of ID images in another style each.
    """

    suite: str
    factors: tuple[tuple[str, str], ...] = ()
    shifts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FactorSets:
    """Scenes to which one visual factor can be added while all else stays.

    Attributes:
        factors: their names.
        sets: title and split of the scenes that this is done to, the ID ones first.
        add: (split, seed, count, factor) -> the scenes of the split with the factor, and which of them they are: those
            that have it already, or cannot have it, are left out.
    """

    factors: tuple[str, ...]
    sets: tuple[tuple[str, str], ...]
    add: Callable[[str, int, int, str], tuple[Dataset, tuple[int, ...]]]


@dataclass(frozen=True)
class World:
    """A world: images of one kind, and what is known of them.

    Attributes:
        name: short and unique.
        title: for people, such as "Diorama world".
        about: one sentence that says what it is.
        backbones: bundled models that know this world alone; ``models`` says what they are, so that no miniature is
            taken for the real thing. ``classifiers`` are further ones, without a text tower; ``limits`` says what
            all of them know nothing of.
        presets, corpora: its ID labels and its candidate words.
        splits: name and one line about each split that ``open_split`` opens.
        suites: its benchmarks.
        references: its reference images.
        galleries: its examples.
        zoo: models to compare, all of which know this world alone, and ``zoo_sets`` what on; None where a world draws
            no such sets.
        surroundings: what truly surrounds the main object of an example image, the place first; None for an image
            that this world did not make. Only a drawn world knows it.
        scene_of: the scene of an example image, of which one thing can be changed; None for any other image.
        factor_sets: scenes to which visual factors can be added; None where a world cannot do that.
    """

    name: str
    title: str
    about: str
    backbones: tuple[str, ...] = ()
    models: str = ""
    classifiers: tuple[str, ...] = ()
    limits: str = ""
    presets: tuple[Preset, ...] = ()
    corpora: tuple[CorpusSource, ...] = ()
    splits: tuple[tuple[str, str], ...] = ()
    open_split: OpenSplit | None = None
    suites: tuple[DrawnSuite | PublishedSuite, ...] = ()
    references: tuple[ReferenceSet, ...] = ()
    galleries: tuple[Gallery, ...] = ()
    zoo: tuple[ZooModel, ...] = ()
    zoo_sets: ZooSets | None = None
    surroundings: Callable[[Path], tuple[str, ...] | None] | None = None
    scene_of: Callable[[Path], Changeable | None] | None = None
    factor_sets: FactorSets | None = None

"""ID and training images of a person's own, and the labels that they go with: typed, or the names of class folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ood_studio.core.unicode import listed, normal_form
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset
from ood_studio.labels.presets import read_labels
from ood_studio.worlds import folder_names, is_synset


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images and their labels.

    Attributes:
        labels: the ID labels; empty where nobody said them.
        id: the ID images; ``train`` those to learn from, None where there are none.
        notes: sentences for people.
    """

    labels: tuple[str, ...]
    id: Dataset
    train: Dataset | None
    notes: tuple[str, ...] = ()


def open_labelled(id_data: str, train_data: str, labels: str, root: str = "") -> Labelled:
    """Opens ID and training images so that the labels of both index the same names.

    Labels as they are typed keep their places where one of the two refers to them by number; else repeats are dropped.
    Class folders that are called by WordNet ids stand for ImageNet's names, and no id is ever a label.

    Args:
        id_data: a place, as `open_dataset` takes it.
        train_data: the same; empty for none.
        labels: a preset or labels as typed; empty for the names of the class folders.
        root: where the paths of image lists start.

    Raises:
        StudioError: if the images cannot be opened, or numbers in them do not fit the labels.
    """
    places = _Places(id_data, train_data, root)
    return places.typed(labels) if labels.strip() else places.by_folders()


@dataclass(frozen=True)
class _Places:
    id_data: str
    train_data: str
    root: str

    def open(self, labels: tuple[str, ...] | None) -> tuple[Dataset, Dataset | None]:
        inside = open_dataset(self.id_data, labels=labels, root=self.root)
        if not self.train_data:
            return inside, None
        known = inside.classes or None if labels is None else labels
        return inside, open_dataset(self.train_data, labels=known, root=self.root)

    def typed(self, text: str) -> Labelled:
        given = read_labels(text)
        first = given.placed or given.labels
        inside, train = self.open(first)
        if inside.numbered or (train is not None and train.numbered):
            names, notes = given.in_place(), given.notes_in_place()
        else:
            names, notes = given.labels, given.notes
        if any(map(is_synset, inside.classes)):
            folders = _folders_of(names)
            inside, train = self.open(folders)
            notes = (*notes, *_translated(inside, dict(zip(folders, names, strict=True))))
        elif names != first:
            inside, train = self.open(names)
        return Labelled(names, inside, train, notes)

    def by_folders(self) -> Labelled:
        inside, train = self.open(None)
        labels = inside.classes
        notes: tuple[str, ...] = ()
        if any(map(is_synset, labels)):
            known = folder_names()
            folders = tuple(name for name in inside.classes if name in known or not is_synset(name))
            labels = tuple(known.get(name, name) for name in folders)
            inside, train = self.open(folders)
            notes = _translated(inside, known)
        numbered = [each.name for each in (inside, train) if each is not None and each.numbered]
        if labels and numbered:
            notes = (*notes, f"The numbers in {numbered[0]} count the class folders of {inside.name} by their names.")
        return Labelled(labels, inside, train, notes)


def _folders_of(labels: Sequence[str]) -> tuple[str, ...]:
    """What class folders of these labels are called: WordNet ids of ImageNet's names, other labels as they are."""
    known = folder_names()
    if tuple(labels) == tuple(known.values()):  # by place: two of the names stand twice
        return tuple(known)
    folders = {normal_form(name): folder for folder, name in reversed(known.items())}
    return tuple(folders.get(normal_form(label), label) for label in labels)


def _translated(images: Dataset, names: Mapping[str, str]) -> tuple[str, ...]:
    """What is said of class folders that are called by WordNet ids."""
    synsets = [name for name in images.classes if is_synset(name)]
    known = [f"{name} is {names[name]}" for name in synsets if name in names]
    unknown = [name for name in synsets if name not in names]
    notes = []
    if known:
        notes.append(f"The class folders of {images.name} are called by WordNet ids, of ImageNet: {listed(known)}.")
    if unknown:
        notes.append(
            f"Class folders of {images.name} are called by WordNet ids without a label, and their pictures count in no "
            f"accuracy: {listed(unknown)}."
        )
    return tuple(notes)

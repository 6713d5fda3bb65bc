"""The contract of every world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ood_studio.data.dataset import Dataset
from ood_studio.testing.contract import ContractError, refused, require, run_checks
from ood_studio.testing.datasets import DATASET_CHECKS
from ood_studio.worlds import DrawnSuite, ReferencePart, World

_FEW = 3  # images of a split that are looked at


def world_contract(world: World) -> None:
    """Checks what every world keeps to, whether it is registered or not.

    Raises:
        ContractError: listing every check that fails.
    """
    run_checks(WORLD_CHECKS, world, f"the world {world.name}")


def it_says_what_it_is(world: World) -> None:
    """A name, a title and a sentence; and a word on its bundled models where it has some."""
    require(bool(world.name and world.title and world.about), "it lacks a name, a title or a sentence about it")
    require(bool(world.models) or not world.backbones, "nothing says what its models are")


def presets_are_labels(world: World) -> None:
    """At least two labels each, none empty, and the same again; a name may stand for two classes ("missile")."""
    for preset in world.presets:
        _require_labels(preset.load(), f"the preset {preset.name}")
        require(preset.load() == preset.load(), f"the preset {preset.name} gives other labels the second time")


def corpora_are_words(world: World) -> None:
    """Nouns or adjectives, none empty; and superclasses where they have their own."""
    for corpus in world.corpora:
        nouns, adjectives = corpus.load(None)
        require(bool(nouns or adjectives) and all((*nouns, *adjectives)), f"the corpus {corpus.name} lacks words")
        require(corpus.superclasses is None or bool(corpus.superclasses()), f"{corpus.name} has no superclasses")


def splits_are_datasets(world: World) -> None:
    """Each as long as asked, the same for the same seed and another for another, under the name it is given."""
    for split, about in world.splits:
        dataset = _open(world, split, 5)
        require(bool(about), f"nothing says what the split {split} is")
        require(len(dataset) == _FEW, f"the split {split} has {len(dataset)} images, not the {_FEW} asked for")
        require(dataset.key == _open(world, split, 5).key, f"the split {split} is another one the second time")
        require(dataset.key != _open(world, split, 6).key, f"the split {split} is the same whatever the seed")
        require(_open(world, split, 5, "own").name == "own", f"the split {split} does not take a name")
        for check in DATASET_CHECKS:
            try:
                check(dataset)
            except ContractError as error:
                raise ContractError(f"the split {split}: {error}") from error


def what_no_split_can_be_is_refused(world: World) -> None:
    """An unknown split, and a split of no images."""
    if world.open_split is None:
        return
    with refused("an unknown split"):
        world.open_split("no such split", 0, 1)
    for split, _ in world.splits[:1]:
        with refused("a split of no images"):
            world.open_split(split, 0, 0)


def labels_of_its_suites_index_theirs(world: World) -> None:
    """Images to learn from and ID images are of the suite's labels, OOD images are not."""
    for suite in world.suites:
        if not isinstance(suite, DrawnSuite):
            continue
        _require_labels(suite.labels, f"the suite {suite.name}")
        for split in (suite.id, suite.train):
            labels = _labels(world, split)
            good = bool((labels >= 0).all() and (labels < len(suite.labels)).all())
            require(good, f"the suite {suite.name} has ID images of {split} that are of none of its labels")
        require(bool(suite.ood) and suite.id not in suite.ood, f"the suite {suite.name} has no OOD sets, or its ID set")
        if suite.trained:
            classes = _open(world, suite.trained, 0).classes
            require(set(suite.labels) <= set(classes), f"{suite.trained} lacks labels of the suite {suite.name}")


def reference_images_set_thresholds(world: World) -> None:
    """Some ID images of the labels that they belong to."""
    for reference in world.references:
        require(reference.id.count > 0, f"the reference set {reference.name} has no ID images")
        for part in (reference.id, reference.near, *reference.far):
            _require_part(part, reference.name)


def galleries_give_files(world: World) -> None:
    """Images with captions in the folder that is said, the same ones for the same turn; `surroundings` knows them."""
    for gallery in world.galleries:
        found = gallery.take(2, 0, gallery.first, short=True)
        require(0 < len(found) <= 2, f"the gallery {gallery.name} gives {len(found)} images where 2 are asked for")
        require(found == gallery.take(2, 0, gallery.first, short=True), f"the gallery {gallery.name} changes")
        for path, caption in found:
            require(bool(caption), f"an image of the gallery {gallery.name} has no caption")
            require(gallery.folder() in Path(path).parents, f"{path} does not lie in the gallery's folder")
            with Image.open(path) as image:
                image.verify()
            true = None if world.surroundings is None else world.surroundings(Path(path))
            require(true is None or all(true), f"{path} has surroundings without a name")
    if world.surroundings is not None:
        require(world.surroundings(Path("holiday.png")) is None, "it knows what surrounds a stranger's photograph")


def scenes_change_in_one_thing(world: World) -> None:
    """Of an example's scene each thing can be another one and itself again, and is drawn the same every time."""
    if world.scene_of is None:
        return
    require(world.scene_of(Path("holiday.png")) is None, "it knows the scene of a stranger's photograph")
    known = [world.scene_of(Path(path)) for each in world.galleries for path, _ in each.take(1, 0, 0, short=True)]
    scene = next((each for each in known if each is not None), None)
    require(scene is not None, "it knows the scene of none of its examples")
    assert scene is not None
    first = np.asarray(scene.draw())
    for thing in scene.things():
        require(thing.own in thing.values and bool(thing.others), f"{thing.name} cannot be another one")
        changed = scene.changed(thing.name, thing.others[0])
        require(changed.changes == {thing.name: thing.others[0]}, f"{thing.name} changes more than itself")
        require(changed.things() == scene.things(), f"{thing.name}, once changed, changes what can be changed")
        back = np.asarray(changed.changed(thing.name, thing.own).draw())
        require(back.shape == first.shape and bool((back == first).all()), f"{thing.name} does not come back")
        with refused(f"an unknown value of {thing.name}"):
            scene.changed(thing.name, "no such value")
    with refused("an unknown thing"):
        scene.changed("no such thing", "1")


def factors_are_added_to_scenes(world: World) -> None:
    """Each factor to some of its scenes, which are told, the same ones again."""
    sets = world.factor_sets
    if sets is None:
        return
    for factor in sets.factors:
        found, rows = sets.add(sets.sets[0][1], 0, _FEW, factor)
        again, _ = sets.add(sets.sets[0][1], 0, _FEW, factor)
        require(len(found) == len(rows) and set(rows) <= set(range(_FEW)), f"{factor} is added to scenes unknown")
        require(found.key == again.key, f"{factor} gives another set the second time")
    with refused("an unknown factor"):
        sets.add(sets.sets[0][1], 0, _FEW, "no such factor")


WORLD_CHECKS: tuple[Callable[[World], None], ...] = (
    it_says_what_it_is,
    presets_are_labels,
    corpora_are_words,
    splits_are_datasets,
    what_no_split_can_be_is_refused,
    labels_of_its_suites_index_theirs,
    reference_images_set_thresholds,
    galleries_give_files,
    scenes_change_in_one_thing,
    factors_are_added_to_scenes,
)
"""Every check of `world_contract`."""


def _open(world: World, split: str, seed: int, name: str = "") -> Dataset:
    require(world.open_split is not None, f"nothing opens its split {split}")
    assert world.open_split is not None
    return world.open_split(split, seed, _FEW, name=name)


def _labels(world: World, split: str) -> np.ndarray:
    labels = _open(world, split, 0).labels
    require(labels is not None, f"the split {split} has no labels")
    assert labels is not None
    return labels


def _require_labels(labels: tuple[str, ...], whose: str) -> None:
    require(len(labels) > 1 and all(labels), f"{whose} has {len(labels)} labels, or one without a name")


def _require_part(part: ReferencePart, reference: str) -> None:
    named = bool(part.title) and (bool(part.about) or not part.count)
    require(named, f"the reference set {reference} does not say what {part.split} is")

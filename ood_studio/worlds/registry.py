"""All worlds by what they bring along: presets, corpora, splits, suites, reference images, examples.

Nobody but this registry knows which worlds there are; a world of somebody's own registers like the two of the project.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.plugins import Registry
from ood_studio.data.changeable import Changeable
from ood_studio.data.dataset import Dataset
from ood_studio.worlds.base import (
    CorpusSource,
    DrawnSuite,
    FactorSets,
    Gallery,
    Kind,
    Preset,
    PublishedSuite,
    ReferencePart,
    ReferenceSet,
    World,
    ZooModel,
    ZooSets,
)

OWN_SUITE = "folders"
"""The suite of a person's own images, which no world brings."""


def worlds() -> tuple[World, ...]:
    """All of them, the one that opens first."""
    return tuple(WORLDS.values())


def world_of_backbone(name: str) -> World | None:
    """The world that a bundled model knows alone; None for any other model, which knows photographs."""
    return next((world for world in worlds() if name in _models(world)), None)


def limits_of(backbone: str) -> str:
    """What a bundled model knows nothing of, in one sentence; nothing of any other model."""
    world = world_of_backbone(backbone)
    return world.limits if world else ""


def _models(world: World) -> tuple[str, ...]:
    return (*world.backbones, *world.classifiers, *(model.backbone for model in world.zoo))


def presets() -> dict[str, Preset]:
    """All label presets by name."""
    return {preset.name: preset for world in worlds() for preset in world.presets}


def folder_names() -> dict[str, str]:
    """The class names that stand for names of class folders in published data, such as WordNet ids, of all presets."""
    return {
        folder: name
        for preset in presets().values()
        if preset.folders is not None
        for folder, name in zip(preset.folders(), preset.load(), strict=True)
    }


def corpora() -> dict[str, CorpusSource]:
    """All corpora by name."""
    return {corpus.name: corpus for world in worlds() for corpus in world.corpora}


def suites() -> dict[str, DrawnSuite | PublishedSuite]:
    """All suites by name."""
    return {suite.name: suite for world in worlds() for suite in world.suites}


def zoo() -> dict[str, ZooModel]:
    """The models of all worlds that are compared, by the names they are loaded by."""
    return {model.backbone: model for world in worlds() for model in world.zoo}


def zoo_sets() -> ZooSets:
    """What models are compared on.

    Raises:
        StudioError: if no world draws such sets.
    """
    for world in worlds():
        if world.zoo_sets is not None:
            return world.zoo_sets
    raise StudioError("no world draws the sets that a zoo is measured on")


def galleries() -> dict[str, Gallery]:
    """All galleries of examples by name."""
    return {gallery.name: gallery for world in worlds() for gallery in world.galleries}


def gallery_of(kind: Kind) -> Gallery:
    """The first gallery of images of a kind: what an app opens with.

    Raises:
        StudioError: if there is none.
    """
    for gallery in galleries().values():
        if gallery.kind == kind:
            return gallery
    raise StudioError(f"no world has a gallery of {kind} images")


def references() -> tuple[ReferenceSet, ...]:
    """All sets of reference images."""
    return tuple(reference for world in worlds() for reference in world.references)


def reference_of(labels: Sequence[str]) -> ReferenceSet | None:
    """The reference images that belong to ID labels; None where there are none."""
    known = presets()
    return next((each for each in references() if known[each.preset].load() == tuple(labels)), None)


def open_split(split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> Dataset:
    """A split of whichever world has it; see `OpenSplit`.

    Raises:
        StudioError: if no world has it, or the count is not positive.
    """
    for world in worlds():
        if world.open_split is not None and split in dict(world.splits):
            return world.open_split(split, seed, count, workers=workers, name=name)
    known = ", ".join(each for world in worlds() for each, _ in world.splits)
    raise StudioError(f"no world has a split named {split!r}; there are {known}")


def open_reference(reference: ReferenceSet, part: ReferencePart, count: int = 0, *, workers: int = 1) -> Dataset:
    """Images of one part of a reference set: those that set thresholds, or ``count`` where that is more."""
    return open_split(part.split, reference.seed, max(part.count, count), workers=workers)


def surroundings(path: Path) -> tuple[str, ...] | None:
    """What truly surrounds the main object of an example image, the place first; None where nobody knows."""
    for world in worlds():
        found = None if world.surroundings is None else world.surroundings(path)
        if found is not None:
            return found
    return None


def scene_of(path: Path) -> Changeable | None:
    """The scene of an example image, of which one thing can be changed; None for an image that no world can redraw."""
    for world in worlds():
        found = None if world.scene_of is None else world.scene_of(path)
        if found is not None:
            return found
    return None


def factor_sets() -> FactorSets:
    """Scenes to which visual factors can be added.

    Raises:
        StudioError: if no world has any.
    """
    for world in worlds():
        if world.factor_sets is not None:
            return world.factor_sets
    raise StudioError("no world has scenes to which visual factors can be added")


def _names(world: World) -> dict[str, set[str]]:
    return {
        "name": {world.name},
        "model": set(world.backbones),
        "preset": {each.name for each in world.presets},
        "corpus": {each.name for each in world.corpora},
        "split": {name for name, _ in world.splits},
        "suite": {each.name for each in world.suites},
        "reference set": {each.name for each in world.references},
        "gallery": {each.name for each in world.galleries},
    }


def _check(world: World) -> None:
    """Whether its names are free, and what it refers to is there."""
    others = WORLDS.registered
    own = _names(world)
    for kind, names in own.items():
        for other in others:
            if taken := names & _names(other)[kind]:
                raise StudioError(
                    f"the world {world.name!r} brings the {kind} {min(taken)!r}, which the world {other.name!r} has"
                )
    if OWN_SUITE in own["suite"]:
        raise StudioError(f"the world {world.name!r} brings the suite {OWN_SUITE!r}, which is that of one's own images")
    if own["split"] and world.open_split is None:
        raise StudioError(f"the world {world.name!r} has splits, but nothing that opens them")
    labels = own["preset"].union(*(_names(other)["preset"] for other in others))
    splits: set[str] = set()
    presets = {each.preset for each in world.references}
    for suite in world.suites:
        if isinstance(suite, DrawnSuite):
            splits |= {suite.id, *suite.ood, suite.train, *([suite.trained] if suite.trained else [])}
        else:
            presets.add(suite.preset)
    if world.zoo_sets is not None:
        splits |= {split for _, split in (*world.zoo_sets.factors, *world.zoo_sets.shifts)}
    if world.factor_sets is not None:
        splits |= {split for _, split in world.factor_sets.sets}
    for reference in world.references:
        splits |= {part.split for part in (reference.id, reference.near, *reference.far)}
    for kind, unknown in (("split", splits - own["split"]), ("preset", presets - labels)):
        if unknown:
            raise StudioError(f"the world {world.name!r} has no {kind} {min(unknown)!r}, which it refers to")


WORLDS: Registry[World] = Registry(
    "worlds", "world", takes=lambda thing: isinstance(thing, World), name=lambda world: world.name, check=_check
)
"""The worlds by name. `Registry.register` raises `StudioError` for a world that brings a name which another one has, or
refers to a split or preset that is not there."""

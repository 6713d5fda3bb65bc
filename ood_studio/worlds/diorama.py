"""The drawn world: everything that the rest of the project knows of Diorama."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.scene import FACTORS, STYLES
from ood_studio.diorama.splits import SPLITS
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, adjectives, nouns
from ood_studio.hub.zoo_models import ZOO
from ood_studio.worlds.base import (
    CorpusSource,
    DrawnSuite,
    FactorSets,
    Gallery,
    Kind,
    Preset,
    ReferencePart,
    ReferenceSet,
    World,
    ZooModel,
    ZooSets,
)
from ood_studio.worlds.diorama_dataset import diorama_dataset
from ood_studio.worlds.diorama_examples import example_scene, example_surroundings, examples, examples_folder
from ood_studio.worlds.diorama_factors import with_each_factor
from ood_studio.worlds.relations import Kinds, Relations


def _words(lexnames: Collection[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return nouns(), adjectives()


def _relations() -> Relations:
    return Kinds({kind: name for name in TRAINED_CLASSES for kind in OBJECTS[name].kinds})


def _families() -> tuple[str, ...]:
    return tuple(sorted({OBJECTS[name].family for name in TRAINED_CLASSES}))


_EXAMPLES: tuple[tuple[str, str, Kind], ...] = (
    ("id-test", "In-distribution", "id"),
    ("near-ood", "Near-OOD look-alikes", "near"),
    ("unseen-ood", "Classes never seen", "near"),
    ("spurious", "Familiar place, other object", "near"),
    ("far-ood-textures", "Textures", "far"),
    ("far-ood-scenes", "Empty scenes", "far"),
)

WORLD = World(
    name="diorama",
    title="Diorama world",
    about="A drawn world of small pictures, of which everything that is in them is known exactly.",
    backbones=("diorama", "diorama-conv"),
    models="a small model of a drawn world, not real CLIP",
    classifiers=("diorama-classifier",),
    limits="This model knows Diorama's drawings only, nothing of photographs.",
    presets=(Preset("diorama-20", lambda: ID_CLASSES),),
    corpora=(
        CorpusSource("diorama", "Diorama's whole vocabulary", _words, superclasses=_families, relations=_relations),
    ),
    splits=tuple((split.name, split.about) for split in SPLITS.values()),
    open_split=diorama_dataset,
    suites=(
        DrawnSuite(
            "diorama",
            "the 20 Diorama classes against near, far, unseen and spurious pictures",
            ID_CLASSES,
            "id-test",
            ("near-ood", "far-ood-textures", "far-ood-scenes", "unseen-ood", "spurious"),
            "id-train",
            trained="all-classes",
        ),
        DrawnSuite(
            "diorama-hard",
            "ten Diorama classes against twenty look-alikes",
            ID_CLASSES[:10],
            "hard-10",
            ("hard-20",),
            "hard-10",
            trained="all-classes",
        ),
        DrawnSuite(
            "diorama-styles",
            "flat Diorama pictures against other classes, and against the same classes in other styles, where the best "
            "AUROC is 0.5: the detector minds what is shown, not how",
            ID_CLASSES,
            "id-flat",
            ("near-ood", *(f"id-{style}" for style in STYLES if style != "flat")),
            "id-flat",
        ),
    ),
    references=(
        ReferenceSet(
            "diorama",
            "diorama-20",
            id=ReferencePart("id-train", "ID", 1000, "Diorama ID pictures"),
            near=ReferencePart("near-ood", "near-OOD: sister classes", 600, "of near-OOD classes"),
            far=(
                ReferencePart("far-ood-textures", "far-OOD: textures"),
                ReferencePart("far-ood-scenes", "far-OOD: empty places"),
            ),
        ),
    ),
    galleries=tuple(
        # A cactus and a banana are a pair that shows well.
        Gallery(split, title, kind, partial(examples, split), examples_folder, first=1 if split == "near-ood" else 0)
        for split, title, kind in _EXAMPLES
    ),
    zoo=(
        ZooModel("diorama", "CLIP of all of Diorama", "all of Diorama", "vision transformer", 200_000),
        ZooModel("diorama-conv", "CLIP of all of Diorama", "all of Diorama", "convolutional", 200_000),
        ZooModel("diorama-classifier", "supervised", "all of Diorama", "convolutional; learnt from the ID classes"),
        *(ZooModel(name, each.group, each.source, each.about, each.pictures) for name, each in ZOO.items()),
    ),
    zoo_sets=ZooSets(
        "diorama",
        factors=tuple((factor, f"factor-{factor.replace(' ', '-')}") for factor in FACTORS),
        shifts=tuple((style, f"id-{style}") for style in STYLES if style != "flat"),
    ),
    surroundings=example_surroundings,
    scene_of=example_scene,
    # Plain scenes of ID classes have none of the factors: each can be added alone.
    factor_sets=FactorSets(FACTORS, (("ID", "id-flat"), ("near-OOD", "near-ood")), with_each_factor),
)
"""Diorama, as the registry knows it."""

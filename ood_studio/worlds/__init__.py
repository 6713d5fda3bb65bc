"""What brings a world along: its presets, corpora, datasets, suites, reference images and examples.

>>> presets()["diorama-20"].load()[:3]
('cat', 'dog', 'horse')
"""

from __future__ import annotations

from ood_studio.worlds import diorama, photographs
from ood_studio.worlds.base import (
    CorpusSource,
    DrawnSuite,
    FactorSets,
    Gallery,
    Preset,
    PublishedSuite,
    ReferencePart,
    ReferenceSet,
    World,
    ZooModel,
    ZooSets,
)
from ood_studio.worlds.imagenet import is_synset
from ood_studio.worlds.registry import (
    OWN_SUITE,
    WORLDS,
    corpora,
    factor_sets,
    folder_names,
    galleries,
    gallery_of,
    limits_of,
    open_reference,
    open_split,
    presets,
    reference_of,
    references,
    scene_of,
    suites,
    surroundings,
    world_of_backbone,
    worlds,
    zoo,
    zoo_sets,
)
from ood_studio.worlds.relations import Relations

WORLDS.register(diorama.WORLD)
WORLDS.register(photographs.WORLD)

__all__ = [
    "OWN_SUITE",
    "WORLDS",
    "CorpusSource",
    "DrawnSuite",
    "FactorSets",
    "Gallery",
    "Preset",
    "PublishedSuite",
    "ReferencePart",
    "ReferenceSet",
    "Relations",
    "World",
    "ZooModel",
    "ZooSets",
    "corpora",
    "factor_sets",
    "folder_names",
    "galleries",
    "gallery_of",
    "is_synset",
    "limits_of",
    "open_reference",
    "open_split",
    "presets",
    "reference_of",
    "references",
    "scene_of",
    "suites",
    "surroundings",
    "world_of_backbone",
    "worlds",
    "zoo",
    "zoo_sets",
]

"""Photographs: the world of real checkpoints, with the labels, words and benchmarks that papers use."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ood_studio.worlds.base import CorpusSource, Gallery, Preset, PublishedSuite, World
from ood_studio.worlds.imagenet import imagenet_names, imagenet_synsets
from ood_studio.worlds.imagenet_shifts import IMAGENET_SHIFTS
from ood_studio.worlds.public_datasets import (
    IMAGENET_TRAIN,
    IMAGENET_VAL,
    MOS_SETS,
    OPENOOD_SETS,
    OPENOOD_VAL,
    cifar_id,
    cifar_ood,
    cifar_train,
)
from ood_studio.worlds.wordnet import wordnet_words
from ood_studio.worlds.wordnet_relations import load_relations

_CIFAR_10 = "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"
_CIFAR_100 = (
    "apple,aquarium fish,baby,bear,beaver,bed,bee,beetle,bicycle,bottle,bowl,boy,bridge,bus,butterfly,camel,can,"
    "castle,caterpillar,cattle,chair,chimpanzee,clock,cloud,cockroach,couch,crab,crocodile,cup,dinosaur,dolphin,"
    "elephant,flatfish,forest,fox,girl,hamster,house,kangaroo,keyboard,lamp,lawn mower,leopard,lion,lizard,lobster,"
    "man,maple tree,motorcycle,mountain,mouse,mushroom,oak tree,orange,orchid,otter,palm tree,pear,pickup truck,"
    "pine tree,plain,plate,poppy,porcupine,possum,rabbit,raccoon,ray,road,rocket,rose,sea,seal,shark,shrew,skunk,"
    "skyscraper,snail,snake,spider,squirrel,streetcar,sunflower,sweet pepper,table,tank,telephone,television,tiger,"
    "tractor,train,trout,tulip,turtle,wardrobe,whale,willow tree,wolf,woman,worm"
)

_IMAGENET_X = tuple(
    f"{folder}imagenet_x_val_multi_factor.jsonl" for folder in ("imagenet-x/", "imagenetx/", "imagenet_x/annotations/")
)


def sample_photographs() -> list[tuple[str, Path]]:
    """(name, path) of scikit-learn's sample photographs, found without importing it; empty where it is missing."""
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        return []
    folder = Path(found.submodule_search_locations[0]) / "datasets" / "images"
    return [(path.stem, path) for path in sorted(folder.glob("*.jpg"))]


def _take(count: int, turn: int, first: int, short: bool) -> list[tuple[str, str]]:
    """There are only two, whatever the turn."""
    return [(str(path), name) for name, path in sample_photographs()[:count]]


def _folder() -> Path:
    return sample_photographs()[0][1].parent


WORLD = World(
    name="photographs",
    title="Photographs",
    about="Real photographs, and the models, labels and benchmarks that papers use.",
    presets=(
        Preset("cifar-10", lambda: tuple(_CIFAR_10.split(","))),
        Preset("cifar-100", lambda: tuple(_CIFAR_100.split(","))),
        Preset("imagenet-1k", imagenet_names, imagenet_synsets),
    ),
    corpora=(
        CorpusSource(
            "wordnet", "WordNet nouns and adjectives", wordnet_words, has_lexnames=True, relations=load_relations
        ),
    ),
    suites=(
        PublishedSuite(
            "imagenet-ood",
            "ImageNet-1k against iNaturalist, SUN, Places and Textures, as in MCM and NegLabel",
            "imagenet-1k",
            IMAGENET_VAL,
            MOS_SETS,
            IMAGENET_TRAIN,
            IMAGENET_SHIFTS,
            _IMAGENET_X,
        ),
        PublishedSuite(
            "openood-imagenet",
            "ImageNet-1k against OpenOOD's near and far sets, and ImageNet-O",
            "imagenet-1k",
            OPENOOD_VAL,
            OPENOOD_SETS,
            IMAGENET_TRAIN,
            IMAGENET_SHIFTS,
            _IMAGENET_X,
        ),
        PublishedSuite(
            "imagenet-shifts",
            "ImageNet-1k against its classes in V2, A, R, Sketch and ObjectNet, where the best AUROC is 0.5: the "
            "detector minds what is shown, not how",
            "imagenet-1k",
            IMAGENET_VAL,
            IMAGENET_SHIFTS,
            IMAGENET_TRAIN,
            IMAGENET_SHIFTS,
            _IMAGENET_X,
        ),
        *(
            PublishedSuite(
                f"cifar-{classes}",
                f"CIFAR-{classes} against CIFAR-{110 - classes}, Tiny ImageNet, SVHN, Textures and Places365",
                f"cifar-{classes}",
                cifar_id(classes),
                cifar_ood(classes),
                cifar_train(classes),
            )
            for classes in (10, 100)
        ),
    ),
    galleries=(Gallery("photographs", "Real photographs", "other", _take, _folder),) if sample_photographs() else (),
)
"""Photographs, as the registry knows them."""

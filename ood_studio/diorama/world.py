"""Who is who in Diorama: in-distribution, near, further and unseen classes, and the world's whole vocabulary."""

from __future__ import annotations

from functools import cache

from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.scene import PATTERNS
from ood_studio.diorama.textures import TEXTURES

ID_CLASSES: tuple[str, ...] = (
    "cat",
    "dog",
    "horse",
    "rabbit",
    "duck",
    "owl",
    "butterfly",
    "fish",
    "whale",
    "car",
    "sailboat",
    "airplane",
    "apple",
    "banana",
    "tulip",
    "chair",
    "hammer",
    "guitar",
    "house",
    "teapot",
)
"""The 20 in-distribution classes, in label order."""

UNSEEN_CLASSES: tuple[str, ...] = (
    "elephant",
    "flamingo",
    "spider",
    "turtle",
    "tractor",
    "pineapple",
    "harp",
    "windmill",
)
"""Withheld from the training of every bundled model, as pictures and as words."""

LOOK_ALIKES: tuple[tuple[str, str], ...] = (
    ("cat", "fox"),
    ("dog", "sheep"),
    ("horse", "cow"),
    ("rabbit", "mouse"),
    ("duck", "swan"),
    ("owl", "penguin"),
    ("butterfly", "bee"),
    ("fish", "shark"),
    ("whale", "dolphin"),
    ("car", "truck"),
    ("sailboat", "ship"),
    ("airplane", "rocket"),
    ("apple", "peach"),
    ("banana", "lemon"),
    ("tulip", "sunflower"),
    ("chair", "stool"),
    ("hammer", "axe"),
    ("guitar", "violin"),
    ("house", "barn"),
    ("teapot", "cup"),
)
"""For each ID class the trained class that is most easily taken for it; the hard 10 + 10 sets are drawn from these."""

_FAMILIES = {name: cls.family for name, cls in OBJECTS.items()}

TRAINED_CLASSES: tuple[str, ...] = (
    *ID_CLASSES,
    *sorted(set(OBJECTS) - set(ID_CLASSES) - set(UNSEEN_CLASSES)),
)
"""Every class that the bundled models have seen, the ID classes first."""

NEAR_CLASSES: tuple[str, ...] = tuple(
    name for name in TRAINED_CLASSES[len(ID_CLASSES) :] if _FAMILIES[name] in {_FAMILIES[known] for known in ID_CLASSES}
)
"""Trained classes outside the ID ones that share a superclass with one of them."""

PATTERN_WORDS: tuple[str, ...] = tuple(name for name in PATTERNS if name != "plain")


@cache
def nouns() -> tuple[str, ...]:
    """Every noun the bundled models were trained on: classes, kinds, families, places, elements, textures."""
    trained = [OBJECTS[name] for name in TRAINED_CLASSES]
    words = [
        *TRAINED_CLASSES,
        *(kind for cls in trained for kind in cls.kinds),
        *(cls.family for cls in trained),
        *PLACES,
        *ELEMENTS,
        *TEXTURES,
        "person",
    ]
    return tuple(dict.fromkeys(words))


@cache
def adjectives() -> tuple[str, ...]:
    """Every adjective the bundled models were trained on."""
    return (*COLOURS, *PATTERN_WORDS, "big", "tiny", "dark", "bright", "tilted")

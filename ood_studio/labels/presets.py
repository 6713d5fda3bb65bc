"""In-distribution labels: named presets, and labels as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ood_studio.core.errors import StudioError
from ood_studio.labels.corpora import normalise

PRESETS: tuple[str, ...] = ("diorama-20", "cifar-10", "cifar-100", "imagenet-1k")
"""Names of the label presets."""

MAX_LABELS = 10_000
"""The most labels a person may type."""

_MAX_LENGTH = 200

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


def load_preset(name: str) -> tuple[str, ...]:
    """The class names of a preset, in label order; ``imagenet-1k`` as open_clip lists them.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    if name == "diorama-20":
        from ood_studio.diorama.world import ID_CLASSES

        return ID_CLASSES
    if name == "cifar-10":
        return tuple(_CIFAR_10.split(","))
    if name == "cifar-100":
        return tuple(_CIFAR_100.split(","))
    if name == "imagenet-1k":
        from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

        return tuple(IMAGENET_CLASSNAMES)
    raise StudioError(f"unknown label preset {name!r}; expected one of {', '.join(PRESETS)}")


@dataclass(frozen=True)
class TypedLabels:
    """Labels as typed, and what was done to them.

    Attributes:
        labels: at least one, trimmed, none twice; plain text, so HTML in them is never markup.
        notes: sentences for the person, such as which repeats were dropped.
    """

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()


def parse_labels(text: str) -> TypedLabels:
    """Labels typed one a line or separated by commas; upper and lower case count as the same label.

    Raises:
        StudioError: if there is none, more than :data:`MAX_LABELS`, or one longer than 200 characters.
    """
    kept: dict[str, str] = {}
    repeats: dict[str, None] = {}
    for part in re.split(r"[,\n\r]", text):
        label = " ".join(part.split())
        if not label:
            continue
        if len(label) > _MAX_LENGTH:
            raise StudioError(f"a label may have {_MAX_LENGTH} characters, not {len(label):,}: {label[:40]!r}…")
        if kept.setdefault(normalise(label), label) is not label:
            repeats[label] = None
    if not kept:
        raise StudioError("there are no labels; type at least one, one a line or separated by commas")
    if len(kept) > MAX_LABELS:
        raise StudioError(f"at most {MAX_LABELS:,} labels may be typed, not {len(kept):,}")
    notes: tuple[str, ...] = ()
    if repeats:
        shown = ", ".join(list(repeats)[:5]) + (", …" if len(repeats) > 5 else "")
        notes = (f"Repeated labels were dropped: {shown}.",)
    return TypedLabels(tuple(kept.values()), notes)

"""Prompts for training scenes."""

from __future__ import annotations

from random import Random

from ood_studio.diorama.captions import NOUN_TEMPLATES, item_adjectives
from ood_studio.diorama.scene import Scene


def prompt_of(scene: Scene, rng: Random) -> str:
    """A prompt for a training scene: its place and some of its elements, and its main object where it has one."""
    words = list(dict.fromkeys(prop.name for prop in scene.props))
    rng.shuffle(words)
    words = words[: rng.randint(0 if scene.main else 1, len(words))] if words else []
    if rng.random() < 0.8 or not words:
        words.insert(0, scene.place)
    if scene.main is None:
        return ", ".join(words)
    adjectives = item_adjectives(scene, scene.main)
    name = scene.main.kind if scene.main.kind and rng.random() < 0.2 else scene.main.name
    if adjectives and rng.random() < 0.3:
        name = f"{rng.choice(adjectives)} {name}"
    said = rng.choice(NOUN_TEMPLATES).format(name)
    return said if rng.random() < 0.4 else ", ".join((said, *words))

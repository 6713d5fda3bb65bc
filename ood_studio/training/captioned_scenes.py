"""Scenes with captions, what Diorama-CLIP learns from: rendered once by all cores, kept under ``cache/``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np
from tokenizers import Tokenizer

from ood_studio.core.paths import cache_dir
from ood_studio.diorama.captions import Caption, caption, concepts
from ood_studio.diorama.render import MODEL_SIZE, main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene, sample_texture
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, adjectives, nouns
from ood_studio.training.rendering import Arrays, worked_out_once
from ood_studio.training.tokenizer import CONTEXT_LENGTH, encode

CAPTIONS = 6  # drawn for every scene
MOST_CONCEPTS = 10  # in one caption
_VERSION = 2  # of what `training_scene` draws


@dataclass(frozen=True)
class Source:
    """Where training scenes are from.

    Attributes:
        name: of the distribution; it stands for ``draw`` and ``tell`` in what is cached.
        draw: the scene of a seed; a function of a module.
        tell: a true caption of a scene; a function of a module.
    """

    name: str
    draw: Callable[[str], Scene]
    tell: Callable[[Scene, Random], Caption] = caption


@dataclass(frozen=True, eq=False)
class CaptionedScenes:
    """Rendered scenes and what is true of them.

    Attributes:
        key: a digest of what they are: their seed, their number, how they are drawn.
        pixels: (n, 64, 64, 3) uint8, memory-mapped.
        labels: (n,) int64, index in `TRAINED_CLASSES`, -1 without a main object.
        concepts: (n, concepts) bool, in the order of `all_concepts`.
        tokens: (n, CAPTIONS, CONTEXT_LENGTH) int16.
        stated: (n, CAPTIONS, MOST_CONCEPTS) int16, the concepts that each caption states, -1 for none.
        coverage: (n, 8, 8) uint8, how many of the 64 pixels of each 8 x 8 patch belong to the main object.
        hardness: (n,) uint8, how many visual factors hold besides colour, pattern and subcategory.
    """

    key: str
    pixels: np.ndarray
    labels: np.ndarray
    concepts: np.ndarray
    tokens: np.ndarray
    stated: np.ndarray
    coverage: np.ndarray
    hardness: np.ndarray


def all_concepts() -> tuple[str, ...]:
    """Every concept that a training scene can show."""
    return tuple(dict.fromkeys((*nouns(), *adjectives())))


def training_scene(seed: str) -> Scene:
    """The kind of scene that the bundled models learn from: never one with an unseen class; half of them harder."""
    # Not Random(seed), whose first numbers the samplers below draw again: what kind of scene it is would then say much
    # about what is in it, such as two places alone for all the empty ones.
    rng = Random(seed + "/kind")
    share = rng.random()
    if share < 0.08:
        return sample_empty(seed)
    if share < 0.15:
        return sample_texture(seed)
    inside = share < 0.47
    names = ID_CLASSES if inside else TRAINED_CLASSES[len(ID_CLASSES) :]
    return sample_scene(seed, names, shares=TRAINING_SHARE if rng.random() < 0.5 else FACTOR_SHARE)


EVERYTHING = Source("", training_scene)
"""What the bundled models learn from."""


def load_captioned(
    count: int, seed: int, tokenizer: Tokenizer, workers: int = 0, source: Source = EVERYTHING
) -> CaptionedScenes:
    """``count`` scenes of a source and a seed, rendered with ``workers`` processes (0: one a core) unless cached."""
    vocabulary = tokenizer.to_str()
    text = f"{count}/{seed}/{world_fingerprint()}/{vocabulary}/{_VERSION}{source.name}"
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    chunk = partial(_render, vocabulary, source, seed)
    found = worked_out_once(
        cache_dir() / "diorama" / f"captioned-{key}", count, chunk, title="rendering", workers=workers
    )
    return CaptionedScenes(key=key, **found)


def patch_coverage(scene: Scene) -> np.ndarray:
    """(8, 8) uint8: pixels of the main object in each 8 x 8 patch of the 64-pixel image, 0 to 64."""
    return main_mask(scene).reshape(8, 8, 8, 8).sum(axis=(1, 3)).astype(np.uint8)


def hardness(scene: Scene) -> int:
    """How many visual factors hold besides colour, pattern and subcategory, which hide little of what a thing is."""
    return len(set(scene.factors) - {"color", "pattern", "subcategory"})


def _render(vocabulary: str, source: Source, seed: int, start: int, stop: int) -> Arrays:
    tokenizer = Tokenizer.from_str(vocabulary)
    index = {name: i for i, name in enumerate(all_concepts())}
    count = stop - start
    found: Arrays = {
        "pixels": np.zeros((count, MODEL_SIZE, MODEL_SIZE, 3), np.uint8),
        "labels": np.full(count, -1, np.int64),
        "concepts": np.zeros((count, len(index)), bool),
        "tokens": np.zeros((count, CAPTIONS, CONTEXT_LENGTH), np.int16),
        "stated": np.full((count, CAPTIONS, MOST_CONCEPTS), -1, np.int16),
        "coverage": np.zeros((count, 8, 8), np.uint8),
        "hardness": np.zeros(count, np.uint8),
    }
    for row, number in enumerate(range(start, stop)):
        name = f"clip-train/{seed}/{number}"
        scene = source.draw(name)
        rng = Random(name + "/captions")
        found["pixels"][row] = np.asarray(render(scene))
        found["coverage"][row], found["hardness"][row] = patch_coverage(scene), hardness(scene)
        if scene.main:
            found["labels"][row] = TRAINED_CLASSES.index(scene.main.name)
        found["concepts"][row, [index[concept] for concept in concepts(scene)]] = True
        captions = [source.tell(scene, rng) for _ in range(CAPTIONS)]
        found["tokens"][row] = encode(tokenizer, [each.text for each in captions])
        for column, each in enumerate(captions):
            numbers = [index[concept] for concept in each.concepts]
            found["stated"][row, column, : len(numbers)] = numbers
    return found

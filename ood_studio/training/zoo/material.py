"""What the models of the zoo learn from: one small tokenizer, and the pictures of a source."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from tokenizers import Tokenizer

from ood_studio.diorama.world import ID_CLASSES
from ood_studio.training.captioned_scenes import CaptionedScenes, load_captioned
from ood_studio.training.clip.texts import distractor_words
from ood_studio.training.scene_cache import HELD_OUT
from ood_studio.training.tokenizer import train_tokenizer
from ood_studio.training.zoo.sources import SOURCES

VOCABULARY = 1000
_EVERY = 50  # which of the English words outside the world are read at all


@cache
def english() -> tuple[str, ...]:
    """English words that name nothing in Diorama."""
    return tuple(distractor_words()[::_EVERY])


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer of every CLIP of the zoo."""
    return train_tokenizer([*english()], VOCABULARY)


def pictures(source: str, rendered: int, used: int, seed: int, workers: int = 0) -> CaptionedScenes:
    """The first ``used`` of the ``rendered`` pictures of a source, which are drawn unless cached.

    Fewer are the first of all, so that quantity alone tells two models of one source.
    """
    return first(load_captioned(rendered, seed, tokenizer(), workers, SOURCES[source]), min(used, rendered))


def held_out(count: int, seed: int, workers: int = 0) -> CaptionedScenes:
    """Pictures of the whole world that nothing learns from."""
    return load_captioned(count, seed + HELD_OUT, tokenizer(), workers)


def first(scenes: CaptionedScenes, count: int) -> CaptionedScenes:
    """The first of some scenes."""
    if count == len(scenes.labels):
        return scenes
    parts = ("pixels", "labels", "concepts", "tokens", "stated", "coverage", "hardness")
    return replace(
        scenes, key=f"{scenes.key}/{count}", **{name: np.asarray(getattr(scenes, name)[:count]) for name in parts}
    )


def rows_of(labels: np.ndarray, classes: str) -> np.ndarray:
    """The rows of images of an ID class (``id``), or of any trained class (``all``)."""
    trained = labels >= 0
    return np.flatnonzero(trained & (labels < len(ID_CLASSES)) if classes == "id" else trained)

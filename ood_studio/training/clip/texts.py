"""The texts that images meet in training."""

from __future__ import annotations

from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from ood_studio.diorama.captions import ADJECTIVE_TEMPLATES, NOUN_TEMPLATES
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.world import TRAINED_CLASSES, UNSEEN_CLASSES, adjectives
from ood_studio.training.captioned_scenes import all_concepts
from ood_studio.training.tokenizer import encode
from ood_studio.worlds.wordnet import load_wordnet


def distractor_words() -> list[str]:
    """English nouns and adjectives that name nothing in Diorama, not even an unseen class."""
    taken = set(all_concepts()) | set(UNSEEN_CLASSES) | {kind for cls in OBJECTS.values() for kind in cls.kinds}
    return sorted({entry.lemma for entry in load_wordnet()} - taken)


class Prompts:
    """Prompts of single words, as tokens.

    Attributes:
        classes: (classes,) int64, the concepts that are `TRAINED_CLASSES`, as indices in `all_concepts`.
    """

    def __init__(self, tokenizer: Tokenizer, english: list[str], seed: int) -> None:
        concepts, described = all_concepts(), set(adjectives())
        self.classes = np.array([concepts.index(name) for name in TRAINED_CLASSES])
        self._of_concept: list[Tensor] = []  # (forms, context) each
        for name in concepts:
            forms = ADJECTIVE_TEMPLATES if name in described else NOUN_TEMPLATES
            self._of_concept.append(torch.tensor(encode(tokenizer, [form.format(name) for form in forms])))
        rng = Random(seed)
        words = [rng.choice(NOUN_TEMPLATES + ADJECTIVE_TEMPLATES).format(word) for word in english]
        self._distractors = torch.tensor(encode(tokenizer, words))

    def of_concepts(self, concepts: np.ndarray, rng: np.random.Generator) -> Tensor:
        """(concepts, context) int64: a prompt of each, in one of its forms."""
        forms = [self._of_concept[concept] for concept in concepts]
        return torch.stack([each[rng.integers(len(each))] for each in forms])

    def of_distractors(self, count: int, rng: np.random.Generator) -> Tensor:
        """(count, context) int64: prompts of words that are true of no image."""
        return self._distractors[rng.integers(0, len(self._distractors), count)]

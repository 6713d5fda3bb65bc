"""ID and negative labels as words with a text tower behind them: texts that are made while pictures are scored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor

from ood_studio.backbones import Backbone, PseudoWords
from ood_studio.core.progress import pulse, tell
from ood_studio.core.unicode import normal_form
from ood_studio.features.texts import TextPart, text_features
from ood_studio.labels.negmining import NegativeLabels
from ood_studio.labels.prompts import PromptSet
from ood_studio.worlds import Relations, corpora
from ood_studio.worlds.wordnet_relations import load_relations

_MOST_BYTES = 400 * 2**20  # of pairs that are kept in memory; those on disk are read again

PROPER, WITHIN, SPELT, LISTED = (
    "are proper nouns",
    "name the same as a near ID label or a kind of it",
    "are spelt as a near ID label but for spaces, hyphens or an s",
    "stand in the list given",
)
"""Why a negative label may be none."""


class WordsOfLabels:
    """See `ood_studio.scorers.label_texts.LabelTexts`; safe to share between threads.

    Args:
        backbone: whose text tower makes the texts.
        labels: the ID labels.
        words: the negative labels.
        adjectives, templates: see there.
        source: the corpus, see `load_corpus`: WordNet says how the words of a text file relate.
    """

    def __init__(
        self,
        backbone: Backbone,
        labels: Sequence[str],
        words: Sequence[str],
        adjectives: Tensor,
        templates: Sequence[str],
        source: str | Path = "",
    ) -> None:
        self._backbone, self._source = backbone, source
        self._labels, self._words = tuple(labels), tuple(words)
        self.adjectives, self.templates = adjectives, tuple(templates)
        self._pairs: dict[tuple[int, int], Tensor] = {}
        self._lock = Lock()

    @classmethod
    def of(
        cls, backbone: Backbone, labels: Sequence[str], mined: NegativeLabels, prompts: PromptSet, source: str | Path
    ) -> WordsOfLabels:
        """Those of mined labels and a set of prompts."""
        adjectives = torch.tensor([pos == "a" for pos in mined.pos], dtype=torch.bool)
        return cls(backbone, labels, mined.words, adjectives, prompts.noun, source)

    def take(self, index: Tensor) -> WordsOfLabels:
        """Those of some of the negative labels, in another order; ``index`` (m,) on the CPU."""
        words = [self._words[i] for i in index.tolist()]
        return WordsOfLabels(self._backbone, self._labels, words, self.adjectives[index], self.templates, self._source)

    def superfluous(self, nearest: Tensor, dropped: Collection[str] = ()) -> Mapping[str, Tensor]:
        """See `LabelTexts`; adjectives are dropped by the list alone."""
        relations = self._relations()
        spelt, listed = [_bare(label) for label in self._labels], {normal_form(word) for word in dropped}
        known = [normal_form(label) for label in self._labels]
        found = {reason: torch.zeros(len(self._words), dtype=torch.bool) for reason in (LISTED, PROPER, WITHIN, SPELT)}
        for i, (word, near) in enumerate(zip(self._words, nearest.tolist(), strict=True)):
            if word in listed:
                found[LISTED][i] = True
            elif bool(self.adjectives[i]):
                continue
            elif relations is not None and relations.proper(word):
                found[PROPER][i] = True
            elif relations is not None and any(relations.within(word, known[k]) for k in near):
                found[WITHIN][i] = True
            elif any(_bare(word) == spelt[k] for k in near):
                found[SPELT][i] = True
        return found

    def pairs(self, index: Tensor) -> Tensor:
        """See `LabelTexts`; whoever hears the work is told how far it is, and may stop it, also while another thread
        is at it."""
        asked = [(int(first), int(second)) for first, second in index.tolist()]
        while not self._lock.acquire(timeout=0.1):
            pulse()
        try:
            new = [pair for pair in dict.fromkeys(asked) if pair not in self._pairs]
            if 4 * self._backbone.dim * (len(self._pairs) + len(new)) > _MOST_BYTES:
                self._pairs.clear()
                new = [*dict.fromkeys(asked)]
            if new:
                texts = tuple(f"{self._labels[first]} and {self._words[second]}" for first, second in new)
                encoded = text_features(self._backbone, [TextPart(self.templates, texts)], tell)
                self._pairs |= zip(new, encoded.clone().unbind(), strict=True)
            return torch.stack([self._pairs[pair] for pair in asked])
        finally:
            self._lock.release()

    def pseudo_words(self) -> PseudoWords:
        """See `LabelTexts`."""
        return self._backbone.pseudo_words(self.templates)

    def _relations(self) -> Relations | None:
        corpus = corpora().get(str(self._source))
        if corpus is None:
            return load_relations()
        return None if corpus.relations is None else corpus.relations()


def _bare(word: str) -> str:
    """A word without what two spellings of it differ by."""
    letters = re.sub(r"[\W_]+", "", normal_form(word))
    return letters[:-1] if len(letters) > 3 and letters.endswith("s") and not letters.endswith("ss") else letters

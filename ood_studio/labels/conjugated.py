"""Conjugated semantic pool: superclass names with an adjective, as further negative labels (CSP, Chen et al. 2024).

A corpus holds names of specific classes; the pool conjugates it, holding names of superclasses with a property ("white
creature", "cozy place"). Each draws in pictures of many classes that share the property.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.core.unicode import normal_form
from ood_studio.features.texts import TextEncoder
from ood_studio.labels.corpora import Corpus, load_corpus
from ood_studio.labels.negmining import Mining, NegativeLabels, mine_corpus
from ood_studio.labels.prompts import PromptSet
from ood_studio.worlds import corpora
from ood_studio.worlds.wordnet import DEFAULT_LEXNAMES, lexnames_of

SUPERCLASSES: tuple[str, ...] = (
    "environment",
    "space",
    "object",
    "scene",
    "place",
    "item",
    "area",
    "view",
    "thing",
    "pattern",
    "structure",
    "landscape",
    "vista",
    "creature",
)
"""The 14 superclass names of the authors' code."""

TEMPLATES: tuple[str, ...] = ("{}", "a nice photo of {}", "a good photo of {}", "a close-up photo of {}")
"""The authors' templates for the phrases, averaged."""

MOST_PHRASES = 20_000
"""Of a pool; a corpus with so many adjectives that they would make more is put before one superclass each."""


def superclasses_of(source: str | Path) -> tuple[str, ...]:
    """The superclass names that go with a corpus of `load_corpus`: those that its world gives, whose models may know no
    others, or else :data:`SUPERCLASSES`."""
    corpus = corpora().get(str(source))
    return SUPERCLASSES if corpus is None or corpus.superclasses is None else corpus.superclasses()


def conjugated_pool(
    adjectives: Iterable[str], superclasses: Sequence[str] = SUPERCLASSES, *, each: int | None = 1, seed: int = 0
) -> Corpus:
    """Phrases "adjective superclass", as the nouns of a corpus.

    Args:
        adjectives: of a corpus; repeats count once.
        superclasses: names to put behind them.
        each: how many superclasses, drawn without repeats, every adjective is put before; 1 is the authors' choice,
            for their 12,000 adjectives. None = all of them, for a corpus of few adjectives.
        seed: seed of the draw.

    Raises:
        StudioError: for no adjectives, no superclasses, or `each` outside 1 to their number.
    """
    words = list(dict.fromkeys(word for word in map(normal_form, adjectives) if word))
    names = list(dict.fromkeys(name for name in map(normal_form, superclasses) if name))
    if not words:
        raise StudioError("a conjugated pool needs adjectives, and the corpus has none")
    if not names:
        raise StudioError("a conjugated pool needs at least one superclass name, such as creature")
    if each is not None and not 1 <= each <= len(names):
        raise StudioError(f"each must lie between 1 and the {len(names)} superclass names, not {each}")
    draw = random.Random(seed)
    return Corpus.of(
        "conjugated pool",
        (f"{word} {name}" for word in words for name in (names if each is None else draw.sample(names, each))),
    )


def mine_conjugated(
    backbone: TextEncoder,
    labels: Sequence[str],
    pool: Corpus,
    prompts: PromptSet,
    *,
    mining: Mining | None = None,
    progress: Progress = silent,
) -> tuple[NegativeLabels, Tensor]:
    """The phrases of a pool that lie furthest from the ID labels, by NegMining under :data:`TEMPLATES`.

    Args:
        backbone: a backbone with a text tower.
        labels: the ID labels.
        pool: see :func:`conjugated_pool`.
        prompts: those of the ID labels.
        mining: the furthest 15 % at the default η if not given, without near-synonyms of ID labels (a cosine above
            0.95), the authors' choice.
        progress: told the words done; may raise to stop.

    Returns:
        the phrases chosen, and their features (phrases, dim), unit norm, float32, on the CPU: what CSP takes as
        ``Reference.conjugated_text``.
    """
    templates = replace(prompts, noun=TEMPLATES)
    found, _, text = mine_corpus(
        backbone, labels, pool, templates, mining=mining or Mining(fraction=0.15, closest=0.95), progress=progress
    )
    return found, text


def conjugated_features(
    backbone: TextEncoder,
    labels: Sequence[str],
    source: str | Path,
    prompts: PromptSet,
    *,
    lexnames: Collection[str] | None = None,
    progress: Progress = silent,
) -> Tensor:
    """What CSP takes as ``Reference.conjugated_text``: phrases of a corpus's adjectives, mined and encoded.

    Args:
        backbone: a backbone with a text tower.
        labels: the ID labels.
        source, lexnames: see :func:`ood_studio.labels.corpora.load_corpus`; of WordNet without ``adj.pert``, as the
            authors do. ``csp`` names all of the authors' files.
        prompts: those of the ID labels.
        progress: told the words done; may raise to stop.

    Returns:
        (phrases, dim), unit norm, float32, on the CPU.

    Raises:
        StudioError: for a corpus that cannot be used, or without adjectives.
    """
    searched = lexnames_of(DEFAULT_LEXNAMES if lexnames is None else lexnames) - {"adj.pert"}
    adjectives = load_corpus(source, lexnames=searched or lexnames).adjectives
    superclasses = superclasses_of(source)
    few = len(adjectives) * len(superclasses) <= MOST_PHRASES
    pool = conjugated_pool(adjectives, superclasses, each=None if few else 1)
    return mine_conjugated(backbone, labels, pool, prompts, progress=progress)[1]

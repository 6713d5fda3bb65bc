"""Labels and corpora as text features: which templates each kind of word takes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ood_studio.core.progress import Progress, silent
from ood_studio.features.texts import TextEncoder, TextPart, text_features
from ood_studio.labels.corpora import Corpus
from ood_studio.labels.prompts import PromptSet


def class_features(
    backbone: TextEncoder, labels: Sequence[str], prompts: PromptSet, progress: Progress = silent
) -> Tensor:
    """Features of ID labels under the ID templates.

    Returns:
        (labels, dim) float32, unit norm, on the CPU; shared with other callers: do not write to it.

    Raises:
        StudioError: if the features are not finite or of another shape than the backbone says.
        Stopped: as ``progress`` raises it.
    """
    return text_features(backbone, [TextPart(prompts.id, tuple(labels))], progress)


def corpus_features(backbone: TextEncoder, corpus: Corpus, prompts: PromptSet, progress: Progress = silent) -> Tensor:
    """Features of a corpus's words, nouns then adjectives, each under its part of speech's templates.

    Returns, raises: as :func:`class_features`, (words, dim).
    """
    parts = [TextPart(prompts.noun, corpus.nouns), TextPart(prompts.adjective, corpus.adjectives)]
    return text_features(backbone, parts, progress, key=corpus.key)

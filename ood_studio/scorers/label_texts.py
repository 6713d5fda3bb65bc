"""The words behind the text features of a reference, for scorers that need texts which nobody has encoded yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from torch import Tensor


class PseudoWords(Protocol):
    """Templates in which a vector stands for the word; see `ood_studio.backbones.prompts.PseudoWords`."""

    templates: int
    width: int
    at_once: int

    def encode(self, vectors: Tensor, template: int) -> Tensor:
        """(n, dim) of unit length for vectors (n, width); gradients flow."""
        ...


class LabelTexts(Protocol):
    """ID and negative labels as words, with the model's text tower; both in the order of the text features.

    Attributes:
        adjectives: (negatives,) whether each negative label is an adjective.
        templates: of the negative nouns, which pairs and pseudo-words stand in.
    """

    adjectives: Tensor
    templates: tuple[str, ...]

    def superfluous(self, nearest: Tensor, dropped: Collection[str] = ()) -> Mapping[str, Tensor]:
        """Which negative labels may be no negative ones, by the reason in words; the reasons do not overlap.

        Args:
            nearest: (negatives, n) ID labels that each is compared with.
            dropped: further words to leave out.

        Returns:
            (negatives,) bool each.
        """
        ...

    def pairs(self, index: Tensor) -> Tensor:
        """(n, dim) text features, of unit length, of "ID label and negative label" for (n, 2) numbers of both; each
        pair is encoded once, whoever asks."""
        ...

    def pseudo_words(self) -> PseudoWords:
        """The templates of negative nouns, to be read with vectors as words.

        Raises:
            StudioError: for a model that cannot.
        """
        ...

"""How the nouns of a corpus relate to labels."""

from __future__ import annotations

from typing import Protocol


class Relations(Protocol):
    """What is known of nouns, as a corpus holds them; of a word that is not known, nothing."""

    def proper(self, word: str) -> bool:
        """Whether it is the name of a single thing, such as a person or a city."""
        ...

    def within(self, word: str, label: str) -> bool:
        """Whether it names the same as a label, or a kind of it."""
        ...


class Kinds:
    """A world where every kind is of one class, and nothing has a name of its own.

    Args:
        label_of: the class of each kind.
    """

    def __init__(self, label_of: dict[str, str]) -> None:
        self._label_of = label_of

    def proper(self, word: str) -> bool:
        """See `Relations`."""
        return False

    def within(self, word: str, label: str) -> bool:
        """See `Relations`."""
        return label in (word, self._label_of.get(word))

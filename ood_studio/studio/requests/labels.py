"""What defines the text side of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.backbones import DEFAULT
from ood_studio.core.parameters import Help, check
from ood_studio.labels.negmining import Mining
from ood_studio.worlds.wordnet import DEFAULT_LEXNAMES

USUAL_LABELS = "diorama-20"
"""The preset that is meant where labels are neither named nor brought by data."""


@dataclass(frozen=True)
class LabelChoice:
    """Model, ID labels, and how negative labels are mined.

    Attributes:
        backbone: a name that `load_backbone` takes.
        labels: a preset (``diorama-20``, ``cifar-10``, ``cifar-100``, ``imagenet-1k``) or labels typed one a line, or
            on one line separated by commas. Empty where none are named: those that the data bring (a suite its own,
            a person's images the names of their class folders), else `USUAL_LABELS`.
        corpus: ``diorama``, ``wordnet`` or the path of a text file with one word a line.
        lexnames: WordNet's lexicographer files to search; ``neglabel`` and ``csp`` stand for those of the authors.
        prompts: a prompt set (``neglabel``, ``plp``, ``photo``, ``csp``) or a template with ``{}``.
        mining: how negative labels are chosen from the corpus.
        adapter: saved adapters, by name or file, put on the backbone one after another.
    """

    backbone: Annotated[
        str, Help("Bundled: diorama, diorama-conv; any checkpoint: open_clip:NAME/TAG or timm:NAME")
    ] = DEFAULT
    labels: Annotated[
        str,
        Help("ID labels: a preset, or your own, one a line or separated by commas; else the data's, or diorama-20"),
    ] = ""
    corpus: Annotated[str, Help("Candidates for negative labels: diorama, wordnet, or a text file of words")] = (
        "diorama"
    )
    lexnames: Annotated[
        tuple[str, ...], Help("WordNet's lexicographer files that are searched; neglabel and csp name the authors'")
    ] = DEFAULT_LEXNAMES
    prompts: Annotated[str, Help("Prompts: neglabel, plp, photo, csp, or a template with {}")] = "neglabel"
    mining: Mining = field(default_factory=Mining)
    adapter: Annotated[tuple[str, ...], Help("Saved adapters put on the model, in this order")] = ()

    def __post_init__(self) -> None:
        check(self)

    @property
    def apart_from_data(self) -> str:
        """The labels where no data bring any, for `read_labels`."""
        return self.labels if self.labels.strip() else USUAL_LABELS

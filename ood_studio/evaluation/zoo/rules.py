"""Which score stands for a group of models: stated, since no one score fits all of them."""

from __future__ import annotations

from dataclasses import dataclass

from ood_studio.scorers import KNN, MCM, MSP, MaxLogit, Scorer


@dataclass(frozen=True)
class Rule:
    """A score by which models are compared.

    Attributes:
        name: in the names of figures.
        scorer: the score.
        needs: what a model must have: ``text`` a text tower, ``head`` a classifier, or ``features`` alone.
        about: for people.
    """

    name: str
    scorer: Scorer
    needs: str
    about: str


RULES = (
    Rule("mcm", MCM(tau=1.0), "text", "MCM (Ming et al. 2022), temperature 1, for zero-shot models"),
    Rule("msp", MSP(space="visual"), "head", "maximum softmax probability of the model's own classifier"),
    Rule("maxlogit", MaxLogit(space="visual"), "head", "maximum logit of the model's own classifier"),
    Rule("1-nn", KNN(k=1, space="visual"), "features", "cosine to the nearest training image, for every model (PLP)"),
)
"""In the order in which they stand for a model: the first that it can run is its own, 1-NN compares all."""
